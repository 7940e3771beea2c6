import { writeFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { endedLetter, endingLetter, type EndFacts } from '../../src/expiry/expiry-letters.ts'
import { sampleIssuers } from '../../src/issuer/sample-issuers.ts'
import { certificateLetter } from '../../src/notice/certificate-letter.ts'
import { type Letter, renderLetter } from '../../src/notice/letter.tsx'
import { codeWantedLetter } from '../../src/notice/code-wanted-letter.ts'
import { bankDetailsReminderLetter } from '../../src/notice/bank-details-reminder-letter.ts'
import { lateLetter } from '../../src/notice/late-letter.ts'
import * as letters from '../../src/notice/letters.ts'
import { takenBackLetter } from '../../src/notice/taken-back-letter.ts'
import * as ofOrders from '../../src/order/order-letters.ts'
import * as ofTransfers from '../../src/order/transfer-letters.ts'
import { openBrowser } from './browser.ts'
import { mailFindings, shot, shotPath, tooWide, untranslated } from './page-checks.ts'

let chrome: Awaited<ReturnType<typeof openBrowser>>
beforeAll(async () => void (chrome = await openBrowser()))
afterAll(() => chrome.close())

const issuer = sampleIssuers()[0]!
const at = new Date('2026-11-22T10:00:00Z')
const number = 'ROAMLY-2K7M-9QXCT'

/** Every mail that a holder or buyer can get, with the longest words it may have. */
function everyMail(locale: 'zh-CN' | 'en'): Record<string, Letter> {
  const en = locale === 'en'
  const closure = {
    number,
    declaredAt: at,
    dueAt: at,
    zone: 'America/Argentina/Buenos_Aires',
    cards: [{ plan: 'LEB3', last4: '4242' }],
    progressUrl: `https://close.roamly.example/roamly/${locale}/closures/${number}`,
  }
  const order = {
    number: 'ROAMLY-ORD-2K7M-9QXCT',
    kind: 'card' as const,
    what: en ? 'LEB 3-day card for Japan' : 'LEB三日卡（日本）',
    gross: en ? 'CN¥128.00' : '¥128.00',
    payBy: 'stripe' as const,
    waiting: en ? 'CN¥128.00' : '¥128.00',
    extraPaid: en ? 'CN¥128.00' : '¥128.00',
    owed: en ? 'CN¥128.00' : '¥128.00',
    url: `https://close.roamly.example/roamly/${locale}/order/ROAMLY-ORD-2K7M-9QXCT/0123456789abcdefghijkl`,
    payUntil: en ? '30 November 2026, 18:00 (Beijing time)' : '2026 年 11 月 30 日 18:00（北京时间）',
    givenBackAt: null,
    refundReason: 'not_deliverable' as const,
    refundRoute: null,
    iccid: '8999902000000008836',
  }
  const addOn = {
    ...order,
    kind: 'add_on' as const,
    what: en ? '1 GB more data' : '加 1 GB 流量',
    payBy: 'balance' as const,
    iccid: null,
  }
  const card = 'https://close.roamly.example/roamly/en/cards/01a202b2-c500-7624-a139-8e4ebbd2e68f/expiry'
  const end: EndFacts = {
    subject: 'card',
    money: 'lapses',
    card: en ? '3-day card (Japan) ending 4242' : '尾号 4242 的三日卡（日本）',
    endsAt: en ? '23 November 2026, 14:00 (Beijing time)' : '2026 年 11 月 23 日 14:00（北京时间）',
    sum: en ? 'CN¥86.40' : '¥86.40',
    left: en ? '512 MB data, 5 SMS' : '流量 512 MB，短信 5 条',
    keptUntil: en ? '22 December 2026, 20:00 (Beijing time)' : '2026 年 12 月 22 日 20:00（北京时间）',
    canUse: true,
    canExtend: true,
    urls: { use: `${card}?do=use`, extend: `${card}?do=extend`, close: `${card}?do=close`, page: card },
  }
  const kinds: Partial<EndFacts>[] = [
    { money: 'lapses' },
    { money: 'kept' },
    { money: 'goes_back' },
    { money: 'none' },
    { subject: 'kept' },
    { subject: 'bucket', money: 'none' },
    { money: 'lapses', canExtend: false },
    { subject: 'kept', canUse: false, canExtend: false },
  ]
  const named = (kind: Partial<EndFacts>) =>
    `${kind.subject ?? 'card'}-${kind.money ?? 'lapses'}${kind.canExtend === false ? '-no-days' : ''}`
  const code = { code: '123456', goodUntil: at }
  const wanted = {
    until: at,
    claimUntil: '2030-12-31',
    covers: 'account',
    ends: true,
    slipCounts: true,
  } as const
  const sent = { sum: order.gross, arrivesBy: at }
  const byHand = [{ sum: order.gross, on: at, reference: 'X1' }]
  const papers = { url: `https://close.roamly.example/p/${'x'.repeat(43)}`, goodUntil: at }
  return {
    'sign-in': letters.signInLetter(locale, code, closure.zone),
    identify: letters.identifyLetter(locale, code, closure),
    slip: letters.slipLetter(locale, { ...closure, waitsForCode: true }),
    certificate: certificateLetter(
      locale,
      closure,
      {
        sent,
        byHand,
        voucher: null,
        kept: order.gross,
        unclaimed: { sum: order.gross, claimUntil: '2030-12-31', slipCounts: true },
        takenBack: null,
      },
      papers,
    ),
    'taken-back': takenBackLetter(locale, issuer, {
      ...closure,
      taken: [{ sum: order.gross, at, state: 'open' }],
      paidOut: order.gross,
    }),
    undone: letters.undoneLetter(locale, closure),
    lapsed: letters.lapsedLetter(locale, closure),
    'code-wanted': codeWantedLetter(locale, { ...closure, isLate: false }),
    'code-wanted-late': codeWantedLetter(locale, { ...closure, isLate: true }),
    late: lateLetter(locale, issuer, { ...closure, waitsForAccount: false, wanted: null }),
    bankDetailsReminder: bankDetailsReminderLetter(locale, {
      ...closure,
      isLast: false,
      lineEndsAt: at,
      wanted,
    }),
    lateForHolder: lateLetter(locale, issuer, { ...closure, waitsForAccount: true, wanted }),
    'bank-account': letters.bankDetailsLetter(locale, { ...closure, wanted }),
    'bank-account-noted': letters.bankDetailsNotedLetter(locale, issuer, closure),
    placed: ofOrders.placedLetter(locale, order),
    'held-up': ofOrders.heldUpLetter(locale, { ...order, givenBackAt: order.payUntil }),
    delivered: ofOrders.deliveredLetter(
      locale,
      order,
      'LPA:1$sm-dp-plus.simulated.example$1573N-X26H0-XG364-09BC1',
    ),
    'delivered-other': ofOrders.deliveredLetter(locale, order, null),
    refunded: ofOrders.refundedLetter(locale, order),
    'held-up-balance': ofOrders.heldUpLetter(locale, { ...addOn, givenBackAt: order.payUntil }),
    'delivered-balance': ofOrders.deliveredLetter(locale, addOn, null),
    'not-taken': ofOrders.refundedLetter(locale, addOn),
    'wants-account': ofTransfers.wantsAccountLetter(locale, {
      ...order,
      accountUrl: `${order.url}/bank-account/0123456789abcdefghijkl`,
    }),
    extra: ofTransfers.extraLetter(locale, {
      ...order,
      accountUrl: `${order.url}/bank-account/0123456789abcdefghijkl`,
    }),
    'extra-paid': ofTransfers.extraPaidLetter(locale, order),
    'account-noted': ofTransfers.accountNotedLetter(locale, order),
    ...Object.fromEntries(
      kinds.flatMap((kind) => [
        [`ending-${named(kind)}`, endingLetter(locale, { ...end, ...kind })],
        [`ended-${named(kind)}`, endedLetter(locale, { ...end, ...kind }, issuer.brand.appealEmail)],
      ]),
    ),
  }
}

/** Links that stand by themselves, as the three ways out of an end do. */
const smallButtons = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll('a')]
      .filter((link) => getComputedStyle(link).display !== 'inline')
      .filter((link) => link.getBoundingClientRect().height < 44)
      .map((link) => `${link.textContent} is ${link.getBoundingClientRect().height} px high`),
  )

test.each([
  { locale: 'zh-CN', width: 320 },
  { locale: 'en', width: 320 },
  { locale: 'zh-CN', width: 800 },
  { locale: 'en', width: 800 },
] as const)('every mail can be read by anybody, $locale at $width px', async ({ locale, width }) => {
  const context = await chrome.browser.newContext({ viewport: { width, height: 600 } })
  const page = await context.newPage()
  const wrong: string[] = []
  for (const [name, letter] of Object.entries(everyMail(locale))) {
    const { html, text } = await renderLetter(issuer, letter)
    await page.setContent(html)
    await shot(page, `mail-${name}-${locale}-${width}`)
    const path = shotPath(`mail-${name}-${locale}.txt`)
    if (path) await writeFile(path, `${letter.subject}\n\n${text}`)
    const found = [
      ...(await mailFindings(page)),
      ...(await tooWide(page)),
      ...(await untranslated(page)),
      ...(await smallButtons(page)),
    ]
    wrong.push(...found.map((fault) => `${name}: ${fault}`))
  }
  await context.close()
  expect(wrong).toEqual([])
})
