import { PDF } from '@libpdf/core'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openApi, type Api } from '../../test/api-client.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { closeCard, partsOf, setMoney, stateOf } from '../../test/payouts.ts'
import { mailedClosureCode, openPortal, Visitor } from '../../test/portal.ts'
import { seedCard, seedCards } from '../../test/seed.ts'
import { unclaimedMinute, untilKept } from '../../test/unclaimed.ts'
import { findIssuer } from '../issuer/issuer.ts'
import { makePayoutFile } from '../payout/payout-file.ts'
import { inIssuer } from '../platform/db.ts'
import { attachmentName } from '../slip/document-marks.ts'
import { nameBankAccount } from './bank-account.ts'
import { claimKept } from './claim-kept.ts'
import { closureAccess } from './closure-access.ts'
import { readDocument } from './documents.ts'
import { readClosure } from './read-closure.ts'
import { recordBankTransfer } from './unblock.ts'

/** Who may claim what was kept, and what anybody with the paper is told until it has arrived. */
const issuerId = 'roamly'
const origin = 'http://127.0.0.1:8460'
let leb: Outside
let portal: Awaited<ReturnType<typeof openPortal>>
let api: Api
beforeAll(async () => {
  leb = await openOutside({ lazyCurrency: 'eur' })
  await setMoney(leb, issuerId, {})
  portal = await openPortal(leb)
  api = openApi(leb)
})
afterAll(async () => {
  await api.close()
  await portal.close()
  await leb.stop()
})

let nth = 0
let email: string
beforeEach(() => {
  leb.clock.set(new Date('2026-11-22T10:00:00Z'))
  email = `claimed-${++nth}@example.com`
})
const seeded = () => ({ issuerId, currency: 'EUR', residence: 'DE', provider: 'bank' as const, email })
const view = async (closureId: string) => (await readClosure(leb, { issuerId, closureId }))!
async function tokenOf(closureId: string, kind: 'slip' | 'certificate'): Promise<string> {
  const { pdf } = (await inIssuer(leb.db, issuerId, (tx) => readDocument(tx, { issuerId, closureId, kind })))!
  const jws = Buffer.from((await PDF.load(pdf)).getAttachment(attachmentName(kind))!).toString()
  const said = JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString()) as { verifyUrl: string }
  return said.verifyUrl.split('/').at(-1)!
}
async function told(closureId: string, kind: 'slip' | 'certificate' = 'certificate', lang = 'en') {
  const token = await tokenOf(closureId, kind)
  const anyone = new Visitor(portal.app, origin)
  await anyone.go(`/v/${token}?lang=${lang}`)
  return { page: anyone.text, owed: (await api.get(`/api/v1/verify/${token}`)).body.owed }
}

it('leaves who is erased to support, on the page of a browser that remembers and over the API', async () => {
  const [a, b] = await seedCards(
    leb,
    [1230n, 0n].map((balance) => ({ ...seeded(), balance, accountRef: 'ERASED' })),
  )
  const v = await new Visitor(portal.app, origin).signIn(leb, issuerId, email)
  await v.go(`/roamly/en/close/check?card=${a!.cardId}&start=at_once`)
  await v.send('/close/declare')
  const number = /ROAMLY-[0-9A-Z]{4}-[0-9A-Z]{5}/.exec(v.html)![0]
  await v.send('/identify', { code: await mailedClosureCode(leb, issuerId, number) })
  const { closureId } = (await readClosure(leb, { issuerId, number }))!
  await untilKept(leb, issuerId, closureId)
  // The browser remembers, but its session has ended: claiming asks to sign in, and takes nothing.
  await v.go(`/roamly/en/closures/${number}`)
  expect(v.text).toContain('Ask for it and name an account')
  await v.send('/claim')
  expect(v.address).toContain('/sign-in?next=')
  expect((await partsOf(leb, issuerId, closureId)).at(-1)).toBe('kept waiting 1230')

  const whole = await closeCard(leb, b!, { cardIds: 'account' })
  await unclaimedMinute(leb, issuerId, whole)
  expect(await stateOf(leb, issuerId, whole)).toBe('closed')
  await v.go(`/roamly/en/closures/${number}`)
  expect(v.text).not.toContain('Ask for it and name an account')
  expect(v.text).toContain('write to help@roamly.example with your slip or certificate')
  const stale = await v.fetch(`/roamly/en/closures/${number}/claim`, { method: 'POST' })
  expect(stale.status).not.toBe(303)
  const token = await closureAccess(leb, issuerId, number)
  const refused = await api.post(`/api/v1/issuers/${issuerId}/closures/${number}/claim`, { token })
  expect([refused.status, refused.body.type]).toEqual([409, expect.stringContaining('payout/person_gone')])
  await expect(claimKept(leb, { issuerId, closureId })).rejects.toMatchObject({ code: 'payout/person_gone' })
  expect((await partsOf(leb, issuerId, closureId)).at(-1)).toBe('kept waiting 1230')
  expect((await told(closureId)).page).toMatch(
    /€12\.30, kept because no bank account was named\. Paid to its holder, who writes to help@roamly\.example with this paper/,
  )
})

