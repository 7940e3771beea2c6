import { type Context as HonoContext, Hono } from 'hono'
import { listCards } from '../card/card-store.ts'
import { listAccounts } from '../holder/read-accounts.ts'
import { countTry } from '../holder/rate-limits.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { payoutText } from '../payout/pages/payout-text.ts'
import type { FieldFault } from '../web/components/form.tsx'
import type { CookieJar } from '../web/cookies.ts'
import { type PortalEnv, standsAt } from '../web/page.ts'
import { at, formText, formTexts, type PortalContext, sessionOf } from '../web/routing.ts'
import { accountFaults } from '../payout/account-faults.ts'
import { nameBankAccount } from './bank-account.ts'
import { carry, type Carried, type ChoiceFault, readChoice } from './choice.ts'
import { declareClosure } from './declare.ts'
import { rememberClosure } from './may-see.ts'
import { CheckPage } from './pages/check-page.tsx'
import { ChoosePage } from './pages/choose-page.tsx'
import { closingText } from './pages/closure-text.ts'
import { carried as carriedOn, type Flow, flowHref, mayChooseVoucher, zoneOf } from './pages/flow.tsx'
import { PayoutChoicePage } from './pages/payout-choice-page.tsx'
import { ReceiptPage } from './pages/receipt-page.tsx'
import { StartWhenPage } from './pages/start-when-page.tsx'
import { TakeDataPage } from './pages/take-data-page.tsx'
import { WhatHappensPage } from './pages/what-happens-page.tsx'
import { ifClosedNow } from './if-closed-now.ts'
import { ifWithdrawn } from './if-withdrawn.ts'
import { previewClosure } from './preview.ts'
import { isStart } from './start.ts'

/** The way to the declaration, one thing a page. What was answered travels in the address, so Back always works. */
export function closingRoutes(ctx: Context, jar: CookieJar): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>()
  at(app, '/close', { get: (c) => choosePage(ctx, c) })
  at(app, '/close/what-happens', {
    get: flowPage(ctx, async (flow) => (
      <WhatHappensPage flow={flow} withdrawal={await ifWithdrawn(ctx, flow)} />
    )),
  })
  at(app, '/close/data', { get: flowPage(ctx, (flow) => <TakeDataPage flow={flow} />) })
  at(app, '/close/start', {
    get: flowPage(ctx, (flow, c) => {
      const start = c.req.query('start') ?? ''
      const chosen = c.req.query('chosen') === '1'
      if (chosen && isStart(start)) return c.redirect(flowHref(flow, 'check', [['start', start]]), 303)
      const fault = chosen ? { field: 'start', text: closingText[flow.page.lang].start.nothing } : undefined
      return (
        <StartWhenPage
          page={flow.page}
          cards={flow.preview.cards}
          undoWindowMinutes={flow.preview.undoWindowMinutes}
          back={flowHref(flow, 'data')}
          action={flow.page.href('/close/start')}
          carried={carriedOn(flow)}
          start={start}
          fault={fault}
        />
      )
    }),
  })
  at(app, '/close/check', {
    get: flowPage(ctx, (flow, c) => {
      const start = c.req.query('start') ?? ''
      return isStart(start) ? (
        <CheckPage flow={flow} start={start} />
      ) : (
        c.redirect(flowHref(flow, 'start'), 303)
      )
    }),
  })
  at(app, '/close/payout', { get: flowPage(ctx, payoutChoice) })
  at(app, '/close/declare', {
    // The answer to a declaration can't be fetched again; its progress page can.
    get: (c) => c.redirect(c.get('page').href('/cards'), 303),
    post: (c) => declare(ctx, c, jar),
  })
  return app
}

const actOf = (text: string | undefined): Flow['act'] => (text === 'withdraw' ? 'withdraw' : 'terminate')
const fromAddress = (c: HonoContext): Carried => ({
  cards: (c.req.queries('card') ?? []).slice(0, 200),
  whole: c.req.query('whole'),
})

async function choosePage(ctx: Context, c: PortalContext): Promise<Response> {
  const { holderIds } = sessionOf(c)
  const page = c.get('page')
  const who = { issuerId: page.issuer.issuerId, holderIds }
  const chosen = fromAddress(c)
  let fault: FieldFault | undefined
  if (c.req.query('chosen') === '1') {
    const choice = await readChoice(ctx, who, chosen)
    if (typeof choice !== 'string')
      return c.redirect(page.href(`/close/what-happens?${new URLSearchParams(carry(choice))}`), 303)
    fault = { field: 'card', text: closingText[page.lang].choose[choice] }
    c.status(422)
  }
  const [all, accounts] = await inIssuer(ctx.db, who.issuerId, async (tx) => [
    await listCards(tx, who.issuerId, holderIds),
    await listAccounts(tx, who.issuerId, holderIds),
  ])
  const cards = all.filter((card) => card.state === 'open')
  const open = accounts
    .filter((account) => account.state === 'open')
    .map((account) => ({ accountId: account.account_id, accountRef: account.account_ref }))
  const now = await ifClosedNow(ctx, who.issuerId, cards)
  return c.html(
    <ChoosePage page={page} cards={cards} now={now} accounts={open} chosen={chosen} fault={fault} />,
  )
}

