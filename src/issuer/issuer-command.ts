import { readFile } from 'node:fs/promises'
import { KeyStoreError } from '../adapters/keys/port.ts'
import { countries } from '../card/countries.ts'
import { importedLikeOurs, likeOursWords } from '../invoice/imported-numbers.ts'
import { invoicingLacks } from '../invoice/seller.ts'
import type { Context } from '../platform/context.ts'
import { hasSecret } from '../platform/env.ts'
import { AnsweredNo, SetupError } from '../platform/errors.ts'
import { placeAndFault, plainWords } from '../platform/plain-words.ts'
import { jurisdictionsWithRules } from '../policy/policy.ts'
import { mustSpeakFor } from '../slip/seal.ts'
import { findIssuer, type Issuer, issuerSchema, listIssuers, putIssuer } from './issuer.ts'
import { secretsNamed } from './secrets-named.ts'
import { taxGaps } from './tax-gaps.ts'

type Print = (text: string) => void
const print: Print = (text) => void process.stdout.write(text)

/**
 * `leb issuer add FILE.json`: sets an issuer up with its keys, or changes its settings. Answers the exit code.
 * Throws SetupError, one sentence, when the file can't be read or a field is wrong.
 */
export async function issuerAddCommand(
  ctx: Context,
  input: { file: string; json?: boolean; out?: Print },
): Promise<number> {
  const issuer = await readIssuerFile(input.file)
  // Keys first: an issuer in the database without keys could take a card and not seal its person.
  await ensureKeys(ctx, issuer)
  const { added } = await putIssuer(ctx.db, issuer, ctx.clock.now())
  const out = input.out ?? print
  const lacks = invoicingLacks(issuer, { taxed: true })
  const alike = await importedLikeOurs(ctx, issuer)
  const gaps = taxGaps(issuer, ctx.clock.now())
  const rulesKept = jurisdictionsWithRules()
  const byDefault = !rulesKept.includes(issuer.jurisdiction)
  const unset = secretsNamed(issuer.providers)
    .map((name) => `env:${name}`)
    .filter((secret) => !hasSecret(secret))
  if (input.json)
    out(
      `${JSON.stringify({ issuer: issuer.issuerId, added, ...(byDefault && { policy: 'default' }), ...(lacks.length > 0 && { lacks_to_sell: lacks }), ...(gaps.lacking.length > 0 && { tax_rules_lack: gaps.lacking }), ...(gaps.assumed.length > 0 && { sold_as_outside_tax: gaps.assumed }), ...(gaps.unverified.length > 0 && { tax_not_verified: gaps.unverified }), ...(alike && { invoice_numbers_like_ours: alike }), ...(unset.length > 0 && { environment_lacks: unset }) })}\n`,
    )
  else {
    out(`${issuer.issuerId} (${issuer.name.en}) is ${added ? 'set up' : 'changed'}\n`)
    if (byDefault)
      out(
        `LEB keeps no rules of ${issuer.jurisdiction}: where its own would hold, the default ones do (rules are kept for ${rulesKept.join(', ')})\n`,
      )
    if (lacks.length > 0)
      out(`It can close cards, but not sell: an invoice with tax needs ${lacks.join(' and ')}\n`)
    if (alike) out(`${likeOursWords(alike)}\n`)
    taxLines(gaps).forEach((line) => out(`${line}\n`))
    if (unset.length > 0)
      out(`Its settings name ${unset.join(', ')}, not set here: leb serve and leb work need them\n`)
  }
  return 0
}

function taxLines({ lacking, assumed, unverified }: ReturnType<typeof taxGaps>): string[] {
  const named = (codes: string[]) => {
    const others = [...countries].filter((code) => !codes.includes(code))
    return codes.length <= others.length ? codes.join(', ') : `all countries but ${others.join(', ')}`
  }
  return [
    ...(lacking.length > 0
      ? [
          `No rule of tax fits all that may be sold to residents of ${named(lacking)}: their orders are refused where none does (rules.tax)`,
        ]
      : []),
    ...(assumed.length > 0
      ? [
          `Residents of ${named(assumed)} have no rule of tax: where none fits they buy as outside of it, as rules.tax.otherwise says`,
        ]
      : []),
    ...(unverified.length > 0
      ? [`Nobody has verified ${unverified.join(', ')}: buyers are told so (rules.tax)`]
      : []),
  ]
}

