import { CardLine } from '../../card/pages/card-line.tsx'
import type { NamedCard } from '../../card/pages/card-name.ts'
import { formatMoment } from '../../web/dates.ts'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import { closingText } from './closure-text.ts'
import { BigNumber, CodeForm } from './code-form.tsx'

type ReceiptProps = {
  page: Page
  cards: NamedCard[]
  /** IANA zone in which times are told. */
  zone: string
  number: string
  declaredAt: Date
  dueAt: Date
  /** Words for somebody who is not signed in. */
  unsigned?: { slipWords: string }
}

/** The answer to the declaration itself: number, slip, and where to enter the code. */
export function ReceiptPage({ page, cards, zone, number, declaredAt, dueAt, unsigned }: ReceiptProps) {
  const text = closingText[page.lang].done
  return (
    <Layout page={page} title={text.title} here="close">
      <div class="sheet receipt">
        <h1>{text.title}</h1>
        <p>
          {text.number}
          <BigNumber number={number} />
        </p>
        <p>{text.at(formatMoment(declaredAt, page.lang, zone))}</p>
        <p>{text.due(formatMoment(dueAt, page.lang, zone))}</p>
      </div>
      <CardLine lang={page.lang} cards={cards} />
      <p>{unsigned?.slipWords ?? text.slipWords}</p>
      <div class="actions">
        <a class="button plain" href={page.href(`/closures/${number}/slip.pdf`)} download>
          {text.slip}
        </a>
        <a class="quiet" href={page.href(`/closures/${number}`)}>
          {text.progress}
        </a>
      </div>
      <CodeForm page={page} number={number} unknownHolder={unsigned !== undefined} />
    </Layout>
  )
}
