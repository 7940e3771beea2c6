import { account_button } from '../account-faults.ts'
import { ButtonFault, type Faults, PostForm, TextField } from '../../web/components/form.tsx'
import type { Lang } from '../../web/lang.ts'
import type { Page } from '../../web/page.ts'
import { payoutText } from './payout-text.ts'

export type TypedAccount = { iban: string; name: string }

/** Where a transfer goes. What was typed comes back to be put right, and stands in no address. */
export function AccountFields(props: {
  lang: Lang
  supportEmail: string
  typed: TypedAccount
  fault?: Faults
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

type AccountFormProps = { page: Page; action: string; typed: TypedAccount; fault?: Faults }

/** A form for the account alone, where it is asked for on a page of its own. */
export function AccountForm({ page, action, typed, fault }: AccountFormProps) {
  return (
    <PostForm page={page} action={action}>
      <AccountFields
        lang={page.lang}
        supportEmail={page.issuer.brand.supportEmail}
        typed={typed}
        fault={fault}
      />
      <ButtonFault name={account_button} fault={fault} />
      <div class="actions">
        <button class="button" type="submit" id={account_button}>
          {payoutText[page.lang].account.save}
        </button>
      </div>
    </PostForm>
  )
}
