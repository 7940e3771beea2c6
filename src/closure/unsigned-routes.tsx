import { createHmac, timingSafeEqual } from 'node:crypto'
import { Hono } from 'hono'
import type { Context } from '../platform/context.ts'
import { Refusal } from '../platform/errors.ts'
import { type CookieJar, dropCookie, readCookie, writeCookie } from '../web/cookies.ts'
import { type PortalEnv, standsAt } from '../web/page.ts'
import { refusalLine, refusalText } from '../web/refusal-texts.ts'
import { at, formText, type PortalContext } from '../web/routing.ts'
import { declareUnsigned, findCardToClose, readIccid } from './declare-unsigned.ts'
import { isRemembered, rememberClosure } from './may-see.ts'
import { CardNumberPage } from './pages/card-number-page.tsx'
import { closingText } from './pages/closure-text.ts'
import { ReceiptPage } from './pages/receipt-page.tsx'
import { StartWhenPage } from './pages/start-when-page.tsx'
import { UnsignedCheckPage } from './pages/unsigned-check-page.tsx'
import { namedCard, type UnsignedFlow, unsignedHref } from './pages/unsigned-flow.ts'
import { unsignedText } from './pages/unsigned-text.ts'
import { UnsignedWhatHappensPage } from './pages/unsigned-what-happens-page.tsx'
import { termsFor } from './preview.ts'
import { isStart } from './start.ts'

const way = '/close/without-signing-in'
// Long enough for the pages between, short enough for a lent phone.
const typed_hours = 2

/**
 * Closing a card without signing in, page by page. The card's number is a person's affair and stands in no address:
 * it travels in a cookie, sealed, so that only a number whose look-up was counted goes any further.
 */
export function unsignedRoutes(ctx: Context, jar: CookieJar): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>()
  at(app, way, {
    get: (c) => c.html(<CardNumberPage page={c.get('page')} act={actOf(c)} />),
    post: (c) => takeNumber(ctx, c, jar),
  })
  at(app, `${way}/what-happens`, {
    get: flowPage(ctx, jar, (_c, flow) => <UnsignedWhatHappensPage flow={flow} />),
  })
  at(app, `${way}/start`, { get: flowPage(ctx, jar, startPage) })
  at(app, `${way}/check`, {
    get: flowPage(ctx, jar, (c, flow) => {
      const start = c.req.query('start') ?? ''
      if (!isStart(start)) return c.redirect(unsignedHref(flow, 'start'), 303)
      return <UnsignedCheckPage flow={flow} start={start} />
    }),
  })
  at(app, `${way}/declare`, {
    get: (c) => c.redirect(numberHref(c), 303),
    post: (c) => declare(ctx, c, jar),
  })
  return app
}

/** In the address, also of what is posted: whether somebody closes or withdraws. */
const actOf = (c: PortalContext): UnsignedFlow['act'] =>
  c.req.query('act') === 'withdraw' ? 'withdraw' : 'terminate'
const numberHref = (c: PortalContext) => unsignedHref({ page: c.get('page'), act: actOf(c) })

async function takeNumber(ctx: Context, c: PortalContext, jar: CookieJar): Promise<Response> {
  const page = c.get('page')
  const { issuerId } = page.issuer
  const typed = await formText(c, 'iccid')
  try {
    const iccid = readIccid(typed)
    const isOwn = (number: string) => isRemembered(ctx, c, jar, number)
    const found = await findCardToClose(ctx, { issuerId, iccid, client: c.get('client'), isOwn })
    if ('own' in found) return c.redirect(page.href(`/closures/${found.own}`), 303)
    const value = `${iccid}.${await seal(ctx, issuerId, iccid)}`
    writeCookie(c, jar, { kind: 'card', issuerId, value, lives_hours: typed_hours })
    return c.redirect(unsignedHref({ page, act: actOf(c) }, 'what-happens'), 303)
  } catch (error) {
    return numberPage(c, error, typed)
  }
}

/** What is wrong with the number, at its field, with the number as it was typed. Anything else is thrown on. */
async function numberPage(c: PortalContext, error: unknown, typed: string): Promise<Response> {
  const text = error instanceof Refusal ? refusalText(error) : undefined
  if (!(error instanceof Refusal) || text?.field !== 'iccid') throw error
  const page = c.get('page')
  const fault = { field: 'iccid', text: refusalLine(error, page.lang) }
  c.status(text.status)
  const shown = standsAt(page, numberHref(c))
  return c.html(<CardNumberPage page={shown} act={actOf(c)} iccid={typed} fault={fault} />)
}

