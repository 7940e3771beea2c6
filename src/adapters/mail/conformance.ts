import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Mail, MailPort } from './port.ts'

/** What the suite needs from the world behind the port. */
export type MailWorld = {
  fail(order: { mode: string; times?: number; match?: string } | undefined): void
  /** How often a mail with this Message-ID was really taken. */
  taken(messageId: string): number
  stop(): Promise<void>
}

export const exampleMail = (change: Partial<Mail> = {}): Mail => ({
  key: '0192-c:mail:slip',
  from: { name: 'LEB 客服', address: 'care@leb.example' },
  to: 'jane@example.com',
  subject: '注销确认单 · Your closure slip',
  text: '您好 Jane,\n.\nYour slip is attached.',
  html: '<p>您好 Jane</p>',
  headers: { 'Auto-Submitted': 'auto-generated' },
  attachments: [
    { filename: '确认单.pdf', content: Buffer.from('%PDF-1.7 sample'), contentType: 'application/pdf' },
  ],
  ...change,
})

/** Every vendor of the mail port passes this against its simulator. */
export function mailConformance(
  name: string,
  make: () => Promise<{ port: MailPort; world: MailWorld }>,
): void {
  describe(`mail port: ${name}`, () => {
    let port: MailPort
    let world: MailWorld
    beforeEach(async () => void ({ port, world } = await make()))
    afterEach(async () => {
      port.close()
      await world.stop()
    })
    async function messageId(): Promise<string> {
      const probe = await port.send(exampleMail())
      if (probe.kind !== 'done') throw new Error('the mail must go out first')
      return probe.value.messageId
    }

    it('sends, and the same key again has the same Message-ID, another key another', async () => {
      const id = await messageId()
      expect(await messageId()).toBe(id)
      expect(world.taken(id)).toBe(2)
      const other = await port.send(exampleMail({ key: 'another' }))
      expect(other.kind === 'done' && other.value.messageId).not.toBe(id)
      expect(id).not.toContain('0192')
    })

    it('refuse: is a refusal with a code, without the address', async () => {
      world.fail({ mode: 'refuse' })
      const answer = await port.send(exampleMail())
      expect(answer).toMatchObject({ kind: 'refused', code: 'recipient_refused' })
      expect(JSON.stringify(answer)).not.toContain('jane')
    })

    it.each([
      'jane',
      'jane@example.com, eve@example.com',
      'jane@example.com\r\nBcc: eve@example.com',
      '<jane@example.com>',
      '"jane@evil" <jane@example.com>',
      '',
    ])('%j is not one address', async (to) => {
      expect(await port.send(exampleMail({ to }))).toMatchObject({ kind: 'refused', code: 'address_invalid' })
    })

    for (const [mode, taken] of [
      ['timeout_before', 1],
      ['timeout_after', 2],
      ['rubbish', 2],
      ['down', 1],
    ] as const) {
      it(`${mode}: unknown, and sent again it arrives under the same Message-ID`, async () => {
        world.fail({ mode, times: 1 })
        const answer = await port.send(exampleMail())
        expect(answer.kind).toBe('unknown')
        expect(JSON.stringify(answer)).not.toContain('jane')
        expect(world.taken(await messageId())).toBe(taken)
      })
    }

    it('twice: done once, and both that arrive bear one Message-ID, by which a mailbox drops the second', async () => {
      world.fail({ mode: 'twice', times: 1 })
      const answer = await port.send(exampleMail())
      expect(answer.kind).toBe('done')
      const id = answer.kind === 'done' ? answer.value.messageId : ''
      expect(world.taken(id)).toBe(2)
      expect(await messageId()).toBe(id)
      expect(world.taken(id)).toBe(3)
    })

    it('down for long: every mail is unknown, none hangs, and all go out afterwards', async () => {
      world.fail({ mode: 'down' })
      const keys = ['a', 'b', 'c']
      const during = await Promise.all(keys.map((key) => port.send(exampleMail({ key }))))
      expect(during.map(({ kind }) => kind)).toEqual(['unknown', 'unknown', 'unknown'])
      world.fail(undefined)
      const after = await Promise.all(keys.map((key) => port.send(exampleMail({ key }))))
      expect(after.map(({ kind }) => kind)).toEqual(['done', 'done', 'done'])
    })

    it('one bad recipient does not disturb the others', async () => {
      world.fail({ mode: 'refuse', match: 'bad@' })
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          port.send(exampleMail({ key: `k${n}`, to: n % 2 ? 'bad@example.com' : 'good@example.com' })),
        ),
      )
      const kinds = answers.map(({ kind }) => kind)
      expect(kinds).toEqual(kinds.map((_, n) => (n % 2 ? 'refused' : 'done')))
    })
  })
}
