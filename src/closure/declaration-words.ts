import type { PaidWith } from '../adapters/payment/port.ts'
import { formatMoney, type Money } from '../ledger/money.ts'
import { paidWithWords } from '../payment/paid-with-words.ts'
import type { Wording } from '../platform/errors.ts'
import type { Act, Covers, PayoutRoute } from './closure-view.ts'

const things: Record<Covers, Wording> = {
  card: { 'zh-CN': '这张卡', en: 'this card' },
  account: { 'zh-CN': '这个账户及其所有卡', en: 'this account with all its cards' },
}

/** What the holder says by pressing the last button, word for word; it stands on the slip. */
export function declarationWords(act: Act, covers: Covers): Wording {
  const thing = things[covers]
  const first = {
    terminate: { 'zh-CN': `我要注销${thing['zh-CN']}。`, en: `I close ${thing.en}.` },
    withdraw: {
      'zh-CN': `我要撤回购买${thing['zh-CN']}的合同。`,
      en: `I withdraw from the contract for ${thing.en}.`,
    },
    refund: {
      'zh-CN': `我要求退还${thing['zh-CN']}的余额并终止使用。`,
      en: `I ask for the balance of ${thing.en} back and end its use.`,
    },
    erase: {
      'zh-CN': `我要注销${thing['zh-CN']}，并删除我的个人信息。`,
      en: `I close ${thing.en} and have my personal data erased.`,
    },
  }[act]
  const money = {
    'zh-CN': act === 'withdraw' ? '把应退的款项退给我' : '把余额退给我',
    en: act === 'withdraw' ? 'pay back to me what is due' : 'pay the balance back to me',
  }
  return {
    'zh-CN': `${first['zh-CN']}请停用线路，${money['zh-CN']}。在退款发出或线路永久停用之前，我可以撤销。`,
    en: `${first.en} Switch the line off and ${money.en}. Until the money is sent or the line is off for good I can undo this.`,
  }
}

/** What the slip says where nobody declared anything: the issuer decided it, or the card had ended. */
export function decisionWords(covers: Covers, issuer: Wording, hasEnded: boolean): Wording {
  const thing = things[covers]
  const first = hasEnded
    ? {
        'zh-CN': `${thing['zh-CN']}已经到期，${issuer['zh-CN']}予以注销。`,
        en: `The time of ${thing.en} is over, and ${issuer.en} closes it.`,
      }
    : {
        'zh-CN': `${issuer['zh-CN']}决定注销${thing['zh-CN']}。`,
        en: `${issuer.en} has decided to close ${thing.en}.`,
      }
  return {
    'zh-CN': `${first['zh-CN']}线路停用，应退的款项退给持卡人。持卡人无需申请；如有异议，可按本单所列途径申诉。`,
    en: `${first.en} The line is switched off, and what is due is paid back to its holder. The holder need not declare anything; who disagrees can appeal, as it says below.`,
  }
}

/** Why a closing that the issuer decides pays more than closing does (docs/adr/0025). */
export const paidAsWithdrawal: Wording = {
  'zh-CN': '此时仍在撤回期内，因此按撤回的标准退款：退还已付款项，只扣除已经开始的天数，不收手续费。',
  en: 'These are days in which the contract can be withdrawn from, so that what withdrawing gives is paid: what was paid except for the days that had begun, and no fee is kept.',
}

const routeWords: Record<PayoutRoute, Wording> = {
  original_payment: {
    'zh-CN': '原路退回付款时所用的支付方式',
    en: 'back to the payment method it was paid with',
  },
  bank_transfer: {
    'zh-CN': '银行转账（转到您指定的账户）',
    en: 'by bank transfer, to the account you name',
  },
  voucher: {
    'zh-CN': '按您的选择，换成代金券',
    en: 'as a voucher, because you chose it',
  },
  kept: {
    'zh-CN': '金额太小，不会自动退款，仍归您所有，随时可要求退还',
    en: 'too little to be sent by itself: it stays yours, and is paid when you ask',
  },
  nothing: { 'zh-CN': '没有余额需要退还', en: 'there is no balance to pay back' },
}

/** What it was paid with is named where it is known. */
type Way = { route: PayoutRoute; paidWith?: PaidWith | null | undefined }

function wayWords({ route, paidWith }: Way): Wording {
  if (route !== 'original_payment' || !paidWith) return routeWords[route]
  const { 'zh-CN': zh, en } = paidWithWords(paidWith)
  return { 'zh-CN': `退回到${zh}`, en: `back to ${en}` }
}

/** The way of one part, as it is by now. */
export function wayByNow(part: Way & { state: string; byHand: boolean }): Wording {
  if (part.byHand) return { 'zh-CN': '银行转账（由工作人员办理）', en: 'by bank transfer, made by our staff' }
  if (part.route === 'bank_transfer' && part.state !== 'waiting')
    return { 'zh-CN': '银行转账（转到您指定的账户）', en: 'by bank transfer, to the account you named' }
  return wayWords(part)
}

/** Where a sum goes, in one line; with several ways, how much on each. */
export function waysInWords(parts: (Way & { money: Money })[]): Wording {
  const [only] = parts
  if (only && parts.length === 1) return wayWords(only)
  const say = (lang: 'zh-CN' | 'en', join: string) =>
    parts.map((part) => `${formatMoney(part.money, lang)} ${wayWords(part)[lang]}`).join(join)
  return { 'zh-CN': say('zh-CN', '；'), en: say('en', '; ') }
}

export const removalWords = {
  iphone: {
    'zh-CN': '设置 → 蜂窝网络 → 选择这张卡 → 删除 eSIM。',
    en: 'Settings → Mobile Service (Cellular) → choose this card → Delete eSIM.',
  },
  android: {
    'zh-CN': '设置 → 网络和互联网 → SIM 卡 → 选择这张卡 → 清除 SIM 卡（各品牌名称略有不同）。',
    en: 'Settings → Network & internet → SIMs → choose this card → Erase SIM (names differ a little by maker).',
  },
  plastic: {
    'zh-CN': '如果您有实体卡：剪断芯片，芯片按电子废弃物处理，卡片投入其他垃圾。',
    en: 'If you have a plastic card: cut through the chip; the chip is electronic waste, the rest is residual waste.',
  },
} satisfies Record<string, Wording>
