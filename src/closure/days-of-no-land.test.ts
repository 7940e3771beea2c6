import { PDF } from '@libpdf/core'
import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openApi } from '../../test/api-client.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCard } from '../../test/seed.ts'
import type { SlipContent } from '../slip/content.ts'
import { verifyPdf } from '../slip/verify.ts'
import { declareClosure } from './declare.ts'
import { readClosure } from './read-closure.ts'

/**
 * Hong Kong has no rules of its own here: under `default` a day ends where it is told. It is 22 November, 18:00 there, so
 * that days of UTC would end at 07:59:59 of the day after.
 */
const zone = 'Asia/Hong_Kong'
let leb: Outside
beforeAll(async () => void (leb = await openOutside()))
afterAll(() => leb.stop())

const declare = async (residence: string) => {
  const card = await seedCard(leb, { residence, locale: 'en' })
  return declareClosure(leb, {
    issuerId: 'leb',
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
    start: 'at_once',
    locale: 'en',
    zone,
    receivedBy: 'cli',
    identity: 'issuer_decision',
  })
}
const sealedIn = async (pdf: Uint8Array) =>
  (await verifyPdf(pdf, { trustRoots: await leb.keys.trustRoots(), now: leb.clock.now() }))
    .document as SlipContent
const textOf = async (pdf: Uint8Array) => {
  const pages = (await PDF.load(pdf)).getPages().map((page) => page.extractText().text)
  return pages.join(' ').replace(/\s+/g, ' ')
}
const byLaw = ({ deadlines }: Pick<SlipContent, 'deadlines'>) =>
  deadlines.find(({ basis }) => basis !== 'LEB')!.dueAt

it('ends on slip and mail with the day of whoever declared, and pays by such a day', async () => {
  const { slip, closureId } = await declare('HK')
  const sealed = await sealedIn(slip)
  expect(new Date(byLaw(sealed)).toISOString()).toBe('2026-12-22T15:59:59.000Z')
  const [card] = sealed.cards as { refund: { expectedBy: string } }[]
  expect(new Date(card!.refund.expectedBy).toISOString()).toBe('2026-12-02T15:59:59.000Z')
  const printed = await textOf(slip)
  expect(printed).toContain('22 December 2026, 23:59:59')
  expect(printed).not.toContain('07:59:59')

  await leb.look('leb', closureId)
  expect((await readClosure(leb, { issuerId: 'leb', closureId }))!.state).toBe('closed')
  await leb.sendMails('leb')
  const raw = leb.world.sims.mail.messages().map((one) => one.raw)
  const mails = await Promise.all(raw.map((one) => simpleParser(Buffer.from(one, 'latin1'))))
  const text = mails.map((mail) => mail.text).find((words) => words?.includes('on its way back'))
  expect(text).toContain('should be there by 2 December 2026')
})

it('is previewed by the zone that the declaration would name, and told on the page by the policy’s', async () => {
  const card = await seedCard(leb, { residence: 'HK', email: 'chan@example.com', locale: 'en' })
  const api = openApi(leb)
  const portal = await openPortal(leb)
  const token = await api.signIn('leb', 'chan@example.com')
  const path = `/api/v1/issuers/leb/accounts/${card.accountId}/closure-preview`
  const preview = async (query: string) => (await api.get(`${path}${query}`, { token })).body
  expect(await preview(`?zone=${zone}`)).toMatchObject({
    deadlines: [{}, { dueAt: '2026-12-22T15:59:59.000Z' }],
    cards: [{ arrivesBy: '2026-12-02T15:59:59.000Z' }],
  })
  expect(await preview('')).toMatchObject({ deadlines: [{}, { dueAt: '2026-12-22T23:59:59.000Z' }] })
  expect(await preview('?zone=Nowhere')).toMatchObject({ type: expect.stringContaining('unknown_zone') })

  const chan = await new Visitor(portal.app, leb.config.publicUrl).signIn(leb, 'leb', 'chan@example.com')
  await chan.go(`/leb/en/close/what-happens?card=${card.cardId}`)
  expect(chan.text).toContain('by 2 December 2026')
  expect(chan.text).toContain('22 December 2026')
  await chan.go(`/leb/en/close/check?card=${card.cardId}&start=at_once`)
  await chan.send('/close/declare')
  const number = /closures\/([A-Z0-9-]+)\/slip\.pdf/.exec(chan.html)![1]!
  const answer = await chan.fetch(`/leb/en/closures/${number}/slip.pdf`)
  const printed = await textOf(new Uint8Array(await answer.arrayBuffer()))
  expect(printed).toContain('22 December 2026, 23:59:59')
  await Promise.all([portal.close(), api.close()])
})

it('follows the law where a land has one, wherever it is told', async () => {
  const { slip } = await declare('DE')
  expect(new Date(byLaw(await sealedIn(slip))).toISOString()).toBe('2026-12-22T22:59:59.000Z')
})
