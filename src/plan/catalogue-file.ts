import { z } from 'zod'
import { minorDigits } from '../ledger/money.ts'
import { plainWords } from '../platform/plain-words.ts'
import { addOnTermsSchema, planTermsSchema, type PlanTerms, type PlanZone } from './terms.ts'
import { zoneName } from './zones.ts'

const zoneSchema = planTermsSchema.shape.zones.element
/** A zone that LEB knows by name (a country, EU, SEA …) need not be named in the file. */
const zoneInFile = zoneSchema.extend({ name: zoneSchema.shape.name.optional() }).strict()
const itemCode = z.string().regex(/^[A-Z][A-Z0-9_]{1,19}$/, 'two to twenty of A-Z, 0-9 and _, a letter first')

const fileSchema = z
  .object({
    issuer: z.string().min(1).optional(),
    /** Zones that several plans share; a plan names them by code. */
    zones: z.array(zoneInFile).default([]),
    items: z.array(
      z.discriminatedUnion('kind', [
        z
          .object({ code: itemCode, kind: z.literal('plan') })
          .extend(planTermsSchema.omit({ zones: true }).shape)
          .extend({ zones: z.array(z.union([z.string(), zoneInFile])).min(1) })
          .strict(),
        z
          .object({ code: itemCode, kind: z.literal('add_on') })
          .extend(addOnTermsSchema.shape)
          .strict(),
      ]),
    ),
    /** Codes that are sold no more. */
    withdraw: z.array(itemCode).default([]),
  })
  .strict()

export type NewItem = { code: string; kind: 'plan' | 'add_on'; terms: object }
export type CatalogueFile = { issuer?: string; items: NewItem[]; withdraw: string[] }
/** What is wrong and where, as `items.0.prices.JPY`. */
export type FileFault = { path: string; message: string }

/** Reads what `leb catalogue put` takes; answers every fault, so that a file is mended in one go. */
export function readCatalogueFile(value: unknown): CatalogueFile | { faults: FileFault[] } {
  const parsed = fileSchema.safeParse(value, { error: plainWords })
  if (!parsed.success) {
    return {
      faults: parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
    }
  }
  const { data } = parsed
  const faults: FileFault[] = []
  const shared = new Map<string, PlanZone>()
  data.zones.forEach((zone, at) => shared.set(zone.code, named(zone, `zones.${at}`, faults)))
  const items = data.items.map((item, at): NewItem => {
    const { code, kind, ...rest } = item
    const path = `items.${at}`
    checkAmounts(rest.prices, `${path}.prices`, faults)
    if (kind === 'add_on') return { code, kind, terms: rest }
    const plan = rest as Omit<typeof item & { kind: 'plan' }, 'code' | 'kind'>
    const zones = plan.zones.flatMap((zone, nr) => {
      const place = `${path}.zones.${nr}`
      if (typeof zone !== 'string') return [named(zone, place, faults)]
      const known = shared.get(zone)
      if (!known) faults.push({ path: place, message: `no zone ${zone} is described in this file` })
      return known ? [known] : []
    })
    const terms: PlanTerms = { ...plan, zones }
    checkPlan(terms, path, faults)
    return { code, kind, terms }
  })
  checkTwice(
    items.map((item) => item.code),
    'items',
    faults,
  )
  if (faults.length > 0) return { faults }
  return { ...(data.issuer ? { issuer: data.issuer } : {}), items, withdraw: data.withdraw }
}

function named(zone: z.infer<typeof zoneInFile>, path: string, faults: FileFault[]): PlanZone {
  const name = zone.name ?? zoneName(zone.code)
  if (!zone.name && name.en === zone.code)
    faults.push({ path: `${path}.name`, message: `LEB knows no name for ${zone.code}: give one` })
  if (!isTimeZone(zone.time_zone))
    faults.push({ path: `${path}.time_zone`, message: `${zone.time_zone} is no IANA time zone` })
  checkTariff(zone.tariff, `${path}.tariff`, faults)
  return { ...zone, name }
}

function checkTariff(tariff: PlanZone['tariff'], path: string, faults: FileFault[]): void {
  if (tariff.data) checkAmounts(tariff.data.per_mb, `${path}.data.per_mb`, faults)
  if (tariff.voice) checkAmounts(tariff.voice.per_minute, `${path}.voice.per_minute`, faults)
  if (tariff.sms) checkAmounts(tariff.sms.per_sms, `${path}.sms.per_sms`, faults)
}

function checkPlan(terms: PlanTerms, path: string, faults: FileFault[]): void {
  checkAmounts(terms.balance, `${path}.balance`, faults)
  checkTwice(
    terms.zones.map((zone) => zone.code),
    `${path}.zones`,
    faults,
  )
  for (const [currency, amount] of Object.entries(terms.balance)) {
    const price = terms.prices[currency]
    if (price === undefined || BigInt(price) <= BigInt(amount))
      faults.push({
        path: `${path}.balance.${currency}`,
        message: 'a balance is less than the price it is part of',
      })
  }
}

function checkAmounts(amounts: Record<string, string>, path: string, faults: FileFault[]): void {
  for (const [currency, amount] of Object.entries(amounts)) {
    if (minorDigits(currency) === undefined)
      faults.push({ path: `${path}.${currency}`, message: `${currency} is no currency of ISO 4217` })
    if (path.endsWith('.prices') && BigInt(amount) === 0n)
      faults.push({ path: `${path}.${currency}`, message: 'a price is more than 0' })
  }
  if (path.endsWith('.prices') && Object.keys(amounts).length === 0)
    faults.push({ path, message: 'a price in at least one currency is needed' })
}

function checkTwice(codes: string[], path: string, faults: FileFault[]): void {
  const twice = codes.find((one, at) => codes.indexOf(one) !== at)
  if (twice) faults.push({ path, message: `${twice} stands there twice` })
}

function isTimeZone(zone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }))
  } catch {
    return false
  }
}
