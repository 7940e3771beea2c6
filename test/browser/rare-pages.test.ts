import { writeFile } from 'node:fs/promises'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lapseUnproved } from '../../src/closure/unproved.ts'
import { termsAt } from '../../src/invoice/terms.ts'
import { inIssuer } from '../../src/platform/db.ts'
import { moneyThatWaits } from '../../src/order/name-account.ts'
import { accountKey, orderPath } from '../../src/order/order-token.ts'
import { readOrder } from '../../src/order/read-order.ts'
import { readClosure } from '../../src/closure/read-closure.ts'
import { seedCard, type Seeded } from '../seed.ts'
import { type BrowserWorld, openBrowserWorld } from './browser.ts'
import { faultsOf, shotPath, signIn } from './page-checks.ts'
import { rareClosures } from './rare-closures.ts'
import {
  boughtToday,
  inTwoMonths,
  muchUsedCard,
  orderOften,
  takenBackCard,
  withdrawnUnsigned,
} from './rare-money.ts'
import { cardWithPapers, rareOrders } from './rare-orders.ts'

type Kept = NonNullable<BrowserContextOptions['storageState']>
const email = 'rare@example.com'
let w: BrowserWorld
let closures: Record<string, string>
let orders: Awaited<ReturnType<typeof rareOrders>>['orders']
let unproved: { number: string; kept: Kept }
let whole: { number: string; kept: Kept }
let withPapers: string
let takenBack: string
let orderNumbers: string[]
let open: Seeded, fresh: Seeded, waiting: Seeded, muchUsed: Seeded
beforeAll(async () => {
  w = await openBrowserWorld()
  unproved = await declareUnsigned()
  w.leb.clock.advance({ days: 15 })
  await lapseUnproved(w.leb)
  closures = await rareClosures(w.leb, email)
  const rare = await rareOrders(w.leb)
  orders = rare.orders
  withPapers = await cardWithPapers(w.leb, rare.shop, email)
  takenBack = await takenBackCard(w.leb, rare.shop, 'back@example.com')
  muchUsed = await muchUsedCard(w.leb, 'long@example.com')
  orderNumbers = await orderOften(w.leb, rare.shop, muchUsed)
  whole = await closeAccount()
  open = await seedCard(w.leb, { email, balance: 4_000n, expiresAt: inTwoMonths(w.leb) })
  fresh = await boughtToday(w.leb, email)
  waiting = await withdrawnUnsigned(w.leb, email)
}, 240_000)
afterAll(() => w.stop())

async function declareUnsigned() {
  const card = await seedCard(w.leb, {})
  const context = await w.browser.newContext()
  const page = await context.newPage()
  const way = `${w.url}/leb/zh-CN/close/without-signing-in`
  await page.goto(way)
  await page.fill('#iccid', card.iccid)
  await page.click('main button')
  await page.goto(`${way}/check?start=at_once`)
  await page.click('main form button')
  return kept(page)
}

/** What a browser that declared keeps: it may look at the closure afterwards. */
async function kept(page: Page): Promise<{ number: string; kept: Kept }> {
  const slip = await page.getAttribute('main a[download]', 'href')
  const result = { number: slip!.split('/').at(-2)!, kept: await page.context().storageState() }
  await page.context().close()
  return result
}

/** An account with two cards, closed to its end by the browser that can look at it after the person is erased. */
async function closeAccount() {
  const own = { email: 'whole@example.com', accountRef: 'WHOLE' }
  const card = await seedCard(w.leb, own)
  await seedCard(w.leb, { ...own, balance: 0n })
  const context = await w.browser.newContext()
  const page = await context.newPage()
  await signIn(w, page, 'zh-CN', own.email)
  await page.goto(`${w.url}/leb/zh-CN/close/check?whole=${card.accountId}&start=at_once`)
  await page.click('main form button')
  const declared = await page.getAttribute('main a[download]', 'href')
  const number = declared!.split('/').at(-2)!
  const { closureId } = (await readClosure(w.leb, { issuerId: 'leb', number }))!
  await page.fill('#code', await w.leb.codeOf('leb', closureId))
  await page.click('main form button >> nth=0')
  await w.leb.look('leb', closureId)
  await w.leb.sendMails('leb')
  await w.leb.look('leb', closureId)
  const result = { number, kept: await context.storageState() }
  await context.close()
  return result
}

