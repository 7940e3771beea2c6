import type { Context } from '../platform/context.ts'
import { type Entries, type Entry, whyWords } from './check-entries.ts'
import { type BooksCheck, checkBooks } from './check.ts'
import { faultWords } from './check-queries.ts'

/** `leb ledger check`: exit 0 when the books add up, 1 when they don't, naming the first place of each fault. */
export async function ledgerCheckCommand(
  ctx: Context,
  options: { json?: boolean },
  write: (text: string) => void = (text) => void process.stdout.write(text),
): Promise<number> {
  const check = await checkBooks(ctx)
  write(options.json ? `${asJson(check)}\n` : inWords(check))
  return check.ok ? 0 : 1
}

function asJson(check: BooksCheck): string {
  return JSON.stringify(check, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  )
}

function inWords(check: BooksCheck): string {
  const lines = check.issuers.flatMap((books) => [
    `${books.issuerId}  ${books.postings} postings, ${books.entries} entries, ${books.accounts} accounts: ${
      books.faults.length === 0 ? 'adds up' : 'DOES NOT ADD UP'
    }`,
    ...books.faults.flatMap((found) => [
      `  ${found.total} ${faultWords[found.fault]}; the first: ${found.what} ${found.id} (${found.says})`,
      ...entriesInWords(found).map((line) => `    ${line}`),
    ]),
  ])
  for (const trigger of check.triggersOff) lines.push(`the trigger ${trigger} is switched off`)
  for (const right of check.wrongRights)
    lines.push(`the role leb_app has a right it should not have, or lacks one: ${right}`)
  if (!check.keptByRights)
    lines.push(
      'the journal is kept by triggers only: the database user may not become leb_app (docs/operate/install.md)',
    )
  if (check.issuers.length === 0) lines.push('no issuer is set up yet, so there are no books')
  return `${lines.join('\n')}\n`
}

function entriesInWords({ entry, why, first, last }: Entries): string[] {
  if (entry && why) return [`${whyWords[why]}: ${entryInWords(entry)}`]
  if (!first || !last) return []
  return [`no entry shows where: its first is ${entryInWords(first)}`, `its last is ${entryInWords(last)}`]
}

function entryInWords(entry: Entry): string {
  const { id, account, kind, amount, currency, at, reason } = entry
  return `entry ${id}, ${amount} ${currency ?? '?'} on ${kind ?? 'account'} ${account}, ${reason ?? 'no posting'}${at ? ` of ${at.toISOString()}` : ''}`
}
