import { faultAt, type Faults } from './form.tsx'

type SelectProps = {
  name: string
  label: string
  hint?: string
  options: { value: string; text: string }[]
  value: string
  fault?: Faults
}

/** One of many, as the browser's own list: it works without script and with every input method. */
export function SelectField({ name, label, hint, options, value, fault }: SelectProps) {
  const wrong = faultAt(fault, name)
  const described = [hint && `${name}-hint`, wrong && `${name}-fault`].filter(Boolean).join(' ')
  return (
    <div class={wrong ? 'field is-wrong' : 'field'}>
      <label for={name}>{label}</label>
      {hint && (
        <div class="hint" id={`${name}-hint`}>
          {hint}
        </div>
      )}
      {wrong && (
        <div class="fault" id={`${name}-fault`}>
          {wrong.text}
        </div>
      )}
      <select id={name} name={name} aria-describedby={described || undefined}>
        {options.map((option) => (
          <option value={option.value} selected={option.value === value}>
            {option.text}
          </option>
        ))}
      </select>
    </div>
  )
}
