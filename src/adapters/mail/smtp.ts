import { createHash, createPrivateKey } from 'node:crypto'
import { createTransport } from 'nodemailer'
import type { Answer } from '../answer.ts'
import type { Tls } from '../raw-call.ts'
import type { DkimKey } from './dkim-key.ts'
import { judgeSmtpError } from './judge-smtp-error.ts'
import type { Mail, MailPort, MailSent } from './port.ts'

export type SmtpConfig = {
  host: string
  port: number
  /** TLS from the first byte (port 465). Otherwise STARTTLS is used when the server offers it. */
  secure?: boolean | undefined
  /** Without STARTTLS nothing is sent; true unless told, false only for a server on this machine. */
  requireTls?: boolean | undefined
  tls?: Tls | undefined
  user?: string | undefined
  password?: string | undefined
  /** The key whose domain is the sender's, or a parent of it, signs; a mail of no such domain goes unsigned. */
  dkim?: DkimKey[] | undefined
  maxConnections?: number | undefined
  /** Hard limit for one mail, waiting for a free connection included, in ms; 30 s unless told. */
  timeoutMs?: number | undefined
}

/** Mail over SMTP (RFC 5321) through pooled connections, signed by DKIM. */
export function smtpMail(config: SmtpConfig): MailPort {
  const timeoutMs = config.timeoutMs ?? 30_000
  const signers = (config.dkim ?? []).map(signerFor)
  const transport = createTransport({
    pool: true,
    host: config.host,
    port: config.port,
    secure: config.secure ?? false,
    requireTLS: !config.secure && (config.requireTls ?? true),
    tls: { minVersion: 'TLSv1.2', ...config.tls },
    ...(config.user === undefined ? {} : { auth: { user: config.user, pass: config.password ?? '' } }),
    maxConnections: config.maxConnections ?? 8,
    maxMessages: 1_000,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    // Content comes as bytes only: a template must not be able to make the server read files or addresses.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send(mail) {
      const messageId = messageIdOf(mail)
      if (!isAddress(mail.to)) return badAddress(messageId)
      try {
        const sent = await withDeadline(transport.sendMail(message(mail, messageId, signers)), timeoutMs)
        const status = Number.parseInt(sent.response, 10)
        const evidence = { provider: 'smtp', reference: messageId, detail: { status } }
        return { kind: 'done', evidence, value: { messageId } }
      } catch (error) {
        return judgeSmtpError(error, messageId)
      }
    },
    close: () => transport.close(),
  }
}

/** The same for the same key, at the sender's domain (RFC 5322, 3.6.4), and telling nothing about the key. */
export function messageIdOf(mail: Pick<Mail, 'key' | 'from'>): string {
  const digest = createHash('sha256').update(mail.key).digest('hex').slice(0, 40)
  return `${digest}@${domainOf(mail.from.address)}`
}

type Signer = { domainName: string; keySelector: string; privateKey: string }

/** Reads the key once, which saves a millisecond a mail. Node signs with a KeyObject as well as with the PEM text. */
function signerFor(key: DkimKey): Signer {
  const privateKey = createPrivateKey(key.privateKey) as unknown as string
  return { domainName: key.domain.toLowerCase(), keySelector: key.selector, privateKey }
}

function message(mail: Mail, messageId: string, signers: Signer[]) {
  const domain = domainOf(mail.from.address)
  const dkim = signers.find(({ domainName }) => domain === domainName || domain.endsWith(`.${domainName}`))
  return {
    from: mail.from,
    to: { name: '', address: mail.to },
    envelope: { from: mail.from.address, to: [mail.to] },
    messageId: `<${messageId}>`,
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    ...(mail.date === undefined ? {} : { date: mail.date }),
    ...(mail.headers === undefined ? {} : { headers: mail.headers }),
    attachments: (mail.attachments ?? []).map(({ content, ...attachment }) => ({
      ...attachment,
      content: Buffer.from(content.buffer, content.byteOffset, content.byteLength),
    })),
    ...(dkim === undefined ? {} : { dkim }),
  }
}

/** Nodemailer limits silence, not a whole delivery; a mail given up here may still go out: hence `unknown`. */
async function withDeadline<T>(sending: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })), timeoutMs)
  })
  try {
    return await Promise.race([sending, deadline])
  } finally {
    clearTimeout(timer)
  }
}

/** One bare address and nothing that a header or a list could be smuggled in with. */
export function isAddress(to: string): boolean {
  return to.length <= 254 && /^[^\s@<>()[\]\\,;:"\p{C}]{1,64}@[^\s@<>()[\]\\,;:"\p{C}]+$/u.test(to)
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase()
}

function badAddress(messageId: string): Answer<MailSent> {
  return {
    kind: 'refused',
    code: 'address_invalid',
    reason: 'this is not one e-mail address',
    evidence: { provider: 'smtp', reference: messageId },
  }
}
