import { buffer } from 'node:stream/consumers'
import { stringify } from 'csv-stringify/sync'
import { ZipFile } from 'yazl'
import { type Card, listCardsOfAccount } from '../card/card-store.ts'
import { paperPdf, paperXml } from '../invoice/paper-file.ts'
import { listPapers } from '../invoice/read-papers.ts'
import { decimal, type Money, moneyJson } from '../ledger/money.ts'
import { paymentsOfAccount } from '../payment/payments-of-account.ts'
import { readBankDetails } from '../payout/bank-details.ts'
import { vouchersOf } from '../payout/voucher.ts'
import type { Context } from '../platform/context.ts'
import { guestDetails } from '../policy/guest-details.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal, type Refusals } from '../platform/errors.ts'
import { documentFileName } from '../slip/document-file-name.ts'
import { usageCsv } from '../usage/usage-of-account.ts'
import { type Person, readPerson } from './vault.ts'

export type ExportRefusal = 'export/no_such_account' | 'export/person_erased'
export const exportRefusals: Refusals<ExportRefusal> = {
  'export/no_such_account': {
    status: 404,
    title: { 'zh-CN': '没有这个账户', en: 'There is no such account' },
    next: { 'zh-CN': '请检查账户后重试。', en: 'Check the account and try again.' },
  },
  'export/person_erased': {
    status: 410,
    title: {
      'zh-CN': '个人信息已删除，无可导出',
      en: 'The personal data has been erased: nothing is left to export',
    },
    next: {
      'zh-CN': '请使用您保存的注销完成证明。',
      en: 'Use the certificate you were given when it was erased.',
    },
  },
}

/**
 * Everything held on the person behind an account, as a ZIP in memory: data.json, invoices.csv and a README in both
 * languages (GDPR Art. 15 and 20, PIPL Art. 45), with slips, certificates, invoices and contracts issued. Nothing
 * touches the disk.
 * Throws Refusal export/no_such_account or export/person_erased.
 */
export async function exportAccount(
  ctx: Context,
  input: { issuerId: string; accountId: string },
): Promise<Buffer> {
  const held = await inIssuer(ctx.db, input.issuerId, (tx) => readHeld(ctx, tx, input))
  const at = ctx.clock.now()
  const zip = new ZipFile()
  // The clock's time on every entry: the same data at the same moment gives the same bytes.
  const add = (name: string, content: Buffer) => zip.addBuffer(content, name, { mtime: at, mode: 0o600 })
  add('README.txt', Buffer.from(readme))
  add('data.json', Buffer.from(`${JSON.stringify({ exported_at: at, ...describe(held, at) }, json, 2)}\n`))
  add('invoices.csv', Buffer.from(invoices(held.cards)))
  if (held.usage) add('usage.csv', Buffer.from(held.usage))
  for (const { kind, pdf, number } of held.documents)
    add(`documents/${documentFileName({ number, kind: kind as 'slip' | 'certificate' })}`, pdf)
  for (const paper of held.papers) {
    const which = { issuerId: input.issuerId, paper }
    const files = [await paperPdf(ctx, which), ...(paper.hasXml ? [await paperXml(ctx, which)] : [])]
    for (const file of files) add(`invoices/${file.name}`, file.bytes)
  }
  zip.end()
  return buffer(zip.outputStream)
}

type Held = Awaited<ReturnType<typeof readHeld>>

