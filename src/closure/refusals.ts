import { code_lives_minutes, codes_at_once } from '../holder/access-code.ts'
import type { Refusals } from '../platform/errors.ts'

export type ClosureRefusal =
  | 'closure/no_such_card'
  | 'closure/no_such_closure'
  | 'closure/nothing_chosen'
  | 'closure/already_closing'
  | 'closure/already_closed'
  | 'closure/unknown_zone'
  | 'closure/no_withdrawal'
  | 'closure/withdrawal_over'
  | 'closure/withdrawal_waits'
  | 'closure/card_number_invalid'
  | 'closure/card_unknown'
  | 'closure/being_closed'
  | 'closure/code_wrong'
  | 'closure/code_expired'
  | 'closure/code_used'
  | 'closure/code_too_many'
  | 'closure/past_return'
  | 'closure/already_undone'
  | 'closure/no_such_document'
  | 'closure/nothing_blocked'
  | 'closure/money_news'
  | 'closure/not_charged_back'
  | 'closure/reference_known'
  | 'closure/in_bank_file'
  | 'closure/charged_back_since'
  | 'issuer/unknown'

const newCode = {
  'zh-CN': '请在进度页获取新的验证码。注销申请已经生效，不会丢失。',
  en: 'Get a new code on the progress page. Your declaration stands and is not lost.',
}

