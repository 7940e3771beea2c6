import type { Story } from './story.ts'
import { certificate } from './steps/certificate.ts'
import { cutLine } from './steps/cut-line.ts'
import { drainUsage } from './steps/drain-usage.ts'
import { erasePerson } from './steps/erase-person.ts'
import { freeze } from './steps/freeze.ts'
import { identify } from './steps/identify.ts'
import { keepBooks } from './steps/keep-books.ts'
import { payOut } from './steps/pay-out.ts'
import { retireEsim } from './steps/retire-esim.ts'
import { resumeLine } from './steps/resume-line.ts'
import { settle } from './steps/settle.ts'
import { tell } from './steps/tell.ts'
import { undoWindow } from './steps/undo-window.ts'

/**
 * The closure 注销, told once. The holder has declared it and holds the sealed slip (declare.ts); from here a
 * worker tells the rest. A step that was done is passed over, a step that must wait ends the telling, and any
 * process may tell it again from the top: the journal knows how far it got.
 */
export async function close(story: Story): Promise<void> {
  await story.once(identify)
  await story.once(undoWindow)

  // Each card goes its own way, so that trouble with one does not hold up the others.
  await story.eachCard(async (card) => {
    await card.step(freeze)
    await card.step(drainUsage)
    await card.step(settle)
    // The point of no return: from here undo is refused. It waits for the money, but not for ever for an account to be named.
    await card.payouts(payOut)
    await card.step(cutLine)
    await card.step(retireEsim)
  })

  if (story.covers === 'account') {
    await story.once(keepBooks)
    await story.once(erasePerson)
  }

  await story.once(certificate)
  await story.once(tell)
}

/** The holder undid it in time (undo.ts gave the money back to the cards): the lines that were off come back. */
export async function reopen(story: Story): Promise<void> {
  await story.eachCard(async (card) => {
    await card.step(resumeLine)
  })
}
