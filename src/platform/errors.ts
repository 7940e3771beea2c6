/**
 * The one way to say no. Each feature lists its codes with status, title and next step in a `Refusals` map,
 * in both languages; web pages and the API render the same refusal.
 */
export class Refusal extends Error {
  readonly code: RefusalCode
  /** Facts for the text (`{number}` in the title); never anything personal. */
  readonly facts: Record<string, string>
  /** Facts that are written differently in each language: sums of money, days. */
  readonly worded: Record<string, Wording>
  constructor(code: RefusalCode, facts: Record<string, string> = {}, worded: Record<string, Wording> = {}) {
    super(code)
    this.name = 'Refusal'
    this.code = code
    this.facts = facts
    this.worded = worded
  }

  /** A text of its kind with the facts of this one filled in. */
  fillIn(words: Wording, lang: keyof Wording): string {
    return words[lang].replace(
      /\{(\w+)\}/g,
      (whole, name: string) => this.worded[name]?.[lang] ?? this.facts[name] ?? whole,
    )
  }
}

/** `feature/what_was_wrong`; the URI of its problem type (RFC 9457) ends with it. */
export type RefusalCode = `${string}/${string}`

export type Wording = { 'zh-CN': string; en: string }
export type RefusalText = {
  status: 400 | 401 | 403 | 404 | 409 | 410 | 413 | 415 | 422 | 429 | 503
  title: Wording
  /** What the person can do now. */
  next: Wording
  /** The form field it stands at, if it is one's. */
  field?: string
}
export type Refusals<Code extends RefusalCode> = Record<Code, RefusalText>

/** What a command answers for a refusal: what is wrong, and then what to do. What is no refusal is thrown on. */
export function sayRefusal(error: unknown, texts: Partial<Record<RefusalCode, RefusalText>>): never {
  if (!(error instanceof Refusal)) throw error
  const text = texts[error.code]
  throw new AnsweredNo(
    error.code,
    text ? `${error.fillIn(text.title, 'en')}. ${error.fillIn(text.next, 'en')}` : error.code,
  )
}

/**
 * A command was run, and its answer is no: what it was asked about is not there, or does not stand so that it can be
 * done. One sentence, exit code 1; with --json an object that says so (src/say-no.ts).
 */
export class AnsweredNo extends Error {
  override readonly name = 'AnsweredNo'
  /** For a program that reads it: `not_there`, a refusal's code, … */
  readonly reason: string
  constructor(reason: string, sentence: string) {
    super(sentence)
    this.reason = reason
  }
}

/** A mistake of the operator's (config, disk, port, database): one sentence, no stack, exit code 2. */
export class SetupError extends Error {
  override readonly name = 'SetupError'
}

/** Stops the program where its own rules are broken: a bug, never a person's fault. */
export function assert(condition: unknown, rule: string): asserts condition {
  if (!condition) throw new Error(`broken rule: ${rule}`)
}
