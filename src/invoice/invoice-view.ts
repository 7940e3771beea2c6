import { countryName } from '../card/countries.ts'
import { dayText, instantText } from '../slip/document-text.ts'
import type { InvoiceContent } from './content.ts'
import {
  type Block,
  both,
  letterhead,
  type PaperView,
  rateText,
  say,
  sellerNumbers,
  sumText,
} from './paper-view.ts'

const titles = {
  invoice: say('发票', 'Invoice'),
  credit_note: say('红字发票', 'Credit note'),
  closing_statement: say('结清单', 'Closing statement'),
}
const numberLabels = {
  invoice: say('发票号', 'Invoice number'),
  credit_note: say('红字发票号', 'Credit note number'),
  closing_statement: say('结清单号', 'Statement number'),
}
const paid = {
  stripe: say('已付，银行卡或在线支付', 'Paid, by card or online'),
  bank: say('已付，银行转账', 'Paid, by bank transfer'),
  voucher: say('已付，代金券', 'Paid, by voucher'),
  balance: say('已付，卡内余额', "Paid, from the card's balance"),
  none: say('未付', 'Not paid yet'),
}

/** An invoice, credit note or closing statement as it is printed. */
export function invoiceView(content: InvoiceContent, hasXml: boolean): PaperView {
  const { kind, seller } = content
  const sums: Block[] =
    kind === 'closing_statement' ? [statementTable(content)] : [lineTable(content), totals(content)]
  return {
    title: titles[kind],
    number: content.number,
    numberLabel: numberLabels[kind],
    issuer: both(seller.name),
    letterhead: letterhead(seller),
    sections: [
      { heading: null, blocks: [{ kind: 'facts', rows: facts(content) }] },
      { heading: kind === 'closing_statement' ? say('明细', 'Account') : say('项目', 'Items'), blocks: sums },
      ...(content.taxes.length > 0 ? [{ heading: say('税', 'Tax'), blocks: [taxTable(content)] }] : []),
      { heading: say('说明', 'Notes'), blocks: notes(content, hasXml) },
    ],
  }
}

type FactRows = Extract<Block, { kind: 'facts' }>['rows']

function facts(content: InvoiceContent): FactRows {
  const { kind, buyer, orderNumber, closureNumber, cardEnding, corrects } = content
  const date =
    kind === 'invoice' ? say('开票与交付日期', 'Date of issue and supply') : say('开具日期', 'Date of issue')
  return [
    { label: date, value: instantText(content.issuedAt, content.timeZone) },
    { label: say('账户', 'Account'), value: buyer.accountRef },
    {
      label: say('居住地', 'Residence'),
      value: say(countryName(buyer.country, 'zh-CN'), countryName(buyer.country, 'en')),
    },
    ...(cardEnding
      ? [{ label: say('卡', 'Card'), value: say(`尾号 ${cardEnding}`, `ending ${cardEnding}`) }]
      : []),
    ...(orderNumber ? [{ label: say('订单', 'Order'), value: orderNumber }] : []),
    ...(closureNumber ? [{ label: say('注销', 'Closure'), value: closureNumber }] : []),
    ...(corrects ? [{ label: say('冲销的发票', 'Corrects invoice'), value: correctsText(corrects) }] : []),
    ...sellerNumbers(content.seller),
  ]
}

function correctsText({ number, day }: NonNullable<InvoiceContent['corrects']>) {
  const on = day ? dayText(day) : undefined
  return on ? say(`${number}（${on.zh}）`, `${number} (${on.en})`) : number
}

function lineTable(content: InvoiceContent): Block {
  const sum = (minor: string) => sumText(minor, content.currency)
  return {
    kind: 'table',
    columns: [
      { label: say('项目', 'Item'), width: '1fr' },
      { label: say('数量', 'Quantity'), width: 'auto', align: 'right' },
      { label: say('不含税', 'Net'), width: 'auto', align: 'right' },
      { label: say('税率', 'Rate'), width: 'auto', align: 'right' },
      { label: say('含税', 'With tax'), width: 'auto', align: 'right' },
    ],
    rows: content.lines.map((line) => [
      both(line.text),
      `${line.quantity}`,
      sum(line.net),
      rateText(line.rateBp),
      sum(line.gross),
    ]),
  }
}

