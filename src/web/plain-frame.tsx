import type { Child } from 'hono/jsx'
import type { AssetNames } from './assets.ts'
import { type Lang, otherLang } from './lang.ts'
import { Document } from './layout.tsx'
import { siteText } from './messages/site-text.ts'

type PlainFrameProps = {
  lang: Lang
  assets: AssetNames
  title: string
  description?: string
  /** Whose page it is, where that is known. */
  brand?: string | undefined
  /** Where the brand leads, where that is somewhere. */
  home?: string
  /** This page in the other language. */
  otherLangHref: string
  children?: Child
}

/** The frame of pages that belong to no issuer's portal, or to none that could be found. */
export function PlainFrame(props: PlainFrameProps) {
  const { lang, brand = 'LEB', home } = props
  return (
    <Document lang={lang} title={props.title} description={props.description} assets={props.assets}>
      <a class="skip" href="#main">
        {siteText[lang].skip}
      </a>
      <header class="top">
        <div class="wrap">
          {home ? (
            <a class="brand" href={home}>
              {brand}
            </a>
          ) : (
            <span class="brand">{brand}</span>
          )}
          <a href={props.otherLangHref} lang={otherLang(lang)} hreflang={otherLang(lang)}>
            {siteText[lang].otherLang}
          </a>
        </div>
      </header>
      <div class="wrap">
        <main id="main">{props.children}</main>
      </div>
    </Document>
  )
}
