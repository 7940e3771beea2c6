import { simpleParser } from 'mailparser'
import { SetupError } from '../platform/errors.ts'
import type { OutsideWorld } from './outside-world.ts'

/** The holder's mailbox, as the simulated mail server keeps it. */
type Kept = { messageId: string; raw: string }
export type ReadMail = { subject: string; text: string; to: string }

async function kept(world: OutsideWorld, to?: string): Promise<Kept[]> {
  const query = to ? `?to=${encodeURIComponent(to)}` : ''
  return (await (await fetch(`${world.mail.control}/sim/messages${query}`)).json()) as Kept[]
}

async function read(mail: Kept): Promise<ReadMail> {
  const parsed = await simpleParser(Buffer.from(mail.raw, 'latin1'))
  const to = Array.isArray(parsed.to) ? parsed.to[0]?.text : parsed.to?.text
  return { subject: parsed.subject ?? '', text: parsed.text ?? '', to: to ?? '' }
}

/** The six digits in the first mail that arrives after `seen` mails; it must name `about`, if given. */
export async function codeFromMail(
  world: OutsideWorld,
  to: string,
  seen: number,
  about = '',
): Promise<string> {
  for (let tries = 0; tries < 400; tries++) {
    for (const mail of (await kept(world, to)).slice(seen)) {
      const { subject, text } = await read(mail)
      const code = /^\s*(\d{6})\s*$/m.exec(text)?.[1]
      if (code && `${subject}${text}`.includes(about)) return code
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new SetupError('no mail with a code arrived within 20 s: is a worker running?')
}

export async function countMails(world: OutsideWorld, to: string): Promise<number> {
  return (await kept(world, to)).length
}

/** Shows each mail that arrives from now on, so that someone trying the portal finds their code. */
export function announceMails(world: OutsideWorld, say: (words: string) => void): void {
  const known = new Set<string>()
  let first = true
  const look = async () => {
    for (const mail of await kept(world)) {
      if (known.has(mail.messageId)) continue
      known.add(mail.messageId)
      if (first) continue
      const { subject, text, to } = await read(mail)
      const code = /^\s*(\d{6})\s*$/m.exec(text)?.[1]
      say(`  mail to ${to}: ${subject}${code ? `  ${code}` : ''}`)
    }
    first = false
  }
  const timer = setInterval(() => void look().catch(() => clearInterval(timer)), 300)
  timer.unref()
}
