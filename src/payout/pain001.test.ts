import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bankName } from './bank-name.ts'
import { controlSum, pain001, type Transfer } from './pain001.ts'

const debtor = { name: 'Roamly', iban: 'DE89370400440532013000' }
const transfer = (change: Partial<Transfer> = {}): Transfer => ({
  endToEndId: 'a'.repeat(32),
  amount: 1230n,
  currency: 'EUR',
  name: 'Li Lei',
  iban: 'FR1420041010050500013M02606',
  text: 'LEB-2K7M-9QXCT',
  ...change,
})
const file = (transfers: Transfer[]) =>
  pain001({ messageId: 'f'.repeat(32), createdAt: new Date('2026-11-22T10:00:00.123Z'), debtor, transfers })

// The elements of the message that we write, in the one order that its schema has, each with its children.
const schema: Record<string, string[]> = {
  Document: ['CstmrCdtTrfInitn'],
  CstmrCdtTrfInitn: ['GrpHdr', 'PmtInf+'],
  GrpHdr: ['MsgId', 'CreDtTm', 'NbOfTxs', 'CtrlSum?', 'InitgPty'],
  InitgPty: ['Nm'],
  PmtInf: [
    'PmtInfId',
    'PmtMtd',
    'NbOfTxs',
    'CtrlSum?',
    'PmtTpInf?',
    'ReqdExctnDt',
    'Dbtr',
    'DbtrAcct',
    'DbtrAgt',
    'ChrgBr',
    'CdtTrfTxInf+',
  ],
  PmtTpInf: ['SvcLvl'],
  SvcLvl: ['Cd'],
  ReqdExctnDt: ['Dt'],
  Dbtr: ['Nm'],
  Cdtr: ['Nm'],
  DbtrAcct: ['Id'],
  CdtrAcct: ['Id'],
  DbtrAgt: ['FinInstnId'],
  FinInstnId: ['BICFI?', 'Othr?'],
  CdtTrfTxInf: ['PmtId', 'Amt', 'Cdtr', 'CdtrAcct', 'RmtInf'],
  PmtId: ['InstrId', 'EndToEndId'],
  Amt: ['InstdAmt'],
  RmtInf: ['Ustrd'],
}
const texts: Record<string, RegExp> = {
  MsgId: /^.{1,35}$/,
  PmtInfId: /^.{1,35}$/,
  InstrId: /^.{1,35}$/,
  EndToEndId: /^.{1,35}$/,
  NbOfTxs: /^[0-9]{1,15}$/,
  CtrlSum: /^\d{1,13}(\.\d{1,4})?$/,
  CreDtTm: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
  Dt: /^\d{4}-\d\d-\d\d$/,
  IBAN: /^[A-Z]{2}[0-9]{2}[a-zA-Z0-9]{1,30}$/,
  BICFI: /^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$/,
  InstdAmt: /^\d{1,13}(\.\d{1,5})?$/,
  Nm: /^.{1,140}$/,
  Ustrd: /^.{1,140}$/,
  PmtMtd: /^TRF$/,
  ChrgBr: /^(SLEV|DEBT)$/,
  Cd: /^SEPA$/,
}

type Node = { name: string; children: Node[]; text: string; attributes: string }

