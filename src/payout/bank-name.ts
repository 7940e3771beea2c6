// Letters that no decomposition makes plain; as banks write them.
const plain: Record<string, string> = {
  ß: 'ss',
  ẞ: 'SS',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'Th',
  ı: 'i',
  '’': "'",
  '‘': "'",
  '–': '-',
  '—': '-',
  '&': '+',
}

/**
 * A name in the signs every bank of SEPA takes (EPC217-08: Latin letters, digits and / - ? : ( ) . , ' +), at most 70
 * of them, diacritics dropped. Undefined when something is left that has no such sign, as Chinese has.
 */
export function bankName(typed: string): string | undefined {
  const name = [...typed.normalize('NFKC')]
    .map((sign) => plain[sign] ?? sign)
    .join('')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/\s+/g, ' ')
    .trim()
  return /^[A-Za-z0-9/\-?:().,'+ ]{2,70}$/.test(name) && /[A-Za-z]/.test(name) ? name : undefined
}

/** Why banks do not take a name as it stands, and what they would take; undefined where they do. */
export function bankNameFault(name: string): string | undefined {
  const taken = bankName(name)
  if (taken === name) return undefined
  if (taken) return `holds what some banks refuse; they all take "${taken}"`
  const why = name.length < 2 ? 'is too short' : 'can’t be written so'
  return `takes the holder of the account in 2 to 70 Latin letters, digits, spaces and / - ? : ( ) . , ' +, such as "Acme Travel GmbH"; this ${why}`
}
