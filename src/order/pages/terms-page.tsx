import type { Terms } from '../../invoice/terms.ts'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import { shopText } from './order-pages-text.ts'

/** One version of the terms, with the hash that stands on the contract. */
export function TermsPage({ page, terms }: { page: Page; terms: Terms }) {
  const text = shopText[page.lang].checkout
  return (
    <Layout
      page={page}
      title={text.termsTitle}
      description={text.termsVersion(terms.version, terms.sha256)}
      here="shop"
    >
      <h1>{text.termsTitle}</h1>
      {terms.text[page.lang].split(/\n\s*\n/).map((paragraph) => (
        <p>{paragraph}</p>
      ))}
      <p class="soft">{text.termsVersion(terms.version, terms.sha256)}</p>
    </Layout>
  )
}
