import { PDF } from '@libpdf/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard } from '../../test/seed.ts'
import { readClosureFacts } from '../notice/closure-facts.ts'
import { inIssuer } from '../platform/db.ts'
import { certificateContent } from '../slip/content.ts'
import { declareClosure } from './declare.ts'
import { readDocument } from './documents.ts'
import { readClosure } from './read-closure.ts'

/** A closing that nobody declared speaks as the issuer's decision, on everything that is sealed. */
const issuerId = 'leb'
let leb: Outside
beforeAll(async () => void (leb = await openOutside()))
afterAll(() => leb.stop())

const close = async (identity: 'issuer_decision' | 'signed_in') => {
  const card = await seedCard(leb, {})
  return declareClosure(leb, {
    issuerId,
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
    start: 'at_once',
    locale: 'en',
    zone: 'Asia/Shanghai',
    receivedBy: 'cli',
    identity,
  })
}
const textOf = async (pdf: Uint8Array) => {
  const pages = (await PDF.load(pdf)).getPages().map((page) => page.extractText().text)
  return pages.join(' ').replace(/\s+/g, ' ')
}

it('puts no declaration into the mouth of a holder who made none', async () => {
  const { slip } = await close('issuer_decision')
  const decided = await textOf(slip)
  expect(decided).toContain('LEB Travel Cards has decided to close this card.')
  expect(decided).toContain('What was decided')
  for (const words of ['I close', 'We have received your declaration', 'Declared at', 'Entered by staff'])
    expect(decided).not.toContain(words)

  const declared = await textOf((await close('signed_in')).slip)
  expect(declared).toContain('I close this card.')
  expect(declared).not.toContain('decided')
})

it('says so on the certificate and knows it for the mail', async () => {
  const { closureId } = await close('issuer_decision')
  await leb.look(issuerId, closureId)
  expect((await readClosure(leb, { issuerId, closureId }))!.state).toBe('closed')
  const [certificate, facts] = await inIssuer(leb.db, issuerId, async (tx) => [
    await readDocument(tx, { issuerId, closureId, kind: 'certificate' }),
    await readClosureFacts(leb, tx, { issuerId, closureId, locale: 'en' }),
  ])
  const printed = await textOf(certificate!.pdf)
  expect(printed).toContain('Decided at')
  expect(printed).not.toContain('Declared at')
  expect(facts!.isDecided).toBe(true)
  expect(certificateContent.shape.decidedByIssuer.safeParse(false).success).toBe(false)
})
