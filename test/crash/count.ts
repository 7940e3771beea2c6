import { messageIdOf } from '../../src/adapters/mail/smtp.ts'
import { toStripeAmount } from '../../src/adapters/payment/stripe-amount.ts'
import type { Installation } from './installation.ts'
import { asIssuers, type Planned, type PlannedCard } from './workload.ts'

/** What was really done, at the simulators and in the books. Every fault is named with its closure or card. */
export type Count = {
  closures: number
  cards: number
  payouts: number
  mails: number
  mailsRepeated: number
  asks: number
  faults: string[]
}

type Refunds = {
  total: number
  byPayment: Record<string, { refunds: number; amount: number; currency: string }>
  byKey: Record<string, number>
}
type Tally = Record<string, number>

export async function count(at: Installation, planned: Planned[]): Promise<Count> {
  const faults: string[] = []
  const fault = (what: string) => void faults.push(what)
  const refunds = await counts<Refunds>(at.at.payment.url)
  const line = (await counts<{ effects: Tally }>(at.at.line.url)).effects
  const retired = (await counts<{ cancelled: Tally }>(at.at.esim.url)).cancelled
  const mails = (await counts<{ total: number; byMessageId: Tally }>(at.at.mail.control)).byMessageId
  const issuers = [...new Set(planned.map((one) => one.issuerId))]

  for (const one of planned) {
    for (const card of one.cards) {
      countPayout(card, refunds, fault)
      const cut = line[`${card.iccid}:terminated`] ?? 0
      if (cut !== 1) fault(`line of ${card.iccid} terminated ${cut} times`)
      if ((line[`${card.iccid}:suspended`] ?? 0) !== 1) fault(`line of ${card.iccid} not suspended once`)
      const expected = card.installed ? 0 : 1
      const done = retired[card.iccid] ?? 0
      if (done !== expected) fault(`profile of ${card.iccid} retired ${done} times, not ${expected}`)
    }
  }
  const due = planned.flatMap((one) => one.cards.flatMap((card) => card.refunds))
  if (refunds.total !== due.length) fault(`${refunds.total} refunds, ${due.length} are due`)
  await countKeys(at, issuers, refunds, fault)

  await countBooks(at, issuers, planned, fault)
  await countClosures(at, issuers, planned, fault)
  await countMails(at, issuers, planned, mails, fault)
  const { rows } = await asIssuers<{ n: string }>(
    at,
    issuers,
    `select coalesce(sum(attempt - 1), 0) as n from closure_step`,
  )
  return {
    closures: planned.length,
    cards: planned.reduce((sum, one) => sum + one.cards.length, 0),
    payouts: refunds.total,
    mails: Object.keys(mails).length,
    mailsRepeated: Object.values(mails).reduce((sum, times) => sum + times - 1, 0),
    asks: rows.reduce((sum, row) => sum + Number(row.n), 0),
    faults,
  }
}

async function counts<T>(url: string): Promise<T> {
  return (await (await fetch(`${url}/sim/counts`)).json()) as T
}

/** Each payment gives back what is due of it, in one refund, and no other payment of the card anything. */
function countPayout(card: PlannedCard, refunds: Refunds, fault: (what: string) => void): void {
  for (const { paymentRef, amount } of card.refunds) {
    const made = refunds.byPayment[paymentRef]
    const due = toStripeAmount(amount, card.currency)
    if (made?.refunds !== 1 || made.amount !== due || made.currency !== card.currency.toLowerCase())
      fault(
        `${card.iccid} is owed ${due} ${card.currency} of ${paymentRef} once, got ${JSON.stringify(made)}`,
      )
  }
  if (card.balance === 0n && refunds.byPayment[card.paymentRef])
    fault(`${card.iccid} had nothing and got ${refunds.byPayment[card.paymentRef]!.amount}`)
}

/** Every part has one refund under its own key, and there is no refund that no part knows. */
async function countKeys(
  at: Installation,
  issuers: string[],
  refunds: Refunds,
  fault: (what: string) => void,
): Promise<void> {
  const { rows } = await asIssuers<{ key: string; state: string }>(
    at,
    issuers,
    `select closure_id || ':' || part_id || ':pay_out' as key, state from payout_part
      where route = 'original_payment'`,
  )
  for (const { key, state } of rows)
    if (state !== 'paid' || refunds.byKey[key] !== 1)
      fault(`part ${key} is ${state}, its key was used ${refunds.byKey[key] ?? 0} times`)
  const known = new Set(rows.map((row) => row.key))
  for (const key of Object.keys(refunds.byKey)) if (!known.has(key)) fault(`a refund nobody knows: ${key}`)
}

