import { formatMoney } from '../ledger/money.ts'
import { zoneName } from '../plan/zones.ts'
import type { Wording } from '../platform/errors.ts'
import type { Money } from '../ledger/money.ts'

type Bought = { kind: 'card' | 'top_up' | 'add_on'; name: Wording | null; zone: string | null; gross: Money }

/** `LEB 3-day card for Japan`, `a top-up of €20.00`: what an order is about, in one breath. */
export function boughtWords({ kind, name, zone, gross }: Bought, locale: 'zh-CN' | 'en'): string {
  if (kind === 'top_up')
    return locale === 'en'
      ? `a top-up of ${formatMoney(gross, locale)}`
      : `充值 ${formatMoney(gross, locale)}`
  const words = name?.[locale] ?? ''
  if (kind === 'add_on' || zone === null) return words
  return locale === 'en' ? `${words} for ${zoneName(zone).en}` : `${words}（${zoneName(zone)['zh-CN']}）`
}
