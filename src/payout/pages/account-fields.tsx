import { type FieldFault, TextField } from '../../web/components/form.tsx'
import type { Lang } from '../../web/lang.ts'
import { payoutText } from './payout-text.ts'

export type TypedAccount = { iban: string; name: string }

/** Where a transfer goes. What was typed comes back to be put right, and stands in no address. */
export function AccountFields(props: {
  lang: Lang
  supportEmail: string
  typed: TypedAccount
  fault?: FieldFault | undefined
}) {
  const text = payoutText[props.lang].account
  return (
    <>
      <TextField
        name="iban"
        label={text.iban}
        hint={text.ibanHint(props.supportEmail)}
        value={props.typed.iban}
        fault={props.fault}
        autocomplete="off"
      />
      <TextField
        name="name"
        label={text.name}
        hint={text.nameHint}
        value={props.typed.name}
        fault={props.fault}
        autocomplete="name"
      />
    </>
  )
}
