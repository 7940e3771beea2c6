import { dataWords } from '../../plan/data-words.ts'

/** Words around cards. card-text-zh-cn.ts has to say all of them. */
export const cardEn = {
  title: 'My cards',
  none: 'There is no card under this e-mail address any more.',
  plan: (plan: string) => {
    const days = /^LEB(\d+)$/.exec(plan)?.[1]
    return days ? `${days}-day card` : plan
  },
  aCard: 'Card',
  ending: (last4: string) => `ending ${last4}`,
  states: { open: 'Open', closing: 'Being closed', frozen: 'Being closed', closed: 'Closed' },
  ended: 'Ended',
  status: 'Status',
  left: 'Left',
  balance: 'Balance',
  expires: 'Good until',
  wasGoodUntil: 'Was good until',
  data: (megabytes: bigint) => `${dataWords(Number(megabytes))} data`,
  voice: (minutes: bigint) => `${minutes} min calls`,
  sms: (count: bigint) => `${count} SMS`,
  nothingLeft: 'nothing',
  statement: 'Statement',
  orders: 'My orders and activation codes',
  topUp: 'Top up, or add to it',
  close: 'Close this card',
  progress: 'See how the closing goes',
  outcome: 'See the closing and its certificate',
  closures: 'My closures',
  closureStates: {
    declared: 'waits for your code',
    identified: 'begins soon',
    closing: 'under way',
    closed: 'closed',
    undone: 'undone',
  },
}

export type CardText = typeof cardEn