async function readHeld(
  ctx: Context,
  tx: Tx,
  { issuerId, accountId }: { issuerId: string; accountId: string },
) {
  const account = await tx
    .selectFrom('account')
    .select(['account_ref', 'holder_id', 'jurisdiction', 'locale', 'state', 'created_at'])
    .where('issuer_id', '=', issuerId)
    .where('account_id', '=', accountId)
    .executeTakeFirst()
  if (!account) throw new Refusal('export/no_such_account')
  const person = await readPerson(ctx, tx, issuerId, account.holder_id)
  if (!person) throw new Refusal('export/person_erased')
  const cards = await listCardsOfAccount(tx, issuerId, accountId)
  const movements = await readMovements(tx, issuerId, accountId)
  const closures = await readClosures(ctx, tx, { issuerId, accountId, holderId: account.holder_id })
  const documents = await tx
    .selectFrom('document as d')
    .innerJoin('closure as k', (join) =>
      join.onRef('k.issuer_id', '=', 'd.issuer_id').onRef('k.closure_id', '=', 'd.closure_id'),
    )
    .select(['d.kind', 'd.pdf', 'k.number'])
    .where('d.issuer_id', '=', issuerId)
    .where('k.account_id', '=', accountId)
    .orderBy('d.issued_at')
    .execute()
  const papers = await listPapers(tx, { issuerId, accountRefs: [account.account_ref] })
  const usage = await usageCsv(tx, issuerId, accountId)
  const orders = await readOrders(ctx, tx, { issuerId, holderId: account.holder_id })
  const payments = await paymentsOfAccount(ctx, tx, { issuerId, accountId, holderId: account.holder_id })
  return { issuerId, account, person, cards, orders, payments, movements, usage, closures, documents, papers }
}

function readMovements(tx: Tx, issuerId: string, accountId: string) {
  return tx
    .selectFrom('card as c')
    .innerJoin('ledger_account as l', (join) =>
      join.onRef('l.issuer_id', '=', 'c.issuer_id').onRef('l.card_id', '=', 'c.card_id'),
    )
    .innerJoin('ledger_entry as e', (join) =>
      join.onRef('e.issuer_id', '=', 'l.issuer_id').onRef('e.account_id', '=', 'l.account_id'),
    )
    .innerJoin('ledger_posting as p', (join) =>
      join.onRef('p.issuer_id', '=', 'e.issuer_id').onRef('p.posting_id', '=', 'e.posting_id'),
    )
    .select(['c.iccid', 'p.posted_at', 'p.reason', 'e.amount', 'l.currency'])
    .where('c.issuer_id', '=', issuerId)
    .where('c.account_id', '=', accountId)
    .orderBy('p.posted_at')
    .orderBy('e.posting_id')
    .orderBy('e.line')
    .execute()
}

async function readOrders(ctx: Context, tx: Tx, whose: { issuerId: string; holderId: string }) {
  const { issuerId, holderId } = whose
  const rows = await tx
    .selectFrom('purchase_order')
    .select([
      'order_id',
      'jurisdiction',
      'number',
      'kind',
      'zone',
      'currency',
      'gross_minor',
      'tax_minor',
      'pay_by',
      'state',
      'bank_item_id',
    ])
    .select(['terms_version', 'terms_sha256', 'accepted_at', 'created_at', 'delivered_at', 'refunded_at'])
    .where('issuer_id', '=', issuerId)
    .where('holder_id', '=', holderId)
    .orderBy('created_at')
    .execute()
  const orders = []
  for (const { bank_item_id: itemId, ...row } of rows)
    orders.push({
      ...row,
      // Where its money is transferred to; null once it is there.
      bank_account: itemId && (await readBankDetails(ctx, tx, { ...whose, itemId })),
    })
  return orders
}

async function readClosures(
  ctx: Context,
  tx: Tx,
  { issuerId, accountId, holderId }: { issuerId: string; accountId: string; holderId: string },
) {
  const closures = await tx
    .selectFrom('closure')
    .select(['closure_id', 'number', 'covers', 'act', 'state', 'declaration', 'declared_at', 'due_at'])
    .select(['identified_at', 'undone_at', 'closed_at', 'policy_version'])
    .where('issuer_id', '=', issuerId)
    .where('account_id', '=', accountId)
    .orderBy('declared_at')
    .execute()
  const steps = await tx
    .selectFrom('closure_step as s')
    .innerJoin('closure as k', (join) =>
      join.onRef('k.issuer_id', '=', 's.issuer_id').onRef('k.closure_id', '=', 's.closure_id'),
    )
    .select(['s.closure_id', 's.step', 's.state', 's.intended_at', 's.answered_at'])
    .where('s.issuer_id', '=', issuerId)
    .where('k.account_id', '=', accountId)
    .orderBy('s.intended_at')
    .execute()
  const told = []
  for (const { closure_id: closureId, ...closure } of closures)
    told.push({
      ...closure,
      // Where its transfers go; null once the money is there.
      bank_account: await readBankDetails(ctx, tx, { issuerId, holderId, itemId: closureId }),
      vouchers: (await vouchersOf(ctx, tx, { issuerId, closureId })).map(({ code, left, expiresAt }) => ({
        code,
        left: money(left),
        expires_at: expiresAt,
      })),
      steps: steps
        .filter((s) => s.closure_id === closureId)
        .map(({ step, state, intended_at, answered_at }) => ({ step, state, intended_at, answered_at })),
    })
  return told
}

