import { type Breakage, drop, swap, zeroRated } from './zero-rated.fixture.ts'

/**
 * Ways to break a paper: what is done to its XML and the rules that are broken by it, all of them that
 * en16931-rules.fixture.ts knows. The official rules say the same (bin/check-invoices.mjs --break).
 */

/** Of the header's sums, or of its first breakdown of tax. */
const sums = (name: string, to: string) =>
  swap(new RegExp(`(<ram:${name}[^>]*>)[^<]*(?=</ram:${name}>(?!.*<ram:${name}))`, 's'), `$1${to}`)
const vat_id =
  '<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">DE000000000</ram:ID></ram:SpecifiedTaxRegistration>'

const told: Breakage[] = [
  {
    of: 'mixed',
    does: 'adds a cent to the net',
    to: sums('TaxBasisTotalAmount', '118.00'),
    breaks: ['BR-CO-13', 'BR-CO-15'],
  },
  {
    of: 'mixed',
    does: 'adds a cent to the gross',
    to: sums('GrandTotalAmount', '133.51'),
    breaks: ['BR-CO-15', 'BR-CO-16'],
  },
  {
    of: 'mixed',
    does: 'adds a cent to the tax',
    to: sums('TaxTotalAmount', '18.51'),
    breaks: ['BR-CO-14', 'BR-CO-15'],
  },
  {
    of: 'mixed',
    does: 'asks again for what was paid',
    to: sums('DuePayableAmount', '133.50'),
    breaks: ['BR-CO-16', 'BR-CO-25'],
  },
  {
    of: 'mixed',
    does: 'changes a line',
    to: swap('<ram:LineTotalAmount>100.00<', '<ram:LineTotalAmount>100.01<'),
    breaks: ['BR-CO-10', 'BR-S-08'],
  },
  {
    of: 'mixed',
    does: 'writes a price below 0',
    to: swap('<ram:ChargeAmount>10.00<', '<ram:ChargeAmount>-10.00<'),
    breaks: ['BR-27'],
  },
  {
    of: 'mixed',
    does: 'writes three decimals',
    to: sums('DuePayableAmount', '0.000'),
    breaks: ['BR-DEC-18'],
  },
  { of: 'mixed', does: 'leaves a line’s name out', to: drop('SpecifiedTradeProduct'), breaks: ['BR-25'] },
  {
    of: 'mixed',
    does: 'leaves a line’s quantity out',
    to: drop('SpecifiedLineTradeDelivery'),
    breaks: ['BR-22', 'BR-23'],
  },
  {
    of: 'mixed',
    does: 'leaves the unit out',
    to: swap(/(<ram:BilledQuantity) unitCode="C62"/, '$1'),
    breaks: ['BR-23'],
  },
  {
    of: 'mixed',
    does: 'takes 20 % for 19 %',
    to: swap('<ram:BasisAmount>90.00<', '<ram:BasisAmount>80.00<'),
    breaks: ['BR-CO-17', 'BR-S-08', 'BR-S-09'],
  },
  {
    of: 'mixed',
    does: 'leaves the seller’s tax numbers out',
    to: drop('SpecifiedTaxRegistration'),
    breaks: ['BR-E-02', 'BR-S-02'],
  },
  { of: 'mixed', does: 'exempts without a reason', to: drop('ExemptionReason'), breaks: ['BR-E-10'] },
  {
    of: 'mixed',
    does: 'gives a reason for a rate',
    to: swap('<ram:BasisAmount>90', '<ram:ExemptionReason>none</ram:ExemptionReason><ram:BasisAmount>90'),
    breaks: ['BR-S-10'],
  },
  {
    of: 'mixed',
    does: 'mixes outside VAT with VAT',
    to: swap(
      /<ram:CategoryCode>E(?=<\/ram:CategoryCode><ram:RateApplicablePercent>0\.00<\/ram:RateApplicablePercent><\/ram:ApplicableTradeTax><ram:SpecifiedTradeSettlementHeader)/,
      '<ram:CategoryCode>O',
    ),
    breaks: ['BR-E-01', 'BR-O-01', 'BR-O-08', 'BR-O-11', 'BR-O-12'],
  },
  { of: 'mixed', does: 'names no currency', to: drop('InvoiceCurrencyCode'), breaks: ['BR-05'] },
  {
    of: 'mixed',
    does: 'names a country in three letters',
    to: swap('<ram:CountryID>DE<', '<ram:CountryID>DEU<'),
    breaks: ['BR-CL-14'],
  },
  {
    of: 'mixed',
    does: 'bills in a unit that is none',
    to: swap('BilledQuantity unitCode="C62"', 'BilledQuantity unitCode="PIECE"'),
    breaks: ['BR-CL-23'],
  },
  {
    of: 'mixed',
    does: 'is of no known type',
    to: swap('<ram:TypeCode>380<', '<ram:TypeCode>999<'),
    breaks: ['BR-CL-01'],
  },
  {
    of: 'yen',
    does: 'has no breakdown of tax',
    to: swap(/<ram:ApplicableTradeTax><ram:CalculatedAmount>.*?(?=<ram:SpecifiedTradeSettlementHeader)/s, ''),
    breaks: ['BR-CO-14', 'BR-CO-18', 'BR-S-01'],
  },
  { of: 'credit', does: 'names no invoice', to: drop('IssuerAssignedID'), breaks: ['BR-55'] },
  {
    of: 'credit',
    does: 'says nothing of what is due',
    to: drop('SpecifiedTradePaymentTerms'),
    breaks: ['BR-CO-25'],
  },
  {
    of: 'credit',
    does: 'bears no number',
    to: swap('<ram:ID>LEB-2026-000123<', '<ram:ID><'),
    breaks: ['BR-02'],
  },
  { of: 'credit', does: 'bears no day', to: swap('format="102"', 'format="999"'), breaks: ['BR-03'] },
  {
    of: 'yen',
    does: 'adds a yen to the tax',
    to: sums('TaxTotalAmount', '101'),
    breaks: ['BR-CO-14', 'BR-CO-15'],
  },
  {
    of: 'dinars',
    does: 'writes three decimals',
    to: swap('<ram:LineTotalAmount>5.00<', '<ram:LineTotalAmount>5.000<'),
    breaks: ['BR-DEC-23'],
  },
  {
    of: 'exempt',
    does: 'charges tax all the same',
    to: swap('<ram:CalculatedAmount>0.00<', '<ram:CalculatedAmount>3.80<'),
    breaks: ['BR-CO-14', 'BR-CO-17', 'BR-E-09'],
  },
  { of: 'exempt', does: 'has a rate', to: swap('Percent>0.00<', 'Percent>19.00<'), breaks: ['BR-E-05'] },
  ...zeroRated,
  {
    of: 'outside',
    does: 'names a VAT number',
    to: swap('</ram:SellerTradeParty>', `${vat_id}</ram:SellerTradeParty>`),
    breaks: ['BR-O-02'],
  },
  {
    of: 'outside',
    does: 'has a rate',
    to: swap(
      '<ram:CategoryCode>O</ram:CategoryCode>',
      '<ram:CategoryCode>O</ram:CategoryCode><ram:RateApplicablePercent>0.00</ram:RateApplicablePercent>',
    ),
    breaks: ['BR-O-05'],
  },
  { of: 'outside', does: 'gives no reason', to: drop('ExemptionReason'), breaks: ['BR-O-10'] },
  {
    of: 'statement',
    does: 'charges tax',
    to: swap('<ram:CalculatedAmount>0.00<', '<ram:CalculatedAmount>1.00<'),
    breaks: ['BR-CO-14', 'BR-O-09'],
  },
  {
    of: 'statement',
    does: 'does not end at 0',
    to: swap(/(<ram:LineTotalAmount>)[^<]*/, '$10.01'),
    breaks: ['BR-CO-10', 'BR-O-08'],
  },
  {
    of: 'statement',
    does: 'asks for money',
    to: sums('DuePayableAmount', '1.00'),
    breaks: ['BR-CO-16', 'BR-CO-25'],
  },
]

