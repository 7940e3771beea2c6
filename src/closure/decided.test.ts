import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PDF } from '@libpdf/core'
import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { openApi } from '../../test/api-client.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCard } from '../../test/seed.ts'
import { lapseSome } from '../expiry/lapse-due.ts'
import { refundExpired } from '../expiry/refund-expired.ts'
import { inIssuer } from '../platform/db.ts'
import type { CertificateContent, SlipContent } from '../slip/content.ts'
import { verifyCommand } from '../slip/cli-verify.ts'
import { verifyPdf } from '../slip/verify.ts'
import { declareClosure } from './declare.ts'
import { readDocument } from './documents.ts'
import { readClosure } from './read-closure.ts'
import { inWords } from './status-command.ts'

/** A closing that nobody declared speaks as the issuer's decision, on everything that is sealed, shown and mailed. */
const issuerId = 'leb'
let leb: Outside
let dir: string
beforeAll(async () => {
  leb = await openOutside()
  dir = await mkdtemp(join(tmpdir(), 'leb-decided-'))
})
afterAll(async () => {
  await leb.stop()
  await rm(dir, { recursive: true })
})

const close = async (identity: 'issuer_decision' | 'signed_in') => {
  const card = await seedCard(leb, { locale: 'en' })
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

/** The closing of a card whose days are over and whose money goes back by itself. */
const closeEnded = async () => {
  const card = await seedCard(leb, {
    locale: 'zh-CN',
    expiresAt: new Date(leb.clock.now().getTime() - 3_600_000),
  })
  const sample = leb.issuers.find((one) => one.issuerId === issuerId)!
  const issuer = { ...sample, rules: { ...sample.rules, money: { at_expiry: { kind: 'refund' as const } } } }
  await lapseSome(leb, issuer, leb.clock.now())
  await refundExpired(leb, issuer)
  const { closure_id: closureId } = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('closure_card')
      .select('closure_id')
      .where('card_id', '=', card.cardId)
      .executeTakeFirstOrThrow(),
  )
  return closureId
}
const documentOf = async (closureId: string, kind: 'slip' | 'certificate') =>
  (await inIssuer(leb.db, issuerId, (tx) => readDocument(tx, { issuerId, closureId, kind })))!.pdf
const sealedIn = async (pdf: Uint8Array) =>
  (await verifyPdf(pdf, { trustRoots: await leb.keys.trustRoots(), now: leb.clock.now() })).document!
const textOf = async (pdf: Uint8Array) => {
  const pages = (await PDF.load(pdf)).getPages().map((page) => page.extractText().text)
  return pages.join(' ').replace(/\s+/g, ' ')
}
/** What `leb verify` prints of it. */
const verifyPrints = async (pdf: Uint8Array) => {
  const [file, root] = [join(dir, 'paper.pdf'), join(dir, 'root.pem')]
  await writeFile(file, pdf)
  await writeFile(root, (await leb.keys.trustRoots()).join('\n'))
  const said: string[] = []
  const print = (line: string) => void said.push(line)
  await verifyCommand(file, { trust: [root], now: leb.clock.now(), print, printError: print })
  return said.join('\n')
}
const toEnd = async (closureId: string) => {
  await leb.look(issuerId, closureId)
  const view = (await readClosure(leb, { issuerId, closureId }))!
  expect(view.state).toBe('closed')
  return view
}

it('puts no declaration into the mouth of a holder who made none', async () => {
  const { slip } = await close('issuer_decision')
  const decided = await textOf(slip)
  expect(decided).toContain('LEB Travel Cards has decided to close this card.')
  expect(decided).toContain('What was decided')
  for (const words of ['I close', 'We have received your declaration', 'Declared at', 'Entered by staff'])
    expect(decided).not.toContain(words)
  expect(await sealedIn(slip)).toMatchObject({ receivedBy: 'staff', identity: 'issuer_decision' })
  expect(await verifyPrints(slip)).toContain('decided by the issuer 2026-11-22T')

  const declared = await close('signed_in')
  expect(await textOf(declared.slip)).toContain('I close this card.')
  expect(await textOf(declared.slip)).not.toContain('decided')
  expect(await verifyPrints(declared.slip)).toContain('card, declared 2026-11-22T')
})

