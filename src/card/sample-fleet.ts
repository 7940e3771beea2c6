import { stringify } from 'csv-stringify/sync'
import { decimal, minorDigits } from '../ledger/money.ts'
import { type FleetFields, fleetColumns } from './fleet-columns.ts'
import { luhnDigit } from './iccid.ts'

/** Who may be behind a sample card: invented, on reserved domains and number ranges. */
const people = [
  { names: ['李伟', '王芳', '张敏', '刘洋', '欧阳磊'], residence: 'CN', locale: 'zh-CN', currency: 'CNY' },
  { names: ['陳嘉欣', '黃志明'], residence: 'HK', locale: 'zh-CN', currency: 'HKD' },
  { names: ['Anna Müller', 'Jonas Weiß', 'Zoë Åström'], residence: 'DE', locale: 'en', currency: 'EUR' },
  { names: ['Chloé Dubois', "Liam O'Brien"], residence: 'FR', locale: 'en', currency: 'EUR' },
  { names: ['佐藤陽菜', '髙橋蓮'], residence: 'JP', locale: 'en', currency: 'JPY' },
  { names: ['ليلى حداد', 'عمر الهاشمي'], residence: 'KW', locale: 'en', currency: 'KWD' },
  { names: ['Noah Smith', 'Ana García-López'], residence: 'US', locale: 'en', currency: 'USD' },
]
const issuers = ['leb', 'leb', 'leb', 'roamly', 'sinotravel']
const plans = ['LEB3', 'LEB3', 'LEB5', 'LEB7']
const zones = ['EU', 'JP', 'KR', 'TH', 'SEA', 'US', 'GLOBAL']
const domains = ['example.com', 'example.net', 'example.org']

/** How a card stands. What is not over ends in 2036: the file is fixed, and a demo must not age. */
const stages = [
  { sold: '2026-11-18', activated: '2026-11-20', expires: '2036-11-20', profile: 'Enabled', line: 'active' },
  { sold: '2026-11-10', activated: '', expires: '2036-11-10', profile: 'Released', line: 'inactive' },
  {
    sold: '2026-09-01',
    activated: '2026-09-10',
    expires: '2026-09-17',
    profile: 'Installed',
    line: 'expired',
  },
  {
    sold: '2026-10-05',
    activated: '2026-10-06',
    expires: '2026-10-13',
    profile: 'Disabled',
    line: 'expired',
  },
]

/**
 * `count` valid rows, the same ones every time, one after the other so that a bench may ask for a million. The
 * first three are the holders the demo signs in as: two cards of DEMO-0001, and one of DEMO-0002.
 */
export function* sampleFleet(count = 200): Generator<FleetFields> {
  yield* demoRows().slice(0, count)
  for (let at = 3; at < count; at++) yield row(at)
}

/** The rows as a fleet file, header first. */
export function sampleFleetCsv(count = 200): string {
  return stringify([...sampleFleet(count)], { header: true, columns: [...fleetColumns] })
}

