import type { Issuer } from '../issuer/issuer.ts'
import type { AssetNames } from './assets.ts'
import { type Lang, otherLang } from './lang.ts'
import { Document } from './layout.tsx'
import { siteText } from './messages/site-text.ts'

/** Where several issuers share one address: whose card is it? */
export function StartPage({ issuers, lang, assets }: { issuers: Issuer[]; lang: Lang; assets: AssetNames }) {
  const text = siteText[lang]
  return (
    <Document lang={lang} title={text.chooseIssuer} description={text.chooseIssuerHint} assets={assets}>
      <header class="top">
        <div class="wrap">
          <span class="brand">LEB</span>
          <a href={`/?lang=${otherLang(lang)}`} lang={otherLang(lang)} hreflang={otherLang(lang)}>
            {text.otherLang}
          </a>
        </div>
      </header>
      <div class="wrap">
        <main id="main">
          <h1>{text.chooseIssuer}</h1>
          <p class="soft">{issuers.length > 0 ? text.chooseIssuerHint : text.noIssuer}</p>
          {issuers.map((issuer) => (
            <p>
              <a class="button plain" href={`/${issuer.issuerId}/${lang}`}>
                {issuer.name[lang]}
              </a>
            </p>
          ))}
        </main>
      </div>
    </Document>
  )
}
