import pg from 'pg'

// pg-boss has some thirty statements a queue; past this many, further ones are sent as text.
const most_names = 500
const names = new Map<string, string>()
// After a migration a prepared statement may not answer any more (0A000): new names prepare it anew.
let generation = 0

function nameOf(text: string): string | undefined {
  const known = names.get(text)
  if (known ?? names.size >= most_names) return known
  const name = `boss_${generation}_${names.size}`
  names.set(text, name)
  return name
}

type Answered = (error: unknown, result: unknown) => void

/** A client for pg's pool that prepares each statement with values once, under a name of its own. */
export class PreparingClient extends pg.Client {
  override query(...given: unknown[]): never {
    const query = super.query.bind(this) as (...all: unknown[]) => never
    const [text, values, answered] = given
    if (typeof text !== 'string' || !Array.isArray(values) || values.length === 0) return query(...given)
    const named = { name: nameOf(text), text, values: values as unknown[] }
    // Asked through the pool, which always brings a callback; by hand without one, it is sent as it is.
    if (typeof answered !== 'function') return query(...given)
    return query(named, (error: unknown, result: unknown) => {
      if ((error as { code?: string } | null)?.code === '0A000') {
        generation++
        names.clear()
      }
      ;(answered as Answered)(error, result)
    })
  }
}
