import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readClosure } from '../../src/closure/read-closure.ts'
import { codeFor } from '../../src/holder/access-code.ts'
import { openShop, type Shop } from '../orders.ts'
import { seedCard } from '../seed.ts'
import { type BrowserWorld, openBrowserWorld } from './browser.ts'

let w: BrowserWorld
let shop: Shop
beforeAll(async () => {
  w = await openBrowserWorld()
  shop = await openShop(w.leb)
})
afterAll(() => w.stop())

/**
 * Somebody who has a keyboard and nothing else. On the way to what he wants every stop must show that it is one
 * (WCAG 2.4.7), lie in the window and not under something else (2.4.11), and come in the order of the page (2.4.3).
 */
function keyboardOf(page: Page) {
  const look = (wanted: string) =>
    page.evaluate((selector) => {
      const here = document.activeElement!
      const { outlineStyle, outlineWidth } = getComputedStyle(here)
      const box = here.getBoundingClientRect()
      return {
        what: here.outerHTML.slice(0, 100),
        there: here.matches(selector),
        seen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
        inWindow: box.bottom > 0 && box.top < window.innerHeight && box.right > 0,
        bottom: box.bottom + window.scrollY,
        top: box.top + window.scrollY,
      }
    }, wanted)
  const tabTo = async (selector: string) => {
    let before = 0
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab')
      const { what, there, seen, inWindow, top, bottom } = await look(selector)
      expect({ what, seen, inWindow, inOrder: bottom > before }).toEqual({
        what,
        seen: true,
        inWindow: true,
        inOrder: true,
      })
      if (there) return
      before = top
    }
    throw new Error(`${selector} can't be reached by Tab on ${page.url()}`)
  }
  return {
    tabTo,
    async type(selector: string, words: string) {
      await tabTo(selector)
      await page.keyboard.type(words)
    },
    /** Presses what leads on to another page. */
    async follow(selector: string) {
      await tabTo(selector)
      await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
    },
    async choose(selector: string) {
      await tabTo(selector)
      await page.keyboard.press('Space')
      expect(await page.isChecked(selector)).toBe(true)
    },
    async download(selector: string): Promise<string> {
      await tabTo(selector)
      const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')])
      return file.suggestedFilename()
    },
  }
}

async function open(script: boolean, width = 360) {
  const context = await w.browser.newContext({
    javaScriptEnabled: script,
    viewport: { width, height: 740 },
  })
  const page = await context.newPage()
  const keys = keyboardOf(page)
  const signIn = async (email: string) => {
    await keys.type('#email', email)
    await keys.follow('main form button')
    const codeId = await page.inputValue('input[name=code_id]')
    await keys.type('#code', codeFor(await w.leb.keys.vault('leb'), codeId))
    await keys.follow('main form button')
  }
  return { context, page, keys, signIn }
}

test.each([
  { script: false, width: 360, lang: 'en' },
  { script: true, width: 360, lang: 'en' },
  { script: true, width: 1280, lang: 'en' },
  { script: false, width: 1280, lang: 'zh-CN' },
])(
  'a card is closed to its certificate by keyboard alone, script $script, $width px, $lang',
  async ({ script, width, lang }) => {
    const email = `keys-${script}-${width}@example.com`
    await seedCard(w.leb, { email })
    const { context, page, keys, signIn } = await open(script, width)
    await page.goto(`${w.url}/leb/${lang}`)
    await keys.follow('main a[href$="/close"]')
    await signIn(email)
    await keys.choose('input[name=card]')
    await keys.follow('main form button')
    await keys.follow('main a.button')
    await keys.follow('main a.button:not([download])')
    // Of a choice Tab reaches the first; arrows go on, as everywhere.
    await keys.tabTo('#start-after')
    await page.keyboard.press('ArrowDown')
    expect(await page.isChecked('#start-now')).toBe(true)
    await keys.follow('main form button')
    await keys.follow('main form button')
    expect(await page.title()).toContain(lang === 'en' ? 'Your declaration has been received' : '已收到')
    const name = await keys.download('main a[download]')
    expect(name).toMatch(/^LEB-.*slip\.pdf$/)
    const number = name.replace(/-slip\.pdf$/, '')
    const { closureId } = (await readClosure(w.leb, { issuerId: 'leb', number }))!
    await page.goto(`${w.url}/leb/${lang}/closures/${number}`)
    await keys.type('#code', await w.leb.codeOf('leb', closureId))
    await keys.follow('main form button')
    await w.leb.look('leb', closureId)
    await w.leb.sendMails('leb')
    await page.goto(`${w.url}/leb/${lang}/closures/${number}`)
    expect(await keys.download('a[href$="/certificate.pdf"]')).toBe(`${number}-certificate.pdf`)
    await context.close()
  },
)

test.each([{ script: false }, { script: true }])(
  'a card is bought, topped up and looked into by keyboard alone, script $script',
  async ({ script }) => {
    const email = `shopper-${script}@example.com`
    const { context, page, keys, signIn } = await open(script)
    const pay = async () => {
      await page.waitForURL(`${w.leb.world.payment.url}/c/pay/**`)
      await page.click('button[value=pay]')
      await page.waitForURL('**/order/**')
      const [, number, token] = /order\/([^/]+)\/([^/?]+)/.exec(page.url())!
      const orderId = await shop.idOf(number!)
      await shop.look({ orderId, number: number!, token: token!, payBy: 'stripe', fresh: false })
      await page.goto(`${w.url}/leb/en/order/${number}/${token}`)
    }
    await page.goto(`${w.url}/leb/en/shop`)
    await keys.follow('main section a.button')
    await keys.follow('main form button')
    await keys.type('#email', email)
    await keys.choose('#accept')
    await keys.follow('main form button')
    await pay()
    await keys.follow('header a[href$="/sign-in"]')
    await signIn(email)
    await keys.follow('main a[href*="/top-up/"]')
    await keys.type('#amount', '20.00')
    await keys.follow('main form button')
    await keys.choose('#accept')
    await keys.follow('main form button')
    await pay()
    expect(await page.textContent('main')).toContain('is on your card')
    await page.goto(`${w.url}/leb/en/cards`)
    await keys.follow('main a[href$="/statement"]')
    expect(await page.textContent('main')).toContain('Top-up')
    expect(await keys.download('a[href$=".pdf"]')).toMatch(/statement.*\.pdf$/)
    await context.close()
  },
)
