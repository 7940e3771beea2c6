import { createHash } from 'node:crypto'
import { Hono } from 'hono'
import { html, raw } from 'hono/html'
import type { Child } from 'hono/jsx'
import { Refusal } from '../platform/errors.ts'
import { compressPages } from '../web/compress.ts'
import type { Lang } from '../web/lang.ts'
import type { ApiEnv } from './api-env.ts'
import type { OpenApiDocument } from './openapi-document.ts'
import { type ProblemCode, problemTexts } from './problem.ts'
import { Operations } from './reference-operations.tsx'

// The pages carry their few rules with them: they must read well where the portal's styles are not built.
const css = `:root{color-scheme:light dark;--line:#8884;background:Canvas;color:CanvasText}body{font:17px/1.55 system-ui,"PingFang SC","Noto Sans SC","Microsoft YaHei",sans-serif;max-width:56rem;margin:0 auto;padding:1.5rem 1rem}
h2{margin-top:2.5rem}h2:has(code){margin-top:2rem;font-size:1.1rem}h2 code,dt code{font-size:1em}h3{margin:2rem 0 .25rem;border-top:1px solid var(--line);padding-top:1rem}code,pre{font:15px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
pre{overflow-x:auto;padding:.75rem;border:1px solid var(--line);border-radius:.4rem}dt{font-weight:600;margin-top:.6rem}dd{margin:0 0 0 1rem}.method{font-weight:700}`
const csp = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** Readable pages about the API, drawn on the server from the document and the refusals themselves; no script. */
export function referencePages(document: OpenApiDocument): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>()
  // `/problems/*` is `/problems` too: named twice, that page would be packed twice, and no browser could read it.
  for (const path of ['/api', '/problems/*']) app.use(path, compressPages)
  app.get('/api', (c) => {
    c.header('Content-Security-Policy', csp)
    return c.html(
      <Page lang="en" title="LEB: the API">
        <p>
          <a href="/api/openapi.json">OpenAPI 3.1 document</a> · <a href="/problems">Problem types</a>
        </p>
        <Operations document={document} />
      </Page>,
    )
  })
  for (const path of ['/api', '/problems']) app.get(`${path}/`, (c) => c.redirect(path, 301))
  const problemsPage = (only?: string) => {
    const codes = (Object.keys(problemTexts) as ProblemCode[]).filter((code) => !only || code === only)
    if (codes.length === 0) throw new Refusal('api/not_found')
    return (
      <Page lang="en" title={only ? `Problem: ${only}` : 'Problem types'}>
        <p>
          <a href="/api">The API</a>
          {only && (
            <>
              {' · '}
              <a href="/problems">All problem types</a>
            </>
          )}
        </p>
        {codes.map((code) => (
          <ProblemEntry code={code} alone={only !== undefined} />
        ))}
      </Page>
    )
  }
  app.get('/problems', (c) => {
    c.header('Content-Security-Policy', csp)
    return c.html(problemsPage())
  })
  app.get('/problems/:feature/:code', (c) => {
    c.header('Content-Security-Policy', csp)
    return c.html(problemsPage(`${c.req.param('feature')}/${c.req.param('code')}`))
  })
  return app
}

function ProblemEntry({ code, alone }: { code: ProblemCode; alone: boolean }) {
  const { status, title, next } = problemTexts[code]
  const words = (lang: Lang) => (
    <p lang={lang}>
      <strong>{withFacts(title[lang])}</strong>
      <br />
      {withFacts(next[lang])}
    </p>
  )
  return (
    <section id={code}>
      {alone ? (
        <p>HTTP {status}</p>
      ) : (
        <h2>
          <a href={`/problems/${code}`}>
            <code>{code}</code>
          </a>{' '}
          {status}
        </h2>
      )}
      {words('zh-CN')}
      {words('en')}
    </section>
  )
}

/** `{minutes}` stands for something that is known only when it happens; what stands between backticks is typed so. */
const withFacts = (words: string) =>
  words.split(/(\{\w+\}|`[^`]+`)/).map((part) => {
    const inner = part.slice(1, -1)
    return part.startsWith('{') ? <var>{inner}</var> : part.startsWith('`') ? <code>{inner}</code> : part
  })

function Page({ lang, title, children }: { lang: Lang; title: string; children?: Child }) {
  return html`<!doctype html>${(
      <html lang={lang}>
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>{title}</title>
          <style>{raw(css)}</style>
        </head>
        <body>
          <main>
            <h1>{title}</h1>
            {children}
          </main>
        </body>
      </html>
    )}`
}
