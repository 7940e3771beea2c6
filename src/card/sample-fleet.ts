import { stringify } from 'csv-stringify/sync'
import catalogue from '../../demo/catalogue.json' with { type: 'json' }
import { decimal, minorDigits } from '../ledger/money.ts'
import { endOfDays } from '../usage/days.ts'
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

/** How a card stands. */
const stages = [
  { stage: 'running', profile: 'Enabled', line: 'active' },
  { stage: 'not_begun', profile: 'Released', line: 'inactive' },
  { stage: 'ended', daysAgo: 73, profile: 'Installed', line: 'expired' },
  { stage: 'ended', daysAgo: 47, profile: 'Disabled', line: 'expired' },
] as const

/** The moment that demo/fleet.csv tells of. */
const shipped_start = new Date('2026-11-22T08:00:00Z')

/** Their mails are nobody's news, until somebody signs in as one of them. */
export const isSampleTraveller = (email: string): boolean =>
  /^traveller\d+@example\.(com|net|org)$/.test(email)

/**
 * `count` valid rows, one after the other so that a bench may ask for a million. The first three are the holders the
 * demo signs in as: two cards of DEMO-0001, and one of DEMO-0002. The same rows every time but for their dates: a card
 * lives as long as its plan says, and how it stands it does at `start`.
 */
export function* sampleFleet(count = 200, start = shipped_start): Generator<FleetFields> {
  const times = openTimes(start)
  yield* demoRows(times).slice(0, count)
  for (let at = 3; at < count; at++) yield row(times, at)
}

/** The rows as a fleet file, header first. */
export function sampleFleetCsv(count = 200, start = shipped_start): string {
  return stringify([...sampleFleet(count, start)], { header: true, columns: [...fleetColumns] })
}

const plansByCode = new Map(
  catalogue.items.flatMap(({ code, kind, days, activate_within_days: within, ...left }) =>
    kind === 'plan' ? [[code, { ...left, days: days!, within: within! }] as const] : [],
  ),
)
const clockOf = new Map(catalogue.zones.map(({ code, time_zone }) => [code, time_zone]))
const hour_ms = 3_600_000
const day_ms = 24 * hour_ms

type Dated = Pick<FleetFields, 'sold_at' | 'activated_at' | 'expires_at'>
type Times = (stage: (typeof stages)[number], card: { plan: string; zone: string; begun: number }) => Dated

/**
 * When a card was sold, first used and ends, by its plan and by the clock of its zone, as LEB itself counts. `begun`:
 * so many days before the start a card that runs was first used.
 */
function openTimes(start: Date): Times {
  const hour = Math.floor(start.getTime() / hour_ms) * hour_ms
  // Few differ, and a bench asks for a million.
  const ends = new Map<string, number>()
  const endOf = (activated: number, zone: string, days: number): number => {
    const key = `${activated}/${zone}/${days}`
    let end = ends.get(key)
    if (end === undefined) ends.set(key, (end = endOfDays(clockOf.get(zone)!, activated, days)))
    return end
  }
  return (stage, { plan, zone, begun }) => {
    const { days, within } = plansByCode.get(plan)!
    if (stage.stage === 'not_begun') {
      const sold = hour - 8 * day_ms
      return { sold_at: instant(sold), activated_at: '', expires_at: instant(sold + within * day_ms) }
    }
    const activated = hour - 4 * hour_ms - (stage.stage === 'ended' ? stage.daysAgo : begun) * day_ms
    return {
      sold_at: instant(activated - 2 * day_ms),
      activated_at: instant(activated),
      expires_at: instant(endOf(activated, zone, days)),
    }
  }
}

const instant = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

function row(times: Times, at: number, given: Partial<FleetFields> = {}): FleetFields {
  const account = Math.floor(scatter(at, 1) % 4 === 0 ? at - 1 : at)
  const group = people[scatter(account, 2) % people.length]!
  const stage = stages[scatter(at, 3) % stages.length]!
  const issuer = issuers[scatter(account, 4) % issuers.length]!
  const currency = given.currency ?? group.currency
  const minor = 10n ** BigInt(minorDigits(currency) ?? 2)
  const paid = BigInt(20 + (scatter(at, 5) % 180)) * minor
  const balance = scatter(at, 6) % 3 === 0 ? 0n : (paid * BigInt(scatter(at, 7) % 90)) / 100n
  const bank = scatter(at, 8) % 12 === 0
  const n = String(at).padStart(7, '0')
  const plan = given.plan ?? plans[scatter(at, 11) % plans.length]!
  const zone = given.zone ?? zones[scatter(at, 12) % zones.length]!
  const { days, data_mb, voice_s, sms } = plansByCode.get(plan)!
  const left = (all: number, purpose: number) =>
    String(stage.stage === 'ended' ? 0 : stage.stage === 'running' ? scatter(at, purpose) % all : all)
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
    plan,
    zone,
    ...times(stage, { plan, zone, begun: scatter(at, 16) % (days - 1) }),
    profile_state: stage.profile,
    line_state: stage.line,
    data_left_mb: left(data_mb, 13),
    voice_left_s: left(voice_s, 14),
    sms_left: left(sms, 15),
    currency,
    balance: decimal({ amount: balance, currency }),
    paid_amount: decimal({ amount: paid, currency }),
    payment_provider: bank ? 'bank' : 'stripe',
    payment_ref: bank ? `BT${n}` : `pi_sample_${currency.toLowerCase()}_${at}`,
    invoice_no: `${issuer.toUpperCase()}-2026-${n}`,
    ...given,
  }
}

function demoRows(times: Times): FleetFields[] {
  const stage = {
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
  const sold = (plan: string, zone: string) => ({
    plan,
    zone,
    ...times(stages[0], { plan, zone, begun: 0 }),
  })
  return [
    row(times, 0, { ...asLeb(0), ...sold('LEB3', 'EU'), balance: '86.40', paid_amount: '128.00' }),
    row(times, 1, { ...asLeb(1), ...sold('LEB5', 'JP'), balance: '25.00', paid_amount: '168.00' }),
    row(times, 2, { ...roamly, ...sold('LEB3', 'US'), balance: '12.30', paid_amount: '29.00' }),
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
