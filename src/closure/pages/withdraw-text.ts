import type { Lang } from '../../web/lang.ts'

/** Words of withdrawing from the contract for a card (Directive 2011/83/EU Art. 9 and 11a). */
const en = {
  /** Art. 11a(1): "withdraw from contract here" or alike. */
  here: 'Withdraw from contract here',
  hereUntil: (day: string) => `Withdraw from contract here, until ${day}`,
  title: 'What withdrawing does',
  until: (day: string) =>
    `You can withdraw until ${day}, without giving a reason. It ends the contract for the card as closing does, and gives back what you paid except for the days that had begun or on which the card is still used. No fee is kept.`,
  paysMore: (total: string, instead: string, day: string) =>
    `Until ${day} you can withdraw from the contract instead. That gives back ${total}, closing gives back ${instead}.`,
  now: 'If you withdrew from its contract now',
  closingNow: (money: string) => `Closing the card would give back ${money}.`,
  check: 'Check before you withdraw',
  what: 'To withdraw from',
  /** Art. 11a(3): "confirm withdrawal" or alike. */
  confirm: 'Confirm withdrawal',
  /** Of one that was declared without signing in; `act` is what its holder is about to declare instead. */
  waiting: {
    told: (last4: string, moment: string, until: string) =>
      `For the card ending ${last4} a withdrawal from the contract was declared without signing in, on ${moment}. It waits for its code until ${until}.`,
    money: {
      terminate: (total: string, instead: string) =>
        `It gives back ${total}. Closing gives back ${instead}, and sets the withdrawal aside.`,
      withdraw: (total: string, instead: string) =>
        `It gives back ${total}. Withdrawing anew gives back ${instead}, and sets the earlier one aside.`,
    },
    goOn: 'Go on with the withdrawal',
  },
  unsigned: {
    link: 'I want to withdraw from the contract for a card I have just bought',
    back: 'I want to close a card, not to withdraw',
    title: 'From which contract do you want to withdraw?',
    money:
      'What you paid goes back to you, except for the days of the plan that had begun, and later days on which the card is still used. How much, how and by when, we say once the code is in, and it stands on the certificate.',
    inTime:
      'Whether the law gives you the right to withdraw, and until when, depends on where you live and when the card was bought. The moment of your declaration counts, and we look once the code is in. Where it is too late, your declaration ends the contract as closing does: the balance goes back.',
    moneyWords: 'What the law gives back, after proof',
  },
}

export type WithdrawText = typeof en

const zh: WithdrawText = {
  here: '在此撤回合同',
  hereUntil: (day) => `在此撤回合同，截至 ${day}`,
  title: '撤回后会怎样',
  until: (day) =>
    `在 ${day}或之前，您可以撤回，无需理由。卡的合同随之结束，与注销一样；已付款项退给您，只扣除已经开始的天数和此后仍在用卡的天数，不收手续费。`,
  paysMore: (total, instead, day) =>
    `在 ${day}或之前，您也可以改为撤回合同：撤回退 ${total}，注销退 ${instead}。`,
  now: '如果现在撤回合同',
  closingNow: (money) => `改为注销的话，退 ${money}。`,
  check: '撤回前请核对',
  what: '撤回对象',
  confirm: '确认撤回',
  waiting: {
    told: (last4, moment, until) =>
      `尾号 ${last4} 的卡，已于 ${moment}未登录提交过撤回声明，正在等待验证码，有效至 ${until}。`,
    money: {
      terminate: (total, instead) => `撤回退 ${total}。注销退 ${instead}，且原撤回声明随之失效。`,
      withdraw: (total, instead) => `原撤回声明退 ${total}。重新撤回退 ${instead}，且原声明随之失效。`,
    },
    goOn: '继续办理撤回',
  },
  unsigned: {
    link: '我想撤回刚买的卡的合同',
    back: '我要注销卡，不是撤回',
    title: '要撤回哪张卡的合同？',
    money:
      '已付款项退给您，只扣除套餐里已经开始的天数，以及此后仍在用卡的天数。退多少、退到哪里、何时到账，输入验证码之后告知，并写入完成证明。',
    inTime:
      '您是否有撤回权、到哪天为止，取决于您的居住地和购卡时间。以您提交的时间为准，输入验证码之后由我们核对。已过期限的，按注销办理：合同结束，余额退给您。',
    moneyWords: '依法应退的款项，验证之后告知',
  },
}

export const withdrawText: Record<Lang, WithdrawText> = { en, 'zh-CN': zh }
