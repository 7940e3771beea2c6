import { simpleParser } from 'mailparser'
import { isSampleTraveller } from '../card/sample-fleet.ts'
import { waitFor } from './wait-for.ts'
import type { OutsideWorld } from './outside-world.ts'

/** The holder's mailbox, as the simulated mail server keeps it; `number` counts in the order of arrival. */
type Kept = { number: number; messageId: string; raw: string }
export type ReadMail = { subject: string; text: string; to: string }

async function kept(world: OutsideWorld, which: { to?: string; after?: number }): Promise<Kept[]> {
  const query = new URLSearchParams(which.to === undefined ? {} : { to: which.to })
  if (which.after !== undefined) query.set('after', String(which.after))
  return (await (await fetch(`${world.mail.control}/sim/messages?${query}`)).json()) as Kept[]
}

async function read(mail: Kept): Promise<ReadMail> {
  const parsed = await simpleParser(Buffer.from(mail.raw, 'latin1'))
  const to = Array.isArray(parsed.to) ? parsed.to[0]?.text : parsed.to?.text
  return { subject: parsed.subject ?? '', text: parsed.text ?? '', to: to ?? '' }
}

/** The six digits in the first mail to them after the mail `after`; it must name `about`, if given. */
export async function codeFromMail(
  world: OutsideWorld,
  to: string,
  after: number,
  about = '',
): Promise<string> {
  const look = async () => {
    for (const mail of await kept(world, { to, after })) {
      const { subject, text } = await read(mail)
      const code = /^\s*(\d{6})\s*$/m.exec(text)?.[1]
      if (code && `${subject}${text}`.includes(about)) return code
    }
    return undefined
  }
  return waitFor(look, 'no mail with a code arrives: is a worker running?')
}

/** The number of the newest mail. */
export async function lastMail(world: OutsideWorld): Promise<number> {
  const { total } = (await (await fetch(`${world.mail.control}/sim/counts`)).json()) as { total: number }
  return total
}

/**
 * Shows each mail that arrives from now on, so that someone trying the portal finds their code. What the sample fleet's
 * own travellers are told, that their cards end for instance, would bury it: theirs are shown from a code on.
 */
export function announceMails(world: OutsideWorld, say: (words: string) => void): void {
  let shown: number | undefined
  const met = new Set<string>()
  const look = async () => {
    shown ??= await lastMail(world)
    for (const mail of await kept(world, { after: shown })) {
      shown = mail.number
      const { subject, text, to } = await read(mail)
      const code = /^\s*(\d{6})\s*$/m.exec(text)?.[1]
      if (code) met.add(to)
      if (isSampleTraveller(to) && !met.has(to)) continue
      say(`  mail to ${to}: ${subject}${code ? `  ${code}` : ''}`)
    }
  }
  let looking = false
  const timer = setInterval(() => {
    if (looking) return
    looking = true
    void look().then(
      () => (looking = false),
      () => clearInterval(timer),
    )
  }, 300)
  timer.unref()
}
