/** Words of the pages around signing in. holder-text-zh-cn.ts has to say all of them. */
export const holderEn = {
  home: {
    title: 'Close your travel card and keep the proof',
    lead: 'Declare it here in about a minute. Your balance goes back to you, the line is switched off, and you get a sealed document that proves it.',
    points: [
      'Your declaration counts from the second you make it. You can save the slip at once.',
      "Sign in with the e-mail address you gave when you bought the card, or close without signing in with the card's number.",
      'A balance on the card is no obstacle: it is paid back.',
    ],
    start: 'Close a card or account',
    cards: 'See my cards',
  },
  signIn: {
    title: 'What is your e-mail address?',
    why: 'We send a 6-digit code to it. Use the address you gave when you bought the card. There is no password.',
    label: 'E-mail address',
    send: 'Send the code',
  },
  code: {
    title: 'Enter the code from the e-mail',
    sent: 'If the address is known here, a message with 6 digits is on its way. It can take a minute or two; look in the spam folder too.',
    validUntil: (moment: string) => `The code is good until ${moment}.`,
    label: '6-digit code',
    enter: 'Sign in',
    again: 'No message? Enter the address again',
    warning: 'We never ask for this code by phone or chat. Do not tell it to anyone.',
  },
  account: {
    title: 'My account',
    contract: 'Account number',
    name: 'Name',
    email: 'E-mail',
    phone: 'Phone',
    none: 'not given',
    erased: 'Nothing is kept here any more: this account has been closed and its personal data erased.',
    closeTitle: 'Close',
    closeLead: 'You can close a single card or the whole account at any time. A balance is paid back.',
    closeCard: 'Close a card',
    closeAccount: 'Close my account',
    papers: 'See and download them',
    dataTitle: 'My data',
    dataLead:
      'Everything we hold about you, with your cards and money movements, as one ZIP file of plain JSON.',
    download: 'Download my data (ZIP)',
    signOutTitle: 'This device',
  },
  channels: {
    title: 'Official channels',
    lead: (name: string) => `${name} speaks to you only here:`,
    kinds: { web: 'Website', email: 'E-mail', phone: 'Phone', app: 'App' },
    fraudTitle: 'Closing is free, and nobody can do it “for you”',
    fraud: [
      'Nobody from us calls to offer to close your card or to “secure your account”.',
      'By phone, chat or mail we never ask for a code, the number of a bank card, a transfer or an app that shares your screen.',
      'If someone does: end the conversation, and write to us from one of the channels above.',
    ],
    slipTitle: 'Is this slip genuine?',
    slip: 'Scan its QR code. It has to lead to this address:',
    appeal: 'Appeals',
    sender: 'Our mails come from',
  },
}

export type HolderText = typeof holderEn
