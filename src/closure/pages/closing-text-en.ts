import { papers_link_days } from '../../invoice/papers-link.ts'

const capital = (words: string) => words.charAt(0).toUpperCase() + words.slice(1)

/** Words of the way to the declaration. closing-text-zh-cn.ts has to say all of them. */
export const closingEn = {
  choose: {
    title: 'What do you want to close?',
    hint: 'Choose one or more cards, or the whole account.',
    balance: (money: string) => `Balance ${money}, paid back to you`,
    noBalance: 'No balance',
    closing: (balance: string, money: string) =>
      `${balance}. Closing gives back ${money}, with what of the plan was not used.`,
    withdrawing: (balance: string, money: string) =>
      `${balance}. Withdrawing from the contract gives back ${money}: the next page leads to it.`,
    or: 'or',
    account: (accountRef: string) => `My whole account ${accountRef}`,
    accountHint: 'All its cards are closed and your personal data is erased.',
    nothing: 'Choose what you want to close',
    both: 'Choose either cards or the whole account, not both',
    severalAccounts: 'Choose cards of one account at a time',
    noneOpen: 'You have no card that could be closed.',
  },
  what: {
    title: 'What will happen',
    money: 'Your money',
    planLeft: (left: string) =>
      `What is left of the plan ends with it, and no money is given for it: ${left}.`,
    line: 'Your line',
    lineWords: [
      'Data, calls and texts are switched off. The number is given back.',
      'The eSIM profile is retired. You delete what is left of it on your phone yourself; we show you how.',
    ],
    data: 'Your data',
    dataCard: 'Your account stays open, with your name and contact.',
    dataAccount: `Your name, contact and line data are erased for good, also in our backups. Signing in ends too. Invoices and contracts name nobody and stay: the last mail brings a link to them that works for ${papers_link_days} days.`,
    kept: 'What we must keep',
    keptWords: (what: string, until: string) => `${capital(what)}: until ${until}.`,
    ground: (ground: string, basis: string) => `Ground: ${ground} (${basis}).`,
    unverified: 'This is our reading and not yet confirmed by counsel.',
    deadlines: 'By when',
    deadline: (what: string, day: string) => `${capital(what)}: by ${day}.`,
    byLaw: (what: string, day: string) => `What the law demands at the latest (${what}): by ${day}.`,
    basis: (basis: string) => `Rule: ${basis}.`,
    undo: (minutes: number) =>
      `After the declaration you have ${minutes} minutes to undo it, if you choose to wait.`,
    appeal: 'If you disagree with how we handle it',
  },
  data: {
    title: 'Take your data with you first?',
    words:
      'Invoices, cards, money movements and everything else we hold about you, as one ZIP file. You can skip this; it changes nothing about closing.',
    erased: 'After the account is closed this file can no longer be made.',
    download: 'Download my data (ZIP)',
  },
  start: {
    title: 'When shall we begin?',
    after: 'After time to think it over',
    afterHint: (minutes: number) => `We wait ${minutes} minutes. Until then you can undo with one press.`,
    now: 'At once',
    nowHint: 'We begin as soon as you have entered the code. Shortly after that it can no longer be undone.',
    nothing: 'Choose when we shall begin',
  },
  check: {
    title: 'Check before you declare',
    what: 'To close',
    wholeAccount: (accountRef: string) => `Account ${accountRef} with all its cards`,
    money: 'Paid back',
    data: 'Your data',
    erased: 'Name and contact are erased for good, and signing in ends.',
    start: 'Begins',
    due: 'Done by',
    code: 'Code goes to',
    codeWords: 'the e-mail address of your account',
    change: 'Change',
    youDeclare: 'You declare',
    declare: 'Close now',
    sealed: 'You get a sealed slip with number and time straight away.',
  },
  done: {
    title: 'Your declaration has been received',
    number: 'Number of your closure',
    at: (moment: string) => `Received ${moment}`,
    due: (day: string) => `We will be done by ${day}.`,
    slip: 'Save the slip (PDF)',
    slipWords:
      'The slip is sealed: anybody can check that it is genuine. It is also on its way to you by e-mail.',
    progress: 'Progress of the closure',
  },
  code: {
    title: 'Now prove that it was you',
    words: (minutes: number) =>
      `We have sent 6 digits to the e-mail address of your account. They are good for this closure only, for ${minutes} minutes.`,
    wordsUnknown: (minutes: number) =>
      `We have sent 6 digits to the e-mail address that this card's account already has. They are good for this closure only, for ${minutes} minutes. Without them nothing is closed.`,
    label: '6-digit code',
    enter: 'Confirm',
    again: 'Send a new code',
    sent: 'A new code is on its way.',
  },
}

export type ClosingText = typeof closingEn
