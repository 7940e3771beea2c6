import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { declareClosure } from '../../src/closure/declare.ts'
import { proveIdentity } from '../../src/closure/prove-identity.ts'
import { codeFor } from '../../src/holder/access-code.ts'
import { identifyLetter } from '../../src/notice/letters.ts'
import { renderLetter } from '../../src/notice/letter.tsx'
import { projectFile } from '../../src/platform/project.ts'
import { seedCard, seedCards, type Seeded } from '../seed.ts'
import { type BrowserWorld, openBrowserWorld } from './browser.ts'

let w: BrowserWorld
let axeSource: string
beforeAll(async () => {
  w = await openBrowserWorld()
  axeSource = await readFile(projectFile('node_modules', 'axe-core', 'axe.min.js'), 'utf8')
})
afterAll(() => w.stop())

type Finding = { id: string; nodes: { html: string; failureSummary: string }[] }

/** What axe finds wrong on the page before it, by WCAG 2.2 A and AA and its best practices. */
async function findings(page: Page): Promise<string[]> {
  // The page's own policy forbids foreign script, so axe is put in as the debugger, not as a script element.
  await page.evaluate(axeSource)
  const violations: Finding[] = await page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    const found = await (
      window as unknown as { axe: { run(at: Document, how: object): Promise<{ violations: Finding[] }> } }
    ).axe.run(document, { runOnly: { type: 'tag', values: tags } })
    return found.violations
  })
  return violations.flatMap((v) => v.nodes.map((n) => `${page.url()} ${v.id}: ${n.html} ${n.failureSummary}`))
}

async function signIn(page: Page, lang: string, email: string): Promise<void> {
  await page.goto(`${w.url}/leb/${lang}/sign-in`)
  await page.fill('#email', email)
  await page.click('main button')
  const codeId = await page.inputValue('input[name=code_id]')
  await page.fill('#code', codeFor(await w.leb.keys.vault('leb'), codeId))
  await page.click('main button')
}

const declareFor = (card: Seeded, start: 'at_once' | 'after_undo_window') =>
  declareClosure(w.leb, {
    issuerId: 'leb',
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
    start,
    locale: 'en',
    zone: 'Asia/Shanghai',
    receivedBy: 'portal',
    identity: 'signed_in',
  })

const looks = (['zh-CN', 'en'] as const).flatMap((lang) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ lang, colorScheme, width: 360 })),
)

describe.each(looks)('$lang, $colorScheme', ({ lang, colorScheme, width }) => {
  test('axe finds nothing, nothing is wider than the screen, every target is large enough', async () => {
    const email = `axe-${lang}-${colorScheme}@example.com`.toLowerCase()
    const accountRef = `AXE-${lang}-${colorScheme}`
    const [open, waiting, closed] = await seedCards(w.leb, [
      { email, accountRef },
      { email, accountRef },
      { email, accountRef },
    ])
    const declared = await declareFor(waiting!, 'after_undo_window')
    const finished = await declareFor(closed!, 'at_once')
    await w.leb.sendMails('leb')
    const code = await w.leb.codeOf('leb', finished.closureId)
    await proveIdentity(w.leb, { issuerId: 'leb', closureId: finished.closureId, code })
    await w.leb.look('leb', finished.closureId)
    await w.leb.sendMails('leb')

    const context = await w.browser.newContext({ colorScheme, viewport: { width, height: 740 } })
    const page = await context.newPage()
    const wrong: string[] = []
    const check = async () => {
      wrong.push(...(await findings(page)), ...(await tooWide(page)), ...(await tooSmall(page)))
    }
    await page.goto(`${w.url}/?lang=${lang}`)
    await check()
    await page.goto(`${w.url}/leb/${lang}/sign-in`)
    await page.fill('#email', 'no')
    await page.click('main button')
    await check()
    await page.fill('#email', email)
    await page.click('main button')
    await check()
    await signIn(page, lang, email)
    const card = `card=${open!.cardId}`
    const paths = [
      '',
      '/sign-in',
      '/cards',
      `/cards/${open!.cardId}/statement`,
      '/account',
      '/invoices',
      '/help/official-channels',
      '/close',
      '/close?chosen=1',
      `/close/what-happens?${card}`,
      `/close/data?whole=${open!.accountId}`,
      `/close/start?${card}&chosen=1`,
      `/close/check?${card}&start=at_once`,
      `/closures/${declared.number}`,
      `/closures/${declared.number}/undo`,
      `/closures/${finished.number}`,
      '/nowhere',
    ]
    for (const path of paths) {
      await page.goto(`${w.url}/leb/${lang}${path}`)
      await check()
    }
    const unsigned = await seedCard(w.leb, {})
    const way = `${w.url}/leb/${lang}/close/without-signing-in`
    await page.goto(way)
    await page.fill('#iccid', '1')
    await page.click('main button')
    await check()
    await page.fill('#iccid', unsigned.iccid)
    await page.click('main button')
    await check()
    for (const step of ['', '/start?chosen=1', '/check?start=at_once']) {
      await page.goto(way + step)
      await check()
    }
    await page.click('main form button')
    await check()
    await page.click('main a.quiet')
    await check()
    for (const token of [declared.token, 'unknown']) {
      await page.goto(`${w.url}/v/${token}?lang=${lang}`)
      await check()
    }
    await page.goto(`${w.url}/leb/${lang}/close/check?${card}&start=at_once`)
    await page.click('main form button')
    await check()
    await context.close()
    expect(wrong).toEqual([])
  })
})

