import type { Refusals } from '../platform/errors.ts'

export type InvoiceRefusal =
  | 'invoice/seller_incomplete'
  | 'invoice/credit_too_large'
  | 'invoice/other_content'
  | 'invoice/no_such_invoice'
  | 'invoice/no_such_terms'
  | 'invoice/no_e_invoice'
  | 'invoice/link_over'

export const invoiceRefusals: Refusals<InvoiceRefusal> = {
  'invoice/seller_incomplete': {
    status: 409,
    title: {
      'zh-CN': '发行公司的开票资料不完整，缺少：{lacks}',
      en: 'The issuer can’t invoice yet, its settings lack: {lacks}',
    },
    next: {
      'zh-CN': '没有扣款。请联系发行公司，由其补全开票资料后再试。',
      en: 'Nothing was charged. Write to the issuer, who has to complete its settings first.',
    },
  },
  'invoice/credit_too_large': {
    status: 409,
    title: {
      'zh-CN': '红字金额超过原发票 {number} 的余额',
      en: 'The credit is larger than what is left of invoice {number}',
    },
    next: {
      'zh-CN': '请核对金额；已冲销的部分不能再次冲销。',
      en: 'Check the amount: what was credited once can’t be credited again.',
    },
  },
  'invoice/other_content': {
    status: 409,
    title: {
      'zh-CN': '发票 {number} 已开具，内容不同',
      en: 'Invoice {number} was issued with other content',
    },
    next: {
      'zh-CN': '已开具的发票不能修改，请开具红字发票。',
      en: 'An issued invoice is never changed: issue a credit note.',
    },
  },
  'invoice/no_such_invoice': {
    status: 404,
    title: { 'zh-CN': '没有这张发票或合同', en: 'There is no such invoice or contract' },
    next: { 'zh-CN': '请从发票列表中打开。', en: 'Open it from the list of your invoices.' },
  },
  'invoice/no_such_terms': {
    status: 409,
    title: { 'zh-CN': '没有这个版本的条款', en: 'There is no such version of the terms' },
    next: {
      'zh-CN': '请刷新页面，阅读并接受现行条款。',
      en: 'Reload the page, and read and accept the terms in force.',
    },
  },
  'invoice/no_e_invoice': {
    status: 404,
    title: { 'zh-CN': '这份文件没有电子发票（XML）', en: 'This document has no e-invoice (XML)' },
    next: { 'zh-CN': '请下载 PDF。', en: 'Download the PDF instead.' },
  },
  'invoice/link_over': {
    status: 410,
    title: { 'zh-CN': '这个链接不存在或已过期', en: 'This link is unknown or its time is over' },
    next: {
      'zh-CN': '请写信给发行公司客服，并附上注销完成证明。',
      en: 'Write to the issuer’s support, with your certificate.',
    },
  },
}
