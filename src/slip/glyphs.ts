/**
 * Which characters a font can draw, read from its `cmap` (OpenType 1.9, formats 4 and 12).
 * PDF/A refuses a document with a missing glyph, so that one emoji in a plan's name would stop a closure.
 */
type Range = [first: number, last: number]

const format12 = (view: DataView, at: number): Range[] => {
  const groups = view.getUint32(at + 12)
  return Array.from({ length: groups }, (_, i): Range => {
    const group = at + 16 + i * 12
    return [view.getUint32(group), view.getUint32(group + 4)]
  })
}

const format4 = (view: DataView, at: number): Range[] => {
  const segments = view.getUint16(at + 6) / 2
  return Array.from({ length: segments }, (_, i): Range => {
    const end = view.getUint16(at + 14 + i * 2)
    return [view.getUint16(at + 16 + segments * 2 + i * 2), end]
  }).filter(([first]) => first !== 0xffff)
}

const tableAt = (view: DataView, tag: string): number => {
  const wanted = Buffer.from(tag).readUInt32BE()
  for (let i = 0; i < view.getUint16(4); i++) {
    if (view.getUint32(12 + i * 16) === wanted) return view.getUint32(12 + i * 16 + 8)
  }
  throw new Error(`The font has no ${tag} table`)
}

/** Sorted, covered ranges of code points. */
const coverage = (font: Uint8Array): Range[] => {
  const view = new DataView(font.buffer, font.byteOffset, font.byteLength)
  const cmap = tableAt(view, 'cmap')
  const ranges: Range[] = []
  for (let i = 0; i < view.getUint16(cmap + 2); i++) {
    const at = cmap + view.getUint32(cmap + 4 + i * 8 + 4)
    if (view.getUint16(at) === 12) ranges.push(...format12(view, at))
    else if (view.getUint16(at) === 4) ranges.push(...format4(view, at))
  }
  return ranges.sort((a, b) => a[0] - b[0])
}

// Controls, bidirectional overrides and joiners could make a printed line read otherwise than what was signed.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\uFE00-\uFE0F]/u
const REPLACEMENT = '□'

/** A function that makes any text drawable: what the font lacks becomes □, what nobody can see is left out. */
export const glyphCleaner = (font: Uint8Array): ((text: string) => string) => {
  const covered = new Uint8Array(0x110000 / 8)
  for (const [first, last] of coverage(font)) {
    for (let point = first; point <= last; point++) covered[point >> 3]! |= 1 << (point & 7)
  }
  const has = (point: number): boolean => (covered[point >> 3]! & (1 << (point & 7))) !== 0
  const clean = (character: string): string => {
    if (character === '\n') return character
    if (UNSEEN.test(character)) return ''
    return has(character.codePointAt(0)!) ? character : REPLACEMENT
  }
  return (text) => Array.from(text.normalize('NFC'), clean).join('')
}