async function seal(ctx: Context, issuerId: string, iccid: string): Promise<string> {
  const { codeKey } = await ctx.keys.vault(issuerId)
  return createHmac('sha256', codeKey).update(`close-card/${issuerId}/${iccid}`).digest('base64url')
}

/** The number this browser typed in and was let through with; undefined when there is none. */
async function typedNumber(ctx: Context, c: PortalContext, jar: CookieJar): Promise<string | undefined> {
  const { issuerId } = c.get('issuer')
  const [iccid = '', given = ''] = (readCookie(c, jar, 'card', issuerId) ?? '').split('.')
  const [one, other] = [Buffer.from(given), Buffer.from(await seal(ctx, issuerId, iccid))]
  return one.length === other.length && timingSafeEqual(one, other) ? iccid : undefined
}

async function readFlow(ctx: Context, c: PortalContext, jar: CookieJar): Promise<UnsignedFlow | undefined> {
  const iccid = await typedNumber(ctx, c, jar)
  const page = c.get('page')
  const act = actOf(c)
  const terms = termsFor(page.issuer, page.issuer, act, page.now)
  return iccid === undefined ? undefined : { page, iccid, terms, act }
}

type FlowAnswer = (c: PortalContext, flow: UnsignedFlow) => Response | ReturnType<typeof CardNumberPage>

function flowPage(ctx: Context, jar: CookieJar, answer: FlowAnswer) {
  return async (c: PortalContext): Promise<Response> => {
    const flow = await readFlow(ctx, c, jar)
    if (!flow) return c.redirect(numberHref(c), 303)
    const answered = answer(c, flow)
    return answered instanceof Response ? answered : c.html(answered)
  }
}

const startPage: FlowAnswer = (c, flow) => {
  const { page } = flow
  const start = c.req.query('start') ?? ''
  const chosen = c.req.query('chosen') === '1'
  if (chosen && isStart(start)) return c.redirect(unsignedHref(flow, 'check', start), 303)
  const fault = chosen ? { field: 'start', text: closingText[page.lang].start.nothing } : undefined
  return (
    <StartWhenPage
      page={page}
      cards={[namedCard(flow)]}
      undoWindowMinutes={flow.terms.undoWindowMinutes}
      back={unsignedHref(flow, 'what-happens')}
      action={unsignedHref({ page, act: 'terminate' }, 'start')}
      carried={flow.act === 'withdraw' ? [['act', flow.act]] : []}
      start={start}
      fault={fault}
    />
  )
}

/** The declaration. Its answer is the receipt itself, not a redirect: the slip is in hand with it. */
async function declare(ctx: Context, c: PortalContext, jar: CookieJar): Promise<Response> {
  const flow = await readFlow(ctx, c, jar)
  const start = await formText(c, 'start')
  const page = c.get('page')
  const { issuerId } = page.issuer
  if (!flow || !isStart(start)) return c.redirect(numberHref(c), 303)
  try {
    const made = await declareUnsigned(ctx, {
      issuerId,
      iccid: flow.iccid,
      client: c.get('client'),
      isOwn: (number) => isRemembered(ctx, c, jar, number),
      act: flow.act,
      start,
      locale: page.lang,
      zone: page.zone,
      receivedBy: 'portal',
    })
    // Sent twice (a reload, an impatient finger): the first one stands, and here is how it goes.
    if ('own' in made) return c.redirect(page.href(`/closures/${made.own}`), 303)
    await rememberClosure(ctx, c, jar, made.number)
    dropCookie(c, jar, 'card', issuerId)
    return await c.html(
      <ReceiptPage
        page={standsAt(page, page.href(`/closures/${made.number}`))}
        cards={[namedCard(flow)]}
        zone={page.zone}
        number={made.number}
        declaredAt={page.now}
        dueAt={made.dueAt}
        unsigned={unsignedText[page.lang].done}
      />,
    )
  } catch (error) {
    return numberPage(c, error, flow.iccid)
  }
}