export const closureRefusals: Refusals<ClosureRefusal> = {
  'closure/no_such_card': {
    status: 404,
    title: { 'zh-CN': '您的账户里没有这张卡', en: 'Your account has no such card' },
    next: { 'zh-CN': '请从“我的卡”里重新选择。', en: 'Choose it again from “My cards”.' },
  },
  'closure/no_such_closure': {
    status: 404,
    title: { 'zh-CN': '没有这个注销编号', en: 'There is no closure with this number' },
    next: {
      'zh-CN': '请核对确认单上的编号，并用申请时的账户登录。',
      en: 'Compare the number with your slip, and sign in with the account it was declared from.',
    },
  },
  'closure/nothing_chosen': {
    status: 422,
    title: { 'zh-CN': '还没有选择要注销的卡', en: 'No card has been chosen yet' },
    next: {
      'zh-CN': '请至少选择一张卡，或选择整个账户。',
      en: 'Choose at least one card, or the whole account.',
    },
    field: 'cards',
  },
  'closure/already_closing': {
    status: 409,
    title: {
      'zh-CN': '这张卡已在注销中，编号 {number}',
      en: 'This card is being closed already, under number {number}',
    },
    next: {
      'zh-CN': '无需再次申请，可在进度页查看。',
      en: 'You need not declare it again; watch it on its progress page.',
    },
  },
  'closure/already_closed': {
    status: 409,
    title: { 'zh-CN': '这张卡已经注销', en: 'This card is closed already' },
    next: { 'zh-CN': '注销完成证明可在进度页下载。', en: 'Its certificate is on the progress page.' },
  },
  'closure/unknown_zone': {
    status: 422,
    title: { 'zh-CN': '不认识这个时区', en: 'This time zone is not known' },
    next: {
      'zh-CN': '请使用 IANA 时区名，例如 Asia/Shanghai。',
      en: 'Use an IANA name such as Asia/Shanghai.',
    },
    field: 'zone',
  },
  'closure/no_withdrawal': {
    status: 409,
    title: {
      'zh-CN': '您居住地的法律没有给予撤回权，或没有可撤回的合同',
      en: 'The law where you live gives no right to withdraw, or there is no contract to withdraw from',
    },
    next: {
      'zh-CN': '您可以随时注销：无需理由，余额照样退还。',
      en: 'You can close at any time instead: no reason is needed, and the balance goes back all the same.',
    },
    field: 'act',
  },
  'closure/withdrawal_over': {
    status: 409,
    title: { 'zh-CN': '撤回期已于 {day} 结束', en: 'The time to withdraw ended on {day}' },
    next: {
      'zh-CN': '您仍可随时注销：无需理由，余额照样退还。同时选择了几张卡时，请分开申请。',
      en: 'You can still close at any time: no reason is needed, and the balance goes back all the same. If you chose several cards, declare them one by one.',
    },
    field: 'act',
  },
  'closure/withdrawal_waits': {
    status: 409,
    title: {
      'zh-CN': '这张卡已及时提交过撤回声明，编号 {number}，正在等待验证码',
      en: 'A withdrawal from the contract for this card was declared in time, under number {number}, and waits for its code',
    },
    next: {
      'zh-CN': '请在它的进度页输入验证码；需要时可获取新的验证码。',
      en: 'Enter the code on its progress page. You can get a new code there.',
    },
    field: 'act',
  },
  'closure/card_number_invalid': {
    status: 422,
    title: { 'zh-CN': '卡号不对', en: 'That is not a card number' },
    next: {
      'zh-CN': '卡号（ICCID）是 19 或 20 位数字，多以 89 开头。请逐位核对后再输入。',
      en: 'A card number (ICCID) has 19 or 20 digits, most begin with 89. Compare digit by digit and enter it again.',
    },
    field: 'iccid',
  },
  'closure/card_unknown': {
    status: 404,
    title: { 'zh-CN': '这家发行公司没有这个卡号', en: 'This issuer has no card with this number' },
    next: {
      'zh-CN':
        '请核对数字；卡也可能是别家公司发行的，公司名称印在卡包上。仍找不到时，请写信给客服，申请同样算数。',
      en: 'Compare the digits. The card may be from another issuer: the name stands on the card pack. If you get no further, write to support; a declaration by e-mail counts as well.',
    },
    field: 'iccid',
  },
  'closure/being_closed': {
    status: 409,
    title: { 'zh-CN': '这张卡正在注销，或已经注销', en: 'This card is being closed, or is closed already' },
    next: {
      'zh-CN': '确认单已发到持卡人的邮箱，编号和进度都在里面。您无需再次申请。',
      en: 'Its holder has the slip by e-mail, with the number and the way to its progress. You need not declare it again.',
    },
    field: 'iccid',
  },
  'closure/code_wrong': {
    status: 422,
    title: { 'zh-CN': '验证码不正确', en: 'The code is not right' },
    next: {
      'zh-CN': `请核对邮件里的 6 位数字，只用于这一次注销。收到多封时，最近 ${codes_at_once} 封里的都可以用，各 ${code_lives_minutes} 分钟内有效。`,
      en: `Compare the six digits with the mail; they are good for this closure only. If several mails came, the codes of the last ${codes_at_once} are all good, each for ${code_lives_minutes} minutes.`,
    },
    field: 'code',
  },
  'closure/code_expired': {
    status: 410,
    title: { 'zh-CN': '验证码已过期', en: 'The code has expired' },
    next: newCode,
    field: 'code',
  },
  'closure/code_used': {
    status: 409,
    title: { 'zh-CN': '验证码已经用过', en: 'The code has been used' },
    next: {
      'zh-CN': '如果您已经确认过，注销已在办理，不需要再输入。否则请在进度页获取新的验证码，申请不会丢失。',
      en: 'If you have confirmed before, the closing is under way and needs no code any more. If not, get a new one on the progress page: your declaration stands.',
    },
    field: 'code',
  },
  'closure/code_too_many': {
    status: 429,
    title: { 'zh-CN': '验证码输错次数过多', en: 'The code was entered wrongly too often' },
    next: newCode,
    field: 'code',
  },
  'closure/past_return': {
    status: 409,
    title: {
      'zh-CN': '已过可撤销的时间：退款已发出或线路已注销',
      en: 'Too late to undo: money is on its way or the line is gone',
    },
    next: {
      'zh-CN': '如果您没有提出这次注销，请立即联系申诉渠道（确认单上有地址）。',
      en: 'If this was not you, write to the appeals address on the slip at once.',
    },
  },
  'closure/already_undone': {
    status: 409,
    title: { 'zh-CN': '这次注销已撤销', en: 'This closure has been undone' },
    next: {
      'zh-CN': '卡可以继续使用；需要时可重新申请。',
      en: 'The card works again; you can declare anew at any time.',
    },
  },
  'closure/no_such_document': {
    status: 404,
    title: { 'zh-CN': '这份文件还没有出具', en: 'This document has not been issued yet' },
    next: {
      'zh-CN': '完成证明在注销完成时出具。',
      en: 'The certificate is issued when the closing is done.',
    },
  },
  'closure/nothing_blocked': {
    status: 409,
    title: { 'zh-CN': '这次注销没有等待处理的卡点', en: 'Nothing in this closure waits for this' },
    next: { 'zh-CN': '请先查看它的状态。', en: 'Look at its status first.' },
  },
  'closure/money_news': {
    status: 409,
    title: {
      'zh-CN': '支付机构刚刚报告了拒付或人工退款，尚未记账',
      en: 'The payment provider has just told of a dispute or a refund that was not booked yet',
    },
    next: {
      'zh-CN': '现已记账。请先查看状态；若仍应付款，请重复此操作。',
      en: 'It is booked now. Look at the status first; if it is owed all the same, do this once more.',
    },
  },
  'closure/not_charged_back': {
    status: 409,
    title: {
      'zh-CN': '付款人的银行没有（不再）追回这笔付款',
      en: "The payer's bank has not taken this payment back, or not any more",
    },
    next: { 'zh-CN': '请用 leb retry 重新退款。', en: 'Ask for the refund again with leb retry.' },
  },
  'closure/reference_known': {
    status: 409,
    title: {
      'zh-CN': '这笔转账已经记过',
      en: 'A transfer with this reference is noted for this already',
    },
    next: {
      'zh-CN': '如果是另一笔转账，请使用它自己的凭证号。',
      en: 'If it was another transfer, name it by a reference of its own.',
    },
  },
  'closure/in_bank_file': {
    status: 409,
    title: {
      'zh-CN': '这笔钱已列入交给银行的文件 {file}',
      en: 'It stands in a file for the bank, {file}',
    },
    next: {
      'zh-CN':
        '请先向银行核实。银行已按文件汇出的，加 --in-file；在文件之外另行付款、并已让银行从文件中撤下的，加 --outside-file。',
      en: 'Ask the bank first. If it has carried the transfer out, say so with --in-file; if you paid outside of the file, have the bank strike it out there and say so with --outside-file.',
    },
  },
  'closure/charged_back_since': {
    status: 409,
    title: {
      'zh-CN': '卡 {iccid} 结算以后，付款方的银行收回了为它支付的款项',
      en: "After card {iccid} was settled the payer's bank took back what it was paid with",
    },
    next: {
      'zh-CN': '持卡人已拿到这笔钱的，用 leb payout charged-back 记为已付；仍应付款的，加 --owed。',
      en: 'If the holder has that money, leb payout charged-back counts it as paid; if it is owed all the same, say so with --owed.',
    },
  },
  'issuer/unknown': {
    status: 404,
    title: { 'zh-CN': '没有这家发行公司', en: 'There is no such issuing company' },
    next: { 'zh-CN': '请从首页重新选择。', en: 'Choose it again from the first page.' },
  },
}
