import { Hono } from 'hono'
import { validate as isUuid } from 'uuid'
import { lockCardBalance } from '../ledger/accounts.ts'
import { itemsOnSale } from '../plan/catalogue.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import type { FieldFault } from '../web/components/form.tsx'
import { type PortalEnv, standsAt } from '../web/page.ts'
import { at, formText, type PortalContext, sessionOf } from '../web/routing.ts'
import { refusalLine, refusalText } from '../web/refusal-texts.ts'
import { isTooOften, tooOftenFault } from '../web/too-often.ts'
import { type Buyer, readGuest } from './buyer.ts'
import { addOnsFor } from './on-sale.ts'
import { type Filled, formFaults, payFaults, triedFaults } from './form-faults.ts'
import { readOffer } from './offer.ts'
import { orderPath } from './order-token.ts'
import { CheckoutPage, order_button } from './pages/checkout-page.tsx'
import { TopUpPage } from './pages/top-up-page.tsx'
import { payBys, type PayBy, payWays } from './pay-ways.ts'
import { type NewOrder, placeOrder } from './place-order.ts'
import { hasEnded, type Quote, targetCard, type Wanted } from './quote.ts'
import { itemPage, residenceOf } from './shop-routes.tsx'
import { freeBalance } from './set-aside.ts'
import { standingOf } from './standing.ts'
import { topUpLimits } from './top-up-limits.ts'

/** From the choice to the order. What is bought travels in the address, who buys never does. */
export function checkoutRoutes(ctx: Context): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>()
  at(app, '/top-up/:card', {
    get: (c) => topUpPage(ctx, c, c.req.param('card') ?? ''),
  })
  at(app, '/checkout', {
    get: async (c) => {
      const wanted = readWanted((name) => c.req.query(name) ?? '')
      const asked = { wanted, live: c.req.query('live') ?? '' }
      return checkoutPage(ctx, c, asked, ctx.ids.secret(16)).catch(backToChoice(ctx, c, asked))
    },
    post: async (c) => {
      const fields = await readFields(c)
      const wanted = readWanted((name) => fields[name] ?? '')
      const asked = { wanted, live: fields['live'] ?? '' }
      c.set('page', standsAt(c.get('page'), checkoutHref(c, asked)))
      return order(ctx, c, asked, fields).catch(backToChoice(ctx, c, asked))
    },
  })
  return app
}

/** What is asked for, and where its buyer says they live. */
type Asked = { wanted: Wanted; live: string }

/** What was chosen and can't be bought so: back to where it was chosen, with the fault at its field. Throws what is about something else. */
const backToChoice =
  (ctx: Context, c: PortalContext, { wanted, live }: Asked) =>
  async (error: unknown): Promise<Response> => {
    const known = error instanceof Refusal ? refusalText(error) : undefined
    if (!(error instanceof Refusal) || !known) throw error
    const { field, status } = known
    const text = refusalLine(error, c.get('lang'))
    if (wanted.kind === 'top_up' && (field === 'amount' || field === 'live')) {
      c.status(status)
      return topUpPage(ctx, c, wanted.cardId, { amount: wanted.amount, fault: { field: 'amount', text } })
    }
    if (wanted.kind !== 'card' || (field !== 'zone' && field !== 'live')) throw error
    c.status(status)
    return itemPage(ctx, c, { ...wanted, live }, { field, text })
  }

/** What the address or the form says is wanted. Throws Refusal order/no_such_item, closure/no_such_card. */
function readWanted(read: (name: string) => string): Wanted {
  const [cardId, code, amount] = [read('card'), read('item'), read('amount')]
  if (cardId !== '') {
    if (!isUuid(cardId)) throw new Refusal('closure/no_such_card')
    return code === '' ? { kind: 'top_up', cardId, amount } : { kind: 'add_on', cardId, code }
  }
  if (code === '') throw new Refusal('order/no_such_item')
  return { kind: 'card', code, zone: read('zone'), currency: read('in') }
}

const carryWanted = (wanted: Wanted): [string, string][] => {
  if (wanted.kind === 'card')
    return [
      ['item', wanted.code],
      ['zone', wanted.zone],
      ['in', wanted.currency],
    ]
  if (wanted.kind === 'top_up')
    return [
      ['card', wanted.cardId],
      ['amount', wanted.amount],
    ]
  return [
    ['card', wanted.cardId],
    ['item', wanted.code],
  ]
}

