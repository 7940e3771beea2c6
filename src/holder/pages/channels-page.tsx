import { Facts } from '../../web/components/facts.tsx'
import { between } from '../../web/lang.ts'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import { holderText } from './holder-text.ts'

/** Where the issuer really speaks, against those who "close your card for you". */
export function ChannelsPage({ page, verifyAddress }: { page: Page; verifyAddress: string }) {
  const text = holderText[page.lang].channels
  const { brand, name } = page.issuer
  const channels = brand.channels.map(({ kind, value }) => ({
    label: text.kinds[kind],
    value:
      kind === 'web' ? (
        <a href={value}>{value}</a>
      ) : kind === 'email' ? (
        <a href={`mailto:${value}`}>{value}</a>
      ) : (
        value
      ),
  }))
  return (
    <Layout page={page} title={text.title} description={text.fraudTitle} here="channels">
      <h1>{text.title}</h1>
      <p>{text.lead(name[page.lang])}</p>
      <div class="sheet">
        <Facts
          facts={[
            ...channels,
            { label: text.sender, value: page.issuer.providers.mail.from },
            { label: text.appeal, value: <a href={`mailto:${brand.appealEmail}`}>{brand.appealEmail}</a> },
          ]}
        />
      </div>
      <h2>{text.fraudTitle}</h2>
      <ul>
        {text.fraud.map((line) => (
          <li>{line}</li>
        ))}
      </ul>
      <h2>{text.slipTitle}</h2>
      <p>
        {text.slip}
        {between[page.lang]}
        <strong>{verifyAddress}</strong>
      </p>
    </Layout>
  )
}
