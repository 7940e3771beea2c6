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

/** An account as it was typed, or all that is wrong with it: payout/iban_…, name_not_latin. */
export function readBankAccount(typed: { iban: string; name: string }): BankDetails | Refusal[] {
  const read = readIban(typed.iban)
  const name = bankName(typed.name)
  if (!('fault' in read) && name !== undefined) return { iban: read.iban, name }
  return [
    ...('fault' in read ? [new Refusal(refusalOf[read.fault])] : []),
    ...(name === undefined ? [new Refusal('payout/name_not_latin')] : []),
  ]
}

/** The same, where one fault is enough. Throws Refusal payout/iban_not_one, iban_country, iban_length, iban_digits, name_not_latin. */
export function checkBankAccount(typed: { iban: string; name: string }): BankDetails {
  const read = readBankAccount(typed)
  if (Array.isArray(read)) throw read[0]
  return read
}
