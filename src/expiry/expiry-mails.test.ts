import { simpleParser } from 'mailparser'
import { afterEach, describe, expect, it } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { mailedSignInCode, openPortal, Visitor } from '../../test/portal.ts'
import type { Seeded } from '../../test/seed.ts'
import { putIssuer } from '../issuer/issuer.ts'
import { putSampleCatalogue } from '../plan/sample-catalogue.ts'
import { inIssuer } from '../platform/db.ts'
import type { AtExpiry } from './expiry-rules.ts'
import { type ExpiringCard, issuersWith, seedExpiring } from './expiry.fixture.ts'
import { queueExpiryMails } from './queue-mails.ts'
import { sweepExpiry } from './sweep-expiry.ts'

let leb: Outside
afterEach(() => leb.stop())

const email = 'li.lei@example.com'

async function open(rule: AtExpiry, cards: ExpiringCard[]): Promise<Seeded[]> {
  leb = await openOutside()
  for (const issuer of issuersWith(rule)) {
    const { providers } = leb.issuers.find((one) => one.issuerId === issuer.issuerId)!
    await putIssuer(leb.db, { ...issuer, providers }, leb.clock.now())
  }
  await putSampleCatalogue(leb, ['leb'])
  return seedExpiring(leb, cards)
}

/** What reached the holder since the last look, newest last: subject and text. */
let read = 0
async function mails(): Promise<{ subject: string; text: string; html: string }[]> {
  await queueExpiryMails(leb)
  await leb.sendMails('leb')
  const all = leb.world.sims.mail.messages(email)
  const fresh = all.slice(Math.min(read, all.length))
  read = all.length
  const parsed = await Promise.all(fresh.map((mail) => simpleParser(mail.raw)))
  return parsed.map((mail) => ({ subject: mail.subject!, text: mail.text!, html: String(mail.html) }))
}
const notices = () =>
  inIssuer(leb.db, 'leb', (tx) =>
    tx.selectFrom('notice').select(['kind', 'state', 'last_reason']).orderBy('created_at').execute(),
  )

