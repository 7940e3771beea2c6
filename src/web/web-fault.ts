import type { SiteText } from './messages/en.ts'

export type WebFaultKind = Exclude<keyof SiteText['errors'], 'again'>

export const faultStatus = {
  notFound: 404,
  wrongMethod: 405,
  broken: 500,
  tooLarge: 413,
  wrongHost: 421,
  form: 403,
} as const satisfies Record<WebFaultKind, number>

/** A fault of the request itself, before any feature is asked. Rendered in both languages by the error page. */
export class WebFault extends Error {
  readonly kind: WebFaultKind
  constructor(kind: WebFaultKind) {
    super(kind)
    this.name = 'WebFault'
    this.kind = kind
  }
}