/** Where the checkout of what is asked for stands. */
const checkoutHref = (c: PortalContext, { wanted, live }: Asked) =>
  c.get('page').href(`/checkout?${new URLSearchParams([...carryWanted(wanted), ['live', live]])}`)

/** The form as it came, and what is wrong with it but for its way to pay. */
type Again = Omit<Filled, 'guest'> & {
  guest: { email: string; name: string }
  seen: NewOrder['seen']
  refusals: Refusal[]
}

async function checkoutPage(
  ctx: Context,
  c: PortalContext,
  asked: Asked,
  once: string,
  again?: Again,
): Promise<Response> {
  const { wanted } = asked
  const page = c.get('page')
  const { issuer } = page
  const { issuerId } = issuer
  // A card of somebody's needs them, before its state is told.
  const buyer = wanted.kind === 'card' ? undefined : signedInBuyer(c)
  const { live, known } = await residenceOf(ctx, c, asked.live)
  const offer = await inIssuer(ctx.db, issuerId, async (tx) => {
    const standing = buyer ? await standingOf(tx, { issuer, wanted, buyer }) : { jurisdiction: live }
    const now = page.now
    const found = await readOffer(tx, { issuer, wanted, jurisdiction: standing.jurisdiction, now })
    const balance =
      wanted.kind === 'add_on' ? await freeBalance(tx, { issuerId, cardId: wanted.cardId }) : undefined
    return { ...found, jurisdiction: standing.jurisdiction, free: balance }
  })
  const { price, terms, jurisdiction, free } = offer
  const asGuest = wanted.kind === 'card' && !known
  const carried: [string, string][] = [
    ...carryWanted(wanted),
    ['seen_item', price.item?.itemId ?? ''],
    ['seen_terms', terms.version],
    ['seen_hash', terms.sha256],
    ['once', once],
    ...(asGuest ? [['live', live] as [string, string]] : []),
  ]
  const back =
    wanted.kind === 'card'
      ? page.href(`/shop/${wanted.code}?${new URLSearchParams({ zone: wanted.zone, in: wanted.currency })}`)
      : page.href(`/top-up/${wanted.cardId}`)
  const reaches = free !== undefined && free >= price.gross
  const ways: PayBy[] = [...(reaches ? (['balance'] as const) : []), ...payWays(issuer)]
  const before = ways.find((way) => way === again?.payBy)
  const guest = again && asGuest ? { ...again.guest, live } : null
  const refusals = again ? await allRefusals(ctx, c, { ...again, guest }, { price, ways, free }) : []
  return c.html(
    <CheckoutPage
      page={page}
      price={price}
      jurisdiction={jurisdiction}
      payWays={ways}
      termsVersion={terms.version}
      carried={carried}
      guest={asGuest ? (again?.guest ?? { email: '', name: '' }) : null}
      payBy={before ?? ways[0]!}
      voucherCode={again?.voucherCode ?? ''}
      accepted={(again?.accepted && again.seen.termsSha256 === terms.sha256) ?? false}
      free={free}
      back={back}
      faults={faultsInOrder(c, refusals)}
    />,
  )
}

/** Those that are told, and what else would be refused. */
async function allRefusals(
  ctx: Context,
  c: PortalContext,
  form: Filled & { refusals: Refusal[] },
  offer: { price: Quote; ways: PayBy[]; free: bigint | undefined },
): Promise<Refusal[]> {
  const { refusals } = form
  const { issuer, now } = c.get('page')
  const isTold = (...fields: string[]) => refusals.some((one) => fields.includes(fieldOf(one) ?? ''))
  const { price } = offer
  return [
    ...refusals,
    ...(isTold('pay_by') ? [] : payFaults(form.payBy, { ...offer, now })),
    ...(isTold('voucher', order_button)
      ? []
      : await triedFaults(ctx, { ...form, issuer, price, client: c.get('client') })),
  ]
}

const signedInBuyer = (c: PortalContext): Buyer & { kind: 'signed_in' } => ({
  kind: 'signed_in',
  holderIds: sessionOf(c).holderIds,
})

