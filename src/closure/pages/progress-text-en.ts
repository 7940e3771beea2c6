import type { BlockReason, ClosureView, StepName } from '../closure-view.ts'

type Words = { ahead: string; now: string; done: string }

/** Words of the progress page. progress-text-zh-cn.ts has to say all of them. */
export const progressEn = {
  title: (number: string) => `Closure ${number}`,
  states: {
    declared: 'Your declaration stands. Enter the code so that we can begin.',
    identified: 'You have confirmed. We begin shortly.',
    closing: 'We are closing. You need not do anything.',
    closed: 'Closed. Here is your certificate.',
    undone: 'You have undone this closure. Nothing was closed; the balance is on the card.',
  } satisfies Record<ClosureView['state'], string>,
  undoneBy: {
    holder_declared: 'This declaration was set aside: the card is being closed under another number.',
    never_proved:
      'Nobody entered the code in time, so this declaration has lapsed. The card works as before.',
  },
  codeAgain: (moment: string) => `You confirmed on ${moment} already. No code is needed any more.`,
  /** What comes after an undo. */
  again: {
    line: {
      never_off: 'The line was never off.',
      switching_on: 'The line is being switched on again. That takes a few minutes.',
      on: 'The line works again.',
      refused: 'The network has not switched the line on again yet. Our staff is dealing with it.',
    } satisfies Record<NonNullable<ClosureView['lineAfterUndo']>, string>,
    cards: 'My cards',
    close: 'Close anew',
  },
  blockedByHolder: 'We need something from you to go on.',
  waitsUntil: (moment: string) => `You can undo until ${moment}; then we begin.`,
  declared: 'Declared',
  decided: 'Decided by the issuing company',
  decidedInTime:
    'Decided by the issuing company, within the days for withdrawing: it pays what withdrawing does',
  cardEnded: 'The card has ended, and the issuing company closes it',
  begins: 'We begin shortly. You need not do anything.',
  undone: 'Undone',
  due: 'Done by',
  covers: { card: 'the account stays', account: 'whole account' },
  account: 'Account',
  accountWords: (account: string, covers: string) => `${account} (${covers})`,
  issuerDecided: 'Decided by the issuing company, without a code',
  issuerDecidedInTime:
    'Decided by the issuing company, without a code, within the days for withdrawing: it pays what withdrawing does',
  issuerTookUp: 'Withdrawal taken up by the issuing company, without a code',
  steps: {
    identify: {
      ahead: 'You confirm with the code',
      now: 'We wait for your code',
      done: 'You have confirmed',
    },
    undo_window: {
      ahead: 'Time to think it over',
      now: 'Time to think it over',
      done: 'Time to think it over has ended',
    },
    freeze: { ahead: 'Balance is frozen', now: 'We are freezing the balance', done: 'Balance frozen' },
    drain_usage: {
      ahead: 'Last usage is counted',
      now: 'We wait for the last usage records',
      done: 'Last usage counted',
    },
    settle: { ahead: 'Balance is settled', now: 'We are settling the balance', done: 'Balance settled' },
    pay_out: { ahead: 'Money goes back to you', now: 'We are sending the money', done: 'Money sent' },
    cut_line: {
      ahead: 'Line is switched off',
      now: 'We are switching the line off',
      done: 'Line switched off',
    },
    retire_esim: { ahead: 'eSIM is retired', now: 'We are retiring the eSIM', done: 'eSIM retired' },
    keep_books: {
      ahead: 'Books that law asks for are put away',
      now: 'We are putting the books away',
      done: 'Books put away',
    },
    erase_person: {
      ahead: 'Personal data is erased',
      now: 'We are erasing personal data',
      done: 'Personal data erased',
    },
    certificate: {
      ahead: 'Certificate is sealed',
      now: 'We are sealing the certificate',
      done: 'Certificate sealed',
    },
    tell: {
      ahead: 'Certificate is mailed to you',
      now: 'We are mailing the certificate',
      done: 'Certificate mailed',
    },
  } satisfies Record<StepName, Words>,
  /** Where closing paid something else than money, or nothing. */
  paidOut: {
    voucher: 'Voucher given',
    kept: 'Too little to send by itself: it stays yours',
    unclaimed: 'No account was named: the money is kept for you and stays yours',
    partly: 'Money sent; what no account was named for is kept for you and stays yours',
    nothing: 'There was no money to send back',
  },
  ofCards: (done: number, all: number) => `${done} of ${all} cards`,
  blocks: {
    line_refused: 'The network refused to switch the line off. Our staff is dealing with it.',
    payout_refused: 'The payment provider refused the refund. Our staff will find another way.',
    payout_currency_differs: 'The card was paid in another currency. Our staff is working out the refund.',
    payout_more_than_paid:
      'The balance is higher than that payment was. Our staff is working out the refund.',
    refunded_by_hand: 'Money of this payment was given back before. Our staff is checking what is left.',
    payout_charged_back: 'Your bank has already claimed this payment back. Our staff is checking the rest.',
    bank_details_needed: 'We need a bank account to transfer part of your money to. Name it on this page.',
    transfer_to_send: 'Your bank account is noted. The transfer goes out with the next file for the bank.',
    transfer_under_way: 'The transfer is with the bank. We wait for its statement.',
    esim_refused: 'The eSIM platform refused. Our staff is dealing with it; your money does not wait for it.',
    fault_of_ours: 'Something on our side does not work. Our staff sees it; you need do nothing.',
    provider_silent: 'A partner does not answer at the moment. We keep asking by ourselves.',
  } satisfies Record<BlockReason, string>,
  personGone:
    'Part of your money can only be transferred, and your data is erased. Above stands how you get it.',
  late: 'This is late',
  lateWords: (day: string, email: string, isDecided: boolean) =>
    `It should have been done by ${day}. It is not, and that is our fault. Support takes it over by itself: you need do nothing${isDecided ? '' : ', and not declare again'}. To complain, write to ${email} with the number above.`,
  lateForHolder: (day: string, email: string, isDecided: boolean) =>
    `It should have been done by ${day}. It goes on as soon as we have what we ask you for here${isDecided ? '' : '; you need not declare again'}. If you disagree, write to ${email} with the number above.`,
  money: (amount: string) => `${amount} paid back`,
  undo: 'Undo this closure',
  noUndo: (moment: string) =>
    `Since ${moment} it can no longer be undone: money was sent or the line retired.`,
  slip: 'Slip (PDF)',
  certificate: 'Certificate (PDF)',
  documents: 'Documents',
  reload: 'This page updates by itself. Without script it reloads every 20 seconds.',
  remove: 'What is left to do on your phone',
  removeWords:
    'No company can delete a profile inside your phone. Nothing waits for it, but you can tidy up:',
  iphone: 'iPhone',
  android: 'Android',
  plastic: 'Plastic card',
  help: (email: string) => `Questions? Write to ${email} with the number above.`,
  undoPage: {
    title: 'Undo this closure?',
    words: 'Nothing is closed; cards and balances stay as they were. You can declare anew at any time.',
    accountWords: 'The account stays open. You can close it anew at any time.',
    confirm: 'Undo the closure',
    keep: 'Go on closing',
  },
}

export type ProgressText = typeof progressEn
