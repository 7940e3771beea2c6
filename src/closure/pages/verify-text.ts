import type { ClosureView } from '../closure-view.ts'
import type { Lang } from '../../web/lang.ts'
import type { Standing } from '../still-owed.ts'

/** How a sum is had: on the closure's page, or, where its holder is erased, by letter. Null where none has to be asked for. */
type Owed = { money: string; email: string; until: string; isClaimed: boolean; byPage: boolean }

const askEn = ({ byPage, email }: Owed) =>
  byPage
    ? "Paid to its holder, who asks for it on the closure's page"
    : `Paid to its holder, who writes to ${email} with this paper`
const askZh = ({ byPage, email }: Owed) =>
  byPage ? '持卡人可在注销进度页要求退还' : `持卡人可凭本文件写信到 ${email}，经客服核对后退还`

const en = {
  title: 'Check a document',
  genuine: { slip: 'This slip is genuine', certificate: 'This certificate is genuine' },
  compare: 'Compare this with the paper or file in your hand. It has to say the same.',
  number: 'Number',
  issuer: 'Issued by',
  cards: 'Covers',
  accountAlone: 'the account, which had no card left',
  declared: 'Declared',
  decided: 'Decided by the issuing company',
  ended: 'Closed by the issuing company, because the card had ended',
  state: 'State now',
  states: {
    declared: 'declared, not yet confirmed by the holder',
    identified: 'confirmed by the holder, about to begin',
    closing: 'under way',
    closed: 'closed',
    undone: 'undone by the holder',
  } satisfies Record<ClosureView['state'], string>,
  lapsed: 'lapsed: the holder did not confirm it',
  aboutToBegin: 'about to begin',
  closed: 'Closed',
  undone: 'Undone',
  owed: 'Still owed to its holder',
  /** On a slip's page, which whoever finds the slip may open. */
  someMoney: 'Money',
  owedWords: {
    kept: (owed) =>
      `${owed.money}, kept because no bank account was named. ${askEn(owed)}, at least until ${owed.until}.`,
    too_little: (owed) => `${owed.money}, too little to be sent by itself. ${askEn(owed)}.`,
    wants_account: (owed) =>
      `${owed.money}, ${owed.isClaimed ? 'asked for, ' : ''}waits for an account that it can be transferred to. ${owed.byPage ? "Its holder names one on the closure's page" : `Its holder writes to ${owed.email} with this paper`}.`,
    to_send: ({ money }) => `${money}, goes out with the next file for the bank.`,
    with_bank: ({ money }) => `${money}, with the bank: its transfer is not confirmed yet.`,
    refunding: ({ money }) => `${money}, on its way back to the payment method.`,
    in_doubt: ({ email }) =>
      `The payer's bank took back what this card was paid with. Whether anything is owed says ${email}.`,
  } satisfies Record<Standing, (owed: Owed) => string>,
  issued: 'Document sealed',
  digest: 'SHA-256 of the PDF file (on the paper stands that of its content)',
  offline:
    'The file can also be checked without this page: its seal is a PAdES signature, which a PDF reader shows as valid once it trusts our root certificate.',
  root: 'Root certificate (PEM)',
  crl: 'List of revoked keys (CRL)',
  unknown: 'No document has this code',
  unknownWords: 'Nobody here issued a slip or certificate with this code.',
  unknownNext:
    'Scan the QR code again, or type the address exactly. If it still says so, the document is not genuine.',
}
export type VerifyText = typeof en

const zh: VerifyText = {
  title: '核验文件',
  genuine: { slip: '这份注销确认单是真的', certificate: '这份注销完成证明是真的' },
  compare: '请与您手里的纸张或文件对照，内容应当一致。',
  number: '编号',
  issuer: '出具方',
  cards: '涉及',
  accountAlone: '账户（已没有卡）',
  declared: '申请时间',
  decided: '发行公司决定时间',
  ended: '因卡已到期，发行公司予以注销的时间',
  state: '目前状态',
  states: {
    declared: '已申请，等持卡人确认本人',
    identified: '持卡人已确认，即将开始',
    closing: '办理中',
    closed: '已注销',
    undone: '持卡人已撤销',
  },
  lapsed: '已失效：持卡人没有确认',
  aboutToBegin: '即将开始',
  closed: '注销完成',
  undone: '撤销时间',
  owed: '仍应退给持卡人',
  someMoney: '一笔钱',
  owedWords: {
    kept: (owed) => `${owed.money}，因没有填写收款账户而保留。${askZh(owed)}，至少到 ${owed.until}。`,
    too_little: (owed) => `${owed.money}，金额太小，没有自动退款。${askZh(owed)}。`,
    wants_account: (owed) =>
      `${owed.money}，${owed.isClaimed ? '持卡人已要求退还，' : ''}等待收款账户。${owed.byPage ? '持卡人可在注销进度页填写' : `持卡人可凭本文件写信到 ${owed.email}`}。`,
    to_send: ({ money }) => `${money}，下一批银行转账时汇出。`,
    with_bank: ({ money }) => `${money}，银行办理中，尚未确认汇出。`,
    refunding: ({ money }) => `${money}，正在退回原支付方式。`,
    in_doubt: ({ email }) => `付款方的银行收回了为这张卡支付的款项。是否还应退款，请写信到 ${email} 询问。`,
  },
  issued: '文件盖章时间',
  digest: 'PDF 文件的 SHA-256（纸面所印为内容的 SHA-256）',
  offline:
    '不用本页也能核验：文件上的电子印章是 PAdES 签名，PDF 阅读器信任我们的根证书后，就会显示签名有效。',
  root: '根证书（PEM）',
  crl: '已吊销密钥列表（CRL）',
  unknown: '没有使用这个代码的文件',
  unknownWords: '我们没有出具过带这个代码的确认单或证明。',
  unknownNext: '请重新扫描二维码，或逐字核对网址。如果结果仍然如此，这份文件不是真的。',
}

export const verifyText: Record<Lang, VerifyText> = { en, 'zh-CN': zh }
