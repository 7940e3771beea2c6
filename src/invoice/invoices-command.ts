import { findByNumber } from '../closure/find-by-number.ts'
import { listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { AnsweredNo } from '../platform/errors.ts'
import { checkInvoices } from './check-numbers.ts'
import { papersLink } from './papers-link.ts'

type Print = (text: string) => void
const print: Print = (text) => void process.stdout.write(text)

/** `leb invoices check`: exit 0 when every issuer's invoices are whole, 1 when not, with each fault. */
export async function invoicesCheckCommand(
  ctx: Context,
  input: { json: boolean; out?: Print },
): Promise<number> {
  const out = input.out ?? print
  const total = { invoices: 0, files: 0, faults: [] as { issuer: string; number: string; what: string }[] }
  for (const { issuerId } of await listIssuers(ctx.db)) {
    const found = await inIssuer(ctx.db, issuerId, (tx) => checkInvoices(tx, issuerId))
    total.invoices += found.invoices
    total.files += found.files
    total.faults.push(...found.faults)
  }
  if (input.json) out(`${JSON.stringify(total)}\n`)
  else {
    for (const { issuer, number, what } of total.faults) out(`${issuer} ${number}: ${what}\n`)
    out(`${total.invoices} invoices and ${total.files} kept files looked at, ${total.faults.length} faults\n`)
  }
  return total.faults.length === 0 ? 0 : 1
}

/**
 * `leb invoices link CLOSURE`: the address that the last mail of a closed account brings, for a holder whose mailbox
 * refused it or who had none. Throws AnsweredNo where the account is still open: there one signs in.
 */
export async function invoicesLinkCommand(
  ctx: Context,
  input: { closure: string; json: boolean; out?: Print },
): Promise<number> {
  const { issuerId, accountRef, covers, state, number } = await findByNumber(ctx, input.closure)
  if (covers !== 'account' || state !== 'closed' || accountRef === null)
    throw new AnsweredNo(
      'closed_no_account',
      `${number} has closed no account: its holder signs in and finds the invoices there`,
    )
  const { url, goodUntil } = await inIssuer(ctx.db, issuerId, (tx) =>
    papersLink(ctx, tx, { issuerId, accountRef }),
  )
  const out = input.out ?? print
  if (input.json) out(`${JSON.stringify({ closure: number, url, good_until: goodUntil })}\n`)
  else out(`${url}\nworks until ${goodUntil.toISOString().slice(0, 10)}; whoever has it sees the papers\n`)
  return 0
}
