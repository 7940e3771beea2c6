import { ErrorSummary } from '../../web/components/error-summary.tsx'
import { Carried, Choice, ChoiceGroup, type FieldFault } from '../../web/components/form.tsx'
import { Layout } from '../../web/layout.tsx'
import { carry } from '../choice.ts'
import { closingText } from './closure-text.ts'
import { type Flow, FlowCards, flowHref } from './flow.tsx'

/** When to begin. Nothing is chosen beforehand. */
export function StartWhenPage({
  flow,
  start,
  fault,
}: {
  flow: Flow
  start: string
  fault?: FieldFault | undefined
}) {
  const { page, preview } = flow
  const text = closingText[page.lang].start
  return (
    <Layout
      page={page}
      title={text.title}
      back={flowHref(flow, 'data')}
      here="close"
      wrong={fault !== undefined}
    >
      <ErrorSummary page={page} fault={fault} target="start-after" />
      <form action={page.href('/close/start')} novalidate>
        <Carried values={[...carry(flow.choice), ['chosen', '1']]} />
        <ChoiceGroup name="start" legend={text.title} fault={fault}>
          <FlowCards flow={flow} />
          <Choice
            type="radio"
            name="start"
            value="after_undo_window"
            id="start-after"
            checked={start === 'after_undo_window'}
            hint={text.afterHint(preview.undoWindowMinutes)}
          >
            {text.after}
          </Choice>
          <Choice
            type="radio"
            name="start"
            value="at_once"
            id="start-now"
            checked={start === 'at_once'}
            hint={text.nowHint}
          >
            {text.now}
          </Choice>
        </ChoiceGroup>
        <div class="actions">
          <button class="button" type="submit">
            {page.text.continue}
          </button>
        </div>
      </form>
    </Layout>
  )
}
