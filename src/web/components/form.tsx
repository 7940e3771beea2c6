import type { Child } from 'hono/jsx'
import type { Page } from '../page.ts'

/** A form that changes something: carries the token that binds it to this browser. */
export function PostForm({ page, action, children }: { page: Page; action: string; children?: Child }) {
  return (
    <form method="post" action={action} novalidate>
      <input type="hidden" name="form_token" value={page.formToken} />
      {children}
    </form>
  )
}

/** Values that travel from page to page of a flow. */
export function Carried({ values }: { values: [string, string][] }) {
  return (
    <>
      {values.map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
    </>
  )
}

/** What is wrong with a field, in words that say how to put it right. */
export type FieldFault = { field: string; text: string }

/** Of a form that came back: its faults, in the order of its fields. */
export type Faults = FieldFault | FieldFault[] | undefined

export const faultList = (faults: Faults): FieldFault[] => [faults ?? []].flat()

export const faultAt = (faults: Faults, field: string): FieldFault | undefined =>
  faultList(faults).find((fault) => fault.field === field)

type FieldProps = {
  name: string
  label: string
  hint?: string
  fault?: Faults
  value?: string
  type?: 'email' | 'text'
  class?: string
  autocomplete: string
  inputmode?: 'numeric' | 'decimal' | 'email'
}

/** One line of text to fill in, with its hint and, when it came back, its fault right above it. */
export function TextField(props: FieldProps) {
  const fault = faultAt(props.fault, props.name)
  const described = [props.hint && `${props.name}-hint`, fault && `${props.name}-fault`]
    .filter(Boolean)
    .join(' ')
  return (
    <div class={fault ? 'field is-wrong' : 'field'}>
      <label for={props.name}>{props.label}</label>
      {props.hint && (
        <div class="hint" id={`${props.name}-hint`}>
          {props.hint}
        </div>
      )}
      {fault && (
        <div class="fault" id={`${props.name}-fault`}>
          {fault.text}
        </div>
      )}
      <input
        id={props.name}
        name={props.name}
        type={props.type ?? 'text'}
        class={props.class}
        value={props.value}
        autocomplete={props.autocomplete}
        inputmode={props.inputmode}
        spellcheck={false}
        autocapitalize="none"
        aria-describedby={described || undefined}
        aria-invalid={fault ? 'true' : undefined}
      />
    </div>
  )
}

/** What keeps a form from being taken as a whole: it stands above its button, whose id is the fault's field. */
export function ButtonFault({ name, fault }: { name: string; fault?: Faults }) {
  const wrong = faultAt(fault, name)
  return wrong ? (
    <div class="field is-wrong">
      <div class="fault" id={`${name}-fault`}>
        {wrong.text}
      </div>
    </div>
  ) : null
}

/** One answer to choose, the whole box of it a target. */
export function Choice(props: {
  type: 'radio' | 'checkbox'
  name: string
  value: string
  id: string
  checked?: boolean
  hint?: Child
  /** Id of the fault that stands beside it. */
  faultId?: string | undefined
  children?: Child
}) {
  return (
    <label class="choice" for={props.id}>
      <input
        type={props.type}
        name={props.name}
        value={props.value}
        id={props.id}
        checked={props.checked ?? false}
        aria-describedby={props.faultId}
        aria-invalid={props.faultId ? 'true' : undefined}
      />
      <span>
        {props.children}
        {props.hint && <small>{props.hint}</small>}
      </span>
    </label>
  )
}

/** Choices under one question; the question is the page's heading. */
export function ChoiceGroup(props: { name: string; legend: string; fault?: Faults; children?: Child }) {
  const fault = faultAt(props.fault, props.name)
  return (
    <fieldset class={fault ? 'field is-wrong' : 'field'} aria-describedby={fault && `${props.name}-fault`}>
      <legend>
        <h1>{props.legend}</h1>
      </legend>
      {fault && (
        <div class="fault" id={`${props.name}-fault`}>
          {fault.text}
        </div>
      )}
      {props.children}
    </fieldset>
  )
}
