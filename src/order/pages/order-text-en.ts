/** Words of an order's own page. order-text-zh-cn.ts has to say all of them. */
export const orderEn = {
  number: 'Order number',
  bought: 'Bought',
  iccid: 'Card number (ICCID)',
  price: 'Price',
  paidBy: 'Paid by',
  state: 'How it stands',
  awaiting: {
    title: 'Waiting for your payment',
    pay: (money: string) => `Pay ${money}`,
    until: (moment: string) =>
      `It can be paid until ${moment}. After that it lapses by itself, and what you told us only for it is erased.`,
    asking: 'We are asking the payment provider. This page looks again by itself every few seconds.',
    notYet: 'If you have paid, you need do nothing: it is delivered as soon as the provider tells us.',
    bankTitle: 'Transfer to',
    bankName: 'Account holder',
    iban: 'IBAN',
    bic: 'BIC',
    amount: 'Exactly',
    reference: 'Reference, nothing else',
    bankWords: 'We deliver when the money has arrived, and write to you.',
  },
  takeBack: {
    link: 'Take the order back',
    title: 'Take this order back?',
    words:
      'Nothing has been paid, and nothing will be. If a payment is under way in this moment, it wins: then the order is delivered, or the money goes back to you.',
    bankWords:
      'Have you sent the transfer already? Then it is better to wait: its money would go back to you, which takes longer than the delivery. If not, nothing will be paid.',
    go: 'Take it back',
    keep: 'Keep the order',
    done: 'You took this order back',
    doneWords: 'Nothing was paid. Money that still arrives is given back to you.',
    state: 'taken back',
  },
  paid: {
    title: 'Paid. We are getting it ready',
    words: 'This takes a few seconds. You can close this page: everything is mailed to you too.',
    titleSetAside: 'Ordered. We are getting it ready',
    setAside: (money: string) =>
      `${money} is set aside on the card's balance, and taken when what you bought is on the card.`,
    heldUp: (money: string, by: string) =>
      `Something on our side is broken, and our staff knows. Once it is mended your order is delivered and mailed to you. If it is not by ${by}, ${money} goes back to you by itself.`,
    heldUpSetAside: (money: string, by: string) =>
      `Something on our side is broken, and our staff knows. Once it is mended your order is delivered and mailed to you. If it is not by ${by}, the order ends and nothing is taken: the ${money} on the card's balance can be spent again.`,
  },
  delivered: {
    title: 'Your eSIM is ready',
    titleOther: 'Done',
    other: (what: string) => `${what} is on your card.`,
    fromBalance: (money: string) => `${money} was taken from its balance.`,
    scan: 'Scan this with the phone you travel with',
    qr: 'QR code with the activation code',
    code: 'Activation code',
    once: 'It installs once, on one phone. Keep it to yourself.',
    installTitle: 'Reading this on the phone you travel with?',
    iphoneLink: 'Install on this iPhone (iOS 17.4 or later)',
    androidLink: 'Install on this Android phone',
    iphone: 'iPhone, step by step',
    iphoneSteps: [
      'Connect to Wi-Fi.',
      'Settings → Mobile Service (Cellular) → Add eSIM.',
      'Use QR Code: scan the code above, or “Enter Details Manually” and type the two parts of the activation code between the $ signs: address, then code.',
      'Label it “Travel”. Keep your own number for calls.',
      'When you arrive: turn the line on, and Data Roaming for it.',
    ],
    android: 'Android, step by step',
    androidSteps: [
      'Connect to Wi-Fi.',
      'Settings → Network & internet → SIMs → Add SIM (on Samsung: Connections → SIM manager → Add eSIM).',
      'Scan the code above, or choose to enter it by hand and type the whole activation code.',
      'When you arrive: choose it for mobile data and turn on roaming.',
    ],
    starts: 'The days begin with the first use, not today.',
    close: 'Close it whenever you like',
    closeWords: 'On our pages, with your money back as the contract says.',
    withdraw: (day: string) =>
      `Until ${day} you can also withdraw from the contract, without giving a reason:`,
    erased: 'The activation code was erased with your personal data.',
    cards: 'My cards',
    contract: 'Contract (PDF)',
    invoice: 'Invoice (PDF)',
  },
  notTaken: {
    title: 'Not delivered, and nothing was taken',
    words: "Nothing was taken from the card's balance. You need do nothing.",
  },
  refunding: {
    title: 'Your money is on its way back',
    titleAccount: 'Where shall we transfer your money?',
    why: (reason: string) => `We could not deliver: ${reason}.`,
    itself: (money: string) => `${money} goes back to the payment method you paid with. You need do nothing.`,
  },
  transfer: {
    wanted: (money: string) =>
      `${money} can't go back the way it came. We transfer it to a bank account that you name.`,
    byMail:
      'The link to name it is in the e-mail that we sent to the address you ordered with. Whoever has only this page cannot name an account.',
    again: 'Mail the link again',
    mailed: 'The link is on its way to the address you ordered with.',
    noMail: (email: string) =>
      `No e-mail, or no IBAN? Write to ${email} with the order's number, but without the account number: support agrees a safe way with you.`,
    name: 'Name the account',
    given: (money: string) =>
      `Your account is noted. ${money} goes out with our next file for the bank, and we write to you when the bank has booked it.`,
    change: 'Name another account',
    changeByMail: 'Another account? Use the link in our e-mail.',
    sent: (money: string) =>
      `${money} is with the bank, on its way to the account you named. We write to you when the bank has booked it.`,
    gone: (money: string, email: string, number: string) =>
      `${money} can only be transferred, and your data is erased: we can keep no account for it. Write to ${email}, without the account number, and name ${number}. The money stays yours.`,
    write: 'Write to support',
    pageWords: (money: string) =>
      `${money} cannot go back the way it came. Name a bank account in your name; we forget it once the money is there.`,
  },
  extra: {
    title: 'Money that goes back to you',
    why: {
      order_paid_already: (money: string) =>
        `${money} came by bank transfer when this order was paid already.`,
      order_lapsed: (money: string) => `${money} came by bank transfer when this order had lapsed.`,
      amount_differs: (money: string) => `${money} came by bank transfer, which is not the price.`,
      currency_differs: (money: string) =>
        `${money} came by bank transfer, which is not the currency of the price.`,
    } as Record<string, (money: string) => string>,
    wanted: 'It goes back to a bank account that you name.',
    given: 'It goes back with our next file for the bank.',
    sent: 'It is with the bank, on its way to the account you named.',
    paid: 'It was transferred back to your bank account.',
  },
  refunded: {
    title: 'Your money went back',
    transferred: (money: string) => `${money} was transferred to your bank account.`,
    voucher: (money: string) => `You paid with a voucher. Here is a new one over ${money}:`,
    nothing: 'Your bank had taken the payment back already, so nothing is owed.',
    words: (money: string) =>
      `${money} went back to the payment method you paid with. Banks show it within 10 working days.`,
  },
  lapsed: {
    title: 'This order has lapsed',
    words:
      'It was not paid in time. Your details were erased. Money that still arrives is given back to you.',
    again: 'Order again',
  },
  list: {
    title: 'My orders',
    none: 'You have bought nothing here yet.',
    shop: 'See what can be bought',
    older: 'Older orders',
    newest: 'Back to the newest',
    install: 'Activation code, installing, contract and invoice',
    states: {
      awaiting_payment: 'waits for payment',
      paid: 'paid, being prepared',
      delivered: 'delivered',
      refunding: 'money on its way back',
      refunded: 'money given back',
      lapsed: 'lapsed',
    },
    setAside: 'set aside on the balance, being prepared',
    notTaken: 'not delivered, nothing taken',
  },
  pay: {
    title: 'To the payment',
    words: (money: string) => `You pay ${money} on the page of our payment provider and then come back here.`,
    go: 'Go to the payment page',
    back: 'Back to the order',
  },
}

export type OrderText = typeof orderEn