test.each(['zh-CN', 'en'] as const)('every paper of a card that was bought and closed, %s', async (lang) => {
  const context = await w.browser.newContext({ viewport: { width: 360, height: 740 } })
  const page = await context.newPage()
  await signIn(w, page, lang, email, 'roamly')
  const at = `${w.url}/roamly/${lang}`
  const wrong: string[] = []
  const files: string[] = []
  const pages = { cards: '/cards', statement: `/cards/${withPapers}/statement`, invoices: '/invoices' }
  for (const [of, path] of Object.entries(pages)) {
    await page.goto(at + path)
    wrong.push(...(await faultsOf(page, `papers-${of}-${lang}`)))
    files.push(
      ...(await page.$$eval('a[href$=".pdf"]', (links) =>
        links.map((link) => (link as HTMLAnchorElement).href),
      )),
    )
  }
  expect(wrong).toEqual([])
  // Contract and invoice of card and top-up, credit note, closing statement, and the statement of the card.
  expect(files.length).toBeGreaterThanOrEqual(6)
  for (const [n, file] of files.entries()) {
    const answer = await context.request.get(file)
    const body = await answer.body()
    expect([file, body.subarray(0, 5).toString()]).toEqual([file, '%PDF-'])
    const path = shotPath(`paper-${lang}-${n}.pdf`)
    if (path) await writeFile(path, body)
  }
  await context.close()
})

const narrow = [
  { lang: 'zh-CN', width: 360, colorScheme: 'light' },
  { lang: 'en', width: 360, colorScheme: 'dark' },
] as const
// A wide screen has room for what a narrow one has: it is looked at by people, in pictures.
const wide = [
  { lang: 'zh-CN', width: 1280, colorScheme: 'dark' },
  { lang: 'en', width: 1280, colorScheme: 'light' },
] as const
const looks = process.env.LEB_SHOTS ? [...narrow, ...wide] : narrow

