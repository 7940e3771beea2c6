import { PDF } from '@libpdf/core'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { declareClosure } from '../../src/closure/declare.ts'
import { declareUnsigned } from '../../src/closure/declare-unsigned.ts'
import { readDocument } from '../../src/closure/documents.ts'
import { proveIdentity } from '../../src/closure/prove-identity.ts'
import { readClosure } from '../../src/closure/read-closure.ts'
import { undoClosure } from '../../src/closure/undo.ts'
import { lapseUnproved } from '../../src/closure/unproved.ts'
import { inIssuer } from '../../src/platform/db.ts'
import { Refusal } from '../../src/platform/errors.ts'
import { attachmentName } from '../../src/slip/document-marks.ts'
import { verifyPdf } from '../../src/slip/verify.ts'
import { type Outside, openOutside } from '../outside.ts'
import { seedCard, type Seeded } from '../seed.ts'

let leb: Outside
beforeAll(async () => void (leb = await openOutside()))
afterAll(() => leb.stop())
beforeEach(() => leb.pool.query('delete from rate_limit'))

const stranger = (card: Seeded, change = {}) => ({
  issuerId: 'leb',
  iccid: card.iccid,
  client: '203.0.113.9',
  isOwn: () => Promise.resolve(false),
  act: 'terminate' as const,
  start: 'at_once' as const,
  locale: 'en' as const,
  zone: 'Asia/Shanghai',
  receivedBy: 'portal' as const,
  ...change,
})

async function declareAsStranger(card: Seeded, change = {}) {
  const made = await declareUnsigned(leb, stranger(card, change))
  if ('own' in made) throw new Error('nothing was declared before')
  return made
}

const declareAsHolder = (card: Seeded) =>
  declareClosure(leb, {
    issuerId: 'leb',
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
    start: 'at_once',
    locale: 'zh-CN',
    zone: 'Asia/Shanghai',
    receivedBy: 'portal',
    identity: 'signed_in',
  })

const view = async (closureId: string) => (await readClosure(leb, { issuerId: 'leb', closureId }))!
const prove = async (closureId: string) =>
  proveIdentity(leb, { issuerId: 'leb', closureId, code: await leb.codeOf('leb', closureId), by: 'declarer' })
const cardState = async (card: Seeded) =>
  inIssuer(leb.db, 'leb', async (tx) => {
    const row = await tx
      .selectFrom('card')
      .select('state')
      .where('issuer_id', '=', 'leb')
      .where('card_id', '=', card.cardId)
      .executeTakeFirstOrThrow()
    return row.state
  })
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing was refused',
    (error: unknown) => (error as Refusal).code,
  )

/** Everything a sealed PDF tells: the printed text without spaces, and the signed content. */
async function toldBy(bytes: Uint8Array): Promise<string> {
  const pdf = await PDF.load(bytes)
  const jws = Buffer.from(pdf.getAttachment(attachmentName('slip')) ?? new Uint8Array()).toString()
  const content = Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()
  const printed = pdf.getPages().map((page) => page.extractText().text)
  return `${printed.join('').replace(/\s+/g, '')} ${content}`
}

it('closes a card that nobody signed in for, once the code has come back from the known contact', async () => {
  // Of Germany, so that the law of the holder's residence would show through.
  const card = await seedCard(leb, {
    email: 'unsigned@example.com',
    // So long that no number drawn for a card or a closure has it by chance.
    balance: 87_654_321n,
    paid: 90_000_000n,
    residence: 'DE',
    accountRef: 'ACC-7788',
    plan: 'LEB7',
  })
  leb.world.sims.payment.seed([{ id: card.paymentRef, amount: 90_000_000, currency: 'cny' }])
  const receipt = await declareAsStranger(card)
  const told = await toldBy(receipt.slip)
  expect(told).toContain(card.iccid)
  expect(told).toContain('waiting_for_proof')
  expect(told).toContain('Awaitingproof')
  expect(told).toContain('Theaccountofthecardbelow')
  for (const secret of [
    '876,543.21',
    '876543.21',
    '87654321',
    'ACC-7788',
    'LEB7',
    'unsigned@',
    '李磊',
    '"DE"',
    'de-2026',
    'Japan',
    '日本',
  ])
    expect(told).not.toContain(secret)
  const verdict = await verifyPdf(receipt.slip, {
    trustRoots: await leb.keys.trustRoots(),
    now: leb.clock.now(),
  })
  expect(verdict.verdict).toBe('genuine')
  // The card goes on as if nothing had been said, and a worker finds nothing to do.
  await leb.look('leb', receipt.closureId)
  expect((await view(receipt.closureId)).state).toBe('declared')
  expect(await cardState(card)).toBe('open')

  await leb.sendMails('leb')
  await prove(receipt.closureId)
  expect(await cardState(card)).toBe('closing')
  await leb.look('leb', receipt.closureId)
  const done = await view(receipt.closureId)
  expect(done.state).toBe('closed')
  expect(done.policyVersion).toMatch(/^de-/)
  expect(done.cards[0]!.payout!.amount).toEqual({ amount: '87654321', currency: 'CNY' })
  const certificate = await inIssuer(leb.db, 'leb', (tx) =>
    readDocument(tx, { issuerId: 'leb', closureId: receipt.closureId, kind: 'certificate' }),
  )
  const printed = (await PDF.load(certificate!.pdf)).getPages().map((page) => page.extractText().text)
  expect(printed.join('').replace(/\s+/g, '')).toContain('CNY876,543.21')
})

