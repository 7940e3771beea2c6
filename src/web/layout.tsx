import type { Child } from 'hono/jsx'
import { html } from 'hono/html'
import { policyFor } from '../policy/policy.ts'
import { withdrawalRule } from '../policy/withdrawal.ts'
import { LawLink } from './components/law-words.tsx'
import type { Page } from './page.ts'
import { otherLang } from './lang.ts'

type LayoutProps = {
  page: Page
  /** Stands in the title first: where you are. */
  title: string
  /** For search engines, on pages that anyone may find; a page without one is not to be listed. */
  description?: string
  back?: string
  /** Set when a form came back: the title says so before anything else (WCAG 2.4.2, GOV.UK). */
  wrong?: boolean
  /** Elements for the head, such as a reload without script. */
  head?: Child
  here?: 'shop' | 'cards' | 'account' | 'close' | 'channels'
  /** The page itself offers to close without signing in: once is enough. */
  offersUnsigned?: boolean
  children?: Child
}

/** The frame of every page of an issuer: header with language and "close" always at hand, one column, footer. */
export function Layout(props: LayoutProps) {
  const { page, title } = props
  const { text, lang, issuer } = page
  const name = issuer.name[lang]
  return (
    <Document
      lang={lang}
      title={`${props.wrong ? text.errorPrefix : ''}${title} – ${name}`}
      description={props.description}
      assets={page.assets}
      head={props.head}
    >
      <a class="skip" href="#main">
        {text.skip}
      </a>
      <header class="top">
        <div class="wrap">
          <a class="brand" href={page.href('/')}>
            {name}
          </a>
          <a href={page.otherLangHref} lang={otherLang(lang)} hreflang={otherLang(lang)}>
            {text.otherLang}
          </a>
          <Navigation page={page} here={props.here} />
        </div>
      </header>
      <div class="wrap">
        {props.back && (
          <nav aria-label={text.back}>
            <a class="back" href={props.back}>
              <span aria-hidden="true">←&nbsp;</span>
              {text.back}
            </a>
          </nav>
        )}
        <main id="main">{props.children}</main>
      </div>
      <footer class="foot">
        <div class="wrap">
          {!props.offersUnsigned && <UnsignedLink page={page} id="foot-meaning" />}
          <WithdrawUnsignedLink page={page} />
          <a href={page.href('/help/official-channels')}>{text.channels}</a>
          <a href={`mailto:${issuer.brand.supportEmail}`}>{text.help(issuer.brand.supportEmail)}</a>
        </div>
      </footer>
    </Document>
  )
}

/** Always within reach, no password before it; in the law's own words where it has some (§ 312k BGB). */
export function UnsignedLink({ page, class: className, id }: { page: Page; class?: string; id: string }) {
  return (
    <LawLink
      labels={policyFor(page.issuer.jurisdiction, page.now).labels}
      href={page.href('/close/without-signing-in')}
      class={className}
      id={id}
      meaning={page.text.closeUnsigned}
    />
  )
}

/** The same for withdrawing (Directive 2011/83/EU Art. 11a(1)), of an issuer whose own law gives that right. */
function WithdrawUnsignedLink({ page }: { page: Page }) {
  const { jurisdiction } = page.issuer
  const rule = withdrawalRule(policyFor(jurisdiction, page.now), jurisdiction)
  if (!rule) return null
  return (
    <LawLink
      labels={rule.labels}
      href={page.href('/close/without-signing-in?act=withdraw')}
      id="foot-withdraw"
      meaning={page.text.withdrawUnsigned}
    />
  )
}

function Navigation({ page, here }: { page: Page; here: LayoutProps['here'] }) {
  const { text } = page
  const link = (key: NonNullable<LayoutProps['here']>, path: string, label: string) => (
    <li>
      <a href={page.href(path)} aria-current={here === key ? 'page' : undefined}>
        {label}
      </a>
    </li>
  )
  return (
    <nav aria-label={text.main}>
      <ul>
        {link('shop', '/shop', text.shop)}
        {page.signedIn && link('cards', '/cards', text.cards)}
        {page.signedIn && link('account', '/account', text.account)}
        {link('close', '/close', text.close)}
        {!page.signedIn && link('cards', '/sign-in', text.signIn)}
      </ul>
    </nav>
  )
}

type DocumentProps = {
  lang: string
  title: string
  description?: string | undefined
  assets: Page['assets']
  head?: Child
  children?: Child
}

/** The bare HTML document: what the frame, the public verify page and the error page share. */
export function Document({ lang, title, description, assets, head, children }: DocumentProps) {
  return html`<!doctype html>${(
      <html lang={lang}>
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <meta name="format-detection" content="telephone=no" />
          <title>{title}</title>
          {description ? (
            <meta name="description" content={description} />
          ) : (
            <meta name="robots" content="noindex" />
          )}
          <link rel="icon" href={assets.icon} type="image/svg+xml" />
          <link rel="stylesheet" href={assets.css} />
          <script src={assets.script} defer></script>
          {head}
        </head>
        <body>{children}</body>
      </html>
    )}`
}
