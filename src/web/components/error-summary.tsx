import type { Page } from '../page.ts'
import { faultList, type Faults } from './form.tsx'

type SummaryProps = {
  page: Page
  fault?: Faults
  /** Id of what a fault leads to, where that is not its field's name: for all of them, or by field. */
  target?: string | Record<string, string>
}

/** Stands at the top of a form that came back, takes the focus (without script too), and leads to each field. */
export function ErrorSummary({ page, fault, target = {} }: SummaryProps) {
  const faults = faultList(fault)
  if (faults.length === 0) return null
  const links = faults.map(({ field, text }) => (
    <a href={`#${typeof target === 'string' ? target : (target[field] ?? field)}`}>{text}</a>
  ))
  return (
    <div class="sheet wrong" role="alert" tabindex={-1} autofocus data-focus>
      <h2>{page.text.errorTitle(faults.length)}</h2>
      {links.length === 1 ? (
        <p>{links}</p>
      ) : (
        <ul>
          {links.map((link) => (
            <li>{link}</li>
          ))}
        </ul>
      )}
    </div>
  )
}
