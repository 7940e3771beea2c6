import type { FieldFault } from '../web/components/form.tsx'
import type { Lang } from '../web/lang.ts'
import { refusalLine, refusalText } from '../web/refusal-texts.ts'
import { readBankAccount } from './check-bank-account.ts'
import type { TypedAccount } from './pages/account-fields.tsx'

/** All that is wrong with a typed account, each at its field; empty where nothing is. */
export function accountFaults(typed: TypedAccount, lang: Lang): FieldFault[] {
  const read = readBankAccount(typed)
  if (!Array.isArray(read)) return []
  return read.map((refusal) => ({
    field: refusalText(refusal)!.field!,
    text: refusalLine(refusal, lang),
  }))
}

/** Id of the button that saves an account. */
export const account_button = 'save'
