import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openShop, type Shop } from '../orders.ts'
import { type BrowserWorld, openBrowserWorld } from './browser.ts'

let w: BrowserWorld
let shop: Shop
beforeAll(async () => {
  w = await openBrowserWorld()
  shop = await openShop(w.leb)
})
afterAll(() => w.stop())

/** LEB_SHOTS=DIR leaves a picture of each page, for people to look at. */
const dir = process.env.LEB_SHOTS
async function shot(page: Page, name: string): Promise<void> {
  if (dir) await page.screenshot({ path: join(dir, `${name}.png`), fullPage: true })
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
  await shot(page, name('1-shop'))
  await page.click('main section a.button >> nth=0')
  await page.selectOption('#live', 'DE')
  await shot(page, name('2-plan'))
  await page.click('main form button')
  await page.click('main form button')
  expect(await page.locator('.is-wrong').count()).toBe(1)
  await shot(page, name('3-faults'))
  await page.fill('#email', `browser-${lang.toLowerCase()}@example.com`)
  await page.check('#accept')
  await shot(page, name('4-checkout'))
  // The browser goes on to the provider by itself, also without script, and comes back after paying.
  await page.click('main form button')
  await page.waitForURL(`${w.leb.world.payment.url}/c/pay/**`)
  await page.click('button[value=pay]')
  await page.waitForURL('**/order/**')
  await shot(page, name('5-paid'))
  const [, number, token] = /order\/([^/]+)\/([^/?]+)/.exec(page.url())!
  const orderId = await shop.idOf(number!)
  await shop.look({ orderId, number: number!, token: token!, payBy: 'stripe', fresh: false })
  // The page looks again by itself.
  await page.waitForSelector('.qr svg')
  expect(await page.textContent('main')).toMatch(run.words)
  await shot(page, name('6-ready'))
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)
  await context.close()
  // The 422 of the form that came back is said in the console by the browser itself.
  expect(faults.filter((words) => !words.includes('422'))).toEqual([])
})
