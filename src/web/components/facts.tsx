import type { Child } from 'hono/jsx'

export type Fact = { label: string; value: Child; change?: { href: string; text: string } }

/** A list of what is what, for check pages and details; each line may be changed where it was said. */
export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl class="facts">
      {facts.map(({ label, value, change }) => (
        <div>
          <dt>{label}</dt>
          <dd>{value}</dd>
          {change && (
            <dd class="change">
              <a href={change.href} class="quiet" aria-label={`${change.text}: ${label}`}>
                {change.text}
              </a>
            </dd>
          )}
        </div>
      ))}
    </dl>
  )
}
