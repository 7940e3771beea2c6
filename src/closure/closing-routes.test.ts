import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { mailedClosureCode, openPortal, Visitor } from '../../test/portal.ts'
import { seedCard, seedCards } from '../../test/seed.ts'
import { declareClosure } from './declare.ts'
import { readClosure } from './read-closure.ts'

let leb: Outside
let portal: Awaited<ReturnType<typeof openPortal>>
const visitor = () => new Visitor(portal.app, 'http://127.0.0.1:8460')

beforeAll(async () => {
  leb = await openOutside()
  portal = await openPortal(leb)
})
afterAll(async () => {
  await portal.close()
  await leb.stop()
})

const numberOn = (v: Visitor) => /closures\/([A-Z0-9-]+)\/slip\.pdf/.exec(v.html)![1]!
const work = async (number: string) => {
  const view = await readClosure(leb, { issuerId: 'leb', number })
  await leb.look('leb', view!.closureId)
  await leb.sendMails('leb')
}

async function declare(v: Visitor, cardId: string, start = 'at_once'): Promise<string> {
  await v.go(`/leb/en/close/check?card=${cardId}&start=${start}`)
  await v.send('/close/declare')
  return numberOn(v)
}

test('a holder closes a card, page by page and without script', async () => {
  const card = await seedCard(leb, { email: 'mei@example.com', balance: 8640n })
  const mei = await visitor().signIn(leb, 'leb', 'mei@example.com')
  expect(mei.address).toBe('/leb/en/cards')
  expect(mei.text).toContain('CN¥86.40')

  await mei.go('/leb/en/close?chosen=1')
  expect(mei.status).toBe(422)
  expect(mei.html).toContain('href="#choice-0"')
  await mei.go(`/leb/en/close?chosen=1&card=${card.cardId}`)
  expect(mei.address).toBe(`/leb/en/close/what-happens?card=${card.cardId}`)
  expect(mei.text).toContain('CN¥86.40 goes back to the payment method')
  expect(mei.text).toContain('no money is given for it: 512 MB data, 1 min calls')
  expect(mei.text).toMatch(/This is our reading and not yet confirmed/)
  await mei.go(`/leb/en/close/data?card=${card.cardId}`)
  const zip = await mei.fetch(`/leb/en/account/${card.accountId}/data.zip`)
  expect(zip.headers.get('content-disposition')).toMatch(/^attachment; filename="leb-T\d+\.zip"$/)
  expect(
    Buffer.from(await zip.arrayBuffer())
      .subarray(0, 2)
      .toString(),
  ).toBe('PK')
  await mei.go(`/leb/en/close/start?card=${card.cardId}`)
  expect(mei.html).not.toContain('checked')
  await mei.go(`/leb/en/close/start?card=${card.cardId}&chosen=1`)
  expect(mei.text).toContain('Choose when we shall begin')
  await mei.go(`/leb/en/close/start?card=${card.cardId}&chosen=1&start=at_once`)
  expect(mei.address).toContain('/close/check?')
  expect(mei.text).toContain('I close this card.')
  await mei.go(/href="(\/leb\/en\/close\?[^"]*)"/.exec(mei.html)![1]!)
  expect(mei.html).toMatch(/<input[^>]*name="card"[^>]*checked/)
  await mei.go(`/leb/en/close/check?card=${card.cardId}&start=at_once`)

  await mei.send('/close/declare')
  expect(mei.status).toBe(200)
  const number = numberOn(mei)
  expect(mei.text.replaceAll(' ', '')).toContain(number)
  const slip = await mei.fetch(`/leb/en/closures/${number}/slip.pdf`)
  expect(
    Buffer.from(await slip.arrayBuffer())
      .subarray(0, 5)
      .toString(),
  ).toBe('%PDF-')

  const code = await mailedClosureCode(leb, 'leb', number)
  await mei.send('/identify', { code: code === '000000' ? '000001' : '000000' })
  expect(mei.status).toBe(422)
  expect(mei.text).toContain('The code is not right')
  expect(mei.text).toContain('the codes of the last 3 are all good, each for 10 minutes')
  const form = mei.html
  await mei.send('/identify', { code })
  expect(mei.address).toBe(`/leb/en/closures/${number}`)
  expect(mei.text).not.toContain('No code is needed any more')
  // No worker has looked yet: the page must not go on asking for what it was just given.
  expect(mei.text).toContain('You have confirmed. We begin shortly.')
  expect(mei.text).not.toContain('We wait for your code')
  mei.html = form
  await mei.send('/identify', { code })
  expect(mei.text).toMatch(/You confirmed on 22 November 2026, [^.]* already\. No code is needed any more\./)
  await work(number)
  await mei.go(`/leb/en/closures/${number}`)
  expect(mei.text).toContain('Closed. Here is your certificate.')
  expect(mei.text).toContain('Money sent')
  expect(mei.text).toContain('Delete eSIM')
  expect(mei.html).not.toContain('data-events')
  const certificate = await mei.fetch(`/leb/en/closures/${number}/certificate.pdf`)
  expect(certificate.headers.get('content-type')).toBe('application/pdf')
})