/** Money or a voucher; the answer goes on to where the visitor came from. */
function payoutChoice(flow: Flow, c: PortalContext): Answered {
  const payout = c.req.query('payout') ?? ''
  const start = c.req.query('start') ?? ''
  const chosen = c.req.query('chosen') === '1'
  if (!mayChooseVoucher(flow)) return c.redirect(flowHref(flow, 'what-happens'), 303)
  if (chosen && (payout === 'money' || payout === 'voucher')) {
    const on = { ...flow, voucher: payout === 'voucher' }
    const to = isStart(start) ? flowHref(on, 'check', [['start', start]]) : flowHref(on, 'what-happens')
    return c.redirect(to, 303)
  }
  const text = payoutText[flow.page.lang].choose.nothing
  const fault = chosen ? { field: 'payout', text } : undefined
  if (fault) c.status(422)
  return <PayoutChoicePage flow={flow} start={start} chosen={payout} fault={fault} />
}

type Answered = Response | ReturnType<typeof WhatHappensPage>
type FlowAnswer = (flow: Flow, c: PortalContext) => Answered | Promise<Answered>

/** A page of the flow: reads the choice in the address, and leads back to the first question when there is none. */
function flowPage(ctx: Context, answer: FlowAnswer) {
  return async (c: PortalContext): Promise<Response> => {
    const voucher = c.req.query('payout') === 'voucher'
    const act = actOf(c.req.query('act'))
    const flow = await readFlow(ctx, c, fromAddress(c), { voucher, act })
    if (typeof flow === 'string') return c.redirect(c.get('page').href('/close'), 303)
    const live = flow.preview.cards.map((card) => card.existing)
    const [first] = live
    if (first && live.every((number) => number === first))
      return c.redirect(flow.page.href(`/closures/${first}`), 303)
    const answered = await answer(flow, c)
    return answered instanceof Response ? answered : c.html(answered)
  }
}

async function readFlow(
  ctx: Context,
  c: PortalContext,
  carried: Carried,
  asked: Pick<Flow, 'voucher' | 'act'>,
): Promise<Flow | ChoiceFault> {
  const { holderIds } = sessionOf(c)
  const page = c.get('page')
  const { issuerId } = page.issuer
  const choice = await readChoice(ctx, { issuerId, holderIds }, carried)
  if (typeof choice === 'string') return choice
  const { act } = asked
  const voucher = asked.voucher && choice.cardIds !== 'account'
  const preview = await previewClosure(ctx, { issuerId, ...choice, act, voucher })
  return { page, choice, preview, voucher, act }
}

/** The declaration. Its answer is the receipt itself, not a redirect: the slip is in hand with it. */
async function declare(ctx: Context, c: PortalContext, jar: CookieJar): Promise<Response> {
  const carried = { cards: await formTexts(c, 'card'), whole: (await formText(c, 'whole')) || undefined }
  const start = await formText(c, 'start')
  const flow = await readFlow(ctx, c, carried, {
    voucher: (await formText(c, 'payout')) === 'voucher',
    act: actOf(await formText(c, 'act')),
  })
  if (typeof flow === 'string' || !isStart(start)) throw new Refusal('closure/nothing_chosen')
  const { page, choice, preview } = flow
  const { issuerId } = page.issuer
  const typed = { iban: await formText(c, 'iban'), name: await formText(c, 'name') }
  // None need be named with the declaration.
  const isNamed = typed.iban !== '' || typed.name !== ''
  const faults = isNamed ? accountFaults(typed, page.lang) : []
  if (faults.length > 0) {
    c.status(422)
    const shown = { ...flow, page: standsAt(page, flowHref(flow, 'check', [['start', start]])) }
    return c.html(<CheckPage flow={shown} start={start} typed={typed} faults={faults} />)
  }
  await countTry(ctx, issuerId, [
    { limit: 'declaration_per_client', who: c.get('client') },
    { limit: 'declaration_per_account', who: choice.accountId },
    { limit: 'declaration_per_account_a_day', who: choice.accountId },
  ])
  try {
    const receipt = await declareClosure(ctx, {
      issuerId,
      ...choice,
      act: flow.act,
      start,
      locale: page.lang,
      zone: zoneOf(flow),
      receivedBy: 'portal',
      identity: 'signed_in',
      voucher: flow.voucher,
    })
    const { closureId } = receipt
    if (typed.iban !== '') await nameBankAccount(ctx, { issuerId, closureId, ...typed })
    await rememberClosure(ctx, c, jar, receipt.number)
    const { number, dueAt } = receipt
    return await c.html(
      <ReceiptPage
        page={standsAt(page, page.href(`/closures/${number}`))}
        cards={preview.cards}
        zone={zoneOf(flow)}
        number={number}
        declaredAt={page.now}
        dueAt={dueAt}
      />,
    )
  } catch (error) {
    // Sent twice (a reload, an impatient finger): the first one stands, and here is how it goes.
    if (error instanceof Refusal && error.code === 'closure/already_closing' && error.facts['number'])
      return c.redirect(page.href(`/closures/${error.facts['number']}`), 303)
    throw error
  }
}