function describe(held: Held, at: Date) {
  const { issuerId, account, person, cards, orders, payments, movements, closures } = held
  const { holder_id: _, ...plain } = account
  return {
    issuer: issuerId,
    account: plain,
    person: { name: person.name, email: person.email, phone: person.phone, residence: person.residence },
    cards: cards.map((card) => describeCard(card, person)),
    orders: orders.map(({ order_id, jurisdiction, gross_minor, tax_minor, currency, ...order }) => ({
      ...order,
      personal_data: whyKept(order.state, guestDetails(jurisdiction, at)),
      price: money({ amount: gross_minor, currency }),
      tax: money({ amount: tax_minor, currency }),
      activation_code: person.activations.get(order_id) ?? null,
    })),
    payments: payments.map(({ amount, ...payment }) => ({ ...payment, amount: money(amount) })),
    movements: movements.map(({ amount, currency, ...rest }) => ({
      ...rest,
      amount: money({ amount, currency }),
    })),
    closures,
  }
}

/** On which ground an order still knows whose it is: there is somebody, else nothing could be exported. */
function whyKept(state: string, { delivered, undelivered_days }: ReturnType<typeof guestDetails>) {
  return state === 'delivered' ? delivered : { days_after_its_end: undelivered_days }
}

function describeCard(card: Card, person: Person) {
  const { cardId, accountId: _, accountRef: __, paidMinor, currency, balance, ...rest } = card
  const paid = money({ amount: paidMinor, currency })
  return { ...rest, ...person.lines.get(cardId), balance: money(balance), paid }
}

const money = (sum: Money) => ({ ...moneyJson(sum), decimal: decimal(sum) })
const json = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)

function invoices(cards: Card[]): string {
  const rows = cards.map((card) => ({
    invoice_no: card.invoiceNo,
    sold_at: card.soldAt.toISOString(),
    iccid: card.iccid,
    plan: card.plan,
    paid_amount: decimal({ amount: card.paidMinor, currency: card.currency }),
    currency: card.currency,
    payment_provider: card.paymentProvider,
    payment_ref: card.paymentRef,
  }))
  const columns = [
    'invoice_no',
    'sold_at',
    'iccid',
    'plan',
    'paid_amount',
    'currency',
    'payment_provider',
    'payment_ref',
  ]
  // An invoice number that begins like a formula must not run when the file is opened.
  return stringify(rows, { header: true, columns, escape_formulas: true, bom: true })
}

const readme = `您的个人信息副本
data.json      我们持有的关于您的全部信息：账户、联系方式、卡、付款（及付款卡尾号）、余额、每一笔变动、注销记录、您指定的收款账户和代金券
invoices.csv   每张卡的发票号与实付金额
usage.csv      每一笔使用：流量（MB）、通话（秒）、短信（条），时间、地点与扣费（如有）
documents/     已向您出具的注销确认单与注销完成证明（如有）
invoices/      发票、红字发票、结清单与合同（如有）：PDF，发票另有 XML
金额以最小货币单位（amount）和十进制（decimal）同时给出；时间为 UTC。
依据：《个人信息保护法》第四十五条；欧盟 GDPR 第 15、20 条。

A copy of your personal data
data.json      everything held on you: account, contact, cards, payments (with the last digits of the card paid with), balances, every movement, closures, the bank account and vouchers of a closure
invoices.csv   invoice number and amount paid for each card
usage.csv      what your cards used, if anything: data (MB), calls (s), SMS, when, where, and what it cost
documents/     the slips and certificates issued to you, if any
invoices/      invoices, credit notes, closing statements and contracts, if any: PDF, invoices as XML too
Sums are given in minor units (amount) and as a decimal (decimal); times are UTC.
Under GDPR Articles 15 and 20; PIPL Article 45.
`
