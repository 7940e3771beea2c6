import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { codeFor } from '../../src/holder/access-code.ts'
import { orderPath } from '../../src/order/order-token.ts'
import { openShop, type Shop } from '../orders.ts'
import { closeCard } from '../payouts.ts'
import { seedCard, type Seeded } from '../seed.ts'
import { type BrowserWorld, openBrowserWorld } from './browser.ts'
import { findings, shot, signIn, tooWide } from './page-checks.ts'

let w: BrowserWorld
let shop: Shop
beforeAll(async () => {
  w = await openBrowserWorld()
  shop = await openShop(w.leb)
})
afterAll(() => w.stop())

/** A page as it should be: nothing wider than the screen, and nothing for axe to find where script runs. */
async function check(page: Page, name: string, script: boolean): Promise<void> {
  await shot(page, name)
  expect(await tooWide(page)).toEqual([])
  if (script) expect(await findings(page)).toEqual([])
}

test.each([
  { script: false, lang: 'zh-CN', width: 360, country: 'JP', words: /激活码/ },
  { script: true, lang: 'en', width: 1280, country: 'DE', words: /Activation code/ },
])('a card is bought with script $script in $lang at $width px', async (run) => {
  const { script, lang, width, country } = run
  const context = await w.browser.newContext({ javaScriptEnabled: script, viewport: { width, height: 800 } })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  page.on('pageerror', (error) => faults.push(error.message))
  const name = (at: string) => `buy-${lang}-${width}-${at}`

  await page.goto(`${w.url}/leb/${lang}`)
  await page.click('header nav a >> nth=0')
  await page.selectOption('#to', country)
  await page.click('main form button')
  await check(page, name('1-shop'), script)
  await page.click('main section a.button >> nth=0')
  await page.selectOption('#live', 'DE')
  await check(page, name('2-plan'), script)
  await page.click('main form button')
  await page.click('main form button')
  expect(await page.locator('.is-wrong').count()).toBe(2)
  // The summary has the focus, with script or without, and its links lead into the fields.
  const focused = () => page.evaluate(() => document.activeElement?.outerHTML.slice(0, 90))
  expect(await focused()).toContain('class="sheet wrong"')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  expect(new URL(page.url()).hash).toBe('#accept')
  expect(await focused()).toContain('id="accept"')
  await check(page, name('3-faults'), script)
  await page.fill('#email', `browser-${lang.toLowerCase()}@example.com`)
  await page.check('#accept')
  await check(page, name('4-checkout'), script)
  // The browser goes on to the provider by itself, also without script, and comes back after paying.
  await page.click('main form button')
  await page.waitForURL(`${w.leb.world.payment.url}/c/pay/**`)
  await page.click('button[value=pay]')
  await page.waitForURL('**/order/**')
  await check(page, name('5-paid'), script)
  const [, number, token] = /order\/([^/]+)\/([^/?]+)/.exec(page.url())!
  const orderId = await shop.idOf(number!)
  await shop.look({ orderId, number: number!, token: token!, payBy: 'stripe', fresh: false })
  // The page looks again by itself.
  await page.waitForSelector('.qr svg')
  expect(await page.textContent('main')).toMatch(run.words)
  await check(page, name('6-ready'), script)
  await context.close()
  // The 422 of the form that came back is said in the console by the browser itself.
  expect(faults.filter((words) => !words.includes('422'))).toEqual([])
})

test('a card is topped up and added to, on a phone', async () => {
  const card = await seedCard(w.leb, { email: 'topping@example.com', currency: 'CNY' })
  const context = await w.browser.newContext({ viewport: { width: 360, height: 740 } })
  const page = await context.newPage()
  const there = `${w.url}/leb/zh-CN/top-up/${card.cardId}`
  await page.goto(there)
  await page.fill('#email', 'topping@example.com')
  await page.click('main button')
  const codeId = await page.inputValue('input[name=code_id]')
  await page.fill('#code', codeFor(await w.leb.keys.vault('leb'), codeId))
  await page.click('main button')
  await page.waitForURL(there)
  await page.fill('#amount', '1,000')
  await page.click('main form button')
  await check(page, 'top-up-1-fault', true)
  await page.fill('#amount', '20.00')
  await page.click('main form button')
  await check(page, 'top-up-2-checkout', true)
  await page.goto(there)
  await page.click('main section a >> nth=0')
  await check(page, 'top-up-3-add-on', true)
  await context.close()
})

test.each([
  { script: false, lang: 'zh-CN' as const },
  { script: true, lang: 'en' as const },
])(
  'an add-on is paid from the balance on a phone, with script $script in $lang',
  async ({ script, lang }) => {
    const email = `balance-${lang.toLowerCase()}@example.com`
    const card = await seedCard(w.leb, { email, balance: 6_100n })
    const context = await w.browser.newContext({
      javaScriptEnabled: script,
      viewport: { width: 360, height: 740 },
    })
    const page = await context.newPage()
    const name = (at: string) => `from-balance-${lang}-${at}`
    await signIn(w, page, lang, email)
    await page.goto(`${w.url}/leb/${lang}/checkout?card=${card.cardId}&item=DATA1G`)
    expect(await page.isChecked('#pay-balance')).toBe(true)
    await check(page, name('1-checkout'), script)
    await page.check('#accept')
    await page.click('main form button')
    await page.waitForURL('**/order/**')
    const here = page.url()
    await check(page, name('2-set-aside'), script)
    const [, number, token] = /order\/([^/]+)\/([^/?]+)/.exec(here)!
    const placed = { number: number!, token: token!, payBy: 'balance' as const, fresh: false }
    await shop.look({ ...placed, orderId: await shop.idOf(number!) })
    await page.goto(here)
    await check(page, name('3-done'), script)
    // 23.00 are left of it.
    await page.goto(`${w.url}/leb/${lang}/checkout?card=${card.cardId}&item=DATA1G`)
    expect(await page.locator('#pay-balance').count()).toBe(0)
    await check(page, name('4-too-little'), script)
    await page.goto(`${w.url}/leb/${lang}/cards/${card.cardId}/statement`)
    await check(page, name('5-statement'), script)
    await closedMeanwhile(card, page, name('6-not-taken'), script)
    await context.close()
  },
)

/** What its order says whose card is closed before anybody delivers. */
async function closedMeanwhile(card: Seeded, page: Page, name: string, script: boolean): Promise<void> {
  const placed = await shop.place({
    wanted: { kind: 'add_on', cardId: card.cardId, code: 'SMS50' },
    buyer: { kind: 'signed_in', holderIds: [card.holderId] },
    payBy: 'balance',
  })
  await closeCard(w.leb, card, { start: 'after_undo_window' })
  await shop.look(placed)
  const lang = name.includes('zh-CN') ? 'zh-CN' : 'en'
  await page.goto(`${w.url}${orderPath(lang, { issuerId: 'leb', ...placed })}`)
  await check(page, name, script)
}
