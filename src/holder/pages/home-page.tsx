import { Layout, UnsignedLink } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import { holderText } from './holder-text.ts'

/** The issuer's first page: what can be done here, and what it takes. */
export function HomePage({ page }: { page: Page }) {
  const text = holderText[page.lang].home
  return (
    <Layout page={page} title={text.title} description={text.lead} offersUnsigned>
      <h1>{text.title}</h1>
      <p class="lead">{text.lead}</p>
      <ul>
        {text.points.map((point) => (
          <li>{point}</li>
        ))}
      </ul>
      <div class="actions">
        <a class="button" href={page.href('/close')}>
          {text.start}
        </a>
        <a class="button plain" href={page.href('/cards')}>
          {text.cards}
        </a>
        <UnsignedLink page={page} class="button plain" id="meaning" />
      </div>
    </Layout>
  )
}
