import { Document } from './layout.tsx'
import type { AssetNames } from './assets.ts'
import { type Lang, langs, otherLang } from './lang.ts'
import type { Wording } from '../platform/errors.ts'
import { siteText } from './messages/site-text.ts'

type ErrorPageProps = {
  assets: AssetNames
  lang: Lang
  title: Wording
  next: Wording
  /** Where this person can go on. */
  home: string
}

/** A page for what went wrong, in both languages: an error may come before the language is known. */
export function ErrorPage({ assets, lang, title, next, home }: ErrorPageProps) {
  return (
    <Document lang={lang} title={title[lang]} assets={assets}>
      <div class="wrap">
        <main id="main">
          <h1>{title[lang]}</h1>
          <p class="lead">{next[lang]}</p>
          <div class="actions">
            <a class="button" href={home}>
              {siteText[lang].home}
            </a>
          </div>
          <hr />
          {langs
            .filter((one) => one === otherLang(lang))
            .map((one) => (
              <div lang={one}>
                <h2>{title[one]}</h2>
                <p>{next[one]}</p>
              </div>
            ))}
        </main>
      </div>
    </Document>
  )
}
