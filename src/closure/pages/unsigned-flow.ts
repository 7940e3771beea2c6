import type { Page } from '../../web/page.ts'
import type { Terms } from '../preview.ts'

/** What the pages between card number and declaration know: the number as it was typed, and the issuer's own rules. */
export type UnsignedFlow = { page: Page; iccid: string; terms: Terms }

export function unsignedHref(page: Page, step?: string): string {
  return page.href(`/close/without-signing-in${step ? `/${step}` : ''}`)
}

/** The card as a stranger may see it. */
export const namedCard = ({ iccid }: UnsignedFlow) => ({ iccid, plan: null, zone: null })