it('gives a stranger no number and no second declaration of the same card', async () => {
  const card = await seedCard(leb)
  const first = await declareAsStranger(card)
  expect(await refusal(declareUnsigned(leb, stranger(card)))).toBe('closure/being_closed')
  const again = await declareUnsigned(leb, stranger(card, { isOwn: async (n: string) => n === first.number }))
  expect(again).toEqual({ own: first.number })
  expect(await refusal(declareUnsigned(leb, stranger({ ...card, iccid: '8999901000000000009' })))).toBe(
    'closure/card_unknown',
  )
})

it('steps aside for the holder, who signs in and declares the same card', async () => {
  const card = await seedCard(leb)
  const stray = await declareAsStranger(card)
  const strayCode = await leb.codeOf('leb', stray.closureId)
  const own = await declareAsHolder(card)
  expect(await view(stray.closureId)).toMatchObject({ state: 'undone', undoneBy: 'holder_declared' })
  expect((await view(own.closureId)).state).toBe('declared')
  expect(await cardState(card)).toBe('closing')
  const late = proveIdentity(leb, {
    issuerId: 'leb',
    closureId: stray.closureId,
    code: strayCode,
    by: 'declarer',
  })
  expect(await refusal(late)).toBe('closure/already_undone')
  await leb.look('leb', stray.closureId)
  await prove(own.closureId)
  await leb.look('leb', own.closureId)
  expect((await view(own.closureId)).state).toBe('closed')
})

it('leaves one live closure however holder, stranger and proof race each other', async () => {
  for (let round = 0; round < 8; round++) {
    const card = await seedCard(leb)
    await leb.pool.query('delete from rate_limit')
    const stray = round % 2 === 0 ? await declareAsStranger(card) : undefined
    const [holder, other] = await Promise.allSettled([
      declareAsHolder(card),
      stray ? prove(stray.closureId) : declareUnsigned(leb, stranger(card)),
    ])
    const live = await inIssuer(leb.db, 'leb', (tx) =>
      tx
        .selectFrom('closure_card as k')
        .innerJoin('closure as o', (j) =>
          j.onRef('o.issuer_id', '=', 'k.issuer_id').onRef('o.closure_id', '=', 'k.closure_id'),
        )
        .select(['o.identity', 'o.state', 'o.number'])
        .where('k.issuer_id', '=', 'leb')
        .where('k.card_id', '=', card.cardId)
        .where('k.live', '=', true)
        .execute(),
    )
    expect(live).toHaveLength(1)
    if (holder.status === 'fulfilled') expect(live[0]!.number).toBe(holder.value.number)
    else {
      // Only a proof that came first keeps the holder out, and the holder is told its number.
      expect(holder.reason).toMatchObject({
        code: 'closure/already_closing',
        facts: { number: live[0]!.number },
      })
      expect(other.status).toBe('fulfilled')
      expect(live[0]!.state).toBe('identified')
    }
  }
})

it('lapses when nobody proves it, frees the card and tells the holder', async () => {
  const card = await seedCard(leb, { email: 'lapsed@example.com' })
  const { closureId } = await declareAsStranger(card)
  await leb.sendMails('leb')
  leb.clock.advance({ days: 13 })
  expect(await lapseUnproved(leb)).toBe(0)
  leb.clock.advance({ days: 1, seconds: 1 })
  expect(await lapseUnproved(leb)).toBeGreaterThan(0)
  expect(await view(closureId)).toMatchObject({ state: 'undone', undoneBy: 'never_proved' })
  await leb.sendMails('leb')
  const sent = JSON.stringify(
    await (await fetch(`${leb.world.mail.control}/sim/messages?to=lapsed@example.com`)).json(),
  )
  expect(sent).toContain('Not confirmed, so nothing was closed')
  await leb.look('leb', closureId)
  expect(await cardState(card)).toBe('open')
  await declareAsStranger(card)
})

it('undone by its declarer before proof, it has changed nothing', async () => {
  const card = await seedCard(leb, { balance: 500n })
  const { closureId } = await declareAsStranger(card)
  await undoClosure(leb, { issuerId: 'leb', closureId })
  await leb.look('leb', closureId)
  expect(await cardState(card)).toBe('open')
  const own = await declareAsHolder(card)
  await prove(own.closureId)
  await leb.look('leb', own.closureId)
  expect((await view(own.closureId)).cards[0]!.payout!.amount.amount).toBe('500')
})

it('lets nobody walk through card numbers or fill a mailbox', async () => {
  const card = await seedCard(leb)
  for (let at = 0; at < 3; at++) {
    const { closureId } = await declareAsStranger(card, { client: `198.51.100.${at}` })
    await undoClosure(leb, { issuerId: 'leb', closureId })
  }
  expect(await refusal(declareUnsigned(leb, stranger(card, { client: '198.51.100.77' })))).toBe(
    'holder/too_often',
  )
  const walk = async () => {
    for (let at = 0; at < 40; at++) {
      const code = await refusal(
        declareUnsigned(
          leb,
          stranger({ ...card, iccid: `89999020000000000${10 + at}` }, { client: '192.0.2.1' }),
        ),
      )
      if (code === 'holder/too_often') return at
    }
    return 40
  }
  expect(await walk()).toBe(30)
})
