import type { Issuer } from '../issuer/issuer.ts'
import type { AssetNames } from './assets.ts'
import { type Lang, otherLang } from './lang.ts'
import { siteText } from './messages/site-text.ts'
import { PlainFrame } from './plain-frame.tsx'

/** Where several issuers share one address: whose card is it? */
export function StartPage({ issuers, lang, assets }: { issuers: Issuer[]; lang: Lang; assets: AssetNames }) {
  const text = siteText[lang]
  return (
    <PlainFrame
      lang={lang}
      title={text.chooseIssuer}
      description={text.chooseIssuerHint}
      assets={assets}
      otherLangHref={`/?lang=${otherLang(lang)}`}
    >
      <h1>{text.chooseIssuer}</h1>
      <p class="soft">{issuers.length > 0 ? text.chooseIssuerHint : text.noIssuer}</p>
      {issuers.map((issuer) => (
        <p>
          <a class="button plain" href={`/${issuer.issuerId}/${lang}`}>
            {issuer.name[lang]}
          </a>
        </p>
      ))}
    </PlainFrame>
  )
}
