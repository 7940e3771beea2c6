/** Columns of a usage file, in any order. A card is named by one of two, the place by one of two. */
export const usageColumns = [
  'issuer',
  'record_id',
  'iccid',
  'card_id',
  'kind',
  'quantity',
  'zone',
  'country',
  'used_at',
] as const

export type UsageColumn = (typeof usageColumns)[number]
export type UsageFields = Partial<Record<UsageColumn, string>>

const needed: UsageColumn[] = ['issuer', 'record_id', 'kind', 'quantity', 'used_at']

/** Where each column stands in this file, or one sentence saying what is wrong with the header. */
export function readUsageHeader(names: string[]): UsageColumn[] | string {
  const tidy = names.map((name) => name.trim())
  const missing: string[] = needed.filter((name) => !tidy.includes(name))
  if (!tidy.includes('iccid') && !tidy.includes('card_id')) missing.push('iccid or card_id')
  if (!tidy.includes('zone') && !tidy.includes('country')) missing.push('zone or country')
  if (missing.length > 0) return `its header line lacks ${missing.join(', ')}`
  const twice = tidy.find((name, at) => tidy.indexOf(name) !== at)
  if (twice !== undefined) return `its header line names ${twice || 'an empty column'} twice`
  const unknown = tidy.filter((name) => !usageColumns.includes(name as UsageColumn))
  if (unknown.length > 0)
    return `its header line has columns LEB doesn't know: ${unknown.join(', ').slice(0, 80)}`
  return tidy as UsageColumn[]
}