it('says of a card that had ended that nobody brought its closing: neither staff nor a declaration', async () => {
  const closureId = await closeEnded()
  const slip = await documentOf(closureId, 'slip')
  const text = await textOf(slip)
  expect(text).toContain('The card has ended, and the issuing company closes it.')
  expect(text).toContain('The time of this card is over, and LEB Travel Cards closes')
  expect(text).toContain('Closed by itself, because the card had ended')
  expect(text).toContain('卡已到期，自动注销')
  expect(text).not.toMatch(/has decided|Entered by staff|工作人员/)
  const sealed = (await sealedIn(slip)) as SlipContent
  expect(sealed).toMatchObject({ receivedBy: 'expiry', identity: 'issuer_decision' })
  expect(sealed.declaration.zh).toMatch(/^这张卡已经到期，.*予以注销。.*可按本单所列途径申诉。$/)
  expect(await verifyPrints(slip)).toContain('because the card had ended, 2026-11-22T')

  await leb.sendMails(issuerId)
  const raw = leb.world.sims.mail.messages().map((one) => one.raw)
  const mails = await Promise.all(raw.map((one) => simpleParser(Buffer.from(one, 'latin1'))))
  const mail = mails.find(({ subject }) => subject!.includes(sealed.number))!
  expect(mail.subject).toBe(`您的卡已到期，予以注销：${sealed.number}`)
  expect(mail.text).toMatch(/的三日卡已经到期，.*自 .*起自动予以注销。您无需申请/)

  const view = await toEnd(closureId)
  expect(view).toMatchObject({ cardEnded: true, identity: 'issuer_decision' })
  expect(inWords(view)).toContain('decided by the issuer 2026-11-22T')
  const certificate = await documentOf(closureId, 'certificate')
  expect(await sealedIn(certificate)).toMatchObject({ decidedByIssuer: true, cardEnded: true })
  expect(await textOf(certificate)).toContain('LEB Travel Cards, because the card had ended')
  expect(await verifyPrints(certificate)).toContain('because the card had ended, 2026-11-22T')
})

it('says so on the certificate, and of what was declared it does not', async () => {
  const [decided, declared] = [await close('issuer_decision'), await close('signed_in')]
  await toEnd(decided.closureId)
  const printed = await textOf(await documentOf(decided.closureId, 'certificate'))
  expect(printed).toContain('Decided at')
  expect(printed).toContain('Decided by LEB 旅行卡 LEB Travel Cards')
  expect(printed).not.toContain('Declared at')
  expect(await verifyPrints(await documentOf(decided.closureId, 'certificate'))).toContain(
    'decided by the issuer 2',
  )

  await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .updateTable('closure')
      .set({ state: 'identified', identified_at: leb.clock.now(), proved_by: 'account' })
      .where('closure_id', '=', declared.closureId)
      .execute(),
  )
  await toEnd(declared.closureId)
  const paper = await documentOf(declared.closureId, 'certificate')
  expect(await textOf(paper)).toContain('Declared at')
  expect(await textOf(paper)).not.toMatch(/Decided|决定/)
  const sealed = (await sealedIn(paper)) as CertificateContent
  expect([sealed.decidedByIssuer, sealed.cardEnded]).toEqual([undefined, undefined])
})

it('says to whoever checks a paper, on page and over the API, who decided', async () => {
  const [decided, declared] = [await close('issuer_decision'), await close('signed_in')]
  const [portal, api] = [await openPortal(leb), openApi(leb)]
  onTestFinished(async () => void (await Promise.all([portal.close(), api.close()])))
  const anybody = new Visitor(portal.app, leb.config.publicUrl)
  const page = async (token: string, lang: string) => (await anybody.go(`/v/${token}?lang=${lang}`)).html
  const shown = await page(decided.token, 'en')
  expect(shown).toContain('Decided by the issuing company')
  expect(shown).toContain('about to begin')
  expect(shown).not.toContain('confirmed by the holder')
  expect(await page(decided.token, 'zh-CN')).toContain('发行公司决定时间')
  expect(await page(declared.token, 'en')).toContain('not yet confirmed by the holder')
  const asked = async (token: string) => (await api.get(`/api/v1/verify/${token}`)).body
  expect(await asked(decided.token)).toMatchObject({ decidedByIssuer: true, cardEnded: false })
  expect(await asked(declared.token)).toMatchObject({ decidedByIssuer: false, cardEnded: false })
})
