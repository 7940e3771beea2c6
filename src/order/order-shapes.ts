import { z } from '@hono/zod-openapi'
import { instant, locale, money, wording } from '../api/shapes.ts'
import { moneyWays, payBys } from './pay-ways.ts'

/** Shapes of the API that sells, with their names in the OpenAPI document. */

const prices = z
  .record(z.string().regex(/^[A-Z]{3}$/), z.string().regex(/^\d+$/))
  .openapi({ description: 'minor units by currency, tax included', example: { EUR: '1690', JPY: '2700' } })
const minor = z.string().regex(/^\d+$/)
const buckets = {
  dataMb: z.int(),
  voiceSeconds: z.int(),
  sms: z.int(),
}
const itemHead = {
  itemId: z
    .uuid()
    .openapi({ description: 'this version of it: order with it, and nothing else is sold to you' }),
  code: z.string().openapi({ example: 'LEB3' }),
  version: z.int(),
  name: wording,
  prices,
}
export const planShape = z
  .object({
    ...itemHead,
    kind: z.literal('plan'),
    days: z.int().openapi({ description: 'from the first use' }),
    activateWithinDays: z.int(),
    ...buckets,
    dailyDataMb: z.int().nullable(),
    balance: prices.openapi({ description: 'balance that is part of the price' }),
    zones: z.array(
      z.object({
        code: z.string().openapi({ example: 'JP' }),
        name: wording,
        countries: z.array(z.string()),
        timeZone: z.string().openapi({ description: 'in which its days begin', example: 'Asia/Tokyo' }),
        tariff: z.object({
          perMb: prices.nullable(),
          perMinute: prices.nullable(),
          perSms: prices.nullable(),
        }),
      }),
    ),
  })
  .openapi('Plan')
export const addOnShape = z
  .object({
    ...itemHead,
    kind: z.literal('add_on'),
    ...buckets,
    moreDays: z.int(),
    validDays: z.int().openapi({ description: 'to be used within, and while the card lives' }),
  })
  .openapi('AddOn')
export const catalogueShape = z
  .object({
    plans: z.array(planShape),
    addOns: z.array(addOnShape),
    topUps: z.record(z.string().regex(/^[A-Z]{3}$/), z.object({ min: minor, max: minor })).openapi({
      description:
        'least and most of one top-up by currency of the card, minor units; in a currency that is not here none is taken',
      example: { EUR: { min: '200', max: '15000' } },
    }),
    terms: z
      .object({ version: z.string(), sha256: z.string(), text: wording })
      .nullable()
      .openapi({ description: 'the terms of contract in force; null: nothing can be ordered' }),
    payBy: z.array(z.enum(moneyWays)).openapi({
      description: 'ways in which money is taken; an add-on can also be paid with `balance`',
    }),
  })
  .openapi('Catalogue')

const code = z.string().min(1).max(20).openapi({ example: 'LEB3' })
const currency = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .openapi({ example: 'EUR' })
const cardId = z.uuid()
export const wantedShape = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('card'),
      code,
      zone: z.string().min(1).max(20).openapi({ example: 'JP' }),
      currency,
    }),
    z.object({
      kind: z.literal('top_up'),
      cardId,
      amount: z
        .string()
        .max(40)
        .openapi({ description: "a plain decimal in the card's currency", example: '20.00' }),
      currency: currency.optional(),
    }),
    z.object({ kind: z.literal('add_on'), cardId, code, currency: currency.optional() }),
  ])
  .openapi('Wanted')

