// A formatter costs a tenth of a millisecond to make and is the same for all; zones come from people, so not for ever.
const most_kept = 500
const kept = new Map<string, Intl.DateTimeFormat>()

/** `new Intl.DateTimeFormat(locale, options)`, made once. Throws RangeError for a zone that this runtime doesn't know. */
export function dateFormat(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${JSON.stringify(options)}`
  const known = kept.get(key)
  if (known) return known
  const made = new Intl.DateTimeFormat(locale, options)
  if (kept.size >= most_kept) kept.clear()
  kept.set(key, made)
  return made
}