test('declaring the same card twice leads to the first declaration', async () => {
  const card = await seedCard(leb, { email: 'twice@example.com' })
  const v = await visitor().signIn(leb, 'leb', 'twice@example.com')
  await v.go(`/leb/en/close/check?card=${card.cardId}&start=at_once`)
  const check = v.html
  await v.send('/close/declare')
  const number = numberOn(v)
  v.html = check
  await v.send('/close/declare')
  expect(v.address).toBe(`/leb/en/closures/${number}`)
  await v.go(`/leb/en/close/what-happens?card=${card.cardId}`)
  expect(v.address).toBe(`/leb/en/closures/${number}`)
})

test('a card and the way to close it say by the same day when the money comes', async () => {
  const card = await seedCard(leb, { email: 'abroad@example.com', residence: 'DE' })
  const v = await visitor().signIn(leb, 'leb', 'abroad@example.com')
  const told = () => /goes back to the payment method[^.]*\(Central European Time\)\./.exec(v.text)?.[0]
  await v.go('/leb/en/cards')
  const onCard = told()
  expect(onCard).toBeDefined()
  await v.go(`/leb/en/close/what-happens?card=${card.cardId}`)
  expect(told()).toBe(onCard)
})

test('undo gives the card back until the point of no return', async () => {
  const card = await seedCard(leb, { email: 'undo@example.com' })
  const v = await visitor().signIn(leb, 'leb', 'undo@example.com')
  const number = await declare(v, card.cardId, 'after_undo_window')
  await v.go(`/leb/en/closures/${number}/undo`)
  await v.send('/undo')
  expect(v.text).toContain('You have undone this closure.')
  expect(v.text).toContain('The line was never off.')
  expect(v.html).toMatch(/<a class="quiet" href="\/leb\/en\/close">/)
  await v.go('/leb/en/cards')
  expect(v.html).toContain(`/close/what-happens?card=${card.cardId}`)
})

test('a whole account is closed, and its certificate is still within reach of this browser', async () => {
  const [one] = await seedCards(leb, [
    { email: 'all@example.com', accountRef: 'ALL1' },
    { email: 'all@example.com', accountRef: 'ALL1', balance: 0n },
  ])
  const v = await visitor().signIn(leb, 'leb', 'all@example.com', 'zh-CN')
  await v.go(`/leb/zh-CN/close/check?whole=${one!.accountId}&start=at_once`)
  expect(v.text).toContain('账户 ALL1 及其所有卡')
  expect(v.text).toContain('姓名和联系方式永久删除')
  await v.send('/close/declare')
  const number = numberOn(v)
  await v.send('/identify', { code: await mailedClosureCode(leb, 'leb', number) })
  await work(number)
  await v.go('/leb/zh-CN/cards')
  expect(v.address).toContain('/sign-in')
  await v.go(`/leb/zh-CN/closures/${number}`)
  expect(v.text).toContain('个人信息已删除')
  expect((await v.fetch(`/leb/zh-CN/closures/${number}/certificate.pdf`)).status).toBe(200)
})

