import { countries, countryName } from '../card/countries.ts'
import type { CatalogueItem, PlanItem } from '../plan/catalogue.ts'
import type { PlanZone } from '../plan/terms.ts'
import type { Lang } from '../web/lang.ts'

const currencyOf: Record<string, string> = {
  CN: 'CNY',
  HK: 'HKD',
  JP: 'JPY',
  KW: 'KWD',
  US: 'USD',
  GB: 'USD',
}

/** Currencies in which anything of these is sold. */
export function currenciesOf(items: CatalogueItem[]): string[] {
  return [...new Set(items.flatMap((item) => Object.keys(item.terms.prices)))].sort()
}

/** `人民币 CNY`: a code alone is for accountants. */
export function currencyName(code: string, lang: Lang): string {
  const name = new Intl.DisplayNames(lang, { type: 'currency' }).of(code)
  return name && name !== code ? `${name} ${code}` : code
}

/** What somebody wished, else the usual one where they live, else the first there is. */
export function pickCurrency(known: string[], wished: string | undefined, country: string): string {
  const usual = currencyOf[country] ?? 'EUR'
  return [wished, usual].find((one) => one !== undefined && known.includes(one)) ?? known[0] ?? usual
}

/** The plan's smallest zone that has this country: more would be paid for nothing. */
export function zoneFor(item: PlanItem, country: string): PlanZone | undefined {
  return item.terms.zones
    .filter((zone) => zone.countries.includes(country))
    .sort((a, b) => a.countries.length - b.countries.length)[0]
}

/** Countries by name in the reader's order. */
export function namedCountries(codes: Iterable<string>, lang: Lang): { code: string; name: string }[] {
  const collator = new Intl.Collator(lang)
  return [...new Set(codes)]
    .map((code) => ({ code, name: countryName(code, lang) }))
    .sort((a, b) => collator.compare(a.name, b.name))
}

export const allCountries = (lang: Lang) => namedCountries(countries, lang)
