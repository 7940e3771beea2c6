import { describeSettings } from './env.ts'

// Between the demo and the processes that it starts; its issuers are not set up yet when those look.
const ours = /^LEB_(WITH_PARENT$|SAMPLE_)/
// Two letters that changed places are two edits.
const misspelt_edits = 2

/**
 * Says in a sentence which LEB_… variables have no effect, each with the setting that it may have been meant as; undefined
 * where there is none. They are not refused: a secret may be there before the issuer that names it.
 * @param named variables that issuers' settings name
 * @param all false: only what is one of LEB's names misspelt
 */
export function ignoredSettings(
  { named, all }: { named: string[]; all: boolean },
  env: Record<string, string | undefined> = process.env,
): string | undefined {
  const settings = describeSettings().map(({ name }) => name)
  const known = new Set([...settings, ...named])
  const ignored = Object.keys(env)
    .filter((name) => /^LEB_/i.test(name) && env[name] && !known.has(name) && !ours.test(name))
    .map((name) => ({ name, ...nearest(name.toUpperCase(), settings) }))
    .filter(({ edits }) => all || edits <= misspelt_edits)
  if (ignored.length === 0) return undefined
  const each = ignored.map(({ name, setting }) => `${name} (perhaps ${setting})`)
  return `LEB knows no setting ${each.join(', ')}: it has no effect (leb --help names every setting)`
}

function nearest(name: string, settings: string[]): { setting: string; edits: number } {
  const distances = settings.map((setting) => ({ setting, edits: editsBetween(name, setting) }))
  return distances.reduce((best, one) => (one.edits < best.edits ? one : best))
}

/** Letters to put in, take out or replace, to make one word of the other (Levenshtein). */
function editsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (const [at, sign] of [...one].entries()) {
    const next = [at + 1]
    for (const [place, wanted] of [...other].entries())
      next.push(Math.min(row[place]! + (sign === wanted ? 0 : 1), row[place + 1]! + 1, next[place]! + 1))
    row = next
  }
  return row.at(-1)!
}