async function ensureKeys(ctx: Context, { issuerId: id, name }: Issuer): Promise<void> {
  try {
    await ctx.keys.ensureIssuer({ id, name: name.en })
    mustSpeakFor(await ctx.keys.sealing(id), { id, name: { zh: name['zh-CN'], en: name.en } })
  } catch (error) {
    throw error instanceof KeyStoreError ? new SetupError(error.message) : error
  }
}

/** `leb issuer list`. Answers the exit code. */
export async function issuerListCommand(
  ctx: Context,
  input: { json: boolean; out?: Print },
): Promise<number> {
  const issuers = await listIssuers(ctx.db)
  const out = input.out ?? print
  const rows = issuers.map(({ issuerId, name, jurisdiction }) => ({ issuer: issuerId, name, jurisdiction }))
  if (input.json) out(`${JSON.stringify({ issuers: rows })}\n`)
  else if (rows.length === 0) out('No issuer is set up: add one with leb issuer add FILE.json\n')
  else
    for (const row of rows)
      out(`${row.issuer.padEnd(20)} ${row.jurisdiction}  ${row.name.en} / ${row.name['zh-CN']}\n`)
  return 0
}

/**
 * `leb issuer show ID`: its file as `issuer add` takes it, which would change nothing; with --json on one line. What was
 * left out when it was added stands there as it holds. Answers the exit code. Throws AnsweredNo where it is not set up.
 */
export async function issuerShowCommand(
  ctx: Context,
  input: { issuer: string; json: boolean; out?: Print },
): Promise<number> {
  const issuer = await findIssuer(ctx.db, input.issuer)
  if (!issuer)
    throw new AnsweredNo(
      'not_there',
      `there is no issuer ${input.issuer}: leb issuer list names those that are set up`,
    )
  const out = input.out ?? print
  out(`${JSON.stringify(issuer, null, input.json ? 0 : 2)}\n`)
  return 0
}

async function readIssuerFile(file: string): Promise<Issuer> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new SetupError(
      error.code === 'ENOENT' ? `there is no file ${file}` : `${file} can't be read (${error.code})`,
    )
  })
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    throw new SetupError(`${file} is not JSON: check commas, quotes and braces`)
  }
  const parsed = issuerSchema.safeParse(value, { error: plainWords })
  if (!parsed.success)
    throw new SetupError(
      `${file} can't be used: ${placeAndFault(parsed.error.issues[0]!)} (docs/operate/issuers.md shows a whole file)`,
    )
  const unknown = unknownMembers(value, parsed.data)
  if (unknown.length > 0)
    throw new SetupError(
      `${file} can't be used: LEB knows no ${unknown.join(', no ')} (docs/operate/issuers.md names what there is)`,
    )
  if (tellsPassword(parsed.data.providers.mail.url))
    throw new SetupError(
      `${file} can't be used: providers.mail.url tells a password: name a variable instead, as in smtp://user:env%3AMAIL_PASSWORD@host`,
    )
  return parsed.data
}

/** What the file has and a setting by that name has not: a typing error there would leave a rule without effect. */
function unknownMembers(given: unknown, taken: unknown, path = ''): string[] {
  if (typeof given !== 'object' || given === null || typeof taken !== 'object' || taken === null) return []
  return Object.entries(given).flatMap(([name, value]) => {
    const place = path ? `${path}.${name}` : name
    if (!(name in taken)) return [place]
    return unknownMembers(value, (taken as Record<string, unknown>)[name], place)
  })
}

/** A mail server's password in clear; a secret of any other provider is no address and is refused by its own shape. */
function tellsPassword(mailUrl: string): boolean {
  const password = URL.canParse(mailUrl) ? new URL(mailUrl).password : ''
  return password !== '' && secretsNamed(password).length === 0
}
