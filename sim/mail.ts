import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import type { FailureMode } from './failures.ts'
import { startSimServer, type SimServer } from './http-server.ts'
import { openMailBox, type MailBox, type SimMail, type TakenMail } from './mail-box.ts'

export type MailSim = {
  port: number
  /** HTTP control beside the SMTP port: `/sim/fail`, `/sim/counts`, `/sim/state`, `/sim/messages?to=&after=`. */
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
  /** Its clock, in ms, by which failures last; the machine's unless told. */
  now?: () => number
  /** Writes every mail there as `<number>-<Message-ID>.eml`. */
  dir?: string
  /** So many are kept in memory, the newest; 0 only counts, for benches. 1,000 unless told. */
  keep?: number
  /** Offers STARTTLS with this certificate (PEM). */
  tls?: { key: string; cert: string }
}

/** All of a header that we look at lies within this many bytes. */
const HEADER_BYTES = 16_384

/** A mail server that takes everything, keeps it, and can misbehave. */
export async function startMailSim(options: MailSimOptions = {}): Promise<MailSim> {
  const keep = options.keep ?? 1_000
  const box = openMailBox({ keep, dir: options.dir })
  const control = await startControl(box, options)
  const playing = new WeakMap<SMTPServerSession, FailureMode>()

  const smtp: SMTPServer = new SMTPServer({
    disabledCommands: options.tls ? ['AUTH'] : ['AUTH', 'STARTTLS'],
    ...options.tls,
    disableReverseLookup: true,
    size: 30_000_000,
    logger: false,
    closeTimeout: 100,
    onRcptTo(address, session, callback) {
      const failure = control.failures.draw(`RCPT TO:<${address.address}>`)
      playing.delete(session)
      if (failure === 'down') return socketOf(smtp, session)?.destroy()
      if (failure === 'timeout_before') return
      if (failure === 'refuse') {
        return callback(
          Object.assign(new Error(`${address.address}: no such mailbox`), { responseCode: 550 }),
        )
      }
      if (failure !== undefined) playing.set(session, failure)
      callback()
    },
    async onData(stream, session, callback) {
      const failure = playing.get(session)
      const limit = keep > 0 || options.dir !== undefined ? Infinity : HEADER_BYTES
      const raw = await readAll(stream, limit).catch(() => undefined)
      // A client that died in the middle of its mail: nothing was taken.
      if (raw === undefined) return
      const mail = mailOf(raw, session)
      await box.store(mail)
      // A relay that delivers a mail two times; the Message-ID is how a mailbox notices.
      if (failure === 'twice') await box.store(mail)
      if (failure === 'timeout_after') return
      if (failure === 'rubbish') return socketOf(smtp, session)?.write('<html>250</html>\r\n')
      callback(null, `Ok: queued as ${box.total()}`)
    },
  })
  // A client that breaks off is no trouble of the simulator's.
  smtp.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    smtp.server.once('error', reject)
    smtp.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  return {
    port: (smtp.server.address() as { port: number }).port,
    control,
    messages: (to) => box.find(to),
    taken: (messageId) => box.byMessageId.get(messageId),
    async stop() {
      await new Promise<void>((resolve) => smtp.close(resolve))
      await control.stop()
    },
  }
}

function startControl(box: MailBox, { controlPort: port, now }: MailSimOptions): Promise<SimServer> {
  const { byMessageId, byRecipient } = box
  return startSimServer(
    {
      handle: () => ({ status: 404 }),
      refuse: () => ({ status: 404 }),
      counts: () => ({ total: box.total(), byMessageId, byRecipient }),
      state: () => ({
        total: box.total(),
        messages: box.find().map((mail) => ({ ...mail, raw: undefined })),
      }),
      control: ({ path, query }) =>
        path === '/sim/messages'
          ? { status: 200, json: box.find(query.get('to') ?? undefined, Number(query.get('after') ?? 0)) }
          : undefined,
    },
    { ...(port === undefined ? {} : { port }), ...(now === undefined ? {} : { now }) },
  )
}

async function readAll(stream: SMTPServerDataStream, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    if (size < maxBytes) chunks.push(chunk as Buffer)
    size += (chunk as Buffer).length
  }
  return Buffer.concat(chunks).toString('latin1')
}

function mailOf(raw: string, { envelope }: SMTPServerSession): TakenMail {
  return {
    messageId: /^message-id:\s*<([^>]+)>/im.exec(raw)?.[1] ?? '',
    from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
    to: envelope.rcptTo.map((recipient) => recipient.address),
    at: new Date().toISOString(),
    raw,
  }
}

/** The connection behind a session; smtp-server has no public way to break or garble one. */
type RawConnection = { id: string; _socket: { write(text: string): void; destroy(): void } }

function socketOf(smtp: SMTPServer, session: SMTPServerSession): RawConnection['_socket'] | undefined {
  return ([...smtp.connections] as unknown as RawConnection[]).find(({ id }) => id === session.id)?._socket
}