function row(at: number, given: Partial<FleetFields> = {}): FleetFields {
  const account = Math.floor(scatter(at, 1) % 4 === 0 ? at - 1 : at)
  const group = people[scatter(account, 2) % people.length]!
  const stage = stages[scatter(at, 3) % stages.length]!
  const issuer = issuers[scatter(account, 4) % issuers.length]!
  const currency = given.currency ?? group.currency
  const minor = 10n ** BigInt(minorDigits(currency) ?? 2)
  const paid = BigInt(20 + (scatter(at, 5) % 180)) * minor
  const balance = scatter(at, 6) % 3 === 0 ? 0n : (paid * BigInt(scatter(at, 7) % 90)) / 100n
  const live = stage.line !== 'expired'
  const bank = scatter(at, 8) % 12 === 0
  const n = String(at).padStart(7, '0')
  return {
    issuer,
    account_ref: `S${String(account).padStart(7, '0')}`,
    holder_name: group.names[scatter(account, 9) % group.names.length]!,
    email: scatter(account, 10) % 15 === 0 ? '' : `traveller${account}@${domains[account % 3]}`,
    phone: `+999${String(100_000_000 + account)}`,
    residence: group.residence,
    locale: group.locale,
    iccid: iccidOf(at),
    eid: stage.profile === 'Released' ? '' : eidOf(at),
    imsi: `99999000${n}`,
    msisdn: `+99955${n}`,
    plan: plans[scatter(at, 11) % plans.length]!,
    zone: zones[scatter(at, 12) % zones.length]!,
    sold_at: `${stage.sold}T08:15:00Z`,
    activated_at: stage.activated && `${stage.activated}T03:30:00Z`,
    expires_at: `${stage.expires}T03:30:00Z`,
    profile_state: stage.profile,
    line_state: stage.line,
    data_left_mb: live ? String(scatter(at, 13) % 3000) : '0',
    voice_left_s: live ? String(scatter(at, 14) % 3600) : '0',
    sms_left: live ? String(scatter(at, 15) % 50) : '0',
    currency,
    balance: decimal({ amount: balance, currency }),
    paid_amount: decimal({ amount: paid, currency }),
    payment_provider: bank ? 'bank' : 'stripe',
    payment_ref: bank ? `BT${n}` : `pi_sample_${currency.toLowerCase()}_${at}`,
    invoice_no: `${issuer.toUpperCase()}-2026-${n}`,
    ...given,
  }
}

function demoRows(): FleetFields[] {
  const stage = {
    sold_at: '2026-11-18T08:15:00Z',
    activated_at: '2026-11-20T03:30:00Z',
    expires_at: '2036-11-20T03:30:00Z',
    profile_state: 'Enabled',
    line_state: 'active',
    data_left_mb: '1536',
    voice_left_s: '600',
    sms_left: '20',
    payment_provider: 'stripe',
  }
  const card = (at: number, currency: string) => ({
    ...stage,
    currency,
    eid: eidOf(at),
    payment_ref: `pi_sample_${currency.toLowerCase()}_${at}`,
  })
  const holder = {
    issuer: 'leb',
    account_ref: 'DEMO-0001',
    holder_name: '林小满',
    email: 'demo@leb.example',
    phone: '+999138000001',
    residence: 'CN',
    locale: 'zh-CN',
  }
  const traveller = {
    issuer: 'roamly',
    account_ref: 'DEMO-0002',
    holder_name: 'Robin Traveller',
    email: 'traveller@roamly.example',
    phone: '+999138000002',
    residence: 'DE',
    locale: 'en',
  }
  const asLeb = (at: number) => ({ ...holder, ...card(at, 'CNY'), invoice_no: `LEB-2026-000000${at}` })
  const roamly = { ...traveller, ...card(2, 'EUR'), invoice_no: 'ROAMLY-2026-0000002' }
  return [
    row(0, { ...asLeb(0), plan: 'LEB3', zone: 'EU', balance: '86.40', paid_amount: '128.00' }),
    row(1, { ...asLeb(1), plan: 'LEB5', zone: 'JP', balance: '25.00', paid_amount: '168.00' }),
    row(2, { ...roamly, plan: 'LEB3', zone: 'US', balance: '12.30', paid_amount: '29.00' }),
  ]
}

function iccidOf(at: number): string {
  const digits = `89999020${String(at).padStart(10, '0')}`
  return digits + luhnDigit(digits)
}

/** The last two digits make the whole number leave 1 divided by 97. */
function eidOf(at: number): string {
  const digits = `89099002${String(at).padStart(22, '0')}`
  return digits + String(98n - ((BigInt(digits) * 100n) % 97n)).padStart(2, '0')
}

/** A fixed number for a row and a purpose, spread well: the fleet looks mixed and never changes. */
function scatter(at: number, purpose: number): number {
  let x = Math.imul(at + 1, 0x9e3779b1) ^ Math.imul(purpose, 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d)
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39)
  return (x ^ (x >>> 15)) >>> 0
}
