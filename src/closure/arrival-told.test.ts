import { PDF } from '@libpdf/core'
import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { addPayment, closeCard } from '../../test/payouts.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCard } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { certificateContent } from '../slip/content.ts'
import { attachmentName } from '../slip/document-marks.ts'
import { closureJson } from './closure-json.ts'
import { readDocument } from './documents.ts'
import { readClosure } from './read-closure.ts'

/** Once money is sent, whatever its holder keeps tells by when it should be there, and all of it the same day. */
const issuerId = 'leb'
const email = 'arrives@example.com'
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

async function certificateOf(closureId: string) {
  const { pdf } = (await inIssuer(leb.db, issuerId, (tx) =>
    readDocument(tx, { issuerId, closureId, kind: 'certificate' }),
  ))!
  const paper = await PDF.load(pdf)
  const jws = Buffer.from(paper.getAttachment(attachmentName('certificate'))!).toString()
  const said: unknown = JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString())
  const pages = paper.getPages().map((page) => page.extractText().text)
  return { said: certificateContent.parse(said), printed: pages.join(' ').replace(/\s+/g, '') }
}

it('tells on page, certificate, API and in the mail by when money that was sent should be there', async () => {
  const card = await seedCard(leb, { issuerId, email, residence: 'CN', balance: 4000n, paid: 3000n })
  await addPayment(leb, card, { ref: 'pi_arrives_2', amount: 1000n, currency: 'CNY', day: 2 })
  // Sent in the last minute of a day; the mail goes out on the next.
  leb.clock.set(new Date('2026-11-29T15:59:30Z'))
  leb.world.sims.mail.control.failures.set({ mode: 'down' })
  const closureId = await closeCard(leb, card, { zone: 'Asia/Shanghai' })
  leb.world.sims.mail.control.failures.set(undefined)
  leb.clock.set(new Date('2026-11-29T16:30:00Z'))
  await leb.sendMails(issuerId)
  await leb.look(issuerId, closureId)

  const view = (await readClosure(leb, { issuerId, closureId }))!
  const byThen = new Date('2026-12-09T15:59:59Z')
  expect(view.cards[0]!.parts.map((part) => part.arrivesBy)).toEqual([byThen, byThen])
  expect(closureJson('http://x', view).cards[0]!.parts[0]!.arrivesBy).toBe(byThen.toISOString())

  const { said, printed } = await certificateOf(closureId)
  const [paid] = said.cards
  expect([paid!.payout, ...paid!.morePayouts!].map((payout) => payout!.expectedBy)).toEqual([
    '2026-12-09T23:59:59+08:00',
    '2026-12-09T23:59:59+08:00',
  ])
  // The two languages stand side by side: their lines come mixed.
  for (const words of ['sent29November2026,', 'expectedby9', '退出，预计2026年12月9日', '前到账（凭证'])
    expect(printed.split(words)).toHaveLength(3)

  const v = await new Visitor(portal.app, 'http://127.0.0.1:8460').signIn(leb, issuerId, email)
  await v.go(`/leb/en/closures/${view.number}`)
  expect(v.html).toMatch(
    /id="now">CN¥40\.00 was sent back to you and should be in your account by 9 December/,
  )
  expect(
    v.text.match(/sent 29 November 2026, 23:59[^,]*, should be in your account by 9 December/g),
  ).toHaveLength(2)
  await v.go(`/leb/zh-CN/closures/${view.number}`)
  expect(v.html).toMatch(/id="now">¥40\.00 已退出，预计 2026 年 12 月 9 日[^<]*前到账。已注销。/)
  expect(
    v.text.match(/11 月 29 日 23:59[^，]*退出，预计 2026 年 12 月 9 日[^，]*前到账，凭证 re_/g),
  ).toHaveLength(2)

  const mails = leb.world.sims.mail.messages(email).map(async ({ raw }) => (await simpleParser(raw)).text)
  const all = (await Promise.all(mails)).join(' ').replace(/\s+/g, ' ')
  expect(all).toContain(
    'CN¥40.00 is on its way back to your card ending 4242 (Visa) and should be there by 9 December 2026',
  )
})
