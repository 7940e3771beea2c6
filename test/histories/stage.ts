import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { statementFormatSchema } from '../../src/adapters/bank/statement-format.ts'
import { putIssuer } from '../../src/issuer/issuer.ts'
import { lookAtOrder } from '../../src/order/look-at-order.ts'
import { bankImportCommand } from '../../src/payment/bank-command.ts'
import { openHookDoor, workOffPayments } from '../../src/payment/orders.fixture.ts'
import type { Look } from '../../src/platform/jobs.ts'
import { openShop } from '../orders.ts'
import { openOutside } from '../outside.ts'
import type { Rules } from './acts.ts'

export const issuerId = 'leb'

const format = statementFormatSchema.parse({
  kind: 'csv',
  delimiter: ';',
  decimal: '.',
  date: 'YYYY-MM-DD',
  columns: { bookedOn: 'Day', amount: 'Amount', text: ['Text'], currency: 'Currency', endToEndId: 'E2E' },
})

/** A LEB that sells, is told by webhook and by bank statement, and what its worker would do. */
export async function openHistoryStage() {
  const leb = await openOutside({ lazyCurrency: 'eur' })
  const sim = leb.world.sims.payment
  const door = await openHookDoor(leb)
  sim.webhooks.register({ url: door.url, secret: 'whsec_sample' })
  const shop = await openShop(leb)
  const dir = await mkdtemp(join(tmpdir(), 'leb-history-'))
  const at = leb.issuers.findIndex((one) => one.issuerId === issuerId)

  async function setRules(rules: Rules): Promise<void> {
    const issuer = leb.issuers[at]!
    const payouts = { name: 'Sample Travel Cards', iban: 'DE89370400440532013000' }
    leb.issuers[at] = {
      ...issuer,
      rules: {
        ...issuer.rules,
        drain_seconds: rules.drainSeconds,
        money: {
          at_expiry: rules.atExpiry,
          unused_plan: rules.unusedPlan,
          payout_order: rules.payoutOrder,
          minimum_payout: { EUR: rules.minimum, KWD: rules.minimum },
          closing_fee: { EUR: rules.fee },
        },
      },
      providers: { ...issuer.providers, payouts, bankStatement: format },
    }
    await putIssuer(leb.db, leb.issuers[at], leb.clock.now())
  }

  /** The bank's statement as it is by now: what was imported before comes again with it. */
  async function importStatement(lines: string[]): Promise<void> {
    const file = join(dir, 'statement.csv')
    await writeFile(file, ['Day;Amount;Currency;Text;E2E', ...lines].join('\n'))
    const rejects = join(dir, 'rejects.csv')
    await bankImportCommand(leb, { file, issuer: issuerId, rejects, json: true, out: () => undefined })
  }

  /** Looks at orders until no look waits, also of those that wait for later. */
  async function workOffOrders(): Promise<void> {
    for (let round = 0; round < 20; round++) {
      const { rows } = await leb.pool.query<{ data: Look }>(
        `delete from pgboss.job where name = 'order' and state = 'created' returning data`,
      )
      if (rows.length === 0) return
      for (const { data } of rows) await lookAtOrder(leb, leb.leases, data)
    }
  }

  return {
    leb,
    sim,
    shop,
    issuer: () => leb.issuers[at]!,
    setRules,
    importStatement,
    /** What came in by webhook is booked, and what was paid is delivered or given back. */
    async workOff(): Promise<void> {
      await sim.webhooks.idle()
      await workOffPayments(leb)
      await workOffOrders()
      await sim.webhooks.idle()
      await workOffPayments(leb)
    },
    async close(): Promise<void> {
      await door.close()
      await leb.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

export type Stage = Awaited<ReturnType<typeof openHistoryStage>>
