import type { z } from 'zod'

// What a file of the operator's holds, by what zod calls it.
const kinds: Record<string, string> = {
  string: 'text in quotes',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list in [ ]',
  object: 'a group in { }',
  record: 'a group in { }',
}
const formats: Record<string, string> = {
  email: 'an e-mail address',
  url: 'an address such as https://acme.example',
  regex: 'another form of text',
}
const units: Record<string, string> = { string: ' signs', array: ' entries' }

/**
 * What is wrong at a place of an operator's file, to follow the place's name: "takes an e-mail address". For `safeParse`:
 * where a schema has words of its own, they stand. A value is never repeated: it may be a secret.
 */
export const plainWords: z.core.$ZodErrorMap = (issue) => {
  if (issue.input === undefined && issue.code === 'invalid_type') return 'is missing'
  switch (issue.code) {
    case 'invalid_type':
      return `takes ${kinds[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return issue.input === undefined ? 'is missing' : takesOneOf(issue.values)
    case 'invalid_union':
      return 'options' in issue ? takesOneOf(issue.options as unknown[]) : 'takes something else'
    case 'invalid_format':
      return `takes ${formats[issue.format] ?? 'another form of text'}`
    case 'too_small':
      if (issue.minimum === 1 && units[issue.origin]) return 'is empty'
      return `takes at least ${issue.minimum}${units[issue.origin] ?? ''}`
    case 'too_big':
      return `takes at most ${issue.maximum}${units[issue.origin] ?? ''}`
    case 'invalid_key':
      return 'is a name that does not stand there'
    case 'unrecognized_keys':
      return `takes no ${issue.keys.join(', no ')}`
    case 'custom':
    case 'invalid_element':
    case 'not_multiple_of':
      return 'takes something else'
  }
}

const takesOneOf = (values: readonly unknown[]) =>
  `takes ${values.length > 1 ? 'one of ' : ''}${values.map((value) => JSON.stringify(value)).join(', ')}`

/** Place and fault of an issue in a row: "brand.supportEmail takes an e-mail address". */
export function placeAndFault({ path, message }: { path: PropertyKey[]; message: string }): string {
  return `${path.length > 0 ? path.join('.') : 'the whole of it'} ${message}`
}
