import { bookYear, retentions } from '../../policy/clocks.ts'
import { keepName } from '../../privacy/retention.ts'
import { readPerson } from '../../privacy/vault.ts'
import type { LocalStep } from '../step.ts'

/** Before the person is erased: the name that law wants beside the books, under a key with a day to die. */
export const keepBooks: LocalStep<null> = {
  kind: 'local',
  name: 'keep_books',
  async apply(ctx, tx, told) {
    const { issuerId } = told.issuer
    const now = ctx.clock.now()
    const until = retentions(told.policy, now)
      .map((rule) => rule.until)
      .sort()
      .at(-1)!
    const person = await readPerson(ctx, tx, issuerId, told.holderId)
    if (!person) return { done: { kept_until: until, reason: 'the person was erased before' } }
    await keepName(ctx, tx, {
      issuerId,
      jurisdiction: told.closure.jurisdiction,
      year: bookYear(told.policy, now),
      destroyAfter: until,
      holderId: told.holderId,
      name: { name: person.name, residence: person.residence },
    })
    return { done: { kept_until: until } }
  },
}
