import { Refusal } from '../platform/errors.ts'
import type { FieldFault } from '../web/components/form.tsx'
import type { Lang } from '../web/lang.ts'
import { refusalLine, refusalText } from '../web/refusal-texts.ts'

/** A refusal of what was typed, at its field. Throws the error again when it is about something else. */
export function accountFault(error: unknown, lang: Lang): FieldFault {
  const field = error instanceof Refusal ? refusalText(error)?.field : undefined
  if (!(error instanceof Refusal) || field === undefined) throw error
  return { field, text: refusalLine(error, lang) }
}
