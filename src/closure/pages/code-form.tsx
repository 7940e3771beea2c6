import { code_lives_minutes } from '../../holder/access-code.ts'
import { type FieldFault, PostForm, TextField } from '../../web/components/form.tsx'
import type { Page } from '../../web/page.ts'
import { closingText } from './closure-text.ts'

/** Where the mailed code is entered: on the receipt, and on the progress page while it is waited for. */
export function CodeForm({
  page,
  number,
  fault,
  unknownHolder = false,
}: {
  page: Page
  number: string
  fault?: FieldFault | undefined
  /** Declared without signing in: whose address it is must not be told, not even in part. */
  unknownHolder?: boolean
}) {
  const text = closingText[page.lang].code
  return (
    <section>
      <h2>{text.title}</h2>
      <PostForm page={page} action={page.href(`/closures/${number}/identify`)}>
        <TextField
          name="code"
          class="code"
          inputmode="numeric"
          label={text.label}
          hint={(unknownHolder ? text.wordsUnknown : text.words)(code_lives_minutes)}
          autocomplete="one-time-code"
          fault={fault}
        />
        <button class="button" type="submit">
          {text.enter}
        </button>
      </PostForm>
      <PostForm page={page} action={page.href(`/closures/${number}/new-code`)}>
        <button class="linkish" type="submit">
          {text.again}
        </button>
      </PostForm>
    </section>
  )
}

/** `LEB-2K7M-9QXC-T`, big enough to photograph; breaks only after the issuer's part. */
export function BigNumber({ number }: { number: string }) {
  const at = number.indexOf('-') + 1
  return (
    <strong class="number">
      {number.slice(0, at)}
      <wbr />
      <span class="nums">{number.slice(at)}</span>
    </strong>
  )
}
