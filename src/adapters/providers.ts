import type { EsimPort } from './esim/port.ts'
import type { LinePort } from './line/port.ts'
import type { MailPort } from './mail/port.ts'
import type { PaymentPort } from './payment/port.ts'

/** Who does an issuer's work outside. */
export type IssuerProviders = {
  line: LinePort
  esim: EsimPort
  payment: PaymentPort
  mail: MailPort
  mailFrom: string
}

export type Providers = {
  /** Throws Refusal issuer/unknown when the issuer is not set up. */
  of(issuerId: string): Promise<IssuerProviders>
  close(): void
}
