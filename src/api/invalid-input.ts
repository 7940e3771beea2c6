import { isMissing } from '../platform/is-missing.ts'
import type { Lang } from '../web/lang.ts'
import type { InputError } from './problem.ts'

/** `keys`: of unrecognized_keys, the members that are not known. */
type Issue = { code: string; path: PropertyKey[]; keys?: string[] }

/** What the schema of a route did not let through. Values are never repeated: they may be personal. */
export class InvalidInput extends Error {
  readonly target: string
  readonly issues: Issue[]
  /** @param given what the issues were found in, to tell what is missing from what is wrong */
  constructor(target: string, issues: Issue[], given?: unknown) {
    super('invalid input')
    this.name = 'InvalidInput'
    this.target = target
    this.issues = given === undefined ? issues : issues.map((issue) => named(issue, given))
  }
}

/** A choice or a union that is not there is told as such, not as one of its values being wrong. */
const named = (issue: Issue, given: unknown): Issue =>
  isMissing(given, issue.path) ? { ...issue, code: 'missing' } : issue

// A name is somebody's typing, and may be as long as the body.
const longest_name = 64

const words: Record<string, Record<Lang, string>> = {
  missing: { 'zh-CN': '缺失', en: 'is missing' },
  invalid_type: { 'zh-CN': '缺失，或类型不对', en: 'is missing or has the wrong type' },
  too_small: { 'zh-CN': '太短、太少或太小', en: 'is too short, too few or too small' },
  too_big: { 'zh-CN': '太长、太多或太大', en: 'is too long, too many or too large' },
  invalid_format: { 'zh-CN': '格式不对', en: 'has the wrong form' },
  invalid_value: { 'zh-CN': '不在可选值之内', en: 'is none of the values it can have' },
  unrecognized_keys: { 'zh-CN': '是未知的字段', en: 'is not known here' },
}
const other = { 'zh-CN': '不能使用', en: "can't be used" }

/** Several unknown members of one object are one fault each, at the member itself, under the words of any of them. */
const eachUnknown = (issue: Issue): Issue[] =>
  issue.code === 'unrecognized_keys' && issue.keys
    ? issue.keys.map((key) => ({
        code: issue.code,
        path: [...issue.path, key.slice(0, longest_name).toWellFormed()],
      }))
    : [issue]

/** RFC 9457's `errors`: a JSON pointer (RFC 6901) into the body, or name and place of a parameter. */
export function inputErrors(fault: InvalidInput, lang: Lang): InputError[] {
  return fault.issues
    .flatMap(eachUnknown)
    .slice(0, 20)
    .map((issue) => {
      const detail = (words[issue.code] ?? other)[lang]
      if (fault.target !== 'json') return { detail, in: fault.target, name: String(issue.path[0] ?? '') }
      const parts = issue.path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1'))
      return { detail, pointer: ['#', ...parts].join('/') }
    })
}
