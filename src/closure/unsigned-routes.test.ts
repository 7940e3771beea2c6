import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { mailedClosureCode, openPortal, Visitor } from '../../test/portal.ts'
import { luhn, seedCard, type Seeded } from '../../test/seed.ts'
import { readClosure } from './read-closure.ts'

let leb: Outside
let portal: Awaited<ReturnType<typeof openPortal>>
beforeAll(async () => {
  leb = await openOutside()
  portal = await openPortal(leb)
})
afterAll(async () => {
  await portal.close()
  await leb.stop()
})
beforeEach(() => leb.pool.query('delete from rate_limit'))

const way = '/leb/en/close/without-signing-in'
/** Everything a browser without script was shown, and every address it went to. */
class Watched extends Visitor {
  readonly shown: string[] = []
  readonly addresses: string[] = []
  override async go(path: string, init: RequestInit = {}): Promise<this> {
    this.addresses.push(path)
    await super.go(path, init)
    this.shown.push(this.html)
    return this
  }
}
const visitor = () => new Watched(portal.app, 'http://127.0.0.1:8460')
const numberOn = (v: Visitor) => /closures\/([A-Z0-9-]+)\/slip\.pdf/.exec(v.html)![1]!
const work = async (number: string) => {
  const view = await readClosure(leb, { issuerId: 'leb', number })
  await leb.look('leb', view!.closureId)
  await leb.sendMails('leb')
}

/** A card whose every fact can be recognised: no number drawn for a card or a page has so many digits of it by chance. */
const telling = async (email: string) => {
  const card = await seedCard(leb, {
    email,
    balance: 76_543_210n,
    paid: 80_000_000n,
    plan: 'LEB5',
    residence: 'DE',
    accountRef: `ACC-${email.split('@')[0]}`,
  })
  leb.world.sims.payment.seed([{ id: card.paymentRef, amount: 80_000_000, currency: 'cny' }])
  return card
}
const secretsOf = (email: string): (string | RegExp)[] => [
  email,
  `ACC-${email.split('@')[0]}`,
  '765,432.10',
  '765432.10',
  '76543210',
  /\bLEB5\b/,
  '5-day',
  'Japan',
  '日本',
  '李磊',
  'de-2026',
  email.slice(0, 3) + '*',
]

async function declare(v: Visitor, card: Seeded): Promise<string> {
  await v.go(way)
  await v.send('/close/without-signing-in', { iccid: card.iccid })
  await v.go(`${way}/check?start=at_once`)
  await v.send('/declare')
  return numberOn(v)
}

test('whoever holds a card closes it from the first page, without signing in and without script', async () => {
  const email = 'nologin@example.com'
  const card = await telling(email)
  const v = await visitor().go('/leb/en')
  // At hand on every page, and on none twice.
  for (const page of ['', '/sign-in', '/shop', '/help/official-channels']) {
    const { html } = await visitor().go(`/leb/en${page}`)
    expect(html.match(/href="\/leb\/en\/close\/without-signing-in"/g), page).toHaveLength(1)
  }
  await v.go(way)
  expect(v.text).toContain('Settings → About phone')
  await v.send('/close/without-signing-in', { iccid: card.iccid.replace(/(\d{4})/g, '$1 ') })
  expect(v.address).toBe(`${way}/what-happens`)
  expect(v.text).toContain(`Card · ending ${card.iccid.slice(-4)}`)
  expect(v.text).toContain('within 14 days')
  await v.go(`${way}/start?chosen=1`)
  expect(v.text).toContain('Choose when we shall begin')
  await v.go(`${way}/start?chosen=1&start=at_once`)
  expect(v.address).toBe(`${way}/check?start=at_once`)
  expect(v.text).toContain('I close this card.')
  await v.send('/declare')
  expect(v.status).toBe(200)
  const number = numberOn(v)
  expect(v.text).toContain('account already has')
  const slip = await v.fetch(`/leb/en/closures/${number}/slip.pdf`)
  expect((await slip.arrayBuffer()).byteLength).toBeGreaterThan(10_000)
  await v.go(`/leb/en/closures/${number}`)
  await v.go(`/leb/en/closures/${number}/undo`)
  await v.go(`/leb/en/closures/${number}`)
  for (const secret of secretsOf(email)) expect(v.shown.join('\n')).not.toMatch(secret)
  for (const address of v.addresses) expect(address).not.toContain(card.iccid.slice(0, 12))

  const code = await mailedClosureCode(leb, 'leb', number)
  await v.send('/identify', { code: code === '000000' ? '000001' : '000000' })
  expect(v.status).toBe(422)
  for (const secret of secretsOf(email)) expect(v.html).not.toMatch(secret)
  await v.send('/identify', { code })
  await work(number)
  await v.go(`/leb/en/closures/${number}`)
  expect(v.text).toContain('Closed. Here is your certificate.')
  expect(v.text).toContain('765,432.10')
  expect(v.text).toContain('ACC-nologin')
  expect((await v.fetch(`/leb/en/closures/${number}/certificate.pdf`)).status).toBe(200)
})

