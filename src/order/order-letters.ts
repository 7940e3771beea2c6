import type { Letter } from '../notice/letter.tsx'
import type { RefundReason } from './order-case.ts'
import type { PayBy } from './pay-ways.ts'
import type { OrderView } from './read-order.ts'

export type Locale = 'zh-CN' | 'en'

/** What a mail may say of an order. `what` and sums are in the reader's language. */
export type OrderFacts = {
  number: string
  kind: 'card' | 'top_up' | 'add_on'
  what: string
  gross: string
  payBy: PayBy
  url: string
  payUntil: string
  /** Of one that is held up: when its money goes back by itself. */
  givenBackAt: string | null
  /** What still goes back. */
  owed: string
  /** All that waits for an account or for the file; several sums are joined by +. */
  waiting: string
  /** What came besides and was sent back. */
  extraPaid: string
  refundReason: RefundReason | null
  refundRoute: OrderView['refundRoute']
  /** Of the card that was delivered. */
  iccid: string | null
}

export function placedLetter(locale: Locale, facts: OrderFacts): Letter {
  return locale === 'en'
    ? {
        locale,
        link: { words: 'Account to pay to, and how the order stands:', url: facts.url },
        subject: `Order ${facts.number}: ${facts.gross} by bank transfer`,
        paragraphs: [
          `You ordered ${facts.what} for ${facts.gross}.`,
          `Please transfer exactly ${facts.gross} with the reference ${facts.number} by ${facts.payUntil}. It is delivered as soon as the money has arrived; without it the order lapses by itself, and what you told us only for it is erased.`,
        ],
      }
    : {
        locale,
        link: { words: '收款账户和订单进度：', url: facts.url },
        subject: `订单 ${facts.number}：请转账 ${facts.gross}`,
        paragraphs: [
          `您订购了${facts.what}，应付 ${facts.gross}。`,
          `请在 ${facts.payUntil}前转账 ${facts.gross}，附言只写订单号 ${facts.number}。款项一到即发货；逾期未付，订单自动失效，只为它填写的资料随之删除。`,
        ],
      }
}

/** It was paid, and something on the issuer's side keeps it from being delivered. */
export function heldUpLetter(locale: Locale, facts: OrderFacts & { givenBackAt: string }): Letter {
  const { gross, givenBackAt: by } = facts
  const setAside = facts.payBy === 'balance'
  const end = {
    en: setAside
      ? `the order ends and nothing is taken: ${gross} on the card's balance can be spent again`
      : `${gross} goes back to you by itself`,
    'zh-CN': setAside ? `订单自动取消，不扣款，卡内余额中的 ${gross} 可再使用` : `${gross} 将自动退还给您`,
  }[locale]
  return locale === 'en'
    ? {
        locale,
        link: { words: 'How the order stands:', url: facts.url },
        subject: `Your order ${facts.number} takes longer`,
        paragraphs: [
          `${setAside ? `${gross} is set aside on your card's balance for` : `You paid ${gross} for`} ${facts.what}, and we can't deliver it at this moment: something on our side is broken. Our staff knows.`,
          `Once it is mended your order is delivered and mailed to you. If it is not by ${by}, ${end}. You need do nothing.`,
        ],
      }
    : {
        locale,
        link: { words: '订单进度：', url: facts.url },
        subject: `订单 ${facts.number} 需要多等一会儿`,
        paragraphs: [
          `${setAside ? `已从卡内余额预留 ${gross}` : `您已支付 ${gross}`} 购买${facts.what}，但我们这边出了问题，暂时无法交付。客服已知悉。`,
          `修好后会立即交付并发邮件给您；若到 ${by}仍未交付，${end}。您无需做任何操作。`,
        ],
      }
}

/** `code` is the activation code of a card; null for what needs none. */
export function deliveredLetter(locale: Locale, facts: OrderFacts, code: string | null): Letter {
  const en = locale === 'en'
  const papers = en ? 'Contract and invoice:' : '合同与发票：'
  const steps = en ? 'Installing step by step, contract and invoice:' : '安装步骤、合同与发票：'
  const link = { words: code === null ? papers : steps, url: facts.url }
  const ofCard = (words: (iccid: string) => string) => (facts.iccid === null ? [] : [words(facts.iccid)])
  if (code === null)
    return en
      ? {
          locale,
          link,
          subject: `Done: ${facts.what} (${facts.number})`,
          paragraphs: [
            facts.payBy === 'balance'
              ? `${facts.gross} was taken from your card's balance. ${facts.what} is on the card now.`
              : `${facts.gross} arrived. ${facts.what} is on your card now.`,
          ],
        }
      : {
          locale,
          link,
          subject: `已到账：${facts.what}（${facts.number}）`,
          paragraphs: [
            facts.payBy === 'balance'
              ? `已从卡内余额支付 ${facts.gross}，${facts.what}已计入您的卡。`
              : `已收到 ${facts.gross}，${facts.what}已计入您的卡。`,
          ],
        }
  return en
    ? {
        locale,
        link,
        subject: `Your eSIM is ready: ${facts.what} (${facts.number})`,
        exact: code,
        paragraphs: [
          `${facts.gross} arrived, and ${facts.what} is yours. Scan the attached QR code with the phone you travel with, or enter this activation code by hand:`,
          'It installs once, on one phone. Keep it to yourself: whoever has it can take the card. You can close the card at any time on our pages and get back what the contract says.',
          ...ofCard(
            (iccid) =>
              `Number of the card (ICCID): ${iccid}. Keep this mail: with the number you can close the card without signing in, also when the phone is gone.`,
          ),
        ],
      }
    : {
        locale,
        link,
        subject: `您的 eSIM 已就绪：${facts.what}（${facts.number}）`,
        exact: code,
        paragraphs: [
          `已收到 ${facts.gross}，${facts.what}归您使用。请用旅行时要用的手机扫描附件中的二维码，或手动输入激活码：`,
          '激活码只能在一部手机上安装一次，请勿告诉他人。您可以随时在我们的页面上注销这张卡，并按合同退款。',
          ...ofCard((iccid) => `卡号（ICCID）：${iccid}。请保留本邮件：手机丢了，不登录、只凭卡号也能注销。`),
        ],
      }
}