/** Of the mixed paper: what is left out, and what is broken by that. */
const missing: [string, string[]][] = [
  ['GuidelineSpecifiedDocumentContextParameter', ['BR-01']],
  ['TypeCode', ['BR-04']],
  ['AssociatedDocumentLineDocument', ['BR-21']],
  ['SpecifiedLineTradeAgreement', ['BR-26', 'BR-27']],
  ['SpecifiedTradeSettlementLineMonetarySummation', ['BR-24', 'BR-CO-10', 'BR-S-08']],
  ['CategoryCode', ['BR-CO-04', 'BR-S-08']],
  ['CalculatedAmount', ['BR-46', 'BR-CO-14', 'BR-CO-17', 'BR-S-09']],
  ['BasisAmount', ['BR-45', 'BR-CO-17', 'BR-S-08', 'BR-S-09']],
  ['TaxBasisTotalAmount', ['BR-13', 'BR-CO-13', 'BR-CO-15']],
  ['GrandTotalAmount', ['BR-14', 'BR-CO-15', 'BR-CO-16']],
  ['DuePayableAmount', ['BR-15', 'BR-CO-16']],
]
/** Of the mixed paper: what is written in another's place. */
const wrong: [string | RegExp, string, string[]][] = [
  [/<ram:Name>Sample &amp; Sons &quot;GmbH&quot;</, '<ram:Name> <', ['BR-06']],
  ['<ram:Name>Account A1000234<', '<ram:Name><', ['BR-07']],
  [
    '<ram:CountryID>DE</ram:CountryID></ram:PostalTradeAddress><ram:URI',
    '</ram:PostalTradeAddress><ram:URI',
    ['BR-09'],
  ],
  [/<ram:CountryID>DE<\/ram:CountryID>(?=<\/ram:PostalTradeAddress><\/ram:Buyer)/, '', ['BR-11']],
  [
    /<ram:IncludedSupplyChainTradeLineItem>.*<\/ram:IncludedSupplyChainTradeLineItem>/s,
    '',
    ['BR-16', 'BR-CO-10', 'BR-E-01', 'BR-S-08'],
  ],
  [/<ram:LineTotalAmount>115.00<\/ram:LineTotalAmount>/, '', ['BR-12', 'BR-CO-10', 'BR-CO-13']],
  [' schemeID="EM"', '', ['BR-62']],
  ['schemeID="EM"', 'schemeID="MAIL"', ['BR-CL-25']],
  ['<ram:InvoiceCurrencyCode>EUR<', '<ram:InvoiceCurrencyCode>EURO<', ['BR-CL-04', 'BR-CO-15']],
  ['<ram:TypeCode>68<', '<ram:TypeCode>6800<', ['BR-CL-16']],
  [
    /<ram:CategoryCode>S(?=<\/ram:CategoryCode><ram:RateApplicablePercent>7)/,
    '<ram:CategoryCode>Q',
    ['BR-CL-18', 'BR-S-08'],
  ],
  [
    /<ram:RateApplicablePercent>19.00<\/ram:RateApplicablePercent>(?=<\/ram:ApplicableTradeTax><ram:Applicable)/,
    '',
    ['BR-48', 'BR-CO-17', 'BR-S-09'],
  ],
  [
    /<ram:CategoryCode>S<\/ram:CategoryCode>(?=<ram:RateApplicablePercent>19.00<\/ram:RateApplicablePercent><\/ram:ApplicableTradeTax><ram:Applicable)/,
    '',
    ['BR-47'],
  ],
  ['Percent>19.00<', 'Percent>0.00<', ['BR-S-05', 'BR-S-08']],
  [
    /<ram:ID>roamly<\/ram:ID>(.*)<ram:SpecifiedLegalOrganization>.*?<\/ram:SpecifiedLegalOrganization>(.*)<ram:SpecifiedTaxRegistration>.*?<\/ram:SpecifiedTaxRegistration>/s,
    '$1$2',
    ['BR-CO-26', 'BR-E-02', 'BR-S-02'],
  ],
  ['<ram:LineTotalAmount>115.00<', '<ram:LineTotalAmount>115.000<', ['BR-DEC-09']],
  ['<ram:TaxBasisTotalAmount>115.00<', '<ram:TaxBasisTotalAmount>115.000<', ['BR-DEC-12']],
  [/(<ram:TaxTotalAmount[^>]*>[\d.]*)/, '$11', ['BR-CO-14', 'BR-DEC-13']],
  ['<ram:GrandTotalAmount>133.50<', '<ram:GrandTotalAmount>133.500<', ['BR-DEC-14']],
  ['<ram:TotalPrepaidAmount>133.50<', '<ram:TotalPrepaidAmount>133.500<', ['BR-DEC-16']],
  ['<ram:BasisAmount>90.00<', '<ram:BasisAmount>90.000<', ['BR-DEC-19']],
  ['<ram:CalculatedAmount>17.10<', '<ram:CalculatedAmount>17.100<', ['BR-DEC-20']],
]

export const breakages: Breakage[] = [
  ...told,
  ...missing.map(([name, breaks]) => ({
    of: 'mixed' as const,
    does: `leaves ${name} out`,
    to: drop(name),
    breaks,
  })),
  ...wrong.map(([from, to, breaks]) => ({
    of: 'mixed' as const,
    does: `has “${to}” for ${from}`,
    to: swap(from, to),
    breaks,
  })),
]
