import { PDF } from '@libpdf/core'
import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openApi } from '../../test/api-client.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { closeCard } from '../../test/payouts.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { awaitingOrder } from '../payment/orders.fixture.ts'
import { lookAtPayment } from '../payment/look-at-payment.ts'
import { keepPaidWith, readPaidWith } from '../payment/paid-with.ts'
import { inIssuer } from '../platform/db.ts'
import { attachmentName } from '../slip/document-marks.ts'
import { certificateContent, slipContent } from '../slip/content.ts'
import { readDocument } from './documents.ts'
import { readClosure } from './read-closure.ts'

/** Where the money goes is named, "your card ending 4242", wherever its holder reads of it; and is gone with the person. */
const issuerId = 'leb'
let leb: Outside
let portal: Awaited<ReturnType<typeof openPortal>>
beforeAll(async () => {
  leb = await openOutside({ start: '2026-11-28T10:00:00Z' })
  portal = await openPortal(leb)
})
afterAll(async () => {
  await portal.close()
  await leb.stop()
})

let nth = 0
let email: string
let card: Seeded
beforeEach(async () => {
  email = `last4-${++nth}@example.com`
  card = await seedCard(leb, { email, balance: 8640n, paid: 12800n })
})

const zh = '退回到您尾号 4242 的银行卡（Visa）'
const en = 'back to your card ending 4242 (Visa)'
const signIn = (lang: 'en' | 'zh-CN' = 'en') =>
  new Visitor(portal.app, 'http://127.0.0.1:8460').signIn(leb, issuerId, email, lang)
/** What a worker does after somebody has signed in. */
const learn = () => lookAtPayment(leb, { issuerId, id: `paid_with:${card.holderId}` })
const own = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(leb.db, issuerId, work)
const view = (closureId: string) => readClosure(leb, { issuerId, closureId })
async function paperOf(closureId: string, kind: 'slip' | 'certificate') {
  const { pdf } = (await own((tx) => readDocument(tx, { issuerId, closureId, kind })))!
  const paper = await PDF.load(pdf)
  const jws = Buffer.from(paper.getAttachment(attachmentName(kind))!).toString()
  const said: unknown = JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString())
  const pages = paper.getPages().map((page) => page.extractText().text)
  return { said, printed: pages.join(' ').replace(/\s+/g, ' ') }
}
const slipOf = async (closureId: string) => slipContent.parse((await paperOf(closureId, 'slip')).said)
const certificateOf = async (closureId: string) =>
  certificateContent.parse((await paperOf(closureId, 'certificate')).said)
/** The mail that brings the certificate. */
async function lastMail(): Promise<string> {
  await leb.sendMails(issuerId)
  const mails = await Promise.all(leb.world.sims.mail.messages(email).map(({ raw }) => simpleParser(raw)))
  const { text = '' } = mails.find(({ subject }) => /^(Closed|注销完成)/.test(subject ?? ''))!
  return text.replace(/\s+/g, ' ')
}
/** Jobs that a sign-in has left for a worker. */
const asked = async () =>
  (await leb.pool.query(`select singleton_key from pgboss.job where name = 'payment'`)).rows.map(
    (row: { singleton_key: string }) => row.singleton_key,
  )

it('is asked for when its holder signs in, once, and named on pages, slip, certificate, mail and API', async () => {
  const v = await signIn()
  expect(v.text).toContain('goes back to the payment method the card was paid with')
  expect(await asked()).toContain(`leb/paid_with:${card.holderId}`)
  await learn()
  await v.go(`/leb/zh-CN/close/check?card=${card.cardId}&start=at_once`)
  expect(v.text).toContain(`¥86.40 ${zh}，2026 年 12 月`)
  await v.go(`/leb/en/close/check?card=${card.cardId}&start=at_once`)
  expect(v.text).toContain('¥86.40 goes back to your card ending 4242 (Visa), by ')

  const closureId = await closeCard(leb, card)
  expect((await slipOf(closureId)).cards[0]!.refund!.route).toEqual({ zh, en })
  expect((await paperOf(closureId, 'slip')).printed).toContain(en)
  const { payout } = (await certificateOf(closureId)).cards[0]!
  expect(payout).toMatchObject({
    route: { zh: expect.stringContaining(zh), en: expect.stringContaining(en) },
  })
  expect((await paperOf(closureId, 'certificate')).printed).toContain('back to your card ending 4242')
  const { number } = (await view(closureId))!
  await v.go(`/leb/en/closures/${number}`)
  expect(v.text).toContain(`¥86.40 – ${en}`)
  await v.go(`/leb/zh-CN/closures/${number}`)
  expect(v.text).toContain(`¥86.40 – ${zh}`)
  expect(await lastMail()).toMatch(/¥86\.40 (is on its way back to your card|已退回到您尾号 4242 的银行卡)/)

  const api = openApi(leb)
  const token = await api.signIn(issuerId, email)
  const told = await api.get(`/api/v1/issuers/leb/closures/${number}`, { token })
  const paidWith = { method: 'card', last4: '4242', brand: 'visa', wallet: null }
  expect(told.body.cards[0].parts[0]).toMatchObject({ route: 'original_payment', paidWith })
  await api.close()
})