const reasons: Record<RefundReason, Record<Locale, string>> = {
  item_withdrawn: { 'zh-CN': '该商品已停售', en: 'it is not sold any more' },
  card_closing: { 'zh-CN': '这张卡正在注销或已注销', en: 'the card is being closed, or is closed' },
  card_ended: { 'zh-CN': '这张卡已到期', en: 'the card has ended' },
  account_closing: { 'zh-CN': '账户正在注销或已注销', en: 'the account is being closed, or is closed' },
  no_profile: { 'zh-CN': '运营商暂时没有可用的 eSIM', en: 'the network had no eSIM for it' },
  charged_back: { 'zh-CN': '付款已被您的银行追回', en: 'your bank had taken the payment back' },
  refunded_by_hand: { 'zh-CN': '这笔付款已由客服退款', en: 'our staff had given the payment back' },
  not_set_aside: {
    'zh-CN': '为它预留的余额在交付前已失效',
    en: "what was set aside for it on the card's balance was free again before we could deliver",
  },
  not_deliverable: {
    'zh-CN': '我们这边出了问题，未能在期限内解决',
    en: 'something on our side was broken and not mended in time',
  },
  person_erased: { 'zh-CN': '您的个人信息已按要求删除', en: 'your personal data had been erased' },
}

export function refundReasonWords(reason: RefundReason, locale: Locale): string {
  return reasons[reason][locale]
}

/** How it went back, and what there is to do: mostly nothing. */
function backWords(locale: Locale, { gross, owed, payBy, refundRoute }: OrderFacts): string {
  const en = locale === 'en'
  if (payBy === 'balance')
    return en
      ? `Nothing was taken from the card's balance. You need do nothing.`
      : `没有从卡内余额扣款。您无需任何操作。`
  switch (refundRoute) {
    case 'bank_transfer':
      return en ? `${owed} was transferred to your bank account.` : `${owed} 已转入您的银行账户。`
    case 'voucher':
      return en
        ? `You paid with a voucher: a new one over ${gross} waits on the order's page.`
        : `您是用代金券付款的：新的 ${gross} 代金券在订单页面上。`
    case 'nothing':
      return en ? 'Nothing is owed any more.' : '无需退款。'
    case 'original_payment':
    case null:
      return en
        ? `${gross} is on its way back to the payment method you paid with; banks show it within 10 working days. You need do nothing.`
        : `${gross} 正原路退回您付款时的支付方式，银行一般在 10 个工作日内入账。您无需做任何操作。`
  }
}

export function refundedLetter(locale: Locale, facts: OrderFacts): Letter {
  const reason = refundReasonWords(facts.refundReason ?? 'no_profile', locale)
  const back = backWords(locale, facts)
  const goesBack = facts.payBy !== 'balance'
  return locale === 'en'
    ? {
        locale,
        link: { words: goesBack ? 'How the refund stands:' : 'How the order stands:', url: facts.url },
        subject: `Your order ${facts.number} could not be delivered`,
        paragraphs: [`We could not deliver ${facts.what}: ${reason}.`, back],
      }
    : {
        locale,
        link: { words: goesBack ? '退款进度：' : '订单进度：', url: facts.url },
        subject: `订单 ${facts.number} 未能交付`,
        paragraphs: [`${facts.what}未能交付：${reason}。`, back],
      }
}
