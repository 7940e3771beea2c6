import { ErrorSummary } from '../../web/components/error-summary.tsx'
import { Carried, type FieldFault, PostForm, TextField } from '../../web/components/form.tsx'
import { Layout } from '../../web/layout.tsx'
import { type Page, standsAt } from '../../web/page.ts'
import { holderText } from './holder-text.ts'

type CodeProps = {
  page: Page
  codeId: string
  next: string
  validUntil?: string
  fault?: FieldFault | undefined
}

/** Where a code that was sent is entered. Its id alone lets nobody in. */
export const codeHref = (page: Page, codeId: string, next: string) =>
  page.href(`/sign-in/code?${new URLSearchParams({ code_id: codeId, next })}`)

export function CodePage({ page, codeId, next, validUntil, fault }: CodeProps) {
  const text = holderText[page.lang].code
  const again = page.href(`/sign-in?next=${encodeURIComponent(next)}`)
  return (
    <Layout
      page={standsAt(page, codeHref(page, codeId, next))}
      title={text.title}
      back={again}
      wrong={fault !== undefined}
    >
      <ErrorSummary page={page} fault={fault} />
      <h1>{text.title}</h1>
      <p>{text.sent}</p>
      {validUntil && <p>{text.validUntil(validUntil)}</p>}
      <PostForm page={page} action={page.href('/sign-in/code')}>
        <Carried
          values={[
            ['code_id', codeId],
            ['next', next],
          ]}
        />
        <TextField
          name="code"
          class="code"
          inputmode="numeric"
          label={text.label}
          hint={text.warning}
          autocomplete="one-time-code"
          fault={fault}
        />
        <div class="actions">
          <button class="button" type="submit">
            {text.enter}
          </button>
          <a class="quiet" href={again}>
            {text.again}
          </a>
        </div>
      </PostForm>
    </Layout>
  )
}
