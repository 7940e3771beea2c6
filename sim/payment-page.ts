import type { SimReply, SimRequest } from './http-server.ts'
import type { CheckoutBook, SimSession } from './payment-checkout.ts'
import type { DisputeBook } from './payment-disputes.ts'

const HTML = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }

/** The hosted page a payer sees, as a plain form: it needs no script. Answers undefined for other addresses. */
export function hostedPage(
  request: SimRequest,
  checkout: CheckoutBook,
  disputes: DisputeBook,
): SimReply | undefined {
  const id = /^\/c\/pay\/([\w-]+)$/.exec(request.path)?.[1]
  if (id === undefined) return undefined
  const session = checkout.find(id)
  if (session === undefined) return { status: 404, headers: HTML, text: page('No such payment', '') }
  if (session.status !== 'open') return { status: 410, headers: HTML, text: page('This page is over', '') }
  if (request.method !== 'POST') return { status: 200, headers: HTML, text: payingPage(session) }
  const to = (location: string): SimReply => ({ status: 303, headers: { location } })
  switch (new URLSearchParams(request.body).get('do') ?? '') {
    case 'pay':
      checkout.pay(session, 'now')
      return to(session.success_url)
    case 'later':
      checkout.pay(session, 'later')
      return to(session.success_url)
    case 'dispute':
      checkout.pay(session, 'now')
      disputes.open(session.payment_intent ?? '')
      return to(session.success_url)
    case 'fail':
      checkout.decline(session)
      return {
        status: 200,
        headers: HTML,
        text: payingPage(session, 'Your card was declined. Nothing was taken.'),
      }
    case 'cancel':
      return to(session.cancel_url)
    default:
      return { status: 400, headers: HTML, text: payingPage(session, 'Choose what to do.') }
  }
}

function payingPage(session: SimSession, fault?: string): string {
  const { amount_total: amount, currency, description } = session
  const button = (value: string, words: string) => `<button name="do" value="${value}">${words}</button>`
  return page(
    escaped(description),
    `<p>${amount} ${currency.toUpperCase()} (smallest unit)</p>${fault ? `<p role="alert">${fault}</p>` : ''}
<form method="post">
${button('pay', 'Pay')}
${button('fail', 'Pay with a card that is declined')}
${button('later', 'Pay by a bank that answers later')}
${button('dispute', 'Pay and charge back at once')}
${button('cancel', 'Go back without paying')}
</form>`,
  )
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Simulated payment</title><h1>${title}</h1>${body}</html>`
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0)};`)
}
