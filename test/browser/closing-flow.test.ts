import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readClosure } from '../../src/closure/read-closure.ts'
import { codeFor } from '../../src/holder/access-code.ts'
import { inIssuer } from '../../src/platform/db.ts'
import { seedCard } from '../seed.ts'
import { type BrowserWorld, openBrowserWorld } from './browser.ts'

let w: BrowserWorld
beforeAll(async () => void (w = await openBrowserWorld()))
afterAll(() => w.stop())

const codeOn = async (page: Page) =>
  codeFor(await w.leb.keys.vault('leb'), await page.inputValue('input[name=code_id]'))

async function signIn(page: Page, lang: string, email: string): Promise<void> {
  await page.fill('#email', email)
  await page.click('main button')
  await page.fill('#code', await codeOn(page))
  await page.click('main button')
  await page.waitForURL(`**/${lang}/**`)
}

/** From the home page to the number on the receipt, by pressing what is there. */
async function declare(page: Page, lang: string, email: string): Promise<string> {
  await page.goto(`${w.url}/leb/${lang}`)
  await page.click('main a.button >> nth=0')
  await signIn(page, lang, email)
  await page.check('main input[name=card]')
  await page.click('main button')
  await page.click('main a.button')
  await page.click('main a.button >> nth=1')
  await page.check('#start-now')
  await page.click('main button')
  await page.click('main button')
  return (await page.getAttribute('main a[download]', 'href'))!.split('/').at(-2)!
}

async function closureId(number: string): Promise<string> {
  return (await readClosure(w.leb, { issuerId: 'leb', number }))!.closureId
}

test.each([
  { script: true, lang: 'zh-CN', done: '已注销' },
  { script: false, lang: 'en', done: 'Closed.' },
])('a card is closed with script $script in $lang', async ({ script, lang, done }) => {
  const email = `flow-${script}@example.com`
  await seedCard(w.leb, { email })
  const context = await w.browser.newContext({
    javaScriptEnabled: script,
    viewport: { width: 360, height: 740 },
  })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  page.on('pageerror', (error) => faults.push(error.message))

  const number = await declare(page, lang, email)
  const id = await closureId(number)
  const slip = await context.request.get(`${w.url}/leb/${lang}/closures/${number}/slip.pdf`)
  expect((await slip.body()).subarray(0, 5).toString()).toBe('%PDF-')
  await page.fill('#code', await w.leb.codeOf('leb', id))
  await page.click('main form button >> nth=0')
  await page.waitForURL(`**/closures/${number}`)

  await w.leb.look('leb', id)
  await w.leb.sendMails('leb')
  if (!script) await page.reload()
  // With script the page has to come by the news itself.
  await page.waitForFunction((words) => document.querySelector('#now')?.textContent?.includes(words), done)
  // What came of it first: the money, and by when it should be there.
  const sent = { 'zh-CN': '已退出，预计', en: 'was sent back to you and should be in your account by' }[lang]
  expect(await page.locator('#now').textContent()).toContain(sent)
  // Nine steps of a card that starts at once (no time to think it over was given), and the declaration itself.
  await page.waitForFunction(() => document.querySelectorAll('.timeline .is-done').length === 10)
  expect(await page.locator(`a[href$="/certificate.pdf"]`).count()).toBe(1)
  await context.close()
  expect(faults).toEqual([])
})

test('on a phone a card’s name is broken between its parts only', async () => {
  const email = 'narrow@example.com'
  const { cardId } = await seedCard(w.leb, { email })
  await inIssuer(w.leb.db, 'leb', (tx) =>
    tx.updateTable('card').set({ zone: 'EU' }).where('card_id', '=', cardId).execute(),
  )
  const context = await w.browser.newContext({ viewport: { width: 360, height: 740 } })
  const page = await context.newPage()
  await page.goto(`${w.url}/leb/zh-CN/sign-in`)
  await signIn(page, 'zh-CN', email)
  for (const path of ['cards', 'close', 'close?chosen=1']) {
    await page.goto(`${w.url}/leb/zh-CN/${path}`)
    const lines = await page.$$eval('main .whole', (parts) =>
      parts.map(
        (part) => part.getBoundingClientRect().height / parseFloat(getComputedStyle(part).lineHeight),
      ),
    )
    expect([path, lines.map(Math.round)]).toEqual([path, [1, 1, 1]])
  }
  await context.close()
})

test('a form that comes back puts the focus on what is wrong', async () => {
  const context = await w.browser.newContext()
  const page = await context.newPage()
  await page.goto(`${w.url}/leb/en/sign-in`)
  await page.click('main button')
  // The script runs once the page is parsed; a click is answered earlier.
  await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'alert')
  await page.click('[role=alert] a')
  await page.waitForFunction(() => document.activeElement?.id === 'email')
  await context.close()
})
