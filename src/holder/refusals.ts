import type { Refusals } from '../platform/errors.ts'
import { code_attempts, code_lives_minutes } from './access-code.ts'

export type HolderRefusal =
  | 'holder/code_wrong'
  | 'holder/code_expired'
  | 'holder/code_used'
  | 'holder/code_too_many'
  | 'holder/email_invalid'
  | 'holder/too_often'
  | 'holder/sign_in_needed'

export const holderRefusals: Refusals<HolderRefusal> = {
  'holder/code_wrong': {
    status: 422,
    field: 'code',
    title: { 'zh-CN': '验证码不对', en: 'That code is not right' },
    next: {
      'zh-CN': '请核对最新一封邮件里的 6 位数字，再输入一次。',
      en: 'Check the 6 digits in the latest e-mail and enter them again.',
    },
  },
  'holder/code_expired': {
    status: 422,
    field: 'code',
    title: { 'zh-CN': '验证码已过期', en: 'That code has expired' },
    next: {
      'zh-CN': `验证码 ${code_lives_minutes} 分钟内有效。请获取新的验证码。`,
      en: `A code is good for ${code_lives_minutes} minutes. Ask for a new one.`,
    },
  },
  'holder/code_used': {
    status: 422,
    field: 'code',
    title: { 'zh-CN': '验证码已经用过', en: 'That code has been used' },
    next: {
      'zh-CN': '每个验证码只能用一次。请获取新的验证码。',
      en: 'A code works once. Ask for a new one.',
    },
  },
  'holder/code_too_many': {
    status: 422,
    field: 'code',
    title: {
      'zh-CN': `这个验证码输错了 ${code_attempts} 次，已失效`,
      en: `That code was entered wrongly ${code_attempts} times and no longer works`,
    },
    next: { 'zh-CN': '请获取新的验证码。', en: 'Ask for a new one.' },
  },
  'holder/email_invalid': {
    status: 422,
    field: 'email',
    title: { 'zh-CN': '邮箱地址不完整', en: 'That e-mail address is not complete' },
    next: { 'zh-CN': '请输入类似 name@example.com 的地址。', en: 'Enter it like name@example.com.' },
  },
  'holder/too_often': {
    status: 429,
    title: { 'zh-CN': '请求太频繁', en: 'Too many tries' },
    next: {
      'zh-CN': '为防止他人冒用，暂停 {minutes} 分钟。您已提交的注销不受影响。',
      en: 'To keep others out, this pauses for {minutes} min. A closure you already declared goes on.',
    },
  },
  'holder/sign_in_needed': {
    status: 401,
    title: { 'zh-CN': '请先登录', en: 'Please sign in' },
    next: {
      'zh-CN': '登录已结束。重新登录后可以继续。',
      en: 'Your session has ended. Sign in again to go on.',
    },
  },
}
