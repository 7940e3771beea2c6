import type { Letter } from '../notice/letter.tsx'

type Locale = 'zh-CN' | 'en'

/** What a mail may say of something that ends. Everything is in the reader's words already; nothing personal. */
export type EndFacts = {
  subject: 'card' | 'kept' | 'bucket'
  /** What happens to the money: it lapses, stays the holder's, goes back by itself, or there is none. */
  money: 'lapses' | 'kept' | 'goes_back' | 'none'
  card: string
  endsAt: string
  sum: string
  /** `512 MB data, 5 SMS`; empty where nothing worth telling is left. */
  left: string
  /** Until when kept money can be asked for. */
  keptUntil: string
  /** The card works, or its money is enough for days that bring it back. */
  canUse: boolean
  /** Days are sold for the card. */
  canExtend: boolean
  urls: { use: string; extend: string; close: string; page: string }
}

/** Before the end: what lapses when, and the ways there are to prevent it, each as good as the others. */
export function endingLetter(locale: Locale, facts: EndFacts): Letter {
  const words = locale === 'en' ? beforeEn(facts) : beforeZh(facts)
  return { locale, ...words, buttons: buttons(locale, facts) }
}

/** After it: what became of the money, and what can still be done. */
export function endedLetter(locale: Locale, facts: EndFacts, appealEmail: string): Letter {
  const words = locale === 'en' ? afterEn(facts, appealEmail) : afterZh(facts, appealEmail)
  const link = {
    words: locale === 'en' ? 'Your card and its statement:' : '这张卡与余额明细：',
    url: facts.urls.page,
  }
  // While the money is still the holder's there is something to choose.
  return facts.money === 'kept'
    ? { locale, ...words, buttons: buttons(locale, facts) }
    : { locale, ...words, link }
}

/** The ways there are. Money that was kept is used by buying days with it. */
function buttons(
  locale: Locale,
  { urls, money, subject, canUse, canExtend }: EndFacts,
): { words: string; url: string }[] {
  const refunds = money !== 'none' && subject !== 'bucket'
  const use = { words: locale === 'en' ? 'Use it' : '继续使用', url: urls.use }
  const extend = { words: locale === 'en' ? 'Extend it' : '延长有效期', url: urls.extend }
  const close =
    locale === 'en'
      ? { words: refunds ? 'Close the card, money back' : 'Close the card', url: urls.close }
      : { words: refunds ? '注销并退款' : '注销这张卡', url: urls.close }
  return [...(canUse ? [use] : []), ...(canExtend ? [extend] : []), close]
}

/** What there is to do with money that was kept: `buy days with it, extend the card otherwise, or close it and …`. */
function waysOfKeptEn({ canUse, canExtend }: EndFacts, back: string): string {
  if (canUse) return `buy days with it, extend the card otherwise, or close it and ${back}`
  return canExtend ? `extend the card, or close it and ${back}` : `close the card and ${back}`
}

function waysOfKeptZh({ canUse, canExtend }: EndFacts): string {
  if (canUse) return '用这笔钱购买天数、另行付款延长有效期，或者注销并退款'
  return canExtend ? '付款延长有效期，或者注销并退款' : '注销这张卡并退款'
}

type Words = Pick<Letter, 'subject' | 'paragraphs'>

function beforeEn(facts: EndFacts): Words {
  const { subject, money, card, endsAt, sum, left, keptUntil, canExtend } = facts
  const what = `your ${card}`
  const rest = left ? [`Also left on it, and gone then: ${left}.`] : []
  if (subject === 'bucket')
    return {
      subject: `${left} left until ${endsAt}`,
      paragraphs: [
        `${left} of an add-on on ${what} can be used until ${endsAt}. After that it is gone; add-ons are not paid back.`,
      ],
    }
  if (subject === 'kept')
    return {
      subject: `${sum} lapses on ${endsAt}`,
      paragraphs: [
        `${sum} from ${what}, which has ended, is still yours. It lapses on ${endsAt}.`,
        `Before then you can ${waysOfKeptEn(facts, 'get the money back')}.`,
      ],
    }
  if (money === 'lapses')
    return {
      subject: `${sum} lapses on ${endsAt}`,
      paragraphs: [
        `${sum} is left on ${what}. The card ends on ${endsAt}, and the money lapses with it.`,
        canExtend
          ? 'Until then you can use it, extend the card, or close it and get the money back.'
          : 'Until then you can use it, or close the card and get the money back.',
        ...rest,
      ],
    }
  if (money === 'kept')
    return {
      subject: `Your card ends on ${endsAt}; ${sum} stays yours`,
      paragraphs: [
        `${cap(what)} ends on ${endsAt}. The ${sum} on it stays yours until ${keptUntil}: close the card and it is paid back.`,
        ...rest,
      ],
    }
  if (money === 'goes_back')
    return {
      subject: `Your card ends on ${endsAt}; ${sum} goes back to you`,
      paragraphs: [
        `${cap(what)} ends on ${endsAt}. The ${sum} on it then goes back to you by itself; you need do nothing.`,
        ...rest,
      ],
    }
  return {
    subject: `${left} left until ${endsAt}`,
    paragraphs: [`${cap(what)} ends on ${endsAt}. Until then you can use what is left: ${left}.`],
  }
}

