import { sql } from 'kysely'
import { z } from 'zod'
import { statementFormatSchema } from '../adapters/bank/statement-format.ts'
import { countries } from '../card/countries.ts'
import type { Db, Tx } from '../platform/db.ts'
import { bankNameFault } from '../payout/bank-name.ts'
import { readIban } from '../payout/iban.ts'
import { issuerTaxSchema, taxUnlessTold } from './tax-rules.ts'
import { topUpSchema, topUpUnlessTold } from './top-up-rules.ts'
import { issuerMoneySchema } from '../policy/money-rules.ts'

/** An issuing company as data: its brand, rules and the providers that do its work. Steps differ by this, not by code. */

const countryWords = 'takes the ISO 3166 code of a country, such as DE'
const wording = z.object({ 'zh-CN': z.string().min(1), en: z.string().min(1) })

/** Who sells, as tax law wants it on an invoice. An issuer without it works, but can't sell: see src/invoice/seller.ts. */
const sellerSettings = z.object({
  legalName: z.string().min(1).max(200),
  street: z.string().min(1).max(200),
  postCode: z.string().min(1).max(20),
  city: z.string().min(1).max(100),
  /** ISO 3166-1 alpha-2. */
  country: z.string().regex(/^[A-Z]{2}$/, countryWords),
  /** With its country prefix, `DE123456789`; Greece is EL (EN 16931 BR-CO-09). */
  vatId: z
    .string()
    .regex(/^[A-Z]{2}[A-Z0-9+*.]{2,14}$/, 'takes the number with its country first, such as DE123456789')
    .optional(),
  taxNumber: z.string().min(3).max(40).optional(),
  /** Number in the trade register. */
  registration: z.string().min(3).max(60).optional(),
  /** Stands before every invoice number; the issuer's id in capitals unless told. */
  invoicePrefix: z
    .string()
    .regex(/^[A-Z0-9]{2,20}$/, 'takes two to twenty of A-Z and 0-9')
    .optional(),
})

export const brandSchema = z.object({
  address: z.string().min(1),
  supportEmail: z.email(),
  supportPhone: z.string().min(3).optional(),
  /** The only places where this issuer speaks; printed on slips and pages against "we'll cancel it for you" fraud. */
  channels: z
    .array(z.object({ kind: z.enum(['web', 'email', 'phone', 'app']), value: z.string().min(1) }))
    .min(1),
  appealEmail: z.email(),
  seller: sellerSettings.optional(),
})

/** The issuer's own rules over those of the jurisdiction. Times in the unit of the name. */
export const rulesSchema = z.object({
  undo_window_minutes: z.number().int().min(0).max(43_200).default(30),
  /** How long late usage records may still come in after the line is off. */
  drain_seconds: z.number().int().min(0).max(604_800).default(0),
  /** How long a declaration made without signing in waits for its code before it lapses. */
  unproved_days: z.number().int().min(1).max(90).default(14),
  support_hours: wording.optional(),
  /** Fees, lapse and payout as far as the jurisdiction's policy allows (src/policy/money-rules.ts). */
  money: issuerMoneySchema.default({}),
  /** What one top-up may come to; an issuer that names currencies takes top-ups in these alone. */
  top_up: topUpSchema.default(topUpUnlessTold),
  /** Tax by the buyer's residence and the zone, before the policy's (docs/adr/0034). */
  tax: issuerTaxSchema.default(taxUnlessTold),
})

const host = {
  host: z.string().min(1).optional(),
  port: z.number().int().optional(),
  protocol: z.enum(['http', 'https']).optional(),
}
const secret = z
  .string()
  .startsWith('env:', 'takes the name of the variable that holds the secret, as env:NAME')