describe.each(looks)('$lang, $width px, $colorScheme', ({ lang, width, colorScheme }) => {
  const look = { viewport: { width, height: 740 }, colorScheme, locale: lang }
  const name = (of: string) => `rare-${of}-${lang}-${width}`
  const at = (path: string) => `${w.url}/leb/${lang}${path}`
  /** Looks at one address after the other, and says what is wrong. */
  async function lookAt(pages: Record<string, string>, kept?: Kept): Promise<string[]> {
    const context = await w.browser.newContext({ ...look, ...(kept && { storageState: kept }) })
    const page = await context.newPage()
    const wrong: string[] = []
    for (const [of, address] of Object.entries(pages)) {
      await page.goto(address)
      wrong.push(...(await faultsOf(page, name(of))))
    }
    await context.close()
    return wrong
  }

  test('closures that came to something else', async () => {
    const numbers = Object.entries(closures)
    const wrong = await lookAt(
      {
        ...Object.fromEntries(
          numbers.map(([of, number]) => [`closure-${of}`, at(`/closures/${number}`)] as const),
        ),
        'bank-account': at(`/closures/${closures['wantsAccount']}/bank-account`),
        'choice-money-or-voucher': at(`/close/payout?card=${open.cardId}`),
        'choice-missing': at(`/close/payout?card=${open.cardId}&chosen=1`),
        cards: at('/cards'),
        'what-happens-or-withdraw': at(`/close/what-happens?card=${fresh.cardId}`),
        withdraw: at(`/close/what-happens?card=${fresh.cardId}&act=withdraw`),
        'withdraw-check': at(`/close/check?card=${fresh.cardId}&act=withdraw&start=at_once`),
        'what-happens-or-go-on': at(`/close/what-happens?card=${waiting.cardId}`),
        'check-or-go-on': at(`/close/check?card=${waiting.cardId}&start=at_once`),
        'withdraw-unsigned': at('/close/without-signing-in?act=withdraw'),
        'what-happens-account': at(`/close/what-happens?whole=${open.accountId}`),
        expiry: at(`/cards/${open.cardId}/expiry?do=extend`),
        statement: at(`/cards/${open.cardId}/statement`),
        invoices: at('/invoices'),
        orders: at('/orders'),
      },
      await signedIn('leb', email),
    )
    wrong.push(
      ...(await lookAt({ 'closure-lapsed': at(`/closures/${unproved.number}`) }, unproved.kept)),
      ...(await lookAt({ 'closure-account': at(`/closures/${whole.number}`) }, whole.kept)),
    )
    expect(wrong).toEqual([])
  })

  test('orders that came to something else', async () => {
    const address = (order: { number: string; token: string }) =>
      `${w.url}${orderPath(lang, { issuerId: 'leb', ...order })}`
    const pages = Object.fromEntries(
      Object.entries(orders).map(([of, order]) => [`order-${of}`, address(order)]),
    )
    const key = accountKey(
      await w.leb.keys.vault('leb'),
      moneyThatWaits(
        await inIssuer(w.leb.db, 'leb', async (tx) => {
          const { number } = orders['wantsAccount']!
          return (await readOrder(w.leb, tx, { issuerId: 'leb', number }))!
        }),
      ),
    )
    pages['order-account'] = `${address(orders['wantsAccount']!)}/bank-account/${key}`
    expect(await lookAt({ ...pages, 'order-asking': `${address(orders['awaiting']!)}?paid=1` })).toEqual([])
  })

  /** What a browser keeps that has signed in there. */
  async function signedIn(issuerId: string, who: string): Promise<Kept> {
    const context = await w.browser.newContext(look)
    const page = await context.newPage()
    await signIn(w, page, lang, who, issuerId)
    const state = await context.storageState()
    await context.close()
    return state
  }

  test('lists of more than a page', async () => {
    const pages = {
      'statement-long': at(`/cards/${muchUsed.cardId}/statement`),
      'orders-long': at('/orders'),
      'orders-older': at(`/orders?before=${orderNumbers[1]}`),
    }
    expect(await lookAt(pages, await signedIn('leb', 'long@example.com'))).toEqual([])
  })

  test('a card whose price the payer’s bank has taken back', async () => {
    const state = await signedIn('roamly', 'back@example.com')
    const of = (path: string) => `${w.url}/roamly/${lang}${path}`
    const happens = of(`/close/what-happens?card=${takenBack}`)
    const pages = {
      'taken-back-cards': of('/cards'),
      'taken-back-what-happens': happens,
      'taken-back-check': of(`/close/check?card=${takenBack}&start=at_once`),
    }
    expect(await lookAt(pages, state)).toEqual([])
    const context = await w.browser.newContext({ storageState: state })
    const said = await (await context.request.get(happens)).text()
    await context.close()
    expect(said).toMatch(/(Taken back by the payer&#39;s bank already|付款方的银行已收回的钱)<.+?−€21\.90/)
  })

  test('refusals and faults', async () => {
    const context = await w.browser.newContext({ ...look, extraHTTPHeaders: { 'accept-language': lang } })
    const page = await context.newPage()
    const wrong: string[] = []
    /** Inside the issuer's pages help and closing stay within reach, whatever went wrong. */
    const check = async (of: string, framed: boolean) => {
      wrong.push(...(await faultsOf(page, name(of))))
      expect([of, await page.locator('footer a[href^="mailto:"]').count()]).toEqual([of, framed ? 1 : 0])
    }
    await page.goto(at('/nowhere'))
    await check('fault-not-found', true)
    await page.goto(`${w.url}/nobody/${lang}/nowhere`)
    await check('fault-no-issuer', false)
    await page.goto(at('/sign-out'))
    await check('fault-method', true)
    const signInForm = async (change: (form: HTMLFormElement) => void) => {
      await page.goto(at('/sign-in'))
      await page.fill('#email', 'often@example.com')
      await page.locator('main form').evaluate(change)
      await page.click('main button')
    }
    await signInForm(
      (form) => void (form.querySelector<HTMLInputElement>('[name=form_token]')!.value = 'old'),
    )
    await check('fault-form', true)
    await signInForm((form) => {
      const long = document.createElement('input')
      Object.assign(long, { type: 'hidden', name: 'more', value: 'x'.repeat(20_000) })
      form.append(long)
    })
    await check('fault-too-large', false)
    for (let tries = 0; tries < 6; tries++) await signInForm(() => undefined)
    expect(await page.textContent('main')).toMatch(/\d+ min|\d+ 分钟/)
    await check('refusal-too-often', true)
    await context.close()
    expect(wrong).toEqual([])
  })

  test('pages that hardly anybody opens', async () => {
    const { version } = (await inIssuer(w.leb.db, 'leb', (tx) => termsAt(tx, 'leb', w.leb.clock.now())))!
    expect(
      await lookAt({
        terms: at(`/shop/terms/${version}`),
        start: `${w.url}/?lang=${lang}`,
        papers: `${w.url}/p/unknown?lang=${lang}`,
        // Where a law names the buttons.
        'law-home': `${w.url}/roamly/${lang}`,
        'law-sign-in': `${w.url}/roamly/${lang}/sign-in`,
        // In English only, and long.
        ...(lang === 'en' && {
          api: `${w.url}/api`,
          problems: `${w.url}/problems`,
          problem: `${w.url}/problems/holder/too_often`,
        }),
      }),
    ).toEqual([])
  })
})
