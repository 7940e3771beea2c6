import {
  startSimServer,
  type SimOptions,
  type SimReply,
  type SimRequest,
  type SimServer,
} from './http-server.ts'
import { answerGet, answerPost, bookCharge, failed, type PaymentBooks, refundByHand } from './payment-api.ts'
import { openBalanceBook, type BalanceBook } from './payment-balance.ts'
import { openCheckoutBook, type CheckoutBook } from './payment-checkout.ts'
import { openDisputeBook, type DisputeBook } from './payment-disputes.ts'
import { hostedPage } from './payment-page.ts'
import { replayBook } from './payment-replays.ts'
import { openWebhooks, type Webhooks } from './payment-webhooks.ts'
import { countRefunds, openRefundBook, type SimPayment, type SimRefund } from './refund-book.ts'

export type PaymentSim = SimServer & {
  seed(payments: SimPayment[]): void
  refunds(paymentRef: string): SimRefund[]
  /** A refund that somebody makes on the provider's own page: it bears no key of LEB's. */
  refundByHand(paymentRef: string, amount: number): SimRefund
  checkout: CheckoutBook
  disputes: DisputeBook
  balance: BalanceBook
  webhooks: Webhooks
  /** Stripe after 24 hours: it no longer knows any idempotency key. */
  forgetKeys(): void
}

export type PaymentSimOptions = SimOptions & {
  /** Makes up payments never heard of, see refund-book.ts. */
  lazyCurrency?: string
  /** Milliseconds; the machine's clock unless told. */
  now?: () => number
}

/**
 * A payment provider as LEB sees Stripe: checkout sessions with a page to pay on, payment intents, refunds, disputes,
 * webhooks with its signature and its stubbornness, and the balance report (`GET /sim/balance.csv`).
 */
export async function startPaymentSim(options: PaymentSimOptions = {}): Promise<PaymentSim> {
  const now = options.now ?? Date.now
  const webhooks = openWebhooks(now)
  const balance = openBalanceBook(now)
  const refunds = openRefundBook(options.lazyCurrency, now)
  const checkout = openCheckoutBook(refunds, webhooks.tell, (payment) => bookCharge(balance, payment), now)
  const disputes = openDisputeBook(refunds, balance, webhooks.tell, now)
  const books: PaymentBooks = { refunds, checkout, disputes, balance, tell: webhooks.tell }
  const replays = replayBook()
  const server = await startSimServer(
    {
      handle(request) {
        const page = hostedPage(request, checkout, disputes)
        if (page !== undefined) return page
        if (!/^Bearer \S+$/.test(request.headers.authorization ?? '')) {
          return failed(401, undefined, 'No API key provided')
        }
        if (request.method !== 'POST') return answerGet(request, books)
        return replays.answer(request, () => answerPost(request, books))
      },
      refuse: () => failed(400, 'charge_disputed', 'The charge has been charged back.'),
      counts: () => countRefunds(refunds.refunds()),
      state: () => ({
        payments: refunds.payments(),
        refunds: refunds.refunds(),
        sessions: checkout.all(),
        disputes: disputes.all(),
      }),
      control: (request) => control(request, books, webhooks, () => replays.forget()),
    },
    options,
  )
  return {
    ...server,
    seed: (payments) => refunds.seed(payments),
    refunds: (paymentRef) => refunds.refundsOf(paymentRef),
    refundByHand: (paymentRef, amount) => refundByHand(books, paymentRef, amount),
    checkout,
    disputes,
    balance,
    webhooks,
    forgetKeys: () => replays.forget(),
    async stop() {
      webhooks.close()
      await server.stop()
    },
  }
}

type Order = {
  url?: string
  secret?: string
  payment?: string
  dispute?: string
  amount?: number
  inquiry?: boolean
  status?: 'won' | 'lost' | 'warning_closed'
  session?: string
  reversed?: boolean
  copies?: number
  event?: string
}

function control(
  request: SimRequest,
  books: PaymentBooks,
  webhooks: Webhooks,
  forget: () => void,
): SimReply | undefined {
  if (request.path === '/sim/balance.csv')
    return { status: 200, text: books.balance.csv(), headers: { 'content-type': 'text/csv' } }
  const body = JSON.parse(request.body || '{}') as Order
  const session = books.checkout.find(body.session ?? '')
  const calls: Record<string, () => unknown> = {
    '/sim/payments': () => books.refunds.seed(body as unknown as SimPayment[]),
    '/sim/forget-keys': forget,
    '/sim/settle': () => {
      for (const refund of books.refunds.settle()) books.tell('refund.updated', refund)
      books.checkout.settle(false)
    },
    '/sim/expire': () => session && books.checkout.expire(session),
    '/sim/pay': () => session && books.checkout.pay(session, 'now'),
    '/sim/refund': () => refundByHand(books, body.payment ?? '', body.amount ?? 0),
    '/sim/dispute': () => books.disputes.open(body.payment ?? '', body),
    '/sim/dispute/close': () => books.disputes.close(body.dispute ?? '', body.status ?? 'lost'),
    '/sim/webhooks': () => webhooks.register({ url: body.url ?? '', secret: body.secret ?? '' }),
    '/sim/webhooks/hold': webhooks.hold,
    '/sim/webhooks/lose': webhooks.lose,
    '/sim/webhooks/release': () => webhooks.release(body),
    '/sim/webhooks/replay': () => webhooks.replay(body.event ?? ''),
  }
  const call = calls[request.path]
  if (call === undefined) return undefined
  call()
  return { status: 204 }
}
