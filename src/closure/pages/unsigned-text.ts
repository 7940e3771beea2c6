import type { Lang } from '../../web/lang.ts'

/** Words of closing a card without signing in. */
const en = {
  number: {
    title: 'Which card do you want to close?',
    lead: 'You need no account and no password here, only the number of the card.',
    label: 'Card number (ICCID)',
    hint: '19 or 20 digits, most begin with 89. Spaces do not matter.',
    where: 'Where to find it',
    places: [
      'In the e-mail you got when you bought the card, and on the card pack or plastic card.',
      'iPhone: Settings → General → About → ICCID.',
      'Android: Settings → About phone → SIM status → ICCID (names differ a little by maker).',
    ],
    otherIssuer: 'My card is from another issuer',
    signIn: 'Sign in with my e-mail address instead, to see balance and amounts',
  },
  what: {
    money:
      'A balance goes back to the holder. How much, how and by when, we say once the code is in, and it stands on the certificate.',
    code: "So that nobody closes somebody else's card",
    codeWords: [
      'Your declaration counts from the second you make it, and you get the sealed slip at once.',
      "We send a code to the e-mail address that this card's account already has. Until it has been entered nothing is closed, paid out or erased, and the card goes on working.",
    ],
    lapses: (days: number) => `If nobody enters a code within ${days} days, the declaration lapses.`,
    shown:
      "Before that we show nothing about the card or its holder, not even to you: anybody may know a card's number.",
  },
  check: {
    iccid: 'Card number',
    moneyWords: 'What is on the card, after proof',
    codeWords: "the e-mail address that the card's account already has",
  },
  done: {
    slipWords:
      "The slip is sealed: anybody can check that it is genuine. It is also on its way to the e-mail address of the card's account.",
  },
}
export type UnsignedText = typeof en

const zh: UnsignedText = {
  number: {
    title: '要注销哪一张卡？',
    lead: '这里不需要账户和密码，只要卡号。',
    label: '卡号（ICCID）',
    hint: '19 或 20 位数字，多以 89 开头，空格不影响。',
    where: '在哪里找卡号',
    places: [
      '购卡时收到的邮件，以及卡包或实体卡上。',
      'iPhone：设置 → 通用 → 关于本机 → ICCID。',
      '安卓手机：设置 → 关于手机 → SIM 卡状态 → ICCID（各品牌名称略有不同）。',
    ],
    otherIssuer: '我的卡是别家公司发行的',
    signIn: '改用邮箱登录，可以看到余额和金额',
  },
  what: {
    money: '余额会退给持卡人。退多少、退到哪里、何时到账，输入验证码之后告知，并写入完成证明。',
    code: '防止他人注销您的卡',
    codeWords: [
      '从提交那一秒起，申请就算数，盖章的确认单当场给您。',
      '我们会把验证码发到这张卡的账户原先登记的邮箱。输入之前不注销、不退款、不删除，卡照常使用。',
    ],
    lapses: (days) => `${days} 天内没有人输入验证码，申请自动失效。`,
    shown: '在此之前，卡和持卡人的任何情况都不显示，对您也一样：知道卡号的人不一定是持卡人。',
  },
  check: {
    iccid: '卡号',
    moneyWords: '卡内余额，核验之后退还',
    codeWords: '这张卡的账户原先登记的邮箱',
  },
  done: {
    slipWords: '确认单有电子印章，任何人都能核验真伪。我们也已发到这张卡的账户登记的邮箱。',
  },
}

export const unsignedText: Record<Lang, UnsignedText> = { en, 'zh-CN': zh }
