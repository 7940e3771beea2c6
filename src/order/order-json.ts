import type { z } from '@hono/zod-openapi'
import { moneyJson } from '../ledger/money.ts'
import type { AddOnItem, CatalogueItem, PlanItem } from '../plan/catalogue.ts'
import type { Tax } from '../plan/tax.ts'
import type { Context } from '../platform/context.ts'
import type { addOnShape, orderShape, planShape } from './order-shapes.ts'
import { orderPath } from './order-token.ts'
import type { OrderView } from './read-order.ts'

const head = ({ itemId, code, version, terms }: CatalogueItem) => ({
  itemId,
  code,
  version,
  name: terms.name,
  prices: terms.prices,
  dataMb: terms.data_mb,
  voiceSeconds: terms.voice_s,
  sms: terms.sms,
})

export function planJson(item: PlanItem): z.infer<typeof planShape> {
  const { terms } = item
  return {
    ...head(item),
    kind: 'plan',
    days: terms.days,
    activateWithinDays: terms.activate_within_days,
    dailyDataMb: terms.daily_data_mb ?? null,
    balance: terms.balance,
    zones: terms.zones.map((zone) => ({
      code: zone.code,
      name: zone.name,
      countries: zone.countries,
      timeZone: zone.time_zone,
      tariff: {
        perMb: zone.tariff.data?.per_mb ?? null,
        perMinute: zone.tariff.voice?.per_minute ?? null,
        perSms: zone.tariff.sms?.per_sms ?? null,
      },
    })),
  }
}

export function addOnJson(item: AddOnItem): z.infer<typeof addOnShape> {
  return { ...head(item), kind: 'add_on', moreDays: item.terms.more_days, validDays: item.terms.valid_days }
}

export function orderJson(
  ctx: Context,
  order: OrderView,
  locale: 'zh-CN' | 'en',
): z.infer<typeof orderShape> {
  const { publicUrl } = ctx.config
  return {
    number: order.number,
    kind: order.kind,
    state: order.state,
    code: order.code,
    zone: order.zone,
    gross: moneyJson(order.gross),
    net: moneyJson(order.net),
    tax: moneyJson(order.tax),
    ...taxJson(order.taxRule),
    payBy: order.payBy,
    payUntil: order.payUntil.toISOString(),
    createdAt: order.createdAt.toISOString(),
    deliveredAt: order.deliveredAt?.toISOString() ?? null,
    takenBackAt: order.takenBackAt?.toISOString() ?? null,
    refundReason: order.refundReason,
    refund: refundJson(order),
    extras: order.extras.map(({ amount, reason, state, account }) => ({
      amount: moneyJson(amount),
      reason,
      state,
      account,
    })),
    cardId: order.cardId,
    iccid: order.iccid,
    activationCode: order.activation,
    pageUrl: `${publicUrl}${orderPath(locale, order)}`,
    statusUrl: `${publicUrl}/api/v1/issuers/${order.issuerId}/orders/${order.number}`,
    accessToken: order.token,
  }
}

/** Of a quote as of an order. */
export const taxJson = ({ rateBp, name, basis, verified }: Tax) => ({
  taxRate: `${Math.floor(rateBp / 100)}.${String(rateBp % 100).padStart(2, '0')}`,
  taxName: name,
  taxBasis: basis,
  taxVerified: verified,
})

function refundJson(order: OrderView): z.infer<typeof orderShape>['refund'] {
  const { refundRoute: route, owedBack, transfer } = order
  if (route === null || owedBack === null) return null
  return {
    route,
    amount: moneyJson(owedBack),
    transfer: transfer && { state: transfer.state, account: transfer.account },
  }
}
