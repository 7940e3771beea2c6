import { instantText } from '../slip/document-text.ts'
import type { ContractContent } from './contract.ts'
import { type Block, both, letterhead, type PaperView, say, sellerNumbers, sumText } from './paper-view.ts'
import type { Terms } from './terms.ts'

/** A contract as it is printed: what was bought, when the terms were accepted, and the terms themselves. */
export function contractView(content: ContractContent, terms: Pick<Terms, 'text'>): PaperView {
  const { seller, price } = content
  return {
    title: say('合同', 'Contract'),
    number: content.number,
    numberLabel: say('合同号（即订单号）', 'Contract number (that of the order)'),
    issuer: both(seller.name),
    letterhead: letterhead(seller),
    sections: [
      { heading: null, blocks: [{ kind: 'facts', rows: facts(content) }] },
      {
        heading: say('价款', 'Price'),
        blocks: [
          {
            kind: 'totals',
            rows: [
              {
                label: say('含税总价', 'Price with tax'),
                value: sumText(price.gross, price.currency),
                strong: true,
              },
              {
                label: say('其中税额', 'Tax in it'),
                value: sumText(price.tax, price.currency),
                strong: false,
              },
            ],
          },
        ],
      },
      {
        heading: say(`条款 ${content.terms.version}`, `Terms ${content.terms.version}`),
        blocks: paragraphs(terms.text),
      },
    ],
  }
}

function facts(content: ContractContent): Extract<Block, { kind: 'facts' }>['rows'] {
  const { bought, buyer, terms, timeZone } = content
  return [
    { label: say('账户', 'Account'), value: buyer.accountRef },
    { label: say('购买内容', 'Bought'), value: both(bought.text) },
    ...(bought.zone ? [{ label: say('适用地区', 'Works in'), value: both(bought.zone) }] : []),
    ...(bought.cardEnding
      ? [
          {
            label: say('卡', 'Card'),
            value: say(`尾号 ${bought.cardEnding}`, `ending ${bought.cardEnding}`),
          },
        ]
      : []),
    { label: say('下单', 'Ordered'), value: instantText(content.orderedAt, timeZone) },
    { label: say('接受条款', 'Terms accepted'), value: instantText(content.acceptedAt, timeZone) },
    {
      label: say('交付，合同成立', 'Delivered, contract made'),
      value: instantText(content.madeAt, timeZone),
    },
    {
      label: say('条款校验值 SHA-256', 'SHA-256 of the terms'),
      value: terms.sha256.replace(/(.{32})/, '$1 '),
    },
    ...sellerNumbers(content.seller),
  ]
}

/** Side by side as far as both languages have the same number of paragraphs; else one after the other. */
function paragraphs(text: Terms['text']): Block[] {
  const [zh, en] = [text['zh-CN'].split(/\n\s*\n/), text.en.split(/\n\s*\n/)]
  if (zh.length !== en.length) return [{ kind: 'sides', text: both(text) }]
  return zh.map((paragraph, at): Block => ({ kind: 'sides', text: say(paragraph, en[at]!) }))
}
