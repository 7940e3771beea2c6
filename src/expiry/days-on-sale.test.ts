import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import type { Seeded } from '../../test/seed.ts'
import { findIssuer, putIssuer } from '../issuer/issuer.ts'
import type { Letter } from '../notice/letter.tsx'
import type { Written } from '../notice/send-notice.ts'
import { putCatalogue } from '../plan/put-catalogue.ts'
import { putSampleCatalogue } from '../plan/sample-catalogue.ts'
import { inIssuer } from '../platform/db.ts'
import { issuersWith, seedExpiring } from './expiry.fixture.ts'
import { queueExpiryMails } from './queue-mails.ts'
import { sweepExpiry } from './sweep-expiry.ts'
import { writeExpiryLetter } from './write-expiry-letter.ts'

/** What is offered to who holds a card that ends: what the catalogue sells for it, and nothing else. */
const email = 'li.lei@example.com'
let leb: Outside
let portal: Awaited<ReturnType<typeof openPortal>>
let visit: Visitor
/** €1 does not reach for the days (DAYS3), €50 does. */
let poor: Seeded
let rich: Seeded
beforeAll(async () => {
  leb = await openOutside()
  for (const issuer of issuersWith({ kind: 'keep', days: 30 })) {
    const { providers } = leb.issuers.find((one) => one.issuerId === issuer.issuerId)!
    await putIssuer(leb.db, { ...issuer, providers }, leb.clock.now())
  }
  await putSampleCatalogue(leb, ['leb'])
  const card = { endsInHours: 2, email, currency: 'EUR', accountRef: 'ENDING' }
  const [one, two] = await seedExpiring(leb, [
    { ...card, balance: 100n },
    { ...card, balance: 5_000n },
  ])
  ;[poor, rich] = [one!, two!]
  portal = await openPortal(leb)
  visit = new Visitor(portal.app, leb.config.publicUrl)
  await visit.signIn(leb, 'leb', email)
})
afterAll(async () => {
  await portal.close()
  await leb.stop()
})

const ways = async (card: Seeded, query = ''): Promise<string[]> => {
  await visit.go(`/leb/en/cards/${card.cardId}/expiry${query}`)
  return [...visit.html.matchAll(/<section class="sheet"><h2>([^<]+)/g)].map((found) => found[1]!)
}
const close = 'Close it and get the money back'
const sellDays = () => putSampleCatalogue(leb, ['leb'])
const withdrawDays = () => putCatalogue(leb, 'leb', { items: [], withdraw: ['DAYS3'] })
/** The mail about its end, as it would be sent now. */
const endedMail = (card: Seeded): Promise<Letter> =>
  inIssuer(leb.db, 'leb', async (tx) => {
    const { notice_id: noticeId } = await tx
      .selectFrom('notice')
      .select('notice_id')
      .where('kind', '=', 'expiry_over')
      .where('card_id', '=', card.cardId)
      .executeTakeFirstOrThrow()
    const issuer = (await findIssuer(leb.db, 'leb'))!
    const which = { noticeId, cardId: card.cardId, kind: 'expiry_over', locale: 'en' } as const
    return ((await writeExpiryLetter(leb, tx, issuer, which)) as Written).letter
  })

describe('before the end', () => {
  beforeEach(sellDays)

  it('the three ways, where days are sold', async () => {
    expect(await ways(poor)).toEqual(['Use it', 'Extend it', close])
    await visit.go('/leb/en/cards')
    expect(visit.text).toContain('Use it, extend it or close it')
  })

  it('two where none are, and who was sent here to extend is told so', async () => {
    await withdrawDays()
    expect(await ways(poor, '?do=extend')).toEqual(['Use it', close])
    expect(visit.text).toContain('No days are sold for this card')
    expect(visit.text).not.toMatch(/extend the card|more days/)
    await visit.go('/leb/en/cards')
    expect(visit.text).toContain('Use it or close it')
    expect(visit.text).not.toContain('extend')
  })
})

describe('after it', () => {
  beforeAll(async () => {
    await sellDays()
    leb.clock.advance({ hours: 3 })
    await sweepExpiry(leb)
    await queueExpiryMails(leb)
  })
  beforeEach(sellDays)

  it('the balance as a way only where it is enough for days', async () => {
    expect(await ways(poor)).toEqual(['Extend it', close])
    expect(await ways(rich)).toEqual(['Use it', 'Extend it', close])
  })

  it('closing alone, where no days are sold', async () => {
    await visit.go('/leb/en/cards')
    expect(visit.text).toContain('Choose days')
    await withdrawDays()
    expect(await ways(rich)).toEqual([close])
    expect(visit.text).not.toMatch(/extend/i)
    await visit.go('/leb/en/cards')
    expect(visit.text).not.toMatch(/Choose days|Top up|extend/)
  })

  it.each([
    ['with days on sale', sellDays, /buy days with it, extend the card otherwise, or close it/, 3],
    ['with none', withdrawDays, /yours until .+: close the card and the money is paid back/, 1],
  ])('a mail that says the same, %s', async (_, catalogue, words, buttons) => {
    await catalogue()
    const letter = await endedMail(rich)
    expect(letter.paragraphs[0]).toMatch(words)
    expect(letter.buttons).toHaveLength(buttons)
  })
})
