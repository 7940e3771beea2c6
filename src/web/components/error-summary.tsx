import type { Page } from '../page.ts'
import type { FieldFault } from './form.tsx'

/** Stands at the top of a form that came back, takes the focus, and leads to the field. */
export function ErrorSummary({
  page,
  fault,
  target,
}: {
  page: Page
  fault?: FieldFault | undefined
  target?: string
}) {
  if (!fault) return null
  return (
    <div class="sheet wrong" role="alert" tabindex={-1} data-focus>
      <h2>{page.text.errorTitle}</h2>
      <p>
        <a href={`#${target ?? fault.field}`}>{fault.text}</a>
      </p>
    </div>
  )
}