it('holds up neither page nor closure where the provider is silent, and is learned by the refund itself', async () => {
  const v = await signIn()
  leb.world.sims.payment.failures.set({ mode: 'down', match: 'GET /v1/payment_intents' } as never)
  await learn()
  leb.world.sims.payment.failures.set(undefined)
  await v.go(`/leb/en/close/check?card=${card.cardId}&start=at_once`)
  expect(v.text).toContain('goes back to the payment method the card was paid with')
  const closureId = await closeCard(leb, card)
  expect((await slipOf(closureId)).cards[0]!.refund!.route.en).toBe(
    'back to the payment method it was paid with',
  )
  expect((await certificateOf(closureId)).cards[0]!.payout!.route.en).toContain(en)
})

it('asks once, also where the provider does not say it', async () => {
  leb.world.sims.payment.seed([
    { id: card.paymentRef, amount: 12_800, currency: 'cny', method: { type: 'carrier_pigeon' } },
  ])
  await signIn()
  await learn()
  leb.world.sims.payment.seed([{ id: card.paymentRef, amount: 12_800, currency: 'cny' }])
  await learn()
  const v = await signIn()
  await v.go(`/leb/en/close/check?card=${card.cardId}&start=at_once`)
  expect(v.text).toContain('goes back to the payment method the card was paid with')
})

it('stands in the vault alone, and with the person it is gone but from the sealed papers', async () => {
  await signIn()
  await learn()
  const closureId = await closeCard(leb, card, { cardIds: 'account', act: 'erase' })
  expect((await certificateOf(closureId)).cards[0]!.payout!.route.en).toContain(en)
  const waiting = await own((tx) => tx.selectFrom('parting_envelope').selectAll().execute())
  expect(waiting).toEqual([expect.objectContaining({ closure_id: closureId, paid_with: expect.anything() })])
  await leb.sendMails(issuerId)
  await leb.look(issuerId, closureId)
  expect(await lastMail()).toMatch(/your card ending 4242|您尾号 4242 的银行卡/)

  expect((await view(closureId))!.cards[0]!.parts[0]!.paidWith).toBeNull()
  await own(async (tx) => {
    const left = await tx
      .selectFrom('vault_item')
      .select('item_id')
      .where('holder_id', '=', card.holderId)
      .execute()
    expect(left).toEqual([])
    expect(await tx.selectFrom('parting_envelope').selectAll().execute()).toEqual([])
    const journal = await tx
      .selectFrom('closure_step')
      .selectAll()
      .where('closure_id', '=', closureId)
      .execute()
    expect(JSON.stringify(journal, (_, v: unknown) => (typeof v === 'bigint' ? `${v}` : v))).not.toMatch(
      /last4|visa/i,
    )
  })
})

it('is known of an order when its money comes in, and told to nobody but who paid', async () => {
  const order = await awaitingOrder(leb, card, { gross: 2_000n })
  leb.world.sims.payment.checkout.pay(leb.world.sims.payment.checkout.find(order.ref)!, 'now')
  await lookAtPayment(leb, { issuerId, id: order.ref })
  const { payment_id: paymentId } = await own((tx) =>
    tx
      .selectFrom('payment')
      .select('payment_id')
      .where('order_id', '=', order.orderId)
      .executeTakeFirstOrThrow(),
  )
  const told = (holderId: string) =>
    own((tx) => readPaidWith(leb, tx, { issuerId, holderId }, [paymentId])).then((all) => [...all.values()])
  const visa = { method: 'card', last4: '4242', brand: 'visa' } as const
  expect(await told(card.holderId)).toEqual([visa])
  const other = await seedCard(leb, { email: `other-${nth}@example.com` })
  await own((tx) => keepPaidWith(leb, tx, { issuerId, holderId: other.holderId, paymentId }, visa))
  expect(await told(other.holderId)).toEqual([])
  expect(await told(card.holderId)).toEqual([visa])
})