test("somebody else's card and closure do not exist for me", async () => {
  const card = await seedCard(leb, { email: 'owner@example.com' })
  const owner = await visitor().signIn(leb, 'leb', 'owner@example.com')
  const number = await declare(owner, card.cardId)
  await seedCard(leb, { email: 'other@example.com' })
  const other = await visitor().signIn(leb, 'leb', 'other@example.com')
  for (const path of ['', '/slip.pdf', '/events', '/undo'])
    expect((await other.fetch(`/leb/en/closures/${number}${path}`)).status).toBe(404)
  await other.go(`/leb/en/close/what-happens?card=${card.cardId}`)
  expect(other.status).toBe(404)
  await other.go(`/leb/en/close/check?card=${card.cardId}&start=at_once`)
  expect(other.status).toBe(404)
  expect((await other.fetch(`/leb/en/account/${card.accountId}/data.zip`)).status).toBe(404)
  const stranger = await visitor().go(`/leb/en/closures/${number}`)
  expect(stranger.address).toContain('/sign-in?next=')
})

test('the public page tells genuine from not, and nothing personal', async () => {
  const card = await seedCard(leb, { email: 'proof@example.com' })
  const { token, number } = await declareClosure(leb, {
    issuerId: 'leb',
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
    start: 'at_once',
    locale: 'en',
    zone: 'Asia/Shanghai',
    receivedBy: 'portal',
    identity: 'signed_in',
  })
  const anyone = await visitor().go(`/v/${token}?lang=en`)
  expect(anyone.status).toBe(200)
  expect(anyone.text).toContain('This slip is genuine')
  expect(anyone.text).toContain(number)
  expect(anyone.text).toContain('not yet confirmed by the holder')
  expect(anyone.text).toContain(`ending ${card.iccid.slice(-4)}`)
  expect(anyone.html).not.toContain('proof@example.com')
  expect(anyone.html).not.toContain('李磊')
  await anyone.go(`/v/${'A'.repeat(22)}`)
  expect(anyone.status).toBe(404)
  expect(anyone.text).toContain('没有使用这个代码的文件')
  await anyone.go('/v/%00')
  expect(anyone.status).toBe(404)
})

test('progress events say that something changed, then that it is over', async () => {
  const card = await seedCard(leb, { email: 'live@example.com' })
  const v = await visitor().signIn(leb, 'leb', 'live@example.com')
  const number = await declare(v, card.cardId)
  const answer = await v.fetch(`/leb/en/closures/${number}/events`)
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  const first = await reader.read()
  expect(first.value).toContain('event: change')
  await v.go(`/leb/en/closures/${number}`)
  expect(first.value).toContain(`data: ${/data-stamp="([^"]+)"/.exec(v.html)![1]}`)
  await v.send('/identify', { code: await mailedClosureCode(leb, 'leb', number) })
  await work(number)
  let heard = ''
  for (let part = await reader.read(); !part.done; part = await reader.read()) heard += part.value
  expect(heard).toContain('event: end')
})

test('who holds too many event streams open is told how it stands and to come back, also after HEADs', async () => {
  const card = await seedCard(leb, { email: 'many@example.com' })
  const v = await visitor().signIn(leb, 'leb', 'many@example.com')
  const events = `/leb/en/closures/${await declare(v, card.cardId)}/events`
  for (let head = 0; head < 25; head++) await v.fetch(events, { method: 'HEAD' })
  const open = await Promise.all(Array.from({ length: 20 }, () => v.fetch(events)))
  const readers = open.map((answer) => answer.body!.pipeThrough(new TextDecoderStream()).getReader())
  for (const reader of readers) expect((await reader.read()).value).not.toContain('retry:')
  expect(await (await v.fetch(events)).text()).toMatch(/event: change\n[\s\S]*retry: 15000/)
  await Promise.all(readers.map((reader) => reader.cancel()))
})
