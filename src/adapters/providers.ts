import type { EsimPort } from './esim/port.ts'
import type { LinePort } from './line/port.ts'
import type { MailPort } from './mail/port.ts'
import type { PaymentPort } from './payment/port.ts'

/**
 * Who does an issuer's work outside. Each is opened when it is first needed, so that what one lacks holds up none of
 * the others; throws SetupError, in one sentence, while the environment or a file lacks what its settings name.
 */
export type IssuerProviders = {
  line: () => Promise<LinePort>
  esim: () => Promise<EsimPort>
  payment: () => Promise<PaymentPort>
  mail: () => Promise<MailPort>
}

export type Providers = {
  of(issuerId: string): IssuerProviders
  close(): void
}
