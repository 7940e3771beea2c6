import { writeRows } from '../src/card/write-rows.ts'
import type { FleetRow } from '../src/card/read-row.ts'
import type { Context } from '../src/platform/context.ts'
import { inIssuer } from '../src/platform/db.ts'

export type SeedCard = {
  issuerId?: string
  accountRef?: string
  email?: string | null
  phone?: string | null
  residence?: string
  locale?: 'zh-CN' | 'en'
  balance?: bigint
  paid?: bigint
  currency?: string
  paymentRef?: string
  provider?: 'stripe' | 'bank'
  plan?: string
  eid?: string | null
  /** 30 January 2027 unless told; what lives in real time tells it. */
  expiresAt?: Date
}
export type Seeded = {
  issuerId: string
  accountId: string
  cardId: string
  iccid: string
  holderId: string
  paymentRef: string
}

/** Cards as an import would have made them; without `accountRef` each has an account of its own. */
export async function seedCards(ctx: Context, cards: SeedCard[]): Promise<Seeded[]> {
  const rows = cards.map((card, at) => row(card, at, digitsOf(ctx)))
  for (const issuerId of new Set(rows.map((r) => r.issuerId))) {
    const written = await writeRows(
      ctx,
      issuerId,
      rows.filter((r) => r.issuerId === issuerId),
    )
    if (written.rejects.length > 0) throw new Error(`seed rejected: ${JSON.stringify(written.rejects[0])}`)
  }
  const found = new Map<string, Seeded>()
  for (const issuerId of new Set(rows.map((r) => r.issuerId)))
    for (const card of await find(
      ctx,
      issuerId,
      rows.filter((r) => r.issuerId === issuerId),
    ))
      found.set(card.iccid, card)
  return rows.map((r) => found.get(r.iccid)!)
}

export async function seedCard(ctx: Context, card: SeedCard = {}): Promise<Seeded> {
  return (await seedCards(ctx, [card]))[0]!
}

export function luhn(digits: string): string {
  let sum = 0
  for (const [at, digit] of [...digits].reverse().entries()) {
    const value = at % 2 === 0 ? Number(digit) * 2 : Number(digit)
    sum += value > 9 ? value - 9 : value
  }
  return `${digits}${(10 - (sum % 10)) % 10}`
}

/**
 * Digits that look drawn and are not: the same in every run, so that a test which they make fail fails always, and
 * never twice the same in one database.
 */
type Digits = (count: number) => string
const drawn = new WeakMap<Context['pool'], Digits>()
function digitsOf({ pool }: Context): Digits {
  const known = drawn.get(pool)
  if (known) return known
  const made = new Map<number, bigint>()
  const digits: Digits = (count) => {
    const nth = (made.get(count) ?? 0n) + 1n
    made.set(count, nth)
    const all = 10n ** BigInt(count)
    // By the golden section, so that they lie far apart; ending in 1, it meets all others before one comes again.
    const step = (all * 618_033_988_749n) / 10n ** 13n
    return ((nth * (step * 10n + 1n)) % all).toString().padStart(count, '0')
  }
  drawn.set(pool, digits)
  return digits
}

function row(card: SeedCard, at: number, digits: Digits): FleetRow {
  const issuerId = card.issuerId ?? 'leb'
  const iccid = luhn(`8999901${digits(11)}`)
  const currency = card.currency ?? 'CNY'
  const balance = card.balance ?? 8640n
  const paid = card.paid ?? 20_000n
  const ref = card.paymentRef ?? `pi_${digits(16)}_${currency.toLowerCase()}_1`
  const eid = card.eid === undefined ? null : card.eid
  const fields = {
    issuer: issuerId,
    account_ref: card.accountRef ?? `T${digits(10)}`,
    holder_name: '李磊',
    email: '',
    phone: '',
    residence: card.residence ?? 'CN',
    locale: card.locale ?? 'zh-CN',
    iccid,
    eid: eid ?? '',
    imsi: `99999${digits(10)}`,
    msisdn: `+999${digits(9)}`,
    plan: card.plan ?? 'LEB3',
    zone: 'JP',
    sold_at: '2026-11-01T00:00:00Z',
    activated_at: '',
    expires_at: card.expiresAt?.toISOString().replace(/\.\d+/, '') ?? '2027-01-30T00:00:00Z',
    profile_state: eid ? 'Installed' : 'Released',
    line_state: 'active',
    data_left_mb: '512',
    voice_left_s: '60',
    sms_left: '5',
    currency,
    balance: '',
    paid_amount: '',
    payment_provider: card.provider ?? 'stripe',
    payment_ref: ref,
    invoice_no: `INV-${digits(10)}`,
  }
  return {
    line: at + 2,
    text: JSON.stringify(fields),
    fields: fields,
    issuerId,
    accountRef: fields.account_ref,
    person: {
      name: fields.holder_name,
      email: card.email === undefined ? `h${digits(8)}@example.com` : card.email,
      phone: card.phone ?? null,
      residence: fields.residence,
      locale: fields.locale,
    },
    iccid,
    identity: { eid, imsi: fields.imsi, msisdn: fields.msisdn },
    activatedAt: null,
    currency,
    balance,
    paidMinor: paid,
  }
}

/** In one statement: thousands at once, and a slow machine has no connection left for the last of them. */
async function find(ctx: Context, issuerId: string, rows: FleetRow[]): Promise<Seeded[]> {
  const refs = new Map(rows.map((r) => [r.iccid, r.fields.payment_ref]))
  const cards = await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .selectFrom('card as c')
      .innerJoin('account as a', (j) =>
        j.onRef('a.issuer_id', '=', 'c.issuer_id').onRef('a.account_id', '=', 'c.account_id'),
      )
      .select(['c.iccid', 'c.card_id', 'c.account_id', 'a.holder_id'])
      .where('c.issuer_id', '=', issuerId)
      .where('c.iccid', 'in', [...refs.keys()])
      .execute(),
  )
  return cards.map((card) => ({
    issuerId,
    accountId: card.account_id,
    cardId: card.card_id,
    iccid: card.iccid,
    holderId: card.holder_id,
    paymentRef: refs.get(card.iccid)!,
  }))
}