async function tooWide(page: Page): Promise<string[]> {
  const width = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  return width > 0 ? [`${page.url()} is ${width} px wider than the screen`] : []
}

/** Links inside a sentence may be as small as the sentence (WCAG 2.5.8); everything else is at least 44 px high. */
async function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('a, button, input:not([type=hidden]), label.choice')]
      .filter((e) => !e.matches('.skip, .choice input') && e.closest('p:not(.actions), li, dd') === null)
      .filter((e) => e.getBoundingClientRect().height > 0 && e.getBoundingClientRect().height < 44)
      .map(
        (e) => `${location.href} ${e.outerHTML.slice(0, 120)} is ${e.getBoundingClientRect().height} px high`,
      ),
  )
}

test('the first visit costs at most 15 KB over the wire', async () => {
  const context = await w.browser.newContext()
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  await cdp.send('Network.enable')
  let bytes = 0
  cdp.on('Network.loadingFinished', (event) => void (bytes += event.encodedDataLength))
  await page.goto(`${w.url}/leb/zh-CN`, { waitUntil: 'networkidle' })
  await context.close()
  expect(bytes).toBeGreaterThan(1000)
  expect(bytes).toBeLessThan(15 * 1024)
})

test('a mail with a long address fits the narrowest phone', async () => {
  const number = 'ROAMLY-2K7M-9QXCT'
  const letter = identifyLetter('en', '123456', {
    number,
    declaredAt: w.leb.clock.now(),
    dueAt: w.leb.clock.now(),
    zone: 'Asia/Shanghai',
    cards: [{ plan: 'LEB3', last4: '4242' }],
    progressUrl: `https://close.roamly.example/roamly/en/closures/${number}`,
  })
  const { html } = await renderLetter(w.leb.issuers[0]!, letter)
  const context = await w.browser.newContext({ viewport: { width: 320, height: 600 } })
  const page = await context.newPage()
  await page.setContent(html)
  expect(await tooWide(page)).toEqual([])
  await context.close()
})

test('the text keeps a contrast of 7:1 in both themes', async () => {
  await seedCard(w.leb, { email: 'contrast@example.com' })
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await w.browser.newContext({ colorScheme })
    const page = await context.newPage()
    await signIn(page, 'en', 'contrast@example.com')
    for (const path of ['/cards', '/account', '/close?chosen=1']) {
      await page.goto(`${w.url}/leb/en${path}`)
      await page.evaluate(axeSource)
      const found = await page.evaluate(async () => {
        const { axe } = window as unknown as {
          axe: { run(at: Document, how: object): Promise<{ violations: Finding[] }> }
        }
        return (await axe.run(document, { runOnly: ['color-contrast-enhanced'] })).violations
      })
      expect(found.flatMap((v) => v.nodes.map((n) => n.html))).toEqual([])
    }
    await context.close()
  }
})
