import type { Both, MoneyText } from './content.ts'

const fractionDigits = new Map<string, number>()

const digitsOf = (currency: string): number => {
  let digits = fractionDigits.get(currency)
  if (digits === undefined) {
    digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
      .maximumFractionDigits!
    fractionDigits.set(currency, digits)
  }
  return digits
}

/** "CNY 86.40": the code, because ¥ and $ belong to several countries and a bank reads this too. */
export const moneyText = ({ amount, currency }: MoneyText): string => {
  const digits = digitsOf(currency)
  const negative = amount.startsWith('-')
  const minor = (negative ? amount.slice(1) : amount).padStart(digits + 1, '0')
  const whole = BigInt(minor.slice(0, minor.length - digits)).toLocaleString('en')
  const fraction = digits > 0 ? `.${minor.slice(-digits)}` : ''
  return `${currency} ${negative ? '−' : ''}${whole}${fraction}`
}

type Formats = { zh: Intl.DateTimeFormat; en: Intl.DateTimeFormat; offset: Intl.DateTimeFormat }
const formats = new Map<string, Formats>()

const formatsOf = (timeZone: string): Formats => {
  const cached = formats.get(timeZone)
  if (cached) return cached
  const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZone } as const
  const made = {
    zh: new Intl.DateTimeFormat('zh-CN', { dateStyle: 'long', timeZone }),
    en: new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone }),
    offset: new Intl.DateTimeFormat('en', { ...clock, timeZoneName: 'longOffset' }),
  }
  formats.set(timeZone, made)
  return made
}

/** A moment in the document's zone: date, time to the second, offset. */
export const instantText = (rfc3339: string, timeZone: string): Both => {
  const at = new Date(rfc3339)
  const { zh, en, offset } = formatsOf(timeZone)
  const parts = Object.fromEntries(offset.formatToParts(at).map((part) => [part.type, part.value]))
  const zone = parts['timeZoneName']!.replace('GMT', 'UTC')
  const time = `${parts['hour']}:${parts['minute']}:${parts['second']}`
  return { zh: `${zh.format(at)} ${time}（${zone}）`, en: `${en.format(at)}, ${time} (${zone})` }
}

/** The day a moment falls on in the document's zone. */
export const dayOfInstantText = (rfc3339: string, timeZone: string): Both => {
  const { zh, en } = formatsOf(timeZone)
  const at = new Date(rfc3339)
  return { zh: zh.format(at), en: en.format(at) }
}

/** A calendar day, YYYY-MM-DD. */
export const dayText = (day: string): Both => {
  const at = new Date(`${day}T00:00:00Z`)
  const { zh, en } = formatsOf('UTC')
  return { zh: zh.format(at), en: en.format(at) }
}

/** ICCID in groups of four, as it is printed on cards and read out on the phone. */
export const iccidText = (iccid: string): string => iccid.replace(/(\d{4})(?=\d)/g, '$1 ')
