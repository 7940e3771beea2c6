/** Why a row is not imported: the codes are stable, the words are for whoever mends the file. No `;` in them. */
export const rejectReasons = {
  missing_columns: 'the row has fewer columns than the header',
  too_many_columns: 'the row has more columns than the header',
  broken_quotes: 'a quoted field is not closed, or text follows its closing quote',
  record_too_long: 'the row is longer than 65536 signs (only its first MiB is repeated here)',
  control_characters: 'a field holds control characters',
  issuer_not_set_up: 'this issuer is not set up here: add it with leb issuer add and import again',
  bad_account_ref: 'account_ref is empty or longer than 64 signs',
  bad_holder_name: 'holder_name is empty or longer than 200 signs',
  no_contact: 'neither e-mail nor phone: nobody could be told or could prove to be the holder',
  bad_email: 'email is not an e-mail address',
  bad_phone: 'phone is not an E.164 number such as +8613800000000',
  unknown_residence: 'residence is not an ISO 3166-1 alpha-2 country code',
  unknown_locale: 'locale is not a language tag such as zh-CN or en',
  bad_iccid: 'iccid is not 19 or 20 digits',
  iccid_check_digit: 'the check digit (Luhn) of iccid is wrong',
  duplicate_iccid: 'an earlier row of this file has the same iccid',
  bad_eid: 'eid is not 32 digits with a right check number (modulo 97)',
  bad_imsi: 'imsi is not 14 or 15 digits',
  bad_msisdn: 'msisdn is not an E.164 number',
  unknown_plan: 'plan is not LEB3, LEB5 or LEB7',
  bad_zone: 'zone is not a code of letters and digits such as EU or GLOBAL',
  bad_sold_at: 'sold_at is not an RFC 3339 time with zone',
  bad_activated_at: 'activated_at is neither empty nor an RFC 3339 time with zone',
  bad_expires_at: 'expires_at is not an RFC 3339 time with zone',
  expires_before_sale: 'the card expires before it was sold',
  activated_before_sale: 'the card was activated before it was sold',
  activated_after_expiry: 'the card was activated after it had expired',
  unknown_profile_state: 'profile_state is not Released, Downloaded, Installed, Enabled, Disabled or Error',
  unknown_line_state: 'line_state is not inactive, active, suspended or expired',
  bad_data_left: 'data_left_mb is not a whole number from 0',
  bad_voice_left: 'voice_left_s is not a whole number from 0',
  bad_sms_left: 'sms_left is not a whole number from 0',
  unknown_currency: 'currency is not an ISO 4217 code',
  bad_balance: 'balance is not a plain decimal number',
  negative_balance: 'the balance is below zero',
  balance_digits: 'the balance has more decimals than its currency',
  balance_too_large: 'the balance is larger than any card can hold',
  bad_paid_amount: 'paid_amount is not a plain decimal number',
  negative_paid_amount: 'the paid amount is below zero',
  paid_amount_digits: 'the paid amount has more decimals than its currency',
  paid_amount_too_large: 'the paid amount is larger than any card can cost',
  unknown_payment_provider: 'payment_provider is neither stripe nor bank',
  bad_payment_ref: 'payment_ref is empty, too long, or no Stripe payment (pi_ or ch_)',
  bad_invoice_no: 'invoice_no is empty or longer than 64 signs',
  changed_since_import: 'this iccid was imported before with other content, which stays as it is',
  account_person_differs:
    'this account_ref belongs to a person with other name, contact, residence or locale',
  account_closed: 'the account or card has been closed, or is being closed, since it was first imported',
} as const

export type RejectReason = keyof typeof rejectReasons
export type Reject = { line: number; text: string; reasons: RejectReason[] }

/** `code: words; code: words`, as it stands in the reject file. */
export function describeReasons(reasons: RejectReason[]): string {
  return reasons.map((code) => `${code}: ${rejectReasons[code]}`).join('; ')
}