/** A strict reader of the little XML that we write: no comments, entities only in text, every tag closed in turn. */
function read(xml: string): Node {
  const body = xml.replace('<?xml version="1.0" encoding="UTF-8"?>\n', '')
  const root: Node = { name: '', children: [], text: '', attributes: '' }
  const open = [root]
  for (const part of body.matchAll(/<(\/?)([A-Za-z]+)((?: [A-Za-z]+="[^"<&]*")*)>|([^<]+)/gy)) {
    const [, slash, name, attributes, text] = part
    const at = open.at(-1)!
    if (text !== undefined) at.text += text.trim()
    else if (slash) expect(open.pop()!.name).toBe(name)
    else {
      const node = { name: name!, children: [], text: '', attributes: attributes ?? '' }
      at.children.push(node)
      open.push(node)
    }
  }
  expect(open).toEqual([root])
  expect(root.children.map((node) => node.name)).toEqual(['Document'])
  return root.children[0]!
}

function check(node: Node): void {
  const children = schema[node.name]
  if (!children) {
    // `Id` holds an IBAN for accounts and text for an agent that nobody names.
    if (node.name === 'Id' || node.name === 'Othr') {
      for (const child of node.children) check(child)
      if (node.children.length === 0) expect(node.text).toBe('NOTPROVIDED')
      return
    }
    expect(texts[node.name], node.name).toBeDefined()
    expect(node.text).toMatch(texts[node.name]!)
    expect(node.children).toEqual([])
    return
  }
  expect(node.text).toBe('')
  const order = new RegExp(`^${children.map((c) => c.replace(/^(\w+)(.?)$/, '(?:$1 )$2')).join('')}$`)
  expect(node.children.map((child) => `${child.name} `).join('')).toMatch(order)
  for (const child of node.children) check(child)
}

const all = (node: Node, name: string): Node[] =>
  node.children.flatMap((child) => [...(child.name === name ? [child] : []), ...all(child, name)])

it('is built as the schema has it, whatever the amounts, currencies and names', () => {
  const ibans = ['DE89370400440532013000', 'SA0380000000608010167519', 'GB29NWBK60161331926819']
  const any = fc.record({
    endToEndId: fc.uuid().map((id) => id.replaceAll('-', '')),
    amount: fc.bigInt(1n, 9_999_999_999n),
    currency: fc.constantFrom('EUR', 'JPY', 'KWD', 'CNY'),
    name: fc
      .string({ minLength: 2, maxLength: 90 })
      .map(bankName)
      .filter((name) => name !== undefined),
    iban: fc.constantFrom(...ibans),
    text: fc.constant('LEB-2K7M-9QXCT'),
  })
  fc.assert(
    fc.property(fc.array(any, { minLength: 1, maxLength: 6 }), (transfers) => {
      const document = read(file(transfers))
      expect(document.attributes).toBe(' xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"')
      check(document)
      const written = all(document, 'CdtTrfTxInf')
      expect(written).toHaveLength(transfers.length)
      expect(all(document, 'NbOfTxs')[0]!.text).toBe(String(transfers.length))
      expect(all(document, 'CtrlSum')[0]!.text).toBe(controlSum(transfers))
      const ids = written.map((one) => all(one, 'EndToEndId')[0]!.text)
      expect(ids.toSorted()).toEqual(transfers.map((one) => one.endToEndId).toSorted())
    }),
    { seed: 20261122, numRuns: 100 },
  )
})

it('adds up exactly over currencies of 0, 2 and 3 digits', () => {
  expect(controlSum([transfer({ amount: 1n })])).toBe('0.01')
  expect(controlSum([transfer({ amount: 100n })])).toBe('1')
  const mixed = [
    transfer({ amount: 9_007_199_254_740_993n, currency: 'JPY' }),
    transfer({ amount: 1n, currency: 'KWD' }),
    transfer({ amount: 99n }),
  ]
  expect(controlSum(mixed)).toBe('9007199254740993.991')
})

it('leaves a control sum out that has more digits than the standard has room for', () => {
  const huge = transfer({
    amount: 999_999_999_999_999_999n,
    currency: 'JPY',
    iban: 'SA0380000000608010167519',
  })
  const sums = (xml: string) => all(read(xml), 'CtrlSum').map((one) => one.text)
  expect(sums(file([huge]))).toEqual(['999999999999999999', '999999999999999999'])
  const coin = transfer({ amount: 1n, currency: 'KWD', iban: 'SA0380000000608010167519' })
  // Of each part alone it fits, of the whole it does not.
  expect(sums(file([huge, coin]))).toEqual(['999999999999999999', '0.001'])
})

it('asks for SEPA terms only where they hold, and for charges on us elsewhere', () => {
  const xml = file([transfer(), transfer({ iban: 'SA0380000000608010167519' })])
  const [sepa, other] = all(read(xml), 'PmtInf')
  expect([all(sepa!, 'Cd')[0]!.text, all(sepa!, 'ChrgBr')[0]!.text]).toEqual(['SEPA', 'SLEV'])
  expect([all(other!, 'Cd').length, all(other!, 'ChrgBr')[0]!.text]).toEqual([0, 'DEBT'])
})

it('gives the same bytes for the same transfers', () => {
  expect(file([transfer()])).toBe(file([transfer()]))
})
