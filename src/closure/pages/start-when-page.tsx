import { CardLine } from '../../card/pages/card-line.tsx'
import type { NamedCard } from '../../card/pages/card-name.ts'
import { ErrorSummary } from '../../web/components/error-summary.tsx'
import { Carried, Choice, ChoiceGroup, type FieldFault } from '../../web/components/form.tsx'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import { closingText } from './closure-text.ts'

type StartWhenProps = {
  page: Page
  cards: NamedCard[]
  undoWindowMinutes: number
  back: string
  action: string
  /** What the form takes along. */
  carried?: [string, string][]
  start: string
  fault?: FieldFault | undefined
}

/** When to begin. Nothing is chosen beforehand. */
export function StartWhenPage(props: StartWhenProps) {
  const { page, start, fault } = props
  const text = closingText[page.lang].start
  return (
    <Layout page={page} title={text.title} back={props.back} here="close" wrong={fault !== undefined}>
      <ErrorSummary page={page} fault={fault} target="start-after" />
      <form action={props.action} novalidate>
        <Carried values={[...(props.carried ?? []), ['chosen', '1']]} />
        <ChoiceGroup name="start" legend={text.title} fault={fault}>
          <CardLine lang={page.lang} cards={props.cards} />
          <Choice
            type="radio"
            name="start"
            value="after_undo_window"
            id="start-after"
            checked={start === 'after_undo_window'}
            hint={text.afterHint(props.undoWindowMinutes)}
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
