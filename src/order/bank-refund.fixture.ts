import { simpleParser } from 'mailparser'
import { openShop } from '../../test/orders.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { setMoney } from '../../test/payouts.ts'
import { findIssuer } from '../issuer/issuer.ts'
import { receivePayment } from '../payment/receive-payment.ts'
import { makePayoutFile } from '../payout/payout-file.ts'
import { endToEndId, transferReturned, transferSettled } from '../payout/transfers.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { readPerson } from '../privacy/vault.ts'
import type { Placed } from './place-order.ts'
import type { OrderView } from './read-order.ts'

export const iban = 'DE89370400440532013000'
const issuerId = 'roamly'

/** For tests: orders of roamly (EUR) that were paid by bank transfer and that no SM-DP+ has a profile for. */
export async function openBankRefunds() {
  const leb = await openOutside({ lazyCurrency: 'eur' })
  await setMoney(leb, issuerId, {})
  const shop = await openShop(leb)
  const issuer = (await findIssuer(leb.db, issuerId))!
  const own = <T>(work: (tx: Tx) => Promise<T>) => inIssuer(leb.db, issuerId, work)
  let lines = 0
  const stage = {
    leb,
    shop,
    issuerId,
    own,
    /** Money comes in by a line of a statement that names this order. */
    async receive(placed: Placed, amount = 1_690n): Promise<void> {
      const ref = `line ${++lines}`
      const at = leb.clock.now()
      const { orderId } = placed
      await own((tx) =>
        receivePayment(leb, tx, { issuerId, provider: 'bank', ref, orderId, amount, currency: 'EUR', at }),
      )
    },
    async place(email?: string, locale: 'zh-CN' | 'en' = 'en'): Promise<Placed> {
      return shop.place({
        issuerId,
        issuer,
        live: 'DE',
        payBy: 'bank',
        locale,
        wanted: { kind: 'card', code: 'LEB3', zone: 'EU', currency: 'EUR' },
        ...(email !== undefined && { buyer: { kind: 'guest', email, name: '', live: 'DE' } }),
      })
    },
    /** One that was paid, and can't be delivered. */
    async undelivered(email?: string, locale: 'zh-CN' | 'en' = 'en'): Promise<Placed> {
      const placed = await stage.place(email, locale)
      await stage.receive(placed)
      leb.world.sims.esim.failures.set({ mode: 'refuse', times: 1 })
      await shop.look(placed, issuerId)
      leb.world.sims.esim.failures.set(undefined)
      return placed
    },
    view: (placed: Placed) => shop.view(placed, issuerId),
    look: (placed: Placed) => shop.look(placed, issuerId),
    file: (ctx: Context = leb) => makePayoutFile(ctx, issuer, issuer.providers.payouts!),
    async emailOf(placed: Placed): Promise<string> {
      const { holderId } = await stage.view(placed)
      return (await own((tx) => readPerson(leb, tx, issuerId, holderId)))!.email!
    },
    /** What the buyer was mailed until now, oldest first. */
    async mails(email: string) {
      await leb.sendMails(issuerId)
      const read = leb.world.sims.mail.messages(email).map(async ({ raw }) => {
        const { subject = '', text = '' } = await simpleParser(raw)
        return { subject, text }
      })
      return Promise.all(read)
    },
    /** The address in the newest mail that asks for an account, without the host. */
    async mailedLink(email: string): Promise<string> {
      const found = (await stage.mails(email)).flatMap(
        ({ text }) => /https?:\/\/[^/\s]+(\/\S+\/bank-account\/[\w-]{22})/.exec(text)?.[1] ?? [],
      )
      return found.at(-1)!
    },
    ...bankOf(leb, own, (placed) => shop.view(placed, issuerId)),
    close: () => leb.stop(),
  }
  return stage
}

type Own = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>

/** What the bank says of transfers, and what is kept for them. */
function bankOf(leb: Outside, own: Own, view: (placed: Placed) => Promise<OrderView>) {
  return {
    /** What the bank's statement would say of the order's newest transfer. */
    booked: async (placed: Placed) => {
      const { transfer, owedBack } = await view(placed)
      const { amount, currency } = owedBack!
      return { issuerId, endToEndId: endToEndId(transfer!.partId), amount, currency, bookedOn: '2026-11-24' }
    },
    settled: (one: Parameters<typeof transferSettled>[2]) => own((tx) => transferSettled(leb, tx, one)),
    returned: (one: Parameters<typeof transferReturned>[2]) => own((tx) => transferReturned(leb, tx, one)),
    /** Accounts that lie in the vault. */
    accountsKept: async (): Promise<number> => {
      const rows = await own((tx) =>
        tx.selectFrom('vault_item').select('item_id').where('kind', '=', 'bank').execute(),
      )
      return rows.length
    },
  }
}
