import type { Both, SlipContent } from './content.ts'
import { dayOfInstantText, dayText, iccidText, instantText, moneyText } from './document-text.ts'
import { ACTS, both, cardHeading, type Cell, COVERS, type LetterView, type Section } from './letter-view.ts'

const RECEIVED_BY = {
  portal: both('自助网页', 'Portal'),
  api: both('开放接口', 'API'),
  staff: both('工作人员代录', 'Entered by staff'),
  import: both('批量导入', 'Import'),
}

const IDENTITY = {
  signed_in: both('已登录本账户', 'Signed in to the account'),
  issuer_decision: both('发行公司自行决定注销', "The issuer's own decision"),
  card_ended: both('卡已到期，自动注销', 'Closed by itself, because the card had ended'),
  waiting_for_proof: both(
    '待核验：验证码已发往账户原有联系方式；核验前不动款项、不删除数据',
    'Awaiting proof: a code goes to the contact the account already has; until then no money moves and nothing is erased',
  ),
}

const ACCOUNT_OF_CARD = both('下列卡所属的账户', 'The account of the card below')

const isDecided = (slip: SlipContent) => slip.identity === 'issuer_decision'

const receivedRows = ({ receivedBy }: SlipContent) =>
  receivedBy === 'expiry' ? [] : [{ label: both('接收渠道', 'Received by'), value: RECEIVED_BY[receivedBy] }]

const facts = (slip: SlipContent): Section => ({
  heading: isDecided(slip) ? both('决定事项', 'What was decided') : both('声明事项', 'What was declared'),
  blocks: [
    {
      kind: 'facts',
      rows: [
        { label: both('事项', 'Act'), value: ACTS[slip.act] },
        { label: both('范围', 'Covers'), value: COVERS[slip.covers] },
        { label: both('账户', 'Account'), value: slip.accountRef ?? ACCOUNT_OF_CARD },
        {
          label: isDecided(slip) ? both('决定时间', 'Decided at') : both('声明时间', 'Declared at'),
          value: instantText(slip.declaredAt, slip.timeZone),
        },
        ...(isDecided(slip) ? [] : receivedRows(slip)),
        {
          label: isDecided(slip) ? both('缘由', 'Reason') : both('身份', 'Identity'),
          value: IDENTITY[slip.receivedBy === 'expiry' ? 'card_ended' : slip.identity],
        },
        ...(slip.undoUntil
          ? [{ label: both('可撤销至', 'Undo until'), value: instantText(slip.undoUntil, slip.timeZone) }]
          : []),
      ],
    },
    { kind: 'sides', quote: true, text: slip.declaration },
  ],
})

type Card = SlipContent['cards'][number]

const planText = (card: Card, timeZone: string): Cell => {
  const until = card.expiresAt && dayOfInstantText(card.expiresAt, timeZone)
  if (!card.plan || !card.zone) return '—'
  return both(
    `${card.plan} · ${card.zone.zh}${until ? `，有效至 ${until.zh}` : ''}`,
    `${card.zone.en}${until ? `, valid until ${until.en}` : ''}`,
  )
}

const routeText = (refund: NonNullable<Card['refund']>, timeZone: string): Both => {
  const by = refund.expectedBy && dayOfInstantText(refund.expectedBy, timeZone)
  return both(
    `${refund.route.zh}${by ? `，预计 ${by.zh}前到账` : ''}`,
    `${refund.route.en}${by ? `, expected by ${by.en}` : ''}`,
  )
}

/** Whoever is not signed in gets back what they typed; the rest is told to the holder, after proof. */
const numbersOnly = (slip: SlipContent): Section => ({
  heading: cardHeading(slip.cards.length),
  blocks: [
    {
      kind: 'facts',
      rows: slip.cards.map((card) => ({ label: both('卡号', 'ICCID'), value: iccidText(card.iccid) })),
    },
    {
      kind: 'sides',
      text: both(
        '套餐、余额与退款只告知经核验的持卡人，并写入注销完成证明。',
        'Plan, balance and refund are told to the holder only, after proof, and stand on the certificate.',
      ),
    },
  ],
})