test('a number that is wrong, unknown or being closed is refused at its field, and tells no more', async () => {
  const v = await visitor().go(way)
  await v.send('/close/without-signing-in', { iccid: '8999901000000000001' })
  expect(v.status).toBe(422)
  expect(v.html).toContain('href="#iccid"')
  expect(v.html).toContain('value="8999901000000000001"')
  await v.send('/close/without-signing-in', { iccid: luhn('899990100000000000') })
  expect(v.status).toBe(404)
  expect(v.text).toContain('This issuer has no card with this number')
  for (const step of ['what-happens', 'start', 'check?start=at_once', 'declare'])
    expect((await v.go(`${way}/${step}`)).address).toBe(way)

  const card = await seedCard(leb)
  const number = await declare(visitor(), card)
  await v.send('/close/without-signing-in', { iccid: card.iccid })
  expect(v.status).toBe(409)
  expect(v.text).toContain('Its holder has the slip by e-mail')
  expect(v.html).not.toContain(number.slice(4))
})

test('a cookie that was made up leads nowhere', async () => {
  const card = await seedCard(leb)
  const v = visitor()
  v.cookies.set('leb-leb-card', `${card.iccid}.${'A'.repeat(43)}`)
  await v.go(`${way}/check?start=at_once`)
  expect(v.address).toBe(way)
})

test('sent twice, the first declaration stands and its own browser is led to it', async () => {
  const card = await seedCard(leb)
  const v = await visitor().go(way)
  await v.send('/close/without-signing-in', { iccid: card.iccid })
  await v.go(`${way}/check?start=at_once`)
  const [check, cookie] = [v.html, v.cookies.get('leb-leb-card')!]
  await v.send('/declare')
  const number = numberOn(v)
  v.html = check
  v.cookies.set('leb-leb-card', cookie)
  await v.send('/declare')
  expect(v.address).toBe(`/leb/en/closures/${number}`)
  await v.go(way)
  await v.send('/close/without-signing-in', { iccid: card.iccid })
  expect(v.address).toBe(`/leb/en/closures/${number}`)
})

test('when the holder proves it elsewhere, the browser that declared it sees nothing any more', async () => {
  const email = 'elsewhere@example.com'
  const card = await telling(email)
  const stranger = visitor()
  const number = await declare(stranger, card)
  const slip = await stranger.fetch(`/leb/en/closures/${number}/slip.pdf`)
  expect(slip.status).toBe(200)
  const holder = await visitor().signIn(leb, 'leb', email)
  await holder.go(`/leb/en/closures/${number}`)
  expect(holder.text).toContain('ACC-elsewhere')
  await holder.send('/identify', { code: await mailedClosureCode(leb, 'leb', number) })
  await work(number)
  await holder.go(`/leb/en/closures/${number}`)
  expect(holder.text).toContain('765,432.10')
  for (const path of ['', '/slip.pdf', '/certificate.pdf', '/undo', '/events']) {
    const answer = await stranger.fetch(`/leb/en/closures/${number}${path}`)
    expect(answer.headers.get('location')).toContain('/sign-in?next=')
  }
  for (const secret of secretsOf(email)) expect(stranger.shown.join('\n')).not.toMatch(secret)
})

test('the holder who signs in closes the card as if no stranger had been there', async () => {
  const email = 'blocked@example.com'
  const card = await telling(email)
  const stranger = visitor()
  const stray = await declare(stranger, card)
  const holder = await visitor().signIn(leb, 'leb', email)
  await holder.go(`/leb/en/close/check?card=${card.cardId}&start=at_once`)
  await holder.send('/close/declare')
  const number = numberOn(holder)
  expect(number).not.toBe(stray)
  await stranger.go(`/leb/en/closures/${stray}`)
  expect(stranger.text).toContain('This declaration was set aside')
  expect(stranger.html).not.toContain(number.slice(4))
})

test('a holder is not mailed without end, whoever asks', async () => {
  const card = await seedCard(leb)
  const v = visitor()
  const asked: number[] = []
  for (let round = 0; round < 2; round++) {
    const number = await declare(v, card)
    for (let at = 0; at < 4; at++) {
      await v.go(`/leb/en/closures/${number}`)
      await v.send('/new-code')
      asked.push(v.status)
    }
    await v.go(`/leb/en/closures/${number}/undo`)
    await v.send('/undo')
  }
  expect(asked).toEqual([200, 200, 200, 200, 200, 200, 429, 429])
})

test('where the law names the buttons, they say it in its words', async () => {
  const card = await seedCard(leb, { issuerId: 'roamly' })
  const v = await visitor().go('/roamly/zh-CN')
  expect(v.html).toMatch(/<a [^>]*lang="de"[^>]*>Verträge hier kündigen<\/a>/)
  await v.go('/roamly/zh-CN/close/without-signing-in')
  await v.send('/close/without-signing-in', { iccid: card.iccid })
  await v.go('/roamly/zh-CN/close/without-signing-in/check?start=after_undo_window')
  expect(v.html).toMatch(/<button [^>]*lang="de"[^>]*>jetzt kündigen<\/button>/)
  expect((await visitor().go('/leb/en')).html).not.toContain('kündigen')
  // Whoever signs in presses the same button: the law of where the account is at home says so.
  const home = { issuerId: 'roamly', residence: 'DE', email: 'anna@example.com' }
  const own = await seedCard(leb, home)
  await v.signIn(leb, 'roamly', home.email)
  await v.go(`/roamly/en/close/check?card=${own.cardId}&start=at_once`)
  expect(v.html).toMatch(/<button [^>]*lang="de"[^>]*>jetzt kündigen<\/button>/)
})
