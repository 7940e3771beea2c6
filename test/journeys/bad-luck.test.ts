import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openProviders } from '../../src/adapters/open-providers.ts'
import { stripePayment } from '../../src/adapters/payment/stripe.ts'
import { declareClosure, type Declaration } from '../../src/closure/declare.ts'
import { lookAtClosure } from '../../src/closure/look.ts'
import { proveIdentity, sendIdentifyCode } from '../../src/closure/prove-identity.ts'
import { readClosure } from '../../src/closure/read-closure.ts'
import { recordBankTransfer, retryBlocked } from '../../src/closure/unblock.ts'
import { putIssuer } from '../../src/issuer/issuer.ts'
import { houseAccount } from '../../src/ledger/accounts.ts'
import { post } from '../../src/ledger/post.ts'
import { inIssuer } from '../../src/platform/db.ts'
import { type Leases, openLeases } from '../../src/platform/leases.ts'
import { type Outside, openOutside } from '../outside.ts'
import { seedCard, type Seeded } from '../seed.ts'

let leb: Outside
beforeAll(async () => void (leb = await openOutside()))
afterAll(() => leb.stop())
beforeEach(() => drainFor(0))

/** How long late usage is waited for: a closure then stands still between freeze and settlement. */
async function drainFor(seconds: number): Promise<void> {
  const issuer = leb.issuers.find((one) => one.issuerId === 'leb')!
  await putIssuer(leb.db, { ...issuer, rules: { ...issuer.rules, drain_seconds: seconds } }, leb.clock.now())
}

const declaration = (card: Seeded, change: Partial<Declaration> = {}): Declaration => ({
  issuerId: 'leb',
  accountId: card.accountId,
  cardIds: [card.cardId],
  act: 'terminate',
  start: 'at_once',
  locale: 'zh-CN',
  zone: 'Asia/Shanghai',
  receivedBy: 'cli',
  identity: 'issuer_decision',
  ...change,
})
const declare = async (card: Seeded) => (await declareClosure(leb, declaration(card))).closureId
const view = async (closureId: string) => (await readClosure(leb, { issuerId: 'leb', closureId }))!
const blockOf = async (closureId: string) =>
  (await view(closureId)).steps.find((step) => step.block)?.block?.reason
const given = (card: Seeded) =>
  leb.world.sims.payment.refunds(card.paymentRef).map(({ amount, status }) => ({ amount, status }))

/** Money in (plus) or out (minus) of a card's balance, as a charge or a usage record would bring it. */
function move(card: Seeded, amount: bigint, key: string) {
  return inIssuer(leb.db, 'leb', async (tx) => {
    const account = await tx
      .selectFrom('ledger_account')
      .select('account_id')
      .where('issuer_id', '=', 'leb')
      .where('card_id', '=', card.cardId)
      .executeTakeFirstOrThrow()
    const house = await houseAccount(leb, tx, { issuerId: 'leb', kind: 'cash_at_provider', currency: 'CNY' })
    const entries = [
      { accountId: house, amount: -amount },
      { accountId: account.account_id, amount },
    ]
    return post(leb, tx, { issuerId: 'leb', key: `${key}:${card.cardId}`, reason: 'correction', entries })
  })
}

it('pays out a top-up that came after the freeze, refuses usage then, and refuses money after settlement', async () => {
  await drainFor(3600)
  const card = await seedCard(leb, { balance: 1_000n })
  const closureId = await declare(card)
  await leb.look('leb', closureId)
  await expect(move(card, -10n, 'late-usage')).rejects.toMatchObject({ code: 'ledger/account_frozen' })
  await move(card, 500n, 'top-up')
  leb.clock.advance({ seconds: 3601 })
  await leb.look('leb', closureId)
  expect((await view(closureId)).state).toBe('closed')
  expect(given(card)).toEqual([{ amount: 1500, status: 'succeeded' }])
  await expect(move(card, 1n, 'too-late')).rejects.toMatchObject({ code: 'ledger/account_closed' })
})

it('goes on by bank transfer when the payment was made in another currency', async () => {
  const card = await seedCard(leb, { balance: 700n, currency: 'CNY', paymentRef: 'pi_other_eur_1' })
  const closureId = await declare(card)
  await leb.look('leb', closureId)
  expect(await blockOf(closureId)).toBe('bank_details_needed')
  // There is nothing that staff could ask once more.
  const retried = retryBlocked(leb, { issuerId: 'leb', closureId })
  await expect(retried).rejects.toMatchObject({ code: 'closure/nothing_blocked' })
  expect((await view(closureId)).cards[0]!.parts).toMatchObject([
    { route: 'original_payment', state: 'refused' },
    { route: 'bank_transfer', state: 'waiting' },
  ])
  await recordBankTransfer(leb, { issuerId: 'leb', closureId, iccid: card.iccid, reference: 'ICBC-1' })
  await leb.look('leb', closureId)
  const closed = await view(closureId)
  expect(closed.state).toBe('closed')
  expect(closed.cards[0]!.payout).toMatchObject({
    route: 'bank_transfer',
    reference: 'ICBC-1',
    amount: { amount: '700', currency: 'CNY' },
  })
  expect(given(card)).toEqual([])
  const again = recordBankTransfer(leb, {
    issuerId: 'leb',
    closureId,
    iccid: card.iccid,
    reference: 'ICBC-2',
  })
  await expect(again).rejects.toMatchObject({ code: 'closure/nothing_blocked' })
})

