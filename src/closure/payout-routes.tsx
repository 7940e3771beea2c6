import { Hono } from 'hono'
import { BankAccountPage } from '../payout/pages/bank-account-page.tsx'
import { countTry } from '../holder/rate-limits.ts'
import type { Context } from '../platform/context.ts'
import { Refusal } from '../platform/errors.ts'
import { tooOftenFault } from '../web/too-often.ts'
import type { FieldFault } from '../web/components/form.tsx'
import type { CookieJar } from '../web/cookies.ts'
import type { PortalEnv } from '../web/page.ts'
import { at, formText, type PortalContext } from '../web/routing.ts'
import { account_button, accountFaults } from '../payout/account-faults.ts'
import { nameBankAccount } from './bank-account.ts'
import { claimKept } from './claim-kept.ts'
import type { ClosureView } from './closure-view.ts'
import { isUnclaimed } from './unclaimed-words.ts'
import { closureFor, mayHandleMoney } from './may-see.ts'

/** What a holder does about the money of a closure: names an account, asks for what was kept. */
export function payoutRoutes(ctx: Context, jar: CookieJar): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>()
  const see = async (c: PortalContext) => (await closureFor(ctx, c, jar)).view
  const seeToPay = async (c: PortalContext) => {
    const seen = await closureFor(ctx, c, jar)
    if (!mayHandleMoney(seen)) throw new Refusal('holder/sign_in_needed')
    return seen.view
  }
  const progressHref = (c: PortalContext, view: ClosureView) => c.get('page').href(`/closures/${view.number}`)
  at(app, '/closures/:number/bank-account', {
    get: async (c) => {
      const view = await seeToPay(c)
      const progress = progressHref(c, view)
      // What was named before is not shown again: whoever looks over a shoulder learns nothing.
      const typed = { iban: '', name: '' }
      return c.html(
        <BankAccountPage page={c.get('page')} cards={view.cards} progress={progress} typed={typed} />,
      )
    },
    post: async (c) => {
      const view = await seeToPay(c)
      const progress = progressHref(c, view)
      const typed = { iban: await formText(c, 'iban'), name: await formText(c, 'name') }
      const page = c.get('page')
      const again = (faults: FieldFault[]) => {
        const { cards } = view
        return c.html(<BankAccountPage page={page} {...{ cards, progress, typed, faults }} />)
      }
      try {
        await countTry(ctx, view.issuerId, [{ limit: 'attempt_per_client', who: c.get('client') }])
      } catch (error) {
        return again([...accountFaults(typed, page.lang), tooOftenFault(c, error, account_button)])
      }
      const faults = accountFaults(typed, page.lang)
      if (faults.length > 0) {
        c.status(422)
        return again(faults)
      }
      await nameBankAccount(ctx, { ...view, ...typed })
      return c.redirect(progress, 303)
    },
  })
  at(app, '/closures/:number/claim', {
    get: async (c) => c.redirect(progressHref(c, await see(c)), 303),
    post: async (c) => {
      const seen = await closureFor(ctx, c, jar)
      const { view } = seen
      const progress = progressHref(c, view)
      // Who is erased can sign in no more, and is told so below.
      if (!mayHandleMoney(seen) && !view.isHolderErased)
        return c.redirect(c.get('page').href(`/sign-in?${new URLSearchParams({ next: progress })}`), 303)
      const parts = view.cards.flatMap((card) => card.parts.filter(({ state }) => state === 'waiting'))
      await claimKept(ctx, view)
      // It waits for nothing but the account that was never named.
      const namesNext = parts.some(isUnclaimed)
      return c.redirect(namesNext ? `${progress}/bank-account` : progress, 303)
    },
  })
  return app
}