function beforeZh(facts: EndFacts): Words {
  const { subject, money, card, endsAt, sum, left, keptUntil, canExtend } = facts
  const rest = left ? [`套餐内还剩${left}，到期后不再可用。`] : []
  if (subject === 'bucket')
    return {
      subject: `还剩${left}，${endsAt}到期`,
      paragraphs: [`您的${card}上的增值服务还剩${left}，可用到 ${endsAt}，之后失效；增值服务不退款。`],
    }
  if (subject === 'kept')
    return {
      subject: `${sum} 将于 ${endsAt}失效`,
      paragraphs: [
        `您的${card}已到期，其中的 ${sum} 仍归您所有，但将于 ${endsAt}失效。`,
        `在此之前，您可以${waysOfKeptZh(facts)}。`,
      ],
    }
  if (money === 'lapses')
    return {
      subject: `${sum} 将于 ${endsAt}失效`,
      paragraphs: [
        `您的${card}还有余额 ${sum}。卡将于 ${endsAt}到期，余额同时失效。`,
        canExtend
          ? '在此之前，您可以继续使用、延长有效期，或者注销并退款。'
          : '在此之前，您可以继续使用，或者注销并退款。',
        ...rest,
      ],
    }
  if (money === 'kept')
    return {
      subject: `卡将于 ${endsAt}到期，${sum} 仍归您所有`,
      paragraphs: [
        `您的${card}将于 ${endsAt}到期。余额 ${sum} 为您保留到 ${keptUntil}，注销这张卡即可退款。`,
        ...rest,
      ],
    }
  if (money === 'goes_back')
    return {
      subject: `卡将于 ${endsAt}到期，${sum} 将自动退还`,
      paragraphs: [`您的${card}将于 ${endsAt}到期。余额 ${sum} 届时自动退还，您无需操作。`, ...rest],
    }
  return {
    subject: `还剩${left}，${endsAt}到期`,
    paragraphs: [`您的${card}将于 ${endsAt}到期，到期前还可以使用：${left}。`],
  }
}

function afterEn(facts: EndFacts, appeal: string): Words {
  const { subject, money, card, endsAt, sum, left, keptUntil } = facts
  const what = `your ${card}`
  const gone = left ? [`What was left of the plan is gone: ${left}.`] : []
  const complain = `If you think this is wrong, write to ${appeal}; it stands on the card's statement.`
  if (subject === 'bucket')
    return {
      subject: `Add-on over: ${left} left unused`,
      paragraphs: [`An add-on on ${what} ended on ${endsAt}. ${left} of it was left and is gone.`],
    }
  if (money === 'lapses')
    return {
      subject: `${sum} lapsed`,
      paragraphs: [
        subject === 'kept'
          ? `The ${sum} we kept for you from ${what} lapsed on ${endsAt}.`
          : `${cap(what)} ended on ${endsAt}, and the ${sum} left on it lapsed.`,
        ...gone,
        complain,
      ],
    }
  if (money === 'kept')
    return {
      subject: `Your card has ended; ${sum} is still yours`,
      paragraphs: [
        `${cap(what)} ended on ${endsAt}. The ${sum} on it is yours until ${keptUntil}: ${waysOfKeptEn(facts, 'the money is paid back')}.`,
        ...gone,
      ],
    }
  if (money === 'goes_back')
    return {
      subject: `Your card has ended; ${sum} goes back to you`,
      paragraphs: [
        `${cap(what)} ended on ${endsAt}. We are closing it and paying the ${sum} on it back to you.`,
        'You need do nothing. A sealed slip comes with a mail of its own, and a certificate when the money is on its way.',
        ...gone,
      ],
    }
  return { subject: 'Your card has ended', paragraphs: [`${cap(what)} ended on ${endsAt}.`, ...gone] }
}

function afterZh(facts: EndFacts, appeal: string): Words {
  const { subject, money, card, endsAt, sum, left, keptUntil } = facts
  const gone = left ? [`套餐内剩余的${left}已不可用。`] : []
  const complain = `如有异议，请写信至 ${appeal}；这笔变动已记入这张卡的余额明细。`
  if (subject === 'bucket')
    return {
      subject: `增值服务已到期，剩余${left}`,
      paragraphs: [`您的${card}上的增值服务已于 ${endsAt}到期，剩余的${left}已失效。`],
    }
  if (money === 'lapses')
    return {
      subject: `${sum} 已失效`,
      paragraphs: [
        subject === 'kept'
          ? `为您保留的 ${sum}（${card}）已于 ${endsAt}失效。`
          : `您的${card}已于 ${endsAt}到期，余额 ${sum} 已失效。`,
        ...gone,
        complain,
      ],
    }
  if (money === 'kept')
    return {
      subject: `卡已到期，${sum} 仍归您所有`,
      paragraphs: [
        `您的${card}已于 ${endsAt}到期。余额 ${sum} 为您保留到 ${keptUntil}：您可以${waysOfKeptZh(facts)}。`,
        ...gone,
      ],
    }
  if (money === 'goes_back')
    return {
      subject: `卡已到期，${sum} 正在退还`,
      paragraphs: [
        `您的${card}已于 ${endsAt}到期。我们正在注销这张卡，并退还余额 ${sum}。`,
        '您无需操作。注销确认单会另行发送，退款办妥后您会收到注销完成证明。',
        ...gone,
      ],
    }
  return { subject: '您的卡已到期', paragraphs: [`您的${card}已于 ${endsAt}到期。`, ...gone] }
}

const cap = (words: string) => words.charAt(0).toUpperCase() + words.slice(1)
