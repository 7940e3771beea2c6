import type { Refusals } from '../platform/errors.ts'

export type LedgerRefusal =
  | 'ledger/key_reused'
  | 'ledger/unknown_account'
  | 'ledger/unbalanced'
  | 'ledger/account_closed'
  | 'ledger/account_frozen'
  | 'ledger/insufficient_balance'
  | 'ledger/too_large'
  | 'ledger/hold_ended'
  | 'ledger/more_than_held'
  | 'ledger/printing_busy'

export const ledgerRefusals: Refusals<LedgerRefusal> = {
  'ledger/key_reused': {
    status: 422,
    title: {
      'zh-CN': '这个幂等键已用于另一笔内容不同的记账',
      en: 'This key was used for another movement before',
    },
    next: { 'zh-CN': '请为新的记账使用新的键。', en: 'Use a new key for a new movement.' },
  },
  'ledger/unknown_account': {
    status: 404,
    title: { 'zh-CN': '没有这个账目', en: 'There is no such balance' },
    next: { 'zh-CN': '请检查卡号。', en: 'Check the card number.' },
  },
  'ledger/unbalanced': {
    status: 422,
    title: { 'zh-CN': '借贷不平，未记账', en: 'The movement does not add up, so nothing was moved' },
    next: { 'zh-CN': '请检查金额。', en: 'Check the amounts.' },
  },
  'ledger/account_closed': {
    status: 409,
    title: { 'zh-CN': '这张卡已结清，不能再入账', en: 'This card is settled and takes no more movements' },
    next: {
      'zh-CN': '新收到的款项会原路退回。',
      en: 'Money that still arrives goes back where it came from.',
    },
  },
  'ledger/account_frozen': {
    status: 409,
    title: {
      'zh-CN': '这张卡正在注销，余额已冻结',
      en: 'This card is being closed and its balance is frozen',
    },
    next: {
      'zh-CN': '如想继续使用，请在进度页撤销注销。',
      en: 'To go on using it, undo the closing on its progress page.',
    },
  },
  'ledger/insufficient_balance': {
    status: 409,
    title: { 'zh-CN': '余额不足', en: 'The balance does not cover it' },
    next: { 'zh-CN': '请先充值，或选择较小的金额。', en: 'Top up first, or choose a smaller amount.' },
  },
  'ledger/too_large': {
    status: 422,
    title: { 'zh-CN': '金额过大', en: 'The amount is too large' },
    next: { 'zh-CN': '请检查金额。', en: 'Check the amount.' },
  },
  'ledger/hold_ended': {
    status: 409,
    title: { 'zh-CN': '这笔预留已结束', en: 'The money is not set aside any more' },
    next: { 'zh-CN': '请重新预留。', en: 'Set it aside again.' },
  },
  'ledger/more_than_held': {
    status: 422,
    title: { 'zh-CN': '金额超过所预留的', en: 'More than was set aside' },
    next: { 'zh-CN': '请检查金额。', en: 'Check the amount.' },
  },
  'ledger/printing_busy': {
    status: 503,
    title: {
      'zh-CN': '打印的人太多，这份明细暂时排不上',
      en: 'Too many statements are being printed right now',
    },
    next: {
      'zh-CN': '请一分钟后再试；表格（CSV）现在就可以下载。',
      en: 'Try again in a minute; the table (CSV) can be had at once.',
    },
  },
}