function totals(content: InvoiceContent): Block {
  const sum = (minor: string) => sumText(minor, content.currency)
  const { totals: all, kind, paidBy } = content
  const total = kind === 'credit_note' ? say('冲销合计', 'Total credited') : say('合计', 'Total')
  return {
    kind: 'totals',
    rows: [
      { label: say('不含税金额', 'Net'), value: sum(all.net), strong: false },
      { label: say('税额', 'Tax'), value: sum(all.tax), strong: false },
      { label: total, value: sum(all.gross), strong: true },
      ...(kind === 'invoice'
        ? [{ label: paid[paidBy], value: sum(paidBy === 'none' ? '0' : all.gross), strong: false }]
        : []),
    ],
  }
}

function taxTable(content: InvoiceContent): Block {
  const sum = (minor: string) => sumText(minor, content.currency)
  return {
    kind: 'table',
    columns: [
      { label: say('税种', 'Tax'), width: '1fr' },
      { label: say('税率', 'Rate'), width: 'auto', align: 'right' },
      { label: say('计税金额', 'On'), width: 'auto', align: 'right' },
      { label: say('税额', 'Tax'), width: 'auto', align: 'right' },
    ],
    rows: content.taxes.map((tax) => [taxWords(tax), rateText(tax.rateBp), sum(tax.net), sum(tax.tax)]),
  }
}

/** An invoice without tax names the provision (Directive 2006/112/EC, Art. 226(11)). */
function taxWords({ name, reason }: InvoiceContent['taxes'][number]) {
  if (reason === undefined) return both(name)
  return say(`${name['zh-CN']}（${reason}）`, `${name.en} (${reason})`)
}

/** What came in and what left, with the balance after each line; the last one is 0. */
function statementTable(content: InvoiceContent): Block {
  const sum = (minor: string) => sumText(minor, content.currency)
  let balance = 0n
  return {
    kind: 'table',
    columns: [
      { label: say('事项', 'What'), width: '1fr' },
      { label: say('金额', 'Amount'), width: 'auto', align: 'right' },
      { label: say('余额', 'Balance'), width: 'auto', align: 'right' },
    ],
    rows: content.lines.map((line) => {
      balance += BigInt(line.gross)
      return [both(line.text), sum(line.gross), sum(balance.toString())]
    }),
  }
}

function notes(content: InvoiceContent, hasXml: boolean): Block[] {
  const { kind, seller } = content
  const sides = (zh: string, en: string): Block => ({ kind: 'sides', text: say(zh, en) })
  return [
    ...(kind === 'closing_statement'
      ? [
          sides(
            '本单列明这张卡的全部款项，最后余额为零。它不是发票；退回部分所含的税款见另行开具的红字发票。',
            'Everything that came into this card and left it; the balance at the end is 0. This is no invoice: tax on what was given back is in the credit note, where there is one.',
          ),
        ]
      : [
          sides(
            `以账户号代替购买人姓名，不含个人信息。需要写明名称和地址的发票，请写信至 ${seller.email}。`,
            `The buyer is named by the number of the account; no personal data is printed. For an invoice with name and address write to ${seller.email}.`,
          ),
        ]),
    ...(kind !== 'closing_statement' && seller.country === 'CN'
      ? [
          sides(
            '本文件不是税务机关的数电发票（全电发票）。',
            'This is not a fapiao of the Chinese tax authority.',
          ),
        ]
      : []),
    ...(hasXml
      ? [
          kind === 'closing_statement'
            ? sides(
                '本 PDF 内附同一结清单的 XML（factur-x.xml，EN 16931，类型 751：记账信息，非发票），软件可直接读取。',
                'Attached to this PDF is the same statement as XML (factur-x.xml, EN 16931, type 751: accounting information, not an invoice), for software.',
              )
            : sides(
                '本 PDF 内附同一单据的 XML（factur-x.xml，EN 16931），会计软件可直接读取。',
                'Attached to this PDF is the same document as XML (factur-x.xml, EN 16931), for accounting software.',
              ),
        ]
      : []),
  ]
}
