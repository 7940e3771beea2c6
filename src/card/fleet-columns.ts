/** The columns of a fleet file, in the order the reference format gives them. A file may order them otherwise. */
export const fleetColumns = [
  'issuer',
  'account_ref',
  'holder_name',
  'email',
  'phone',
  'residence',
  'locale',
  'iccid',
  'eid',
  'imsi',
  'msisdn',
  'plan',
  'zone',
  'sold_at',
  'activated_at',
  'expires_at',
  'profile_state',
  'line_state',
  'data_left_mb',
  'voice_left_s',
  'sms_left',
  'currency',
  'balance',
  'paid_amount',
  'payment_provider',
  'payment_ref',
  'invoice_no',
] as const

export type FleetColumn = (typeof fleetColumns)[number]
export type FleetFields = Record<FleetColumn, string>

/** Where each column stands in this file, or one sentence saying what is wrong with the header. */
export function readHeader(names: string[]): FleetColumn[] | string {
  const tidy = names.map((name) => name.trim())
  if (tidy.length === 1 && tidy[0]!.includes('\r'))
    return 'its lines end with a bare carriage return: save it with LF or CRLF line ends'
  const other = [';', '\t', '|'].find((sign) => tidy.length === 1 && tidy[0]!.includes(sign))
  if (other) return `its columns are separated by "${other === '\t' ? 'tab' : other}": save it with commas`
  const missing = fleetColumns.filter((name) => !tidy.includes(name))
  if (missing.length > 0) return `its header line lacks ${missing.join(', ')}`
  const twice = tidy.find((name, at) => tidy.indexOf(name) !== at)
  if (twice !== undefined) return `its header line names ${twice || 'an empty column'} twice`
  const unknown = tidy.filter((name) => !fleetColumns.includes(name as FleetColumn))
  if (unknown.length > 0)
    return `its header line has columns LEB doesn't know: ${unknown.join(', ').slice(0, 80)}`
  return tidy as FleetColumn[]
}
