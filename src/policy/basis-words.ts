/** A law's own name with its translation: `会计档案管理办法 (Accounting Archives Measures)`. */
const named_twice = /^([^()]*\p{Script=Han}[^()]*) \(([^()\p{Script=Han}]+)\)$/u

/** A rule's source as a page in one language says it: who reads Chinese needs no translation of a Chinese law. */
export function basisWords(basis: string, lang: 'zh-CN' | 'en'): string {
  const [, own, translated] = named_twice.exec(basis) ?? []
  if (!own || !translated) return basis
  return lang === 'en' ? `${translated} (${own})` : own
}
