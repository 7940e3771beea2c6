import type { OrderStory } from './order-story.ts'
import { check } from './steps/check.ts'
import { confirmProfile } from './steps/confirm-profile.ts'
import { deliver } from './steps/deliver.ts'
import { letGo } from './steps/let-go.ts'
import { oweBack } from './steps/owe-back.ts'
import { refund } from './steps/refund.ts'
import { hearReservation, reserveProfile } from './steps/reserve-profile.ts'
import { retireProfile } from './steps/retire-profile.ts'
import { tellRefund } from './steps/tell-refund.ts'

/**
 * An order, told once. It has been paid (src/payment/receive-payment.ts), or its price is set aside on the card's
 * balance (set-aside.ts); from here a worker tells the rest, and any process may tell it again from the top: what the
 * journal knows as done is passed over. What turns out to be undeliverable ends this telling and goes on as `giveBack`.
 */
export async function fulfil(order: OrderStory): Promise<void> {
  await order.step(check)

  if (order.sells === 'card') {
    await order.step(reserveProfile)
    await order.step(confirmProfile) // the activation code lies in the vault
  }

  // Books, card, balance, buckets, contract, invoice and mail: one transaction, so it is delivered once or not at all.
  await order.step(deliver)
}

/**
 * It can't be delivered: the money goes back the way it came, or was never taken, and nothing stays in use; neither waits
 * for the other.
 */
export async function giveBack(order: OrderStory): Promise<void> {
  await order.each(
    async () => {
      if (order.payBy === 'balance') await order.step(letGo)
      else {
        await order.step(oweBack)
        await order.step(refund)
      }
      await order.step(tellRefund)
    },
    async () => {
      if (order.sells !== 'card') return
      // Asked for, and nobody has said whether the SM-DP+ set one aside.
      if (order.isOpen(reserveProfile)) await order.step(hearReservation)
      await order.step(retireProfile)
    },
  )
}
