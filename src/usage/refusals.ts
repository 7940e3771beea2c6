import type { Refusals } from '../platform/errors.ts'

export type UsageRefusal = 'usage/key_wrong' | 'usage/try_again'

export const usageRefusals: Refusals<UsageRefusal> = {
  'usage/key_wrong': {
    status: 401,
    title: { 'zh-CN': '缺少有效的用量密钥', en: 'A valid usage key is missing' },
    next: {
      'zh-CN': '请用 leb usage key add 生成密钥，并放在 Authorization: Bearer 头中。',
      en: 'Make one with leb usage key add and send it as Authorization: Bearer.',
    },
  },
  'usage/try_again': {
    status: 503,
    title: {
      'zh-CN': '目前无法确认这批记录是否已入账',
      en: 'Nobody can say at the moment whether this batch was taken in',
    },
    next: {
      'zh-CN': '请稍后原样重发：每条记录按 recordId 只计一次。',
      en: 'Send it again unchanged in a moment: each record counts once, by its recordId.',
    },
  },
}
