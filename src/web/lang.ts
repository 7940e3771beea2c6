/** The two languages of pages, as they stand in addresses and `lang` attributes. */
export const langs = ['zh-CN', 'en'] as const
export type Lang = (typeof langs)[number]

export const otherLang = (lang: Lang): Lang => (lang === 'en' ? 'zh-CN' : 'en')

export function isLang(text: string | undefined): text is Lang {
  return langs.some((lang) => lang === text)
}

/** The language last chosen, else the first of Accept-Language (RFC 9110, 12.5.4) that we speak, else `otherwise`. */
export function pickLang(
  chosen: string | undefined,
  acceptLanguage: string | undefined,
  otherwise: Lang = 'zh-CN',
): Lang {
  if (isLang(chosen)) return chosen
  return askedLang(acceptLanguage) ?? otherwise
}

/** The first of Accept-Language that we speak, and English for any that we don't; undefined where it names none. */
export function askedLang(acceptLanguage: string | undefined): Lang | undefined {
  const wished = (acceptLanguage ?? '')
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', q] = part.trim().split(/;\s*q=/)
      return { tag: tag.toLowerCase(), weight: q === undefined ? 1 : Number(q) || 0 }
    })
    .sort((a, b) => b.weight - a.weight)
  for (const { tag, weight } of wished) {
    if (weight > 0 && /^zh\b/.test(tag)) return 'zh-CN'
    if (weight > 0 && tag && tag !== '*') return 'en'
  }
  return undefined
}

/** What stands between two sentences: in Chinese their signs have room enough in themselves. */
export const between: Record<Lang, string> = { en: ' ', 'zh-CN': '' }
