import type { Wording } from '../platform/errors.ts'
import type { AssetNames } from './assets.ts'
import { type Lang, otherLang } from './lang.ts'
import { Layout } from './layout.tsx'
import { siteText } from './messages/site-text.ts'
import type { Page } from './page.ts'
import { PlainFrame } from './plain-frame.tsx'

type ErrorPageProps = {
  assets: AssetNames
  lang: Lang
  title: Wording
  next: Wording
  /** From when on it works again. */
  again?: Wording | undefined
  /** The issuer's frame, where the fault came after it was known whose page this is. Needs nothing from a database. */
  page?: Page | undefined
  /** Where this person can go on, and where the other language is, without such a frame. */
  home: string
}

/** A page for what went wrong, in both languages: an error may come before the language is known. */
export function ErrorPage(props: ErrorPageProps) {
  const { lang, title, page } = props
  const home = page ? page.href('/') : props.home
  const words = (
    <>
      <h1>{title[lang]}</h1>
      <p class="lead">{props.next[lang]}</p>
      {props.again && <p>{props.again[lang]}</p>}
      <div class="actions">
        <a class="button" href={home}>
          {siteText[lang].home}
        </a>
      </div>
      <hr />
      <div lang={otherLang(lang)}>
        <h2>{title[otherLang(lang)]}</h2>
        <p>{props.next[otherLang(lang)]}</p>
        {props.again && <p>{props.again[otherLang(lang)]}</p>}
      </div>
    </>
  )
  if (page)
    return (
      <Layout page={page} title={title[lang]}>
        {words}
      </Layout>
    )
  const otherLangHref = `${home.replace(/\/$/, '')}/?lang=${otherLang(lang)}`
  return (
    <PlainFrame
      lang={lang}
      assets={props.assets}
      title={title[lang]}
      home={home}
      otherLangHref={otherLangHref}
    >
      {words}
    </PlainFrame>
  )
}