async function order(
  ctx: Context,
  c: PortalContext,
  asked: Asked,
  fields: Record<string, string>,
): Promise<Response> {
  const page = c.get('page')
  const { wanted, live } = asked
  const payBy = payBys.find((one) => one === fields['pay_by']) ?? 'stripe'
  const guest = { email: fields['email'] ?? '', name: fields['name'] ?? '', live }
  const seen = {
    itemId: fields['seen_item'] || null,
    termsVersion: fields['seen_terms'] ?? '',
    termsSha256: fields['seen_hash'] ?? '',
  }
  const filled = { payBy, voucherCode: fields['voucher'] ?? '', accepted: fields['accept'] === 'yes' }
  const showAgain = (refusals: Refusal[]) => {
    const [first] = refusals
    c.status((first && refusals.length === 1 && refusalText(first)?.status) || 422)
    return checkoutPage(ctx, c, asked, fields['once'] ?? '', { ...filled, guest, seen, refusals })
  }
  // Who has an account orders for it; anybody else by e-mail.
  const asGuest = wanted.kind === 'card' && !(await residenceOf(ctx, c, live)).known
  const faults = formFaults({ ...filled, guest: asGuest ? guest : null })
  if (faults.length > 0) return showAgain(faults)
  try {
    const placed = await placeOrder(ctx, {
      issuer: page.issuer,
      wanted,
      buyer: asGuest ? readGuest(guest) : signedInBuyer(c),
      ...filled,
      locale: page.lang,
      client: c.get('client'),
      // Bound to this browser: a secret that somebody else made up finds nobody's order.
      once: `web/${c.get('formSecret')}/${fields['once'] || ctx.ids.secret(16)}`,
      seen,
    })
    const path = orderPath(page.lang, { issuerId: page.issuer.issuerId, ...placed })
    return c.redirect(placed.payBy === 'stripe' ? `${path}/pay` : path, 303)
  } catch (error) {
    if (!(error instanceof Refusal) || !fieldOf(error)) throw error
    return showAgain([error])
  }
}

/** The fields of the form, from top to bottom. */
const form_fields = ['email', 'pay_by', 'voucher', 'accept', order_button]
// What is about the order as a whole: the page that comes back has what holds now.
const at_button = new Set(['order/offer_changed', 'holder/too_often'])
const fieldOf = (refusal: Refusal) =>
  at_button.has(refusal.code)
    ? order_button
    : form_fields.find((field) => field === refusalText(refusal)?.field)

function faultsInOrder(c: PortalContext, refusals: Refusal[]): FieldFault[] {
  const faults = refusals.map((refusal) =>
    isTooOften(refusal)
      ? tooOftenFault(c, refusal, order_button)
      : { field: fieldOf(refusal)!, text: refusalLine(refusal, c.get('lang')) },
  )
  return faults.toSorted((a, b) => form_fields.indexOf(a.field) - form_fields.indexOf(b.field))
}

async function readFields(c: PortalContext): Promise<Record<string, string>> {
  const names = ['card', 'item', 'amount', 'zone', 'in', 'live', 'email', 'name', 'pay_by', 'voucher']
  const seen = ['accept', 'once', 'seen_item', 'seen_terms', 'seen_hash']
  const entries = await Promise.all(
    [...names, ...seen].map(async (name) => [name, await formText(c, name)] as const),
  )
  return Object.fromEntries(entries)
}

async function topUpPage(
  ctx: Context,
  c: PortalContext,
  cardId: string,
  again?: { amount: string; fault: FieldFault },
) {
  const page = c.get('page')
  const { issuerId } = page.issuer
  const { holderIds } = sessionOf(c)
  if (!isUuid(cardId)) throw new Refusal('closure/no_such_card')
  const { card, balance, items } = await inIssuer(ctx.db, issuerId, async (tx) => {
    const target = await targetCard(tx, issuerId, cardId)
    if (!holderIds.includes(target.holderId)) throw new Refusal('closure/no_such_card')
    if (target.state !== 'open') throw new Refusal('order/card_closing')
    const { amount, currency } = await lockCardBalance(tx, { issuerId, cardId })
    return { card: target, balance: { amount, currency }, items: await itemsOnSale(tx, issuerId) }
  })
  const ended = hasEnded(card, page.now)
  const addOns = addOnsFor(card, items, page.now)
  return c.html(
    <TopUpPage
      page={page}
      card={card}
      balance={balance}
      ended={ended}
      limits={ended ? undefined : topUpLimits(page.issuer.rules.top_up, card.currency)}
      addOns={addOns}
      {...again}
    />,
  )
}