/** Where the providers are. A secret is never here: `env:NAME` says which variable holds it. */
export const providersSchema = z.object({
  line: z.object({
    kind: z.literal('tmf641'),
    url: z.url(),
    token: secret.optional(),
    tls: z.object({ keyFile: z.string(), certFile: z.string(), caFile: z.string().optional() }).optional(),
  }),
  esim: z.object({
    kind: z.literal('es2plus'),
    url: z.url(),
    requester: z.string().min(1),
    /** Host where phones download (ES9+), part of the activation code; the host of `url` unless told. */
    smdpAddress: z
      .string()
      .regex(/^[\w.-]{1,255}$/, 'takes a host name')
      .optional(),
    /** What the SM-DP+ calls the profiles that are sold; a plan's code unless told. */
    profileType: z.string().min(1).max(255).optional(),
    tls: z.object({ keyFile: z.string(), certFile: z.string(), caFile: z.string().optional() }).optional(),
  }),
  payment: z.object({
    kind: z.literal('stripe'),
    key: secret,
    /** What its webhooks are signed with; several while one replaces another (docs/operate/payments.md). */
    webhookSecrets: z.array(secret).min(1).max(4).optional(),
    ...host,
  }),
  mail: z.object({
    kind: z.literal('smtp'),
    url: z.string().regex(/^smtps?:\/\//, 'takes an address that begins with smtp:// or smtps://'),
    from: z.string().min(3),
    dkim: z.object({ domain: z.string(), selector: z.string() }).optional(),
  }),
  /** How the bank writes its statements, for `leb bank import` (docs/operate/payments.md). */
  bankStatement: statementFormatSchema.optional(),
  /** The account that transfers to holders are paid from; without it there are no files for the bank. */
  payouts: z
    .object({
      name: z.string().refine((name) => !bankNameFault(name), {
        error: ({ input }) => bankNameFault(input as string),
      }),
      iban: z
        .string()
        .refine(
          (text) => 'iban' in readIban(text),
          'is no valid IBAN: compare its digits with the bank’s own',
        ),
      bic: z
        .string()
        .regex(/^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$/, 'takes a BIC of 8 or 11 signs')
        .optional(),
    })
    .optional(),
})

export type Issuer = {
  issuerId: string
  name: { 'zh-CN': string; en: string }
  brand: z.infer<typeof brandSchema>
  rules: z.infer<typeof rulesSchema>
  providers: z.infer<typeof providersSchema>
  /** Whose law applies where the holder's residence decides nothing: ISO 3166-1 alpha-2. */
  jurisdiction: string
}

/** What `leb issuer add FILE.json` takes. */
export const issuerSchema = z.object({
  issuerId: z.string().regex(/^[a-z][a-z0-9]{1,19}$/, 'takes two to twenty of a-z and 0-9, a letter first'),
  name: wording,
  brand: brandSchema,
  rules: rulesSchema,
  providers: providersSchema,
  jurisdiction: z.string().refine((code) => countries.has(code), countryWords),
})

type IssuerRow = {
  issuer_id: string
  name: unknown
  brand: unknown
  rules: unknown
  providers: unknown
  jurisdiction: string
}

function fromRow(row: IssuerRow): Issuer {
  return {
    issuerId: row.issuer_id,
    name: wording.parse(row.name),
    brand: brandSchema.parse(row.brand),
    rules: rulesSchema.parse(row.rules),
    providers: providersSchema.parse(row.providers),
    jurisdiction: row.jurisdiction,
  }
}

export async function listIssuers(db: Db | Tx): Promise<Issuer[]> {
  return (await db.selectFrom('issuer').selectAll().orderBy('issuer_id').execute()).map(fromRow)
}

// Asked for at each request and each look, changed once a month: read whole and parsed only when it is another row.
const parsed = new Map<string, { version: string; issuer: Issuer }>()

export async function findIssuer(db: Db | Tx, issuerId: string): Promise<Issuer | undefined> {
  const known = parsed.get(issuerId)
  if (known && (await versionOf(db, issuerId)) === known.version) return known.issuer
  const row = await db
    .selectFrom('issuer')
    .selectAll()
    .select(rowVersion)
    .where('issuer_id', '=', issuerId)
    .executeTakeFirst()
  if (!row) return undefined
  const issuer = fromRow(row)
  parsed.set(issuerId, { version: row.version, issuer })
  return issuer
}

// The database, the transaction that wrote the row, and where it lies: no two versions of a row have all three.
const rowVersion = sql<string>`current_database() || issuer.xmin::text || issuer.ctid::text`.as('version')

async function versionOf(db: Db | Tx, issuerId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('issuer')
    .select(rowVersion)
    .where('issuer_id', '=', issuerId)
    .executeTakeFirst()
  return row?.version
}

/** Adds an issuer, or replaces its settings; `added` is false when it was known before. */
export async function putIssuer(db: Db, issuer: Issuer, now: Date): Promise<{ added: boolean }> {
  const values = {
    name: JSON.stringify(issuer.name),
    brand: JSON.stringify(issuer.brand),
    rules: JSON.stringify(issuer.rules),
    providers: JSON.stringify(issuer.providers),
    jurisdiction: issuer.jurisdiction,
  }
  const known = await db
    .updateTable('issuer')
    .set(values)
    .where('issuer_id', '=', issuer.issuerId)
    .executeTakeFirst()
  if (known.numUpdatedRows > 0n) return { added: false }
  const made = await db
    .insertInto('issuer')
    .values({ ...values, issuer_id: issuer.issuerId, created_at: now })
    .onConflict((c) => c.column('issuer_id').doNothing())
    .executeTakeFirst()
  return { added: made.numInsertedOrUpdatedRows === 1n }
}