it('refuses a claim with nothing but the token of a declaration that was made signed in', async () => {
  const card = await seedCard(leb, { ...seeded(), balance: 1230n })
  const token = await api.signIn(issuerId, email)
  const body = { accountId: card.accountId, cards: [card.cardId], start: 'at_once', zone: 'Europe/Berlin' }
  const declared = await api.post(`/api/v1/issuers/${issuerId}/closures`, { token, body })
  const { number } = declared.body
  const { closureId } = (await readClosure(leb, { issuerId, number }))!
  const at = `/api/v1/issuers/${issuerId}/closures/${number}`
  await api.post(`${at}/identity`, { token, body: { code: await leb.codeOf(issuerId, closureId) } })
  await leb.look(issuerId, closureId)
  await untilKept(leb, issuerId, closureId)
  const access = await closureAccess(leb, issuerId, number)
  expect((await api.post(`${at}/claim`, { token: access })).status).toBe(401)
  expect((await partsOf(leb, issuerId, closureId)).at(-1)).toBe('kept waiting 1230')
  const again = await api.signIn(issuerId, email)
  expect((await api.post(`${at}/claim`, { token: again })).status).toBe(204)
})

it('tells with the paper how the money stands until it has arrived, and with a slip no sum', async () => {
  const card = await seedCard(leb, { ...seeded(), balance: 1230n })
  const closureId = await closeCard(leb, card)
  expect((await told(closureId, 'slip')).owed).toEqual([])
  await untilKept(leb, issuerId, closureId)
  const amount = { amount: '1230', currency: 'EUR' }
  expect(await told(closureId)).toMatchObject({
    page: expect.stringContaining('Paid to its holder, who asks for it on the closure'),
    owed: [{ amount, standing: 'kept', claimUntil: '2030-12-31' }],
  })
  const slip = await told(closureId, 'slip')
  expect(slip.page).toContain('Money, kept because no bank account was named')
  expect(slip.page).not.toContain('12.30')
  expect(slip.owed).toEqual([{ amount: null, standing: 'kept', claimUntil: '2030-12-31' }])
  expect((await told(closureId, 'certificate', 'zh-CN')).page).toContain('持卡人可在注销进度页要求退还')

  await claimKept(leb, { issuerId, closureId })
  await leb.look(issuerId, closureId)
  const wants = await told(closureId)
  expect(wants.page).toContain('€12.30, asked for, waits for an account')
  expect(wants.owed).toEqual([{ amount, standing: 'wants_account', claimUntil: null }])
  expect((await told(closureId, 'certificate', 'zh-CN')).page).toContain('持卡人已要求退还，等待收款账户')
  await nameBankAccount(leb, { issuerId, closureId, iban: 'DE89370400440532013000', name: 'Li Lei' })
  expect((await told(closureId)).owed).toMatchObject([{ standing: 'to_send' }])
  const issuer = (await findIssuer(leb.db, issuerId))!
  await makePayoutFile(leb, issuer, issuer.providers.payouts!)
  const sent = await told(closureId)
  expect(sent.page).toContain('€12.30, with the bank')
  expect(sent.owed).toMatchObject([{ amount, standing: 'with_bank' }])
  const { iccid } = card
  await recordBankTransfer(leb, { issuerId, closureId, iccid, reference: 'BANK-1', file: 'carried_out' })
  const paid = await told(closureId)
  expect(paid.page).not.toContain('Still owed')
  expect(paid.owed).toEqual([])
  expect((await view(closureId)).cards[0]!.parts.at(-1)).toMatchObject({ state: 'paid', byHand: false })
})
