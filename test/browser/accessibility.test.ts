import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { declareClosure } from '../../src/closure/declare.ts'
import { proveIdentity } from '../../src/closure/prove-identity.ts'
import { identifyLetter } from '../../src/notice/letters.ts'
import { renderLetter } from '../../src/notice/letter.tsx'
import { seedCard, seedCards, type Seeded } from '../seed.ts'
import { type BrowserWorld, openBrowserWorld } from './browser.ts'
import { faintWords, faultsOf, faultsWhenWide, signIn, tooWide } from './page-checks.ts'

let w: BrowserWorld
beforeAll(async () => void (w = await openBrowserWorld()))
afterAll(() => w.stop())

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
    let shown = 0
    const check = async () => {
      const name = `${lang}-${colorScheme}-${String(++shown).padStart(2, '0')}`
      wrong.push(...(await faultsOf(page, name)))
      // Once in each language: colours are no wider.
      if (colorScheme === 'light') wrong.push(...(await faultsWhenWide(page, name)))
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
    await signIn(w, page, lang, email)
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
  const code = { code: '123456', goodUntil: w.leb.clock.now() }
  const letter = identifyLetter('en', code, {
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
    await signIn(w, page, 'en', 'contrast@example.com')
    for (const path of ['/cards', '/account', '/close?chosen=1']) {
      await page.goto(`${w.url}/leb/en${path}`)
      expect(await faintWords(page)).toEqual([])
    }
    await context.close()
  }
})
