import { mkdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import type { FailureMode } from './failures.ts'
import { startSimServer, tally, type SimServer } from './http-server.ts'

export type SimMail = { messageId: string; from: string; to: string[]; at: string; raw: string }

export type MailSim = {
  port: number
  /** HTTP control beside the SMTP port: `/sim/fail`, `/sim/counts`, `/sim/state`, `/sim/messages?to=`. */
  control: SimServer
  /** Newest last. */
  messages(to?: string): SimMail[]
  /** How often a mail with this Message-ID (no angle brackets) was really taken. */
  taken(messageId: string): number
  stop(): Promise<void>
}

export type MailSimOptions = {
  port?: number
  controlPort?: number
  /** Writes every mail there as `<number>-<Message-ID>.eml`. */
  dir?: string
  /** So many are kept in memory, the newest; 0 only counts, for benches. 1,000 unless told. */
  keep?: number
}

/** The connection behind a session; smtp-server has no public way to break or garble one. */
type RawConnection = { id: string; _socket: { write(text: string): void; destroy(): void } }

/** A mail server that takes everything, keeps it, and can misbehave. */
export async function startMailSim(options: MailSimOptions = {}): Promise<MailSim> {
  const keep = options.keep ?? 1_000
  const kept: SimMail[] = []
  const byMessageId = tally()
  const byRecipient = tally()
  const playing = new Map<string, FailureMode>()
  let total = 0
  if (options.dir !== undefined) mkdirSync(options.dir, { recursive: true })

  const control = await startSimServer(
    {
      handle: () => ({ status: 404 }),
      refuse: () => ({ status: 404 }),
      counts: () => ({ total, byMessageId, byRecipient }),
      state: () => ({ total, messages: kept.map(({ raw: _, ...mail }) => mail) }),
      control: ({ path, query }) =>
        path === '/sim/messages' ? { status: 200, json: find(query.get('to') ?? undefined) } : undefined,
    },
    { ...(options.controlPort === undefined ? {} : { port: options.controlPort }) },
  )
  const find = (to?: string) => (to === undefined ? [...kept] : kept.filter((mail) => mail.to.includes(to)))
  const store = async (mail: SimMail) => {
    total += 1
    byMessageId.add(mail.messageId)
    for (const to of mail.to) byRecipient.add(to)
    if (keep > 0) kept.push(mail)
    if (kept.length > keep) kept.shift()
    if (options.dir === undefined) return
    const name = `${String(total).padStart(6, '0')}-${mail.messageId.replaceAll(/[^\w@.-]/g, '_')}.eml`
    await writeFile(join(options.dir, name), mail.raw, 'latin1')
  }
  const socketOf = (session: SMTPServerSession) =>
    ([...smtp.connections] as unknown as RawConnection[]).find(({ id }) => id === session.id)?._socket

  const smtp = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: 30_000_000,
    logger: false,
    closeTimeout: 100,
    onRcptTo(address, session, callback) {
      const failure = control.failures.draw(`RCPT TO:<${address.address}>`)
      playing.delete(session.id)
      if (failure === 'down') return socketOf(session)?.destroy()
      if (failure === 'timeout_before') return
      if (failure === 'refuse') {
        return callback(
          Object.assign(new Error(`${address.address}: no such mailbox`), { responseCode: 550 }),
        )
      }
      if (failure !== undefined) playing.set(session.id, failure)
      callback()
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = []
      const failure = playing.get(session.id)
      stream.on(
        'data',
        (chunk: Buffer) => void (keep > 0 || options.dir || chunks.length === 0 ? chunks.push(chunk) : 0),
      )
      stream.on('end', () => {
        const raw = Buffer.concat(chunks).toString('latin1')
        const { mailFrom, rcptTo } = session.envelope
        const mail = {
          messageId: /^message-id:\s*<([^>]+)>/im.exec(raw)?.[1] ?? '',
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map((recipient) => recipient.address),
          at: new Date().toISOString(),
          raw,
        }
        // `twice` is a relay that delivers a mail two times; the Message-ID is how a mailbox notices.
        const stored = failure === 'twice' ? store(mail).then(() => store(mail)) : store(mail)
        stored.then(() => {
          if (failure === 'timeout_after') return
          if (failure === 'rubbish') return socketOf(session)?.write('<html>250</html>\r\n')
          callback(null, `Ok: queued as ${total}`)
        }, callback)
      })
    },
  })
  smtp.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    smtp.server.once('error', reject)
    smtp.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  return {
    port: (smtp.server.address() as { port: number }).port,
    control,
    messages: find,
    taken: (messageId) => byMessageId.get(messageId),
    async stop() {
      await new Promise<void>((resolve) => smtp.close(resolve))
      await control.stop()
    },
  }
}
