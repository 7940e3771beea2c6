import type { PayoutText } from './payout-text-en.ts'

export const payoutZh: PayoutText = {
  lines: {
    balance: '余额',
    unused: (code) => `${code} 未使用部分`,
    tax: (money) => `其中税款 ${money}`,
    charged_back: '付款方的银行已收回的钱',
    closing_fee: '注销手续费',
    total: '退给您',
  },
  ways: {
    original_payment: (money, day) => `${money} 原路退回购卡时的支付方式，${day}前到账。`,
    back_to: (money, where, day) => `${money} 退回到${where}，${day}前到账。`,
    bank_transfer: (money, day) =>
      `${money} 转到您指定的银行账户（IBAN）；现在填写账户，${day}前到账。这笔钱无法原路退回。`,
    unnamed: (day) => `到 ${day}仍未填写的，注销照常完成，这笔钱由我们为您保留，仍归您所有。`,
    voucher: (money) => `${money} 按您的选择换成本公司的代金券。`,
    kept: (money, minimum) => `${money} 低于自动退款的最低金额（${minimum}）。`,
    tooLittle: (money) => `${money} 金额太小，不会自动退款。`,
    claim: (wholeAccount) =>
      wholeAccount
        ? '这笔钱仍归您所有：无论今天还是几年以后，回复我们的最后一封邮件并注明注销编号即可退还。'
        : '这笔钱仍归您所有：无论今天还是几年以后，在进度页提出即可退还。',
    nothing: '没有需要退还的钱。',
  },
  choose: {
    title: '钱以什么方式退给您？',
    money: '退钱',
    moneyHint: '按前一页所说的方式。',
    voucher: '换成本公司的代金券',
    voucherHint: (money, until) =>
      `${money}，${until}前有效，只能在本公司使用。它不是钱：以后不能兑现，到期未用的部分作废。`,
    nothing: '请选择钱以什么方式退给您',
    link: '想换成代金券？看看会失去什么',
    change: '修改',
  },
  account: {
    title: '转账到哪个账户？',
    words: '有一部分钱无法原路退回。请填写您本人名下的银行账户；钱到账后我们即删除账户信息。',
    iban: 'IBAN',
    ibanHint: (email) =>
      `印在银行卡或对账单上，例如 DE89 3704 0044 0532 0130 00。没有 IBAN（如中国、英国、美国的账户）请写信到 ${email}，信中不要写账号：客服会与您约定安全的方式，并人工转账。`,
    name: '户名',
    nameHint: '用拉丁字母，按银行的拼写，例如 Li Lei。',
    optional: '收款账户',
    optionalHint: '也可以以后在进度页填写。',
    save: '保存账户',
    needed: '需要您的银行账户',
    neededWords: (money) => `${money} 等待转账，请告诉我们收款账户。`,
    keptAfter: (day) => `到 ${day}仍未填写的，注销照常继续，这笔钱由我们为您保留，仍归您所有。`,
    name_it: '填写收款账户',
    given: '收款账户已登记，下一批银行转账时汇出。',
    change: '换一个账户',
    gone: '请写信领取这笔钱',
    goneWords: (money, email, number) =>
      `${money} 只能转账，而您的个人信息已删除，我们无法再登记账户。请写信到 ${email}，注明编号 ${number}，信中不要写账号。这笔钱仍归您所有。`,
  },
  parts: {
    title: '您的钱',
    waiting: '处理中',
    no_account: '等您填写账户',
    to_send: '下一批银行转账时汇出',
    sent: '银行办理中',
    paid: (moment) => `${moment}已退`,
    sentBack: (moment, day) => `${moment}退出，预计 ${day}前到账`,
    allSent: (money, day) => `${money} 已退出，预计 ${day}前到账。`,
    reference: (reference) => `凭证 ${reference}`,
    refused: (money) => `${money} 这条路退不回去，改走下面的方式。`,
    charged_back: '这笔钱您的银行已经退给您。',
  },
  kept: {
    title: '这笔钱仍归您所有',
    words: (money) => `${money} 金额太小，没有自动退款，您提出后我们就退。`,
    claim: '退给我',
    write: (email, number) =>
      `领取办法：写信到 ${email}，附上注销完成证明，注明编号 ${number}，信中不要写账号。客服会与您约定安全的方式。`,
  },
  unclaimed: {
    title: '这笔钱仍归您所有',
    words: (money, until) =>
      `${money} 因为一直没有填写收款账户，未能汇出。钱没有作废：我们为您保留，至少到 ${until}，您提出后就退还。`,
    claim: '要求退还并填写账户',
    write: (email, number, slipCounts) =>
      `领取办法：写信到 ${email}，附上${slipCounts ? '注销确认单或' : '注销'}完成证明，注明编号 ${number}，信中不要写账号。客服会与您约定安全的方式。`,
  },
  inDoubt: {
    title: '这笔钱请写信询问',
    words: (email, number) =>
      `付款方的银行收回了为本次注销中的卡支付的款项。是否还应退款，要由客服核对：请写信到 ${email}，注明编号 ${number}。`,
  },
  voucher: {
    title: '您的代金券',
    words: (money, until) => `剩余 ${money}，${until}前有效。付款时输入这个代码。`,
    spent: '这张代金券已用完。',
    signIn: '登录查看代码',
  },
  takenBack: {
    title: '付款方的银行收回的钱',
    words: (money, day) => `付款方的银行于 ${day}收回了为这张卡支付的 ${money}。`,
    open: '银行还没有作出决定。',
    lost: '银行已决定不再退还。',
    afterClosing: (email) =>
      `这发生在注销完成之后，注销结果不变，注销确认单和完成证明仍然有效。如果您对此不知情，请写信到 ${email}。`,
  },
  now: '如果现在注销',
}
