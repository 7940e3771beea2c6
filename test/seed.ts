import { randomInt } from 'node:crypto'
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
  /** The end of its last day, RFC 3339. */
  expiresAt?: string
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
  const rows = cards.map((card, at) => row(card, at))
  for (const issuerId of new Set(rows.map((r) => r.issuerId))) {
    const written = await writeRows(
      ctx,
      issuerId,
      rows.filter((r) => r.issuerId === issuerId),
    )
    if (written.rejects.length > 0) throw new Error(`seed rejected: ${JSON.stringify(written.rejects[0])}`)
  }
  return Promise.all(rows.map((r) => find(ctx, r)))
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

const digits = (count: number) => Array.from({ length: count }, () => randomInt(10)).join('')

function row(card: SeedCard, at: number): FleetRow {
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
    expires_at: card.expiresAt ?? '2027-01-30T00:00:00Z',
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

async function find(ctx: Context, r: FleetRow): Promise<Seeded> {
  return inIssuer(ctx.db, r.issuerId, async (tx) => {
    const card = await tx
      .selectFrom('card as c')
      .innerJoin('account as a', (j) =>
        j.onRef('a.issuer_id', '=', 'c.issuer_id').onRef('a.account_id', '=', 'c.account_id'),
      )
      .select(['c.card_id', 'c.account_id', 'a.holder_id'])
      .where('c.issuer_id', '=', r.issuerId)
      .where('c.iccid', '=', r.iccid)
      .executeTakeFirstOrThrow()
    return {
      issuerId: r.issuerId,
      accountId: card.account_id,
      cardId: card.card_id,
      iccid: r.iccid,
      holderId: card.holder_id,
      paymentRef: r.fields.payment_ref,
    }
  })
}
