import type { Answer } from '../answer.ts'

export type Mail = {
  /** Names this one mail for ever; holds nothing personal. The Message-ID is derived from it. */
  key: string
  from: { name: string; address: string }
  /** One address, bare: `jane@example.com`. */
  to: string
  subject: string
  text: string
  html: string
  /** Further headers, e.g. `Auto-Submitted`. */
  headers?: Record<string, string>
  attachments?: { filename: string; content: Uint8Array; contentType: string }[]
  /** The Date header; the moment of sending unless told. */
  date?: Date
}

/** `messageId` without angle brackets. */
export type MailSent = { messageId: string }

/**
 * Mail out. `done` means that the next server took it, not that it was read. SMTP cannot be asked what became
 * of a mail: after `unknown`, send again with the same key. The holder may then get it twice, under the one
 * Message-ID by which most mailboxes show it once.
 */
export type MailPort = {
  send(mail: Mail): Promise<Answer<MailSent>>
  close(): void
}
