import type { Page } from '../../web/page.ts'
import type { Terms } from '../preview.ts'

/** What the pages between card number and declaration know: the number as it was typed, and the issuer's own rules. */
export type UnsignedFlow = { page: Page; iccid: string; terms: Terms; act: 'terminate' | 'withdraw' }

export function unsignedHref(
  { page, act }: Pick<UnsignedFlow, 'page' | 'act'>,
  step?: string,
  start?: string,
): string {
  const query = new URLSearchParams({
    ...(act === 'withdraw' && { act }),
    ...(start && { start }),
  }).toString()
  return page.href(`/close/without-signing-in${step ? `/${step}` : ''}${query ? `?${query}` : ''}`)
}

/** The card as a stranger may see it. */
export const namedCard = ({ iccid }: UnsignedFlow) => ({ iccid, plan: null, zone: null })
