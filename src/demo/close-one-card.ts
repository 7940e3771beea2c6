import { formatMoney } from '../ledger/money.ts'
import type { Context } from '../platform/context.ts'
import { SetupError } from '../platform/errors.ts'
import { openApi } from './api-client.ts'
import { codeFromMail, lastMail } from './mailbox.ts'
import { nextCard } from './next-card.ts'
import type { OutsideWorld } from './outside-world.ts'
import type { Screen } from './screen.ts'
import { waitFor } from './wait-for.ts'

type Input = { api: string; world: OutsideWorld; screen: Screen }

/** Closes the next open 3-day card of the fleet, another with each run, through the public API, as its holder would with a phone. */
export async function closeOneCard(ctx: Context, { api: url, world, screen }: Input) {
  const card = await nextCard(ctx, 'stripe')
  if (!card)
    throw new SetupError(
      'every 3-day card of the sample fleet is closed: choose a fresh folder with LEB_DATA',
    )
  const api = openApi(url, card.issuerId)
  screen.say(`\n  A ${card.plan} card, ICCID ${card.iccid}, balance ${formatMoney(card.balance, 'en')}:`)
  const before = await lastMail(world)
  const began = performance.now()
  const codeId = await api.requestSignInCode(card.email)
  await api.signIn(codeId, await codeFromMail(world, card.email, before))
  screen.say('    ✓ signed in with the code from the mail', performance.now() - began)
  const declared = await api.declare(card.accountId, card.cardId)
  screen.say(`    ✓ declared: ${declared.number}; its sealed slip is there`, declared.ms)
  const slip = await api.document(declared.number, 'slip')
  await api.prove(declared.number, await codeFromMail(world, card.email, before + 1, declared.number))
  await watch(api, declared.number, screen)
  const certificate = await api.document(declared.number, 'certificate')
  return {
    issuerId: card.issuerId,
    number: declared.number,
    slip,
    certificate,
    verifyUrl: declared.verifyUrl,
  }
}

async function watch(api: ReturnType<typeof openApi>, number: string, screen: Screen): Promise<void> {
  const look = async () => {
    const view = await api.closure(number)
    screen.progress(view)
    return (view.state === 'closed' && view.toldAt) || undefined
  }
  await waitFor(look, `${number} is not closed: npx leb status ${number} says why`)
}
