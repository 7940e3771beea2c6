import { assert } from '../platform/errors.ts'
import cn20261101 from './data/cn-2026-11-01.json' with { type: 'json' }
import cn20261122 from './data/cn-2026-11-22.json' with { type: 'json' }
import cn20261129 from './data/cn-2026-11-29.json' with { type: 'json' }
import de20261101 from './data/de-2026-11-01.json' with { type: 'json' }
import de20261122 from './data/de-2026-11-22.json' with { type: 'json' }
import de20261128 from './data/de-2026-11-28.json' with { type: 'json' }
import de20261129 from './data/de-2026-11-29.json' with { type: 'json' }
import default20261101 from './data/default-2026-11-01.json' with { type: 'json' }
import default20261122 from './data/default-2026-11-22.json' with { type: 'json' }
import default20261128 from './data/default-2026-11-28.json' with { type: 'json' }
import default20261129 from './data/default-2026-11-29.json' with { type: 'json' }
import { type Policy, policySchema } from './policy-schema.ts'

/** Every version that was ever in force: a closure is judged by the one it was declared under. */
const versions: Policy[] = [
  cn20261101,
  cn20261122,
  cn20261129,
  de20261101,
  de20261122,
  de20261128,
  de20261129,
  default20261101,
  default20261122,
  default20261128,
  default20261129,
].map((file) => policySchema.parse(file))

/**
 * The rules in force for a holder's residence at a moment; `default` where no file names the country.
 * @param jurisdiction ISO 3166-1 alpha-2
 */
export function policyFor(jurisdiction: string, at: Date): Policy {
  const day = at.toISOString().slice(0, 10)
  const inForce = (id: string) =>
    versions
      .filter((policy) => policy.id === id && policy.effective_from <= day)
      .sort((a, b) => b.effective_from.localeCompare(a.effective_from))[0]
  const policy = inForce(jurisdiction) ?? inForce('default') ?? versions.find((v) => v.id === 'default')
  assert(policy, 'there is a default policy')
  return policy
}

/** The pinned version of a closure. */
export function policyByVersion(version: string): Policy {
  const policy = versions.find((candidate) => candidate.version === version)
  assert(policy, `policy ${version} is kept`)
  return policy
}

/** Jurisdictions that have rules of their own; everywhere else those of `default` hold. */
export function jurisdictionsWithRules(): string[] {
  return [...new Set(versions.map((policy) => policy.id))].filter((id) => id !== 'default')
}