async function countBooks(
  at: Installation,
  issuers: string[],
  planned: Planned[],
  fault: (what: string) => void,
): Promise<void> {
  const sums = await asIssuers<{ currency: string; entries: string; balances: string }>(
    at,
    issuers,
    `select a.currency, sum(a.balance) as balances,
            sum((select coalesce(sum(e.amount), 0) from ledger_entry e
                  where e.issuer_id = a.issuer_id and e.account_id = a.account_id)) as entries
       from ledger_account a group by 1`,
  )
  for (const row of sums.rows)
    if (Number(row.entries) !== 0 || Number(row.balances) !== 0)
      fault(`books of ${row.issuer} in ${row.currency} sum to ${row.entries}, balances ${row.balances}`)
  const wrong = await asIssuers<{ kind: string; n: string }>(
    at,
    issuers,
    `select a.kind, count(*) as n from ledger_account a
      where (a.card_id is not null and (a.balance <> 0 or a.closed_at is null))
         or (a.kind = 'refunds_payable' and a.balance <> 0)
         or a.balance <> (select coalesce(sum(e.amount), 0) from ledger_entry e
                           where e.issuer_id = a.issuer_id and e.account_id = a.account_id)
      group by 1`,
  )
  for (const row of wrong.rows) fault(`${row.n} accounts ${row.kind} of ${row.issuer} not settled`)
  const posted = await asIssuers<{ reason: string; n: string }>(
    at,
    issuers,
    `select reason, count(*) as n from ledger_posting where reason like 'closure%' group by 1`,
  )
  const cards = planned.flatMap((one) => one.cards).filter((card) => card.balance > 0n)
  const wanted = {
    closure_settlement: cards.length,
    closure_payout: cards.reduce((sum, card) => sum + card.refunds.length, 0),
  }
  for (const [reason, due] of Object.entries(wanted)) {
    const made = posted.rows.filter((row) => row.reason === reason)
    const sum = made.reduce((all, row) => all + Number(row.n), 0)
    if (sum !== due) fault(`${sum} postings ${reason}, ${due} are due`)
  }
}

async function countClosures(
  at: Installation,
  issuers: string[],
  planned: Planned[],
  fault: (what: string) => void,
): Promise<void> {
  const { rows } = await asIssuers<{ closure_id: string; state: string; kinds: string; undone: number }>(
    at,
    issuers,
    `select o.closure_id, o.state,
            (select coalesce(string_agg(d.kind, ',' order by d.kind), '') from document d
              where d.issuer_id = o.issuer_id and d.closure_id = o.closure_id) as kinds,
            (select count(*)::int from (select distinct on (step, scope_id) state from closure_step s
              where s.issuer_id = o.issuer_id and s.closure_id = o.closure_id
              order by step, scope_id, attempt desc) last where last.state <> 'done') as undone
       from closure o`,
  )
  const byId = new Map(rows.map((row) => [row.closure_id, row]))
  if (rows.length !== planned.length) fault(`${rows.length} closures for ${planned.length} declarations`)
  for (const { closureId = '' } of planned) {
    const row = byId.get(closureId)
    if (row?.state !== 'closed') fault(`closure ${closureId} is ${row?.state ?? 'lost'}`)
    else if (row.kinds !== 'certificate,slip') fault(`closure ${closureId} has documents ${row.kinds}`)
    else if (row.undone > 0) fault(`closure ${closureId} has ${row.undone} steps without an end`)
  }
}

/** Every mail the server took must be one we know: a repeated mail has the same Message-ID as the first. */
async function countMails(
  at: Installation,
  issuers: string[],
  planned: Planned[],
  taken: Tally,
  fault: (what: string) => void,
): Promise<void> {
  const from = (issuer: string) => ({ name: '', address: `no-reply@${issuer}.example` })
  const known = new Set<string>()
  for (const { closureId, issuerId } of planned) {
    const id = messageIdOf({ key: `${closureId}:tell`, from: from(issuerId) })
    known.add(id)
    if (!taken[id]) fault(`closure ${closureId}: certificate not mailed`)
  }
  const notices = await asIssuers<{ notice_id: string; state: string; covers: string }>(
    at,
    issuers,
    `select n.notice_id, n.state, o.covers from notice n join closure o using (issuer_id, closure_id)`,
  )
  for (const row of notices.rows) {
    const id = messageIdOf({ key: `notice:${row.notice_id}`, from: from(row.issuer) })
    known.add(id)
    // An account's slip mail that comes after the erasure has nobody to go to any more.
    if (row.state === 'dropped' && row.covers === 'account') continue
    if (row.state !== 'sent' || !taken[id]) fault(`slip mail ${row.notice_id} is ${row.state}`)
  }
  for (const id of Object.keys(taken)) if (!known.has(id)) fault(`a mail nobody knows was sent: ${id}`)
}
