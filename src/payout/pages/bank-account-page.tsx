import { CardLine } from '../../card/pages/card-line.tsx'
import type { NamedCard } from '../../card/pages/card-name.ts'
import { ErrorSummary } from '../../web/components/error-summary.tsx'
import type { FieldFault } from '../../web/components/form.tsx'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import { AccountForm, type TypedAccount } from './account-fields.tsx'
import { payoutText } from './payout-text.ts'

type BankAccountProps = {
  page: Page
  cards: NamedCard[]
  /** Address of the closure's progress. */
  progress: string
  typed: TypedAccount
  faults?: FieldFault[]
}

/** Where the money of a closure is transferred to. */
export function BankAccountPage({ page, cards, progress, typed, faults = [] }: BankAccountProps) {
  const text = payoutText[page.lang].account
  return (
    <Layout page={page} title={text.title} back={progress} wrong={faults.length > 0}>
      <ErrorSummary page={page} fault={faults} />
      <h1>{text.title}</h1>
      <CardLine lang={page.lang} cards={cards} />
      <p>{text.words}</p>
      <AccountForm page={page} action={`${progress}/bank-account`} typed={typed} fault={faults} />
    </Layout>
  )
}
