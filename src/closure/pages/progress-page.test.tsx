import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { sampleIssuers } from '../../issuer/sample-issuers.ts'
import { siteText } from '../../web/messages/site-text.ts'
import type { Lang } from '../../web/lang.ts'
import type { Page } from '../../web/page.ts'
import type { ClosureView, PartView, StepView } from '../closure-view.ts'
import { ProgressPage, stampOf } from './progress-page.tsx'

const at = new Date('2026-11-22T10:00:00Z')
const pageIn = (lang: Lang): Page => ({
  issuer: sampleIssuers()[0]!,
  lang,
  text: siteText[lang],
  zone: 'Asia/Shanghai',
  now: at,
  signedIn: true,
  assets: { css: '/c.css', script: '/s.js', icon: '/i.svg' },
  otherLangHref: '/other',
  href: (path) => `/leb/${lang}${path}`,
  formToken: 'token',
})
const step = (change: Partial<StepView>): StepView => ({
  step: 'pay_out',
  state: 'current',
  at: null,
  cardsDone: 0,
  block: null,
  ...change,
})
const card = (iccid: string) => ({
  cardId: iccid,
  iccid,
  plan: 'LEB3',
  zone: 'JP',
  expiresAt: at,
  balance: { amount: '8640', currency: 'CNY' },
  payout: null,
  lines: [],
  parts: [],
  takenBack: [],
  isOwedInDoubt: false,
})
const closing: ClosureView = {
  issuerId: 'leb',
  closureId: 'c',
  number: 'LEB-2K7M-9QXCT',
  accountRef: 'A1',
  identity: 'signed_in',
  cardEnded: false,
  identifiedAt: at,
  provedBy: 'account',
  undoneBy: null,
  lineAfterUndo: null,
  covers: 'card',
  act: 'terminate',
  state: 'closing',
  locale: 'en',
  zone: 'Asia/Shanghai',
  policyVersion: 'cn-2026-11-01',
  declaredAt: at,
  dueAt: new Date('2026-11-25T10:00:00Z'),
  late: false,
  undoUntil: null,
  canUndo: true,
  wantsVoucher: false,
  paysAsWithdrawal: false,
  bankAccountGiven: false,
  isHolderErased: false,
  accountWantedUntil: null,
  noReturnAt: null,
  undoneAt: null,
  closedAt: null,
  toldAt: null,
  cards: [card('8999901000000000001')],
  steps: [step({})],
  documents: [{ kind: 'slip', issuedAt: at, sha256: 'x' }],
}
const render = async (view: ClosureView, lang: Lang = 'en') => {
  const app = new Hono().get('/', (c) => c.html(<ProgressPage page={pageIn(lang)} view={view} />))
  return (await app.request('/')).text()
}