it('asks a payment provider again that answered after we gave up, and pays once', async () => {
  const payment = stripePayment({
    owner: 'leb',
    apiKey: 'sk_test_x',
    url: leb.world.payment.url,
    timeoutMs: 300,
  })
  const hasty: Outside = {
    ...leb,
    providers: { ...leb.providers, of: (id) => ({ ...leb.providers.of(id), payment: async () => payment }) },
  }
  const card = await seedCard(leb)
  const closureId = await declare(card)
  leb.world.sims.payment.failures.set({ mode: 'timeout_after', match: 'POST /v1/refunds', times: 1 })
  await lookAtClosure(hasty, leb.leases, { issuerId: 'leb', id: closureId })
  expect((await view(closureId)).state).toBe('closing')
  expect(given(card)).toHaveLength(1)
  leb.clock.advance({ seconds: 2 })
  await lookAtClosure(hasty, leb.leases, { issuerId: 'leb', id: closureId })
  payment.close()
  expect((await view(closureId)).state).toBe('closed')
  expect(given(card)).toEqual([{ amount: 8640, status: 'succeeded' }])
})

it('loses nothing when mail is down for a day, and sends no code that has expired', async () => {
  const [closing, waiting] = [await seedCard(leb), await seedCard(leb, { email: 'slow@example.com' })]
  const closureId = await declare(closing)
  const declared = await declareClosure(
    leb,
    declaration(waiting, { receivedBy: 'portal', identity: 'signed_in' }),
  )
  const { failures } = leb.world.sims.mail.control
  failures.set({ mode: 'down' })
  for (let hour = 0; hour < 24; hour += 6) {
    await leb.look('leb', closureId)
    await leb.sendMails('leb')
    leb.clock.advance({ hours: 6 })
  }
  expect(await view(closureId)).toMatchObject({ state: 'closed', toldAt: null })
  failures.set(undefined)
  await leb.look('leb', closureId)
  await leb.sendMails('leb')
  expect((await view(closureId)).toldAt).not.toBeNull()
  const slow = leb.world.sims.mail.messages('slow@example.com')
  expect(slow).toHaveLength(1)
  expect(Buffer.from(slow[0]!.raw, 'latin1').toString()).toContain('-slip.pdf')

  const which = { issuerId: 'leb', closureId: declared.closureId }
  await sendIdentifyCode(leb, which)
  await leb.sendMails('leb')
  expect(leb.world.sims.mail.messages('slow@example.com')).toHaveLength(2)
  await proveIdentity(leb, { ...which, code: await leb.codeOf('leb', declared.closureId) })
  await leb.look('leb', declared.closureId)
  expect((await view(declared.closureId)).state).toBe('closed')
})

it('waits out its time when the clock is set back an hour in the middle', async () => {
  await drainFor(1800)
  const card = await seedCard(leb)
  const closureId = await declare(card)
  await leb.look('leb', closureId)
  leb.clock.advance({ hours: -1 })
  await leb.look('leb', closureId)
  expect((await view(closureId)).state).toBe('closing')
  expect(given(card)).toEqual([])
  leb.clock.advance({ seconds: 3600 + 1801 })
  await leb.look('leb', closureId)
  expect((await view(closureId)).state).toBe('closed')
  expect(given(card)).toHaveLength(1)
})

it('is told once by two workers, with leases and without them', async () => {
  const everyone: Leases = { take: async () => async () => undefined, close: async () => undefined }
  const other = openProviders(leb.db, leb.config.keysDir)
  const second: Outside = { ...leb, worker: 'second', providers: other }
  const theirs = openLeases(leb.databaseUrl)
  for (const [mine, yours] of [
    [leb.leases, theirs],
    [everyone, everyone],
  ] as const) {
    const card = await seedCard(leb)
    const look = { issuerId: 'leb', id: await declare(card) }
    for (let rounds = 0; !(await view(look.id)).toldAt; rounds++) {
      expect(rounds).toBeLessThan(20)
      await Promise.all([lookAtClosure(leb, mine, look), lookAtClosure(second, yours, look)])
      leb.clock.advance({ seconds: 2 })
    }
    expect(given(card)).toEqual([{ amount: 8640, status: 'succeeded' }])
    expect(leb.world.sims.esim.cancellations(card.iccid)).toBe(1)
  }
  await theirs.close()
  other.close()
})

it('gives a card one closure, however many declare it at once', async () => {
  const card = await seedCard(leb)
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => declare(card)))
  const won = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  expect(won).toHaveLength(1)
  const { number } = await view(won[0]!)
  for (const one of all)
    if (one.status === 'rejected')
      expect(one.reason).toMatchObject({ code: 'closure/already_closing', facts: { number } })
  await leb.look('leb', won[0]!)
  expect(given(card)).toHaveLength(1)
})
