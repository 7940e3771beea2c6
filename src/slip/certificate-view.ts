import type { Both, CertificateContent } from './content.ts'
import { dayOfInstantText, iccidText, instantText, moneyText } from './document-text.ts'
import { ACTS, both, COVERS, type Block, type Cell, type LetterView, type Section } from './letter-view.ts'
import { keptSection } from './slip-view.ts'

type Card = CertificateContent['cards'][number]

const withEvidence = (what: { zh: string; en: string }, reference?: string): Cell =>
  reference ? both(`${what.zh}（凭证 ${reference}）`, `${what.en} (ref. ${reference})`) : what

const cardRows = (card: Card, timeZone: string): { label: { zh: string; en: string }; value: Cell }[] => [
  { label: both('卡号', 'ICCID'), value: iccidText(card.iccid) },
  {
    label: both('套餐 · 地区', 'Plan · zone'),
    value: both(`${card.plan} · ${card.zone.zh}`, `${card.plan} · ${card.zone.en}`),
  },
  {
    label: both('线路', 'Line'),
    value: card.lineOff
      ? withEvidence(
          both(
            `已停，${instantText(card.lineOff.at, timeZone).zh}`,
            `Off since ${instantText(card.lineOff.at, timeZone).en}`,
          ),
          card.lineOff.reference,
        )
      : both('尚未得到网络确认，见下', 'Not yet confirmed by the network, see below'),
  },
  { label: both('eSIM 配置', 'eSIM profile'), value: withEvidence(card.esim.outcome, card.esim.reference) },
  {
    label: both('结算应退', 'Settled, owed to you'),
    value: moneyText(card.settlement),
  },
  ...(card.payout ? [payoutRow(card.payout, timeZone)] : []),
  ...(card.morePayouts ?? []).map((payout) => payoutRow(payout, timeZone)),
  { label: both('结算后余额', 'Balance after'), value: moneyText(card.balance) },
]

const payoutRow = (payout: NonNullable<Card['payout']>, timeZone: string) => {
  const at = payoutTime(payout, timeZone)
  return {
    label: payout.kept ? both('为您保留', 'Kept for you') : both('退款', 'Paid back'),
    value: withEvidence(
      both(
        `${moneyText(payout.amount)} → ${payout.route.zh}，${at.zh}`,
        `${moneyText(payout.amount)} → ${payout.route.en}, ${at.en}`,
      ),
      payout.reference,
    ),
  }
}

/** When it was sent and should arrive; of what goes to no account, when it was done. */
function payoutTime({ at, expectedBy }: NonNullable<Card['payout']>, timeZone: string): Both {
  const done = instantText(at, timeZone)
  if (expectedBy === undefined) return done
  const day = dayOfInstantText(expectedBy, timeZone)
  return both(`${done.zh}退出，预计 ${day.zh}前到账`, `sent ${done.en}, expected by ${day.en}`)
}

const deciderRow = ({ issuer: { name }, cardEnded }: CertificateContent) => ({
  label: both('由谁决定', 'Decided by'),
  value: cardEnded ? both(`${name.zh}，因卡已到期`, `${name.en}, because the card had ended`) : name,
})

const outcome = (content: CertificateContent): Section => ({
  heading: both('完成情况', 'What was done'),
  blocks: [
    {
      kind: 'facts',
      rows: [
        { label: both('事项', 'Act'), value: ACTS[content.act] },
        { label: both('范围', 'Covers'), value: COVERS[content.covers] },
        { label: both('账户', 'Account'), value: content.accountRef },
        {
          label: content.decidedByIssuer ? both('决定时间', 'Decided at') : both('声明时间', 'Declared at'),
          value: instantText(content.declaredAt, content.timeZone),
        },
        ...(content.decidedByIssuer ? [deciderRow(content)] : []),
        {
          label: both('完成时间', 'Completed at'),
          value: instantText(content.completedAt, content.timeZone),
        },
        {
          label: both('对应确认单', 'Its slip, SHA-256'),
          value: content.slip.sha256.replace(/(.{16})(?=.)/g, '$1 '),
        },
      ],
    },
  ],
})

const cardSection = (content: CertificateContent, card: Card, index: number): Section => ({
  heading: content.cards.length === 1 ? both('卡', 'Card') : both(`卡 ${index + 1}`, `Card ${index + 1}`),
  blocks: [{ kind: 'facts', rows: cardRows(card, content.timeZone) }],
})

const erasureSection = (content: CertificateContent): Section => ({
  heading: both('已删除的个人信息', 'Personal data erased'),
  blocks: [
    {
      kind: 'table',
      columns: [
        { label: both('内容', 'What'), width: '1fr' },
        { label: both('凭证', 'Receipt'), width: 'auto' },
        { label: both('时间', 'At'), width: '1fr' },
      ],
      rows: content.erasure.map((one) => [one.what, one.reference, instantText(one.at, content.timeZone)]),
    },
  ],
})

const unconfirmedBlock = (content: CertificateContent): Block =>
  content.unconfirmed.length === 0
    ? {
        kind: 'sides',
        text: both('无。每一方都已确认。', 'Nothing. Every party has confirmed its part.'),
      }
    : {
        kind: 'table',
        columns: [
          { label: both('事项', 'What'), width: '1fr' },
          { label: both('询问对象', 'Who was asked'), width: 'auto' },
          { label: both('询问时间', 'When'), width: '1fr' },
        ],
        rows: content.unconfirmed.map((one) => [
          one.what,
          one.askedOf,
          instantText(one.askedAt, content.timeZone),
        ]),
      }

const removalSection = ({ removal }: CertificateContent): Section => ({
  heading: both('从手机上删除 eSIM、处理塑料卡', 'Remove the eSIM, dispose of a plastic card'),
  blocks: [
    {
      kind: 'facts',
      rows: [
        { label: both('苹果手机', 'iPhone'), value: removal.iphone },
        { label: both('安卓手机', 'Android'), value: removal.android },
        { label: both('塑料卡', 'Plastic card'), value: removal.plastic },
      ],
    },
  ],
})

export const certificateView = (content: CertificateContent): LetterView => ({
  title: both('注销完成证明', 'Certificate of closure'),
  number: content.number,
  numberLabel: both('注销编号', 'Closure number'),
  lead: both(
    '本次注销已完成。下列每一项都附有凭证；未能得到确认的，如实列出。',
    'The closure is complete. Each line names its evidence; what nobody confirmed says so.',
  ),
  sections: [
    outcome(content),
    ...content.cards.map((card, index) => cardSection(content, card, index)),
    ...(content.erasure.length > 0 ? [erasureSection(content)] : []),
    { heading: both('尚未得到确认', 'Not confirmed'), blocks: [unconfirmedBlock(content)] },
    ...(content.kept.length > 0 ? [keptSection(content)] : []),
    ...(content.cards.length > 0 ? [removalSection(content)] : []),
  ],
})
