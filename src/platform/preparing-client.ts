import pg from 'pg'

// pg-boss has some thirty statements a queue; past this many, further ones are sent as text.
const most_names = 500
const names = new Map<string, string>()

function nameOf(text: string): string | undefined {
  const known = names.get(text)
  if (known ?? names.size >= most_names) return known
  const name = `boss_${names.size}`
  names.set(text, name)
  return name
}

/** A client that prepares each statement with values once, under a name of its own. */
export class PreparingClient extends pg.Client {
  override query(...given: unknown[]): never {
    const [text, values, ...rest] = given
    const named = typeof text === 'string' && Array.isArray(values) && values.length > 0
    const args = named ? [{ name: nameOf(text), text, values: values as unknown[] }, ...rest] : given
    return (super.query as (...all: unknown[]) => never)(...args)
  }
}
