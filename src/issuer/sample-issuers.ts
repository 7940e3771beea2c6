import { topUpUnlessTold } from './top-up-rules.ts'
import type { Issuer } from './issuer.ts'
import type { IssuerTax } from './tax-rules.ts'

export type SampleAddresses = {
  line: string
  esim: string
  payment: { host: string; port: number; protocol: 'http' | 'https' }
  mail: string
}

const loopback: SampleAddresses = {
  line: 'http://127.0.0.1:9501',
  esim: 'http://127.0.0.1:9502',
  payment: { host: '127.0.0.1', port: 9503, protocol: 'http' },
  mail: 'smtp://127.0.0.1:9504',
}

// Enough to buy from anywhere in the sample; an issuer of one's own has one's own rules.
const sampleTax: IssuerTax = {
  rules: [
    {
      residence: ['FR'],
      rate_bp: 2000,
      name: { 'zh-CN': '法国增值税', en: 'VAT (France)' },
      basis: 'CGI Art. 278; Directive 2006/112/EC Art. 58',
      verified: false,
    },
    {
      residence: ['AT'],
      rate_bp: 2000,
      name: { 'zh-CN': '奥地利增值税', en: 'VAT (Austria)' },
      basis: '§ 10(1) UStG (AT); Directive 2006/112/EC Art. 58',
      verified: false,
    },
  ],
  otherwise: 'outside',
}

// Names, numbers and addresses that nobody has.
const companies = [
  {
    id: 'leb',
    zh: 'LEB 旅行卡',
    en: 'LEB Travel Cards',
    jurisdiction: 'CN',
    address: '1 Sample Road, Shanghai',
    seller: {
      legalName: 'LEB Travel Cards (Sample) Co., Ltd.',
      street: '1 Sample Road',
      postCode: '200000',
      city: 'Shanghai',
      country: 'CN',
      taxNumber: '91310000SAMPLE001X',
    },
  },
  {
    id: 'roamly',
    zh: '漫游里',
    en: 'Roamly',
    jurisdiction: 'DE',
    address: 'Musterstraße 1, Berlin',
    seller: {
      legalName: 'Roamly Muster GmbH',
      street: 'Musterstraße 1',
      postCode: '10115',
      city: 'Berlin',
      country: 'DE',
      vatId: 'DE000000000',
      registration: 'HRB 000000 Berlin (Charlottenburg)',
    },
  },
  {
    id: 'sinotravel',
    zh: '中旅通',
    en: 'SinoTravel',
    jurisdiction: 'CN',
    address: '2 Sample Road, Beijing',
    seller: {
      legalName: 'SinoTravel (Sample) Co., Ltd.',
      street: '2 Sample Road',
      postCode: '100000',
      city: 'Beijing',
      country: 'CN',
      taxNumber: '91110000SAMPLE002X',
    },
  },
]

/** The three issuers of the sample set-up (reserved domains); `at` says where their providers listen. */
export function sampleIssuers(at: SampleAddresses = loopback): Issuer[] {
  return companies.map((company) => ({
    issuerId: company.id,
    name: { 'zh-CN': company.zh, en: company.en },
    jurisdiction: company.jurisdiction,
    brand: {
      address: company.address,
      supportEmail: `help@${company.id}.example`,
      appealEmail: `appeal@${company.id}.example`,
      channels: [
        { kind: 'web', value: `https://${company.id}.example` },
        { kind: 'email', value: `help@${company.id}.example` },
      ],
      seller: company.seller,
    },
    rules: {
      undo_window_minutes: 30,
      drain_seconds: 0,
      unproved_days: 14,
      money: {},
      top_up: topUpUnlessTold,
      tax: sampleTax,
    },
    providers: {
      line: { kind: 'tmf641', url: at.line },
      esim: { kind: 'es2plus', url: at.esim, requester: `${company.id}.example` },
      payment: {
        kind: 'stripe',
        key: 'env:LEB_SAMPLE_STRIPE_KEY',
        webhookSecrets: ['env:LEB_SAMPLE_STRIPE_WEBHOOK_SECRET'],
        ...at.payment,
      },
      mail: {
        kind: 'smtp',
        url: at.mail,
        from: `no-reply@${company.id}.example`,
        dkim: { domain: `${company.id}.example`, selector: 'leb' },
      },
    },
  }))
}