const noCards: Section = {
  heading: both('卡', 'Cards'),
  blocks: [
    {
      kind: 'sides',
      text: both(
        '账户中已没有未注销的卡，本次只注销账户。',
        'The account has no card left that is open: this closes the account alone.',
      ),
    },
  ],
}

const cards = (slip: SlipContent): Section => ({
  heading: cardHeading(slip.cards.length),
  blocks: [
    {
      kind: 'table',
      columns: [
        { label: both('卡号', 'ICCID'), width: 'auto' },
        { label: both('套餐 · 地区', 'Plan · zone'), width: '1fr' },
        { label: both('余额', 'Balance'), width: 'auto', align: 'right' },
        { label: both('预计退款', 'Refund, est.'), width: 'auto', align: 'right' },
        { label: both('退回方式', 'Goes back to'), width: '1fr' },
      ],
      rows: slip.cards.map((card) => [
        iccidText(card.iccid),
        planText(card, slip.timeZone),
        card.balance ? moneyText(card.balance) : '—',
        card.refund ? moneyText(card.refund.estimate) : '—',
        card.refund ? routeText(card.refund, slip.timeZone) : '—',
      ]),
    },
    ...(slip.ifNoAccountNamed ? [{ kind: 'sides' as const, text: slip.ifNoAccountNamed }] : []),
  ],
})

const deadlines = (slip: SlipContent): Section => ({
  heading: both('期限', 'Deadlines'),
  blocks: [
    {
      kind: 'table',
      columns: [
        { label: both('事项', 'What'), width: '1fr' },
        { label: both('最迟', 'At the latest'), width: 'auto' },
        { label: both('依据', 'Basis'), width: '1fr' },
      ],
      rows: slip.deadlines.map((one) => [
        one.what,
        instantText(one.dueAt, slip.timeZone),
        one.verified
          ? one.basis
          : both(`${one.basis}（预计，尚待法务复核）`, 'Expected; not yet reviewed by counsel'),
      ]),
    },
  ],
})

export const keptSection = (content: Pick<SlipContent, 'kept'>): Section => ({
  heading: both('依法保留', 'What the law makes us keep'),
  blocks: [
    {
      kind: 'table',
      columns: [
        { label: both('内容', 'What'), width: '1fr' },
        { label: both('依据', 'Ground'), width: '1fr' },
        { label: both('保留至', 'Until'), width: 'auto' },
      ],
      rows: content.kept.map((one) => [one.what, one.ground, dayText(one.until)]),
    },
  ],
})

function cardsSection(slip: SlipContent): Section {
  if (slip.cards.length === 0) return noCards
  const nothingTold = slip.identity === 'waiting_for_proof' && slip.cards.every((card) => !card.balance)
  return nothingTold ? numbersOnly(slip) : cards(slip)
}

function leadOf(slip: SlipContent): Both {
  if (slip.receivedBy === 'expiry')
    return both(
      '卡已到期，发行公司予以注销，自下列时间起生效。请保存本单。',
      'The card has ended, and the issuing company closes it. It counts from the time below. Keep this slip.',
    )
  return isDecided(slip)
    ? both(
        '发行公司决定予以注销，自下列时间起生效。请保存本单。',
        'The issuing company has decided this closing. It counts from the time below. Keep this slip.',
      )
    : both(
        '我们已收到您的声明，自下列时间起生效。请保存本单。',
        'We have received your declaration. It counts from the time below. Keep this slip.',
      )
}

export const slipView = (slip: SlipContent): LetterView => ({
  title: both('注销确认单', 'Closure slip'),
  number: slip.number,
  numberLabel: both('注销编号', 'Closure number'),
  lead: leadOf(slip),
  sections: [
    facts(slip),
    cardsSection(slip),
    ...(slip.deadlines.length > 0 ? [deadlines(slip)] : []),
    ...(slip.kept.length > 0 ? [keptSection(slip)] : []),
    { heading: both('不同意处理结果时', 'If you disagree'), blocks: [{ kind: 'sides', text: slip.appeal }] },
  ],
})
