import { Layout } from '../../web/layout.tsx'
import { closingText } from './closure-text.ts'
import { type Flow, FlowCards, flowHref } from './flow.tsx'

/** The offer to take one's data along, before it is too late for it. */
export function TakeDataPage({ flow }: { flow: Flow }) {
  const { page, choice } = flow
  const text = closingText[page.lang].data
  return (
    <Layout page={page} title={text.title} back={flowHref(flow, 'what-happens')} here="close">
      <h1>{text.title}</h1>
      <FlowCards flow={flow} />
      <p>{text.words}</p>
      {choice.cardIds === 'account' && <p class="sheet needs">{text.erased}</p>}
      <div class="actions">
        <a class="button plain" href={page.href(`/account/${choice.accountId}/data.zip`)} download>
          {text.download}
        </a>
        <a class="button" href={flowHref(flow, 'start')}>
          {page.text.continue}
        </a>
      </div>
    </Layout>
  )
}