describe('mails about expiry', () => {
  it('are no news on the night of an import: what had ended before and is kept is told on pages only', async () => {
    read = 0
    await open({ kind: 'keep', days: 30 }, [{ endsInHours: -100, email }])
    await sweepExpiry(leb)
    expect(await mails()).toEqual([])
    expect(await notices()).toEqual([
      { kind: 'expiry_over', state: 'dropped', last_reason: 'ended_before_import' },
    ])
    leb.clock.advance({ days: 25 })
    await sweepExpiry(leb)
    expect(await mails()).toHaveLength(1)
  })

  it('say in English what lapses when, with three buttons that name the card and sign nobody in', async () => {
    read = 0
    const [card] = await open({ kind: 'lapse' }, [
      { endsInHours: 20, email, currency: 'EUR', balance: 1230n },
    ])
    await sweepExpiry(leb)
    const [mail] = await mails()
    expect(mail!.subject).toBe('€12.30 lapses on 23 November 2026, 06:00 (UTC)')
    const base = `http://127.0.0.1:8460/leb/en/cards/${card!.cardId}/expiry`
    expect([...mail!.html.matchAll(/href="([^"]+)"/g)].map((m) => m[1])).toEqual([
      `${base}?do=use`,
      `${base}?do=extend`,
      `${base}?do=close`,
    ])
    expect(mail!.text).toContain('3-day card (Japan) ending')
    leb.clock.advance({ hours: 21 })
    await sweepExpiry(leb)
    expect((await mails()).map((m) => m.subject)).toEqual(['€12.30 lapsed'])
    expect(await mails()).toEqual([])
  })

  it('say it in Chinese, and tell until when kept money is the holder’s', async () => {
    read = 0
    await open({ kind: 'keep', days: 30 }, [{ endsInHours: 2, email, locale: 'zh-CN', dataMb: 512 }])
    await sweepExpiry(leb)
    const [before] = await mails()
    expect(before!.subject).toBe('卡将于 2026 年 11 月 22 日 12:00（协调世界时）到期，¥86.40 仍归您所有')
    expect(before!.text).toContain('为您保留到 2026 年 12 月 22 日 12:00（协调世界时）')
    leb.clock.advance({ hours: 3 })
    await sweepExpiry(leb)
    const [after] = await mails()
    expect(after!.subject).toBe('卡已到期，¥86.40 仍归您所有')
    expect(after!.text).toContain('流量 512 MB')
  })

  it('announce the slip where the money goes back, and it goes back', async () => {
    read = 0
    const [card] = await open({ kind: 'refund' }, [{ endsInHours: -1, email, told: 3 }])
    await sweepExpiry(leb)
    const subjects = (await mails()).map((m) => m.subject)
    expect(subjects).toContain('Your card has ended; CN¥86.40 goes back to you')
    expect(subjects.some((subject) => subject.startsWith('Your card has ended and is closed'))).toBe(true)
    const closure = await inIssuer(leb.db, 'leb', (tx) =>
      tx
        .selectFrom('closure_card')
        .select('closure_id')
        .where('card_id', '=', card!.cardId)
        .executeTakeFirstOrThrow(),
    )
    for (let looks = 0; looks < 6; looks++) {
      await leb.look('leb', closure.closure_id)
      leb.clock.advance({ seconds: 30 })
    }
    const state = await inIssuer(leb.db, 'leb', (tx) =>
      tx.selectFrom('card').select('state').where('card_id', '=', card!.cardId).executeTakeFirstOrThrow(),
    )
    expect(state.state).toBe('closed')
  })

  it('are dropped with the reason where nobody can be written to, or nothing is so any more', async () => {
    read = 0
    const [, used] = await open({ kind: 'lapse' }, [
      { endsInHours: 20, email: null, phone: '+8613900000000' },
      { endsInHours: 20, email },
    ])
    await sweepExpiry(leb)
    await queueExpiryMails(leb)
    await inIssuer(leb.db, 'leb', (tx) =>
      tx
        .updateTable('card')
        .set({ expires_at: new Date('2027-03-01T00:00:00Z') })
        .where('card_id', '=', used!.cardId)
        .execute(),
    )
    expect(await mails()).toEqual([])
    expect((await notices()).toSorted((a, b) => a.last_reason!.localeCompare(b.last_reason!))).toEqual([
      { kind: 'expiry_soon', state: 'dropped', last_reason: 'no_address' },
      { kind: 'expiry_soon', state: 'dropped', last_reason: 'overtaken' },
    ])
  })
})

it('leads from the mail through sign-in to the page with the three ways, the chosen one first', async () => {
  const [card] = await open({ kind: 'lapse' }, [{ endsInHours: 20, email, currency: 'EUR', balance: 1230n }])
  const portal = await openPortal(leb)
  try {
    const visitor = new Visitor(portal.app, leb.config.publicUrl)
    await visitor.go(`/leb/en/cards/${card!.cardId}/expiry?do=close`)
    await visitor.send('/sign-in', { email })
    await visitor.send('/sign-in/code', { code: await mailedSignInCode(leb, 'leb', visitor) })
    expect(visitor.address).toBe(`/leb/en/cards/${card!.cardId}/expiry?do=close`)
    expect(visitor.text).toContain('€12.30 lapses on 23 November 2026, 06:00 (UTC)')
    const headings = [...visitor.html.matchAll(/<h2>([^<]+)/g)].map((m) => m[1])
    expect(headings.slice(0, 3)).toEqual(['Close it and get the money back', 'Use it', 'Extend it'])
    leb.clock.advance({ hours: 10 })
    await sweepExpiry(leb)
    leb.clock.advance({ hours: 11 })
    await sweepExpiry(leb)
    await visitor.go(`/leb/en/cards/${card!.cardId}/expiry`)
    expect(visitor.text).toContain('€12.30 lapsed')
    await visitor.go(`/leb/en/cards/${card!.cardId}/statement`)
    expect(visitor.text).toMatch(/Balance lapsed .* -€12\.30|Balance lapsed .* −€12\.30/)
    expect(visitor.text).toContain('What has ended')
    await visitor.go('/leb/en/cards')
    expect(visitor.text).toMatch(/Status\s*Ended/)
    expect(visitor.text).toMatch(/Was good until\s*23 November 2026/)
    await visitor.go(`/leb/en/cards/01a202b2-c500-7624-a139-8e4ebbd2e68f/expiry`)
    expect(visitor.status).toBe(404)
  } finally {
    await portal.close()
  }
})
