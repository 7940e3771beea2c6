import { simpleParser } from 'mailparser'
import type { Outside } from '../../test/outside.ts'
import { findIssuer } from '../issuer/issuer.ts'
import { writeStaffLetter } from '../payment/tell-staff.ts'
import { inIssuer } from '../platform/db.ts'
import { keepUnanswered } from './keep-unanswered.ts'
import { type OpenClosure, openClosures } from './open-closures.ts'
import { remindHolders } from './remind-of-account.ts'

/** Paid by bank transfer, so that its money waits for an account; of somebody in Germany. */
export const paidByBank = { currency: 'EUR', residence: 'DE', provider: 'bank' } as const
export const first_reminder = '2026-11-25T10:00:00Z'
export const last_reminder = '2026-12-06T10:00:00Z'
/** The end of Sunday 22 November plus 60 days in Berlin, and a second. */
export const day_is_over = '2027-01-21T23:00:01Z'

/** What a test of one issuer's silent holders does. */
export function withSilence(leb: Outside, issuerId: string) {
  /** A minute of a worker: reminders, mails, what is kept, and a look. */
  async function minute(closureId: string): Promise<void> {
    await remindHolders(leb)
    await leb.sendMails(issuerId)
    await keepUnanswered(leb)
    await leb.look(issuerId, closureId)
  }
  return {
    minute,
    async minutesAt(moments: string[], closureId: string): Promise<void> {
      for (const moment of moments) {
        leb.clock.set(new Date(moment))
        await minute(closureId)
      }
    },
    /** Subject and text of each mail that somebody got. */
    async mailsTo(email: string): Promise<string[]> {
      await leb.sendMails(issuerId)
      const read = leb.world.sims.mail.messages(email).map(async ({ raw }) => {
        const { subject = '', text = '' } = await simpleParser(raw)
        return `${subject}\n${text}`.replace(/\s+/g, ' ')
      })
      return Promise.all(read)
    },
    /** The closure in `leb status --open`. */
    async openAs(number: string): Promise<OpenClosure | undefined> {
      for await (const one of openClosures(leb, { issuerId })) if (one.number === number) return one
      return undefined
    },
    /** What the mail to support would say now. */
    async toldToStaff(): Promise<string[]> {
      const issuer = (await findIssuer(leb.db, issuerId))!
      const written = await inIssuer(leb.db, issuerId, (tx) => writeStaffLetter(leb, tx, issuer))
      return written?.letter.paragraphs ?? []
    },
  }
}