export const orderBodyShape = z
  .object({
    wanted: wantedShape,
    itemId: z
      .uuid()
      .optional()
      .openapi({ description: 'the version that was looked at; needed for a card or an add-on' }),
    buyer: z
      .object({
        email: z.string().min(1).max(254).openapi({ example: 'traveller@example.com' }),
        name: z.string().max(120).optional(),
        country: z
          .string()
          .regex(/^[A-Z]{2}$/)
          .openapi({ description: 'where you live', example: 'DE' }),
      })
      .optional()
      .openapi({ description: 'who buys without signing in; left out with a session' }),
    accountId: z.uuid().optional().openapi({ description: 'with a session: for which account' }),
    payBy: z.enum(payBys).openapi({
      description:
        '`balance`: only an add-on, from the balance of the card that it is for, by its signed-in holder. The price is set aside with the order and taken with the delivery; there is no page to pay at.',
    }),
    voucher: z.string().max(40).optional(),
    acceptedTerms: z
      .object({ version: z.string().max(40), sha256: z.string().regex(/^[0-9a-f]{64}$/) })
      .openapi({ description: 'the terms that the buyer has read and accepts' }),
    locale: locale.optional().openapi({
      description:
        "language of the order's pages and mails; unless told, that of the request: Accept-Language, else the account's own, else the issuer's",
    }),
  })
  .openapi('NewOrder')

export const orderNumber = z
  .string()
  .regex(/^[A-Z0-9]{2,12}-ORD-[0-9A-Z]{4}-[0-9A-Z]{5}$/)
  .openapi({ example: 'LEB-ORD-2K7M-9QXCT' })
const accountState = z.enum(['wanted', 'given', 'gone']).openapi({
  description: 'gone: the person is erased, so none can be kept; write to support',
})
/** What is bought and what it costs: the same of a quote and of the order that pins it. */
export const priceFields = {
  kind: z.enum(['card', 'top_up', 'add_on']),
  code: z.string().nullable(),
  zone: z.string().nullable(),
  gross: money,
  net: money,
  tax: money,
  taxRate: z.string().openapi({ description: 'per cent as a decimal', example: '19.00' }),
  taxName: wording,
  taxBasis: z.string().openapi({ description: 'its legal ground', example: '§ 12(1) UStG' }),
  taxVerified: z
    .boolean()
    .openapi({ description: 'false: nobody has checked it yet, so do not show it as certain' }),
}

export const orderShape = z
  .object({
    number: orderNumber,
    ...priceFields,
    state: z.enum(['awaiting_payment', 'paid', 'delivered', 'refunding', 'refunded', 'lapsed']).openapi({
      description:
        'with `payBy` `balance`: paid means set aside on it, refunding and refunded mean that it could not be delivered and nothing was taken',
    }),
    payBy: z.enum(payBys),
    payUntil: instant,
    createdAt: instant,
    deliveredAt: instant.nullable(),
    takenBackAt: instant
      .nullable()
      .openapi({ description: 'when its buyer took it back, unpaid; it is `lapsed` then' }),
    refundReason: z.string().nullable(),
    refund: z
      .object({
        route: z.enum(['original_payment', 'bank_transfer', 'voucher', 'nothing']),
        amount: money,
        transfer: z
          .object({
            state: z.enum(['waiting', 'sent', 'paid']),
            account: accountState,
          })
          .nullable(),
      })
      .nullable()
      .openapi({ description: 'how the money of an order that could not be delivered goes back' }),
    extras: z
      .array(
        z.object({
          amount: money,
          reason: z.string().openapi({ example: 'order_paid_already' }),
          state: z.enum(['waiting', 'sent', 'paid']),
          account: accountState,
        }),
      )
      .openapi({
        description:
          'what came for it by bank transfer and did not fit; it goes back to an account that is named',
      }),
    cardId: z.uuid().nullable(),
    iccid: z.string().nullable(),
    activationCode: z.string().nullable().openapi({
      description: 'what the QR code holds; once, on one phone',
      example: 'LPA:1$dp.example$K3-9QXCT',
    }),
    pageUrl: z.url().openapi({ description: 'the order as a page; whoever has this address sees it' }),
    statusUrl: z.url(),
    accessToken: z.string().openapi({ description: 'bearer token for this order only' }),
  })
  .openapi('Order')
