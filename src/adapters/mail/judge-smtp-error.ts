import type { Answer } from '../answer.ts'

/** The parts of a nodemailer error that mean something; its texts quote addresses and are never passed on. */
type SmtpError = { code?: unknown; responseCode?: unknown; command?: unknown }
type NotSent = Exclude<Answer<never>, { kind: 'done' | 'pending' }>

/**
 * What a failed delivery means (RFC 5321, 4.2.1): 5yz at sender, recipient or content is a no; 4yz, and
 * anything about connection, TLS or our credentials, leaves it open.
 */
export function judgeSmtpError(error: unknown, messageId: string): NotSent {
  const { code, responseCode, command } = (error ?? {}) as SmtpError
  const status = typeof responseCode === 'number' ? responseCode : undefined
  if (status !== undefined && status >= 500 && status < 600) {
    const refusal = refusalAt(String(command), status)
    if (refusal !== undefined) {
      return {
        kind: 'refused',
        code: refusal,
        reason: `the mail server refused it (SMTP ${status})`,
        evidence: { provider: 'smtp', reference: messageId, detail: { status } },
      }
    }
  }
  if (status !== undefined) return { kind: 'unknown', reason: `smtp_${status}` }
  return { kind: 'unknown', reason: REASONS[String(code)] ?? 'connection_failed' }
}

function refusalAt(command: string, status: number): string | undefined {
  // 5yz about the session (421-like 554 at greeting, 530/535 authentication) says nothing about this mail.
  if (command.startsWith('RCPT TO')) return 'recipient_refused'
  if (command.startsWith('MAIL FROM')) return status === 530 ? undefined : 'sender_refused'
  if (command === 'DATA') return 'message_refused'
  return undefined
}

const REASONS: Record<string, string> = {
  ETIMEDOUT: 'timeout',
  EAUTH: 'credentials_refused',
  ETLS: 'tls_failed',
  EDNS: 'name_not_resolved',
  EPROTOCOL: 'unreadable_answer',
  EMAXLIMIT: 'connection_failed',
}
