/** Words of the statement. statement-text-zh-cn.ts has to say all of them. */
export const statementEn = {
  title: 'Statement',
  balance: 'Balance now',
  held: 'Set aside',
  heldHint: 'for something under way; it is free again if that does not happen',
  when: 'When',
  what: 'What happened',
  amount: 'Amount',
  after: 'Balance after',
  currency: 'Currency',
  reference: 'Reference',
  used: {
    data: (units: bigint) => `${units} MB data`,
    voice: (seconds: bigint) => `${(seconds + 59n) / 60n} min calls`,
    sms: (units: bigint) => `${units} SMS`,
  },
  none: 'Nothing has moved on this card yet.',
  older: 'Older movements',
  newest: 'Back to the newest',
  keep: 'Keep a copy',
  csv: 'As a table (CSV)',
  pdf: 'To print (PDF)',
  zone: (name: string) => `Times are in ${name}. The newest movement stands first.`,
  zoneOfSums: (name: string) => `Days begin by ${name}. The newest stands first.`,
  card: 'Card',
  account: 'Account',
  made: 'Made',
  period: 'Which movements',
  ofPeriod: 'Period',
  allTime: 'All',
  show: 'Show',
  opening: 'Balance before',
  closing: 'Balance at the end',
  noneThen: 'Nothing moved on this card then.',
  sums: (reason: string, count: bigint) => `${reason} (${count} movements)`,
  summed: {
    day: (most: string) =>
      `These are more than ${most} movements. Those of one kind on one day are summed here, and the balance is the one at the end of that day.`,
    month: (most: string) =>
      `These are more than ${most} movements. Those of one kind in one month are summed here, and the balance is the one at the end of that month.`,
  },
  eachInCsv: 'Each by itself stands in the table (CSV) on the statement page.',
  eachInMonths: 'Each by itself stands in the table (CSV), and here where you choose a single month.',
}

export type StatementText = typeof statementEn
