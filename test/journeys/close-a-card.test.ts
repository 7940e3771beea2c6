import { afterAll, beforeAll, expect, it } from 'vitest'
import { declareClosure, type Declaration } from '../../src/closure/declare.ts'
import { proveIdentity } from '../../src/closure/prove-identity.ts'
import { readClosure } from '../../src/closure/read-closure.ts'
import { inIssuer } from '../../src/platform/db.ts'
import { readPerson } from '../../src/privacy/vault.ts'
import { type Outside, openOutside } from '../outside.ts'
import { seedCard, seedCards, type Seeded } from '../seed.ts'

let leb: Outside
beforeAll(async () => void (leb = await openOutside()))
afterAll(() => leb.stop())

const declaration = (card: Seeded, change: Partial<Declaration> = {}): Declaration => ({
  issuerId: card.issuerId,
  accountId: card.accountId,
  cardIds: [card.cardId],
  act: 'terminate',
  start: 'at_once',
  locale: 'zh-CN',
  zone: 'Asia/Shanghai',
  receivedBy: 'portal',
  identity: 'signed_in',
  ...change,
})

it('a holder closes a 3-day card and holds the proof', async () => {
  const card = await seedCard(leb)
  const receipt = await declareClosure(leb, declaration(card))
  expect(Buffer.from(receipt.slip).subarray(0, 5).toString()).toBe('%PDF-')

  await leb.look('leb', receipt.closureId)
  expect((await readClosure(leb, { issuerId: 'leb', closureId: receipt.closureId }))!.state).toBe('declared')

  await leb.sendMails('leb')
  await proveIdentity(leb, {
    issuerId: 'leb',
    closureId: receipt.closureId,
    code: await leb.codeOf('leb', receipt.closureId),
  })
  await leb.look('leb', receipt.closureId)

  const view = (await readClosure(leb, { issuerId: 'leb', closureId: receipt.closureId }))!
  expect(view.state).toBe('closed')
  expect(view.steps.map((s) => s.state)).toEqual(view.steps.map(() => 'done'))
  expect(view.cards[0]!.payout).toMatchObject({
    route: 'original_payment',
    amount: { amount: '8640', currency: 'CNY' },
  })
  expect(view.documents.map((d) => d.kind)).toEqual(['slip', 'certificate'])

  const refunds = await (await fetch(`${leb.world.payment.url}/sim/counts`)).json()
  expect(JSON.stringify(refunds)).toContain(receipt.closureId)
  await inIssuer(leb.db, 'leb', async (tx) => {
    const books = await tx
      .selectFrom('ledger_account')
      .selectAll()
      .where('issuer_id', '=', 'leb')
      .where('card_id', '=', card.cardId)
      .executeTakeFirstOrThrow()
    expect(books).toMatchObject({ balance: 0n })
    expect(books.closed_at).not.toBeNull()
  })
})

it('an account with several cards closes whole, and its person is forgotten', async () => {
  const cards = await seedCards(leb, [
    { accountRef: 'FAMILY-1', email: 'family@example.com', balance: 100n },
    { accountRef: 'FAMILY-1', email: 'family@example.com', balance: 0n },
    {
      accountRef: 'FAMILY-1',
      email: 'family@example.com',
      balance: 333n,
      eid: '89099001734003016796597140624023',
    },
  ])
  const onPhone = { iccid: cards[2]!.iccid, eid: '89099001734003016796597140624023', state: 'Installed' }
  await fetch(`${leb.world.esim.url}/sim/profiles`, { method: 'POST', body: JSON.stringify([onPhone]) })
  const receipt = await declareClosure(leb, declaration(cards[0]!, { cardIds: 'account', act: 'erase' }))
  await proveIdentity(leb, {
    issuerId: 'leb',
    closureId: receipt.closureId,
    code: await leb.codeOf('leb', receipt.closureId),
  })
  await leb.look('leb', receipt.closureId)

  const before = (await readClosure(leb, { issuerId: 'leb', closureId: receipt.closureId }))!
  expect(before.state).toBe('closed')
  // The slip's mail still needs the address: it goes first, then the certificate's, and then nobody has it.
  expect(before.toldAt).toBeNull()
  await leb.sendMails('leb')
  await leb.look('leb', receipt.closureId)

  const view = (await readClosure(leb, { issuerId: 'leb', closureId: receipt.closureId }))!
  expect(view.toldAt).not.toBeNull()
  const subjects = leb.world.sims.mail.messages('family@example.com').map((mail) => mail.raw)
  expect(subjects.filter((raw) => raw.includes('application/pdf'))).toHaveLength(2)
  await inIssuer(leb.db, 'leb', async (tx) => {
    expect(await readPerson(leb, tx, 'leb', cards[0]!.holderId)).toBeNull()
    expect(await tx.selectFrom('parting_envelope').selectAll().execute()).toEqual([])
    const cardIds = cards.map(({ cardId }) => cardId)
    const profiles = await tx
      .selectFrom('card')
      .select(['card_id', 'profile_state'])
      .where('card_id', 'in', cardIds)
      .execute()
    const stateOf = (cardId: string) => profiles.find((row) => row.card_id === cardId)!.profile_state
    // The one on a phone stays there until its holder deletes it: nobody may note that it is gone.
    expect(cardIds.map(stateOf)).toEqual(['Unavailable', 'Unavailable', 'Installed'])
    expect(
      await tx.selectFrom('vault_item').selectAll().where('holder_id', '=', cards[0]!.holderId).execute(),
    ).toEqual([])
  })
})