test('while it runs: what is done now, undo, and a reload for those without script', async () => {
  const html = await render(closing)
  expect(html).toContain('We are sending the money')
  expect(html).toContain('href="/leb/en/closures/LEB-2K7M-9QXCT/undo"')
  expect(html).toMatch(/<noscript><meta http-equiv="refresh" content="20;/)
  expect(html).toContain('data-events="/leb/en/closures/LEB-2K7M-9QXCT/events"')
  expect(html).not.toContain('appeal@')
})

test('while the code is waited for nothing reloads: it would empty the field under her hands', async () => {
  const html = await render({ ...closing, state: 'declared', steps: [step({ step: 'identify' })] })
  expect(html).toContain('name="code"')
  expect(html).not.toContain('http-equiv="refresh"')
  expect(html).not.toContain('every 20 seconds')
})

test('when it waits for the holder it says so first, in her language', async () => {
  const block = { reason: 'bank_details_needed', owner: 'holder', since: at } as const
  const waiting = { ...closing, steps: [step({ state: 'blocked', block })] }
  expect(await render(waiting)).toMatch(/id="now">We need something from you/)
  expect(await render(waiting, 'zh-CN')).toMatch(/id="now">需要您补充/)
  expect(await render(waiting, 'zh-CN')).toContain('请在本页填写收款账户')
  expect(stampOf(waiting)).not.toBe(stampOf(closing))
  const part = {
    partId: 'p',
    route: 'bank_transfer',
    amount: { amount: '321', currency: 'CNY' },
    state: 'waiting',
    reference: null,
    settledAt: null,
    byHand: false,
    refusal: null,
    arrivesBy: null,
    claimUntil: null,
  } as const
  const cards = [{ ...card('8999901000000000001'), parts: [part] }]
  expect(await render({ ...waiting, cards })).toContain('/bank-account"')
  const turn = step({ state: 'blocked', block: { ...block, owner: 'staff' } })
  const erased = { ...closing, cards, steps: [turn] }
  expect(await render(erased)).toMatch(
    /3\.21 can only be transferred, and your data is erased.*name LEB-2K7M-9QXCT/s,
  )
  expect(await render(erased)).not.toContain('/bank-account"')
  expect(await render(erased)).toContain('your data is erased. Above stands how you get it')
  expect(await render(erased)).not.toContain('Name it on this page')
})

test('when it is late it says since when, whose turn it is and where to write', async () => {
  const late = { ...closing, late: true }
  const html = await render(late)
  expect(html).toContain('It should have been done by 25 November 2026, 18:00 (Beijing time)')
  expect(html).toContain('Support takes it over by itself')
  expect(html).toContain('appeal@leb.example')
  const block = { reason: 'bank_details_needed' as const, owner: 'holder' as const, since: at }
  const waiting = await render({ ...late, steps: [step({ state: 'blocked', block })] })
  expect(waiting).toContain('It goes on as soon as we have what we ask you for')
  expect(waiting).not.toContain('Support takes it over')
})

test('tells of time to think it over only where it was given', async () => {
  const steps = [
    step({ step: 'identify', state: 'done', at }),
    step({ step: 'undo_window', state: 'done', at }),
  ]
  expect(await render({ ...closing, steps })).not.toContain('think it over')
  expect(await render({ ...closing, steps, undoUntil: at })).toContain('Time to think it over has ended')
})

test('says that money was sent only where it was', async () => {
  const part = (route: PartView['route']): PartView => ({
    partId: route,
    route,
    amount: { amount: route === 'nothing' ? '0' : '321', currency: 'CNY' },
    state: 'paid',
    reference: null,
    settledAt: at,
    byHand: false,
    refusal: null,
    arrivesBy: null,
    claimUntil: null,
  })
  const paid = (...parts: PartView[]) =>
    render({ ...closing, cards: [{ ...card('1'), parts }], steps: [step({ state: 'done', at })] })
  expect(await paid(part('voucher'), part('original_payment'))).toContain('Money sent')
  expect(await paid(part('voucher'))).toContain('Voucher given')
  expect(await paid(part('kept'))).toContain('it stays yours')
  expect(await paid(part('nothing'))).toContain('There was no money to send back')
})

test('speaks of an account that was named only where one was', async () => {
  const transfer = {
    partId: 'p',
    route: 'bank_transfer',
    amount: { amount: '321', currency: 'CNY' },
    state: 'paid',
    reference: 'X1',
    settledAt: at,
    byHand: false,
    refusal: null,
    arrivesBy: null,
    claimUntil: null,
  } as const
  const shown = (change: Partial<PartView>, lang: Lang) =>
    render({ ...closing, cards: [{ ...card('1'), parts: [{ ...transfer, ...change }] }] }, lang)
  expect(await shown({ state: 'waiting', reference: null, settledAt: null }, 'en')).toContain(
    'account you name<',
  )
  expect(await shown({}, 'en')).toContain('by bank transfer, to the account you named')
  const byHand = await shown({ byHand: true }, 'en')
  expect(byHand).toMatch(
    /by bank transfer, made by our staff<.*>done 22 November 2026, 18:00 \(Beijing time\), reference X1</s,
  )
  expect(byHand).not.toContain('account you name')
  const zh = await shown({ byHand: true }, 'zh-CN')
  expect(zh).toContain('银行转账（由工作人员办理）')
  expect(zh).toContain('X1')
  expect(zh).not.toContain('您指定的账户')
})

test('after the point of no return there is no undo, but the reason', async () => {
  const html = await render({ ...closing, canUndo: false, noReturnAt: at })
  expect(html).not.toContain('/undo"')
  expect(html).toContain('can no longer be undone')
})

test('with several cards it says how many are through', async () => {
  const html = await render({
    ...closing,
    cards: [card('8999901000000000001'), card('8999901000000000002')],
    steps: [step({ cardsDone: 1 })],
  })
  expect(html).toContain('1 of 2 cards')
})

test('an undone closure tells what was done and when it was undone, and nothing that is not coming', async () => {
  const html = await render({
    ...closing,
    state: 'undone',
    undoneBy: 'person',
    undoneAt: at,
    canUndo: false,
    steps: [step({ step: 'identify', state: 'done', at }), step({ step: 'pay_out', state: 'waiting' })],
  })
  expect(html).toContain('You have confirmed')
  expect(html).toContain('>Undone<')
  expect(html).not.toContain('Money goes back to you')
})

test('an undone closure says whether the line works, and leads on', async () => {
  const undone: ClosureView = {
    ...closing,
    state: 'undone',
    undoneBy: 'person',
    undoneAt: at,
    canUndo: false,
  }
  const said = (lineAfterUndo: ClosureView['lineAfterUndo'], lang: Lang = 'en') =>
    render({ ...undone, lineAfterUndo }, lang)
  expect(await said('never_off')).toContain('The line was never off.')
  expect(await said('switching_on')).toContain('The line is being switched on again')
  expect(await said('on')).toContain('The line works again.')
  expect(await said('on', 'zh-CN')).toContain('线路已恢复')
  expect(await said('refused')).toContain('Our staff is dealing with it')
  const html = await said('on')
  expect(html).toContain('href="/leb/en/cards"')
  expect(html).toContain('href="/leb/en/close"')
  // It is closed under another number: there is nothing to close again, and no line that came back.
  const aside = await render({ ...undone, undoneBy: 'holder_declared', lineAfterUndo: 'never_off' })
  expect(aside).not.toContain('The line was never off')
  expect(aside).not.toContain('Close anew')
})

test('an end is an end: nothing reloads any more', async () => {
  for (const over of [
    { ...closing, state: 'undone' as const, undoneAt: at, canUndo: false },
    { ...closing, state: 'closed' as const, closedAt: at, toldAt: at, canUndo: false },
  ]) {
    expect(await render(over)).not.toContain('http-equiv="refresh"')
    expect(await render(over)).not.toContain('data-events')
  }
})

test('does not say of a card that its issuer gave up that the holder has confirmed it', async () => {
  const identified = { ...closing, steps: [step({ step: 'identify', state: 'done', at })] }
  expect(await render(identified)).toContain('You have confirmed')
  for (const decided of [{ provedBy: 'issuer' as const }, { identity: 'issuer_decision' as const }])
    for (const state of ['identified', 'closing'] as const)
      expect(await render({ ...identified, ...decided, state })).not.toContain('You have confirmed')
})

test('begins with who decided it where nobody declared anything, and why', async () => {
  const identify = step({ step: 'identify', state: 'done', at })
  const decided = {
    ...closing,
    late: true,
    identity: 'issuer_decision' as const,
    steps: [identify, step({})],
  }
  const first = async (view: ClosureView, lang: Lang) =>
    /<ol class="timeline">.*?<p class="what">(.*?)<\/p>/s.exec(await render(view, lang))![1]
  const ended = { ...decided, cardEnded: true }
  const inTime = { ...decided, paysAsWithdrawal: true }
  expect(await first(closing, 'en')).toBe('Declared')
  expect(await first(decided, 'en')).toBe('Decided by the issuing company')
  expect(await first(decided, 'zh-CN')).toBe('发行公司已决定注销')
  expect(await first(ended, 'en')).toBe('The card has ended, and the issuing company closes it')
  expect(await first(ended, 'zh-CN')).toBe('卡已到期，由发行公司注销')
  expect(await first(inTime, 'en')).toContain('it pays what withdrawing does')
  expect(await first(inTime, 'zh-CN')).toContain('按撤回的标准退款')
  for (const view of [decided, ended, inTime]) {
    expect(await render(view, 'en')).not.toMatch(/declare|code/i)
    expect(await render(view, 'zh-CN')).not.toMatch(/申请|验证码/)
  }
})
