import { minorDigits, type AmountFault } from '../ledger/money.ts'
import type { LineIdentity } from '../privacy/vault.ts'
import { countries } from './countries.ts'
import { instantOf, isCount, isE164, isEmail, minorUnits, spokenLocale } from './field-rules.ts'
import type { FleetFields } from './fleet-columns.ts'
import { isEid, isIccid } from './iccid.ts'
import type { RejectReason } from './reject-reasons.ts'

/** The person as a fleet file tells of them. */
export type FleetPerson = {
  name: string
  email: string | null
  phone: string | null
  residence: string
  locale: 'zh-CN' | 'en'
}

/** A row that passed every rule. Times are RFC 3339 text, money is minor units. */
export type FleetRow = {
  line: number
  text: string
  fields: FleetFields
  issuerId: string
  accountRef: string
  person: FleetPerson
  iccid: string
  identity: LineIdentity
  activatedAt: string | null
  currency: string
  balance: bigint
  paidMinor: bigint
}

type Say = (reason: RejectReason) => void

/**
 * Checks the fields of one row. Answers the row, or every reason against it. What contradicts earlier imports is
 * looked up only for rows that are right in themselves: a faulty row always differs from what was imported.
 * `iccid` is given whenever it is readable, to notice duplicates among faulty rows too.
 */
export function readRow(
  input: { line: number; text: string; fields: FleetFields },
  knowsIssuer: (issuerId: string) => boolean,
): { row: FleetRow | null; reasons: RejectReason[]; iccid: string | null } {
  const reasons: RejectReason[] = []
  const say: Say = (reason) => void reasons.push(reason)
  const f = input.fields
  // A line break or tab inside quotes is a way to write a space; what else can't be seen has no place in a field.
  if (Object.values(f).some((value) => /\p{Cc}/u.test(value.replace(/[\r\n\t]/g, ''))))
    say('control_characters')
  if (!knowsIssuer(f.issuer)) say('issuer_not_set_up')
  if (!isText(f.account_ref, 64)) say('bad_account_ref')
  const person = readPerson(f, say)
  const iccid = readIccid(f.iccid, say)
  const identity = readIdentity(f, say)
  readProduct(f, say)
  readTimes(f, say)
  const money = readMoney(f, say)
  if (reasons.length > 0 || !person || !iccid || !money) return { row: null, reasons, iccid }
  const { line, text } = input
  const row = {
    line,
    text,
    fields: f,
    issuerId: f.issuer,
    accountRef: f.account_ref,
    person,
    iccid,
    identity,
  }
  return { row: { ...row, activatedAt: f.activated_at || null, ...money }, reasons, iccid }
}

function isText(text: string, longest: number): boolean {
  return text.length >= 1 && text.length <= longest && !/\p{Cc}/u.test(text)
}

function readPerson(f: FleetFields, say: Say): FleetPerson | null {
  const name = f.holder_name.replace(/\s+/g, ' ')
  const locale = spokenLocale(f.locale)
  if (name === '' || name.length > 200) say('bad_holder_name')
  if (f.email === '' && f.phone === '') say('no_contact')
  if (f.email !== '' && !isEmail(f.email)) say('bad_email')
  if (f.phone !== '' && !isE164(f.phone)) say('bad_phone')
  if (!countries.has(f.residence)) say('unknown_residence')
  if (!locale) say('unknown_locale')
  return locale && { name, email: f.email || null, phone: f.phone || null, residence: f.residence, locale }
}

function readIccid(iccid: string, say: Say): string | null {
  if (isIccid(iccid)) return iccid
  say(/^\d{19,20}$/.test(iccid) ? 'iccid_check_digit' : 'bad_iccid')
  return null
}

function readIdentity(f: FleetFields, say: Say): LineIdentity {
  if (f.eid !== '' && !isEid(f.eid)) say('bad_eid')
  if (!/^\d{14,15}$/.test(f.imsi)) say('bad_imsi')
  if (!isE164(f.msisdn)) say('bad_msisdn')
  return { eid: f.eid || null, imsi: f.imsi, msisdn: f.msisdn }
}

const plans = ['LEB3', 'LEB5', 'LEB7']
const profile_states = ['Released', 'Downloaded', 'Installed', 'Enabled', 'Disabled', 'Error']
const line_states = ['inactive', 'active', 'suspended', 'expired']

function readProduct(f: FleetFields, say: Say): void {
  if (!plans.includes(f.plan)) say('unknown_plan')
  if (!/^[A-Z][A-Z0-9_-]{1,31}$/.test(f.zone)) say('bad_zone')
  if (!profile_states.includes(f.profile_state)) say('unknown_profile_state')
  if (!line_states.includes(f.line_state)) say('unknown_line_state')
  if (!isCount(f.data_left_mb)) say('bad_data_left')
  if (!isCount(f.voice_left_s)) say('bad_voice_left')
  if (!isCount(f.sms_left)) say('bad_sms_left')
}

function readTimes(f: FleetFields, say: Say): void {
  const sold = instantOf(f.sold_at)
  const expires = instantOf(f.expires_at)
  const activated = f.activated_at === '' ? undefined : instantOf(f.activated_at)
  if (sold === null) say('bad_sold_at')
  if (expires === null) say('bad_expires_at')
  if (activated === null) say('bad_activated_at')
  const wrongExpiry = sold !== null && expires !== null && expires < sold
  if (wrongExpiry) say('expires_before_sale')
  if (activated === null || activated === undefined) return
  if (sold !== null && activated < sold) say('activated_before_sale')
  // Against a wrong expiry every activation is late: that is one fault, not two.
  if (expires !== null && !wrongExpiry && activated > expires) say('activated_after_expiry')
}

type MoneyFaults = Record<Exclude<AmountFault, 'unknown_currency'>, RejectReason>
const balanceFaults: MoneyFaults = {
  not_an_amount: 'bad_balance',
  negative: 'negative_balance',
  too_many_digits: 'balance_digits',
  too_large: 'balance_too_large',
}
const paidFaults: MoneyFaults = {
  not_an_amount: 'bad_paid_amount',
  negative: 'negative_paid_amount',
  too_many_digits: 'paid_amount_digits',
  too_large: 'paid_amount_too_large',
}

function readMoney(f: FleetFields, say: Say): Pick<FleetRow, 'currency' | 'balance' | 'paidMinor'> | null {
  if (f.payment_provider !== 'stripe' && f.payment_provider !== 'bank') say('unknown_payment_provider')
  const stripeRef = f.payment_provider !== 'stripe' || /^(?:pi|ch)_[A-Za-z0-9_]+$/.test(f.payment_ref)
  if (!isText(f.payment_ref, 128) || !stripeRef) say('bad_payment_ref')
  if (!isText(f.invoice_no, 64)) say('bad_invoice_no')
  const known = minorDigits(f.currency) !== undefined
  if (!known) say('unknown_currency')
  // An unknown currency hides how many decimals are right, not that a number is none or below zero.
  const read = (text: string, faults: MoneyFaults) => {
    const amount = minorUnits(text, known ? f.currency : 'CLF')
    if (typeof amount === 'bigint') return amount
    if (amount !== 'unknown_currency' && (known || amount !== 'too_many_digits')) say(faults[amount])
    return null
  }
  const balance = read(f.balance, balanceFaults)
  const paidMinor = read(f.paid_amount, paidFaults)
  return balance === null || paidMinor === null ? null : { currency: f.currency, balance, paidMinor }
}
