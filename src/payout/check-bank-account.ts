import { Refusal } from '../platform/errors.ts'
import type { BankDetails } from './bank-details.ts'
import { bankName } from './bank-name.ts'
import { type IbanFault, readIban } from './iban.ts'
import type { PayoutRefusal } from './refusals.ts'

const refusalOf: Record<IbanFault, PayoutRefusal> = {
  not_an_iban: 'payout/iban_not_one',
  unknown_country: 'payout/iban_country',
  wrong_length: 'payout/iban_length',
  wrong_check_digits: 'payout/iban_digits',
}

/** An account as it was typed. Throws Refusal payout/iban_not_one, iban_country, iban_length, iban_digits, name_not_latin. */
export function checkBankAccount(typed: { iban: string; name: string }): BankDetails {
  const read = readIban(typed.iban)
  if ('fault' in read) throw new Refusal(refusalOf[read.fault])
  const name = bankName(typed.name)
  if (name === undefined) throw new Refusal('payout/name_not_latin')
  return { iban: read.iban, name }
}
