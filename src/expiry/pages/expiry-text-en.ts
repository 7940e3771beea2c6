/** Words about a card's end. expiry-text-zh-cn.ts has to say all of them. */
export const expiryEn = {
  title: 'When this card ends',
  link: { extend: 'Use it, extend it or close it', use: 'Use it or close it', close: 'What you can do now' },
  label: 'When it ends',
  lapses: (sum: string, at: string, extend: boolean) =>
    `${sum} lapses on ${at}, unless you ${extend ? 'use it, extend the card or close it' : 'use it or close the card'} before.`,
  keptFrom: (sum: string, until: string) =>
    `The ${sum} on it stays yours until ${until}. Close the card by then and it is paid back.`,
  kept: (sum: string, until: string, extend: boolean) =>
    `${sum} is yours until ${until}; then it lapses. Close the card and it is paid back${extend ? ', or extend the card and use it' : ''}.`,
  goesBack: (sum: string) => `The ${sum} on it then goes back to you by itself.`,
  goingBack: (sum: string) => `${sum} goes back to you by itself.`,
  none: 'There is no money on it that could lapse.',
  waits: (sum: string) => `${sum} on it is yours: close the card and it is paid back.`,
  ends: (at: string) => `The card ends on ${at}.`,
  ended: (at: string) => `The card ended on ${at}.`,
  planLeft: (left: string) => `What is left of the plan can be used until then: ${left}.`,
  closing: 'This card is being closed. Its money goes back with the closing.',
  closed: 'This card is closed.',
  useTitle: 'Use it',
  use: (until: string) =>
    `Switch on data roaming for this eSIM. Until ${until} the plan is used first, then the balance at the prices of the zone you are in.`,
  useEnded: (sum: string) =>
    `The ${sum} on the card is enough for an add-on with days: buy it, and the card works again at once.`,
  useGo: 'Buy from the balance',
  noDays: 'No days are sold for this card, so it cannot be extended.',
  extendTitle: 'Extend it',
  extend: 'Buy an add-on with more days. What is left, and the balance, then lives as long as the card.',
  extendEnded: 'Buy an add-on with more days, and the balance can be used again.',
  extendGo: 'Extend or top up',
  extendGoEnded: 'Choose days',
  closeTitle: 'Close it and get the money back',
  close: 'You see what goes back, and by when, before you declare anything.',
  closeGo: 'Close this card',
  historyTitle: 'What has ended',
  history: {
    lapsed: (sum: string) => `${sum} lapsed`,
    kept: (sum: string, until: string) => `the card ended; ${sum} kept for you until ${until}`,
    refund: (sum: string) => `the card ended; ${sum} goes back to you`,
    nothing: 'the card ended with no money on it',
    bucket: 'an add-on ended',
    left: (left: string) => `left unused: ${left}`,
  },
}

export type ExpiryText = typeof expiryEn
