import { mkdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tally } from './http-server.ts'

/** `messageId` without angle brackets; `raw` as received, one character a byte (latin1). */
export type TakenMail = { messageId: string; from: string; to: string[]; at: string; raw: string }
/** `number` counts from 1 in the order of taking. */
export type SimMail = TakenMail & { number: number }

export type MailBox = {
  store(mail: TakenMail): Promise<void>
  /** Newest last; those after `after` only. */
  find(to?: string, after?: number): SimMail[]
  total(): number
  byMessageId: ReturnType<typeof tally>
  byRecipient: ReturnType<typeof tally>
}

/** Keeps the newest `keep` mails in memory, writes every one to `dir` when there is one, and counts all. */
export function openMailBox({ keep, dir }: { keep: number; dir: string | undefined }): MailBox {
  const kept: SimMail[] = []
  const byMessageId = tally()
  const byRecipient = tally()
  let total = 0
  if (dir !== undefined) mkdirSync(dir, { recursive: true })
  return {
    byMessageId,
    byRecipient,
    total: () => total,
    find: (to, after = 0) =>
      kept.filter((mail) => mail.number > after && (to === undefined || mail.to.includes(to))),
    async store(mail) {
      total += 1
      byMessageId.add(mail.messageId)
      for (const to of mail.to) byRecipient.add(to)
      if (keep > 0) kept.push({ ...mail, number: total })
      if (kept.length > keep) kept.shift()
      if (dir === undefined) return
      const name = `${String(total).padStart(6, '0')}-${mail.messageId.replaceAll(/[^\w@.-]/g, '_')}.eml`
      await writeFile(join(dir, name), mail.raw, 'latin1')
    },
  }
}
