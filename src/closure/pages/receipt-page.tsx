import { formatMoment } from '../../web/dates.ts'
import { Layout } from '../../web/layout.tsx'
import { closingText } from './closure-text.ts'
import { BigNumber, CodeForm } from './code-form.tsx'
import { type Flow, FlowCards, zoneOf } from './flow.tsx'

type ReceiptProps = { flow: Flow; number: string; declaredAt: Date; dueAt: Date }

/** The answer to the declaration itself: number, slip, and where to enter the code. */
export function ReceiptPage({ flow, number, declaredAt, dueAt }: ReceiptProps) {
  const { page } = flow
  const text = closingText[page.lang].done
  const zone = zoneOf(flow)
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
      <FlowCards flow={flow} />
      <p>{text.slipWords}</p>
      <div class="actions">
        <a class="button plain" href={page.href(`/closures/${number}/slip.pdf`)} download>
          {text.slip}
        </a>
        <a class="quiet" href={page.href(`/closures/${number}`)}>
          {text.progress}
        </a>
      </div>
      <CodeForm page={page} number={number} />
    </Layout>
  )
}
