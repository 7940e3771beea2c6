/** Words around money that goes back. payout-text-zh-cn.ts has to say all of them. */
export const payoutEn = {
  lines: {
    balance: 'Balance',
    unused: (code: string) => `Unused share of ${code}`,
    tax: (money: string) => `of it tax ${money}`,
    charged_back: "Taken back by the payer's bank already",
    closing_fee: 'Closing fee',
    total: 'You get back',
  },
  /** One sentence a way: how much, where to, by when. */
  ways: {
    original_payment: (money: string, day: string) =>
      `${money} goes back to the payment method the card was paid with, by ${day}.`,
    back_to: (money: string, where: string, day: string) => `${money} goes back to ${where}, by ${day}.`,
    bank_transfer: (money: string, day: string) =>
      `${money} goes to a bank account that you name (IBAN), by ${day} if you name it now. It cannot go back the way it came.`,
    unnamed: (day: string) =>
      `If you name none by ${day}, closing is completed all the same and we keep the money for you: it stays yours.`,
    voucher: (money: string) => `${money} as a voucher of this issuer, because you chose it.`,
    kept: (money: string, minimum: string) => `${money} is less than what we send by itself (${minimum}).`,
    tooLittle: (money: string) => `${money} is too little to be sent by itself.`,
    /** Follows both. Whoever closes the account can't be asked for theirs any more: they write. */
    claim: (wholeAccount: boolean): string =>
      wholeAccount
        ? 'It stays yours: answer our last mail with the number of the closure, today or years from now, and we pay it.'
        : 'It stays yours: ask for it on the progress page, today or years from now, and we pay it.',
    nothing: 'There is nothing to pay back.',
  },
  choose: {
    title: 'How shall your money come back?',
    money: 'As money',
    moneyHint: 'The way it is said on the page before.',
    voucher: 'As a voucher of this issuer',
    voucherHint: (money: string, until: string) =>
      `${money}, good until ${until}, for this issuer only. It is not money: it cannot be paid out later, and what is not used by then is lost.`,
    nothing: 'Choose how your money shall come back',
    link: 'Prefer a voucher? See what you would lose by it',
    change: 'Change',
  },
  account: {
    title: 'Where shall we transfer your money?',
    words:
      'Part of your money cannot go back the way it came. Name a bank account in your name; we forget it once the money is there.',
    iban: 'IBAN',
    ibanHint: (email: string) =>
      `On your bank card or statement, such as DE89 3704 0044 0532 0130 00. No IBAN, as in China, Britain or the United States? Write to ${email}, without the account number: support agrees a safe way with you and transfers by hand.`,
    name: 'Name on the account',
    nameHint: 'In Latin letters, as your bank writes it, such as Li Lei.',
    optional: 'Account for the transfer',
    optionalHint: 'You can also name it later, on the progress page.',
    save: 'Save the account',
    needed: 'We need a bank account',
    neededWords: (money: string) => `${money} waits for an account that we can transfer it to.`,
    keptAfter: (day: string) =>
      `If none is named by ${day}, we keep the money for you and closing goes on without it. It stays yours.`,
    name_it: 'Name the account',
    given: 'Your account is noted. The transfer goes out with the next file for the bank.',
    change: 'Name another account',
    gone: 'Write to us for this money',
    goneWords: (money: string, email: string, number: string) =>
      `${money} can only be transferred, and your data is erased: we can keep no account for it. Write to ${email}, without the account number, and name ${number}. The money stays yours.`,
  },
  parts: {
    title: 'Your money',
    waiting: 'on its way',
    no_account: 'waits for your account',
    to_send: 'goes out with the next file for the bank',
    sent: 'with the bank',
    paid: (moment: string) => `done ${moment}`,
    sentBack: (moment: string, day: string) => `sent ${moment}, should be in your account by ${day}`,
    allSent: (money: string, day: string) =>
      `${money} was sent back to you and should be in your account by ${day}.`,
    reference: (reference: string) => `reference ${reference}`,
    refused: (money: string) => `${money} could not go back this way and takes another one below.`,
    charged_back: 'Your own bank has given it back to you.',
  },
  kept: {
    title: 'This money stays yours',
    words: (money: string) => `${money} was too little to be sent by itself. We send it when you ask.`,
    claim: 'Send it to me',
    write: (email: string, number: string) =>
      `To have it paid, write to ${email} with your certificate and the number ${number}, without an account number. Support agrees a safe way with you.`,
  },
  unclaimed: {
    title: 'This money stays yours',
    words: (money: string, until: string) =>
      `${money} could not be transferred, because no bank account was named. It is not lost: we keep it for you, and pay it when you ask, at least until ${until}.`,
    claim: 'Ask for it and name an account',
    /** `slipCounts`: the slip went to the holder, and not to whoever declared without signing in. */
    write: (email: string, number: string, slipCounts: boolean) =>
      `To have it paid, write to ${email} with your ${slipCounts ? 'slip or ' : ''}certificate and the number ${number}, without the account number. Support agrees a safe way with you.`,
  },
  inDoubt: {
    title: 'Write to us for this money',
    words: (email: string, number: string) =>
      `The payer's bank took back what a card of this closure was paid with. Our staff has to see what is still owed: write to ${email} and name ${number}.`,
  },
  voucher: {
    title: 'Your voucher',
    words: (money: string, until: string) =>
      `${money} left, good until ${until}. Enter this code when you pay.`,
    spent: 'This voucher is used up.',
    signIn: 'Sign in to see its code',
  },
  takenBack: {
    title: "Taken back by the payer's bank",
    words: (money: string, day: string) =>
      `${money} of what was paid for this card was taken back by the payer's bank on ${day}.`,
    open: 'The bank has not decided about it yet.',
    lost: 'The bank has decided that it stays there.',
    afterClosing: (email: string) =>
      `That was after the closing and changes nothing of it: slip and certificate stay genuine. You know nothing of it? Write to ${email}.`,
  },
  now: 'If you closed it now',
}

export type PayoutText = typeof payoutEn
