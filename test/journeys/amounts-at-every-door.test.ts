import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import catalogue from '../../demo/catalogue.json' with { type: 'json' }
import { statementFormatSchema } from '../../src/adapters/bank/statement-format.ts'
import { fleetColumns } from '../../src/card/fleet-columns.ts'
import { importCommand } from '../../src/card/import-command.ts'
import { sampleFleet } from '../../src/card/sample-fleet.ts'
import { luhnDigit } from '../../src/card/iccid.ts'
import { issuerSchema, putIssuer } from '../../src/issuer/issuer.ts'
import { bankImportCommand } from '../../src/payment/bank-command.ts'
import { reconcileCommand } from '../../src/payment/reconcile-command.ts'
import { readCatalogueFile } from '../../src/plan/catalogue-file.ts'
import { importUsageCommand } from '../../src/usage/import-usage-command.ts'
import { addUsageKey } from '../../src/usage/usage-key.ts'
import { type Api, openApi } from '../api-client.ts'
import { openShop, type Shop } from '../orders.ts'
import { type Outside, openOutside } from '../outside.ts'
import { openPortal, Visitor } from '../portal.ts'
import { seedCard, type Seeded } from '../seed.ts'

/** What people, banks and programs write for money that no door may guess at. In CNY, which has two digits. */
const wrong: Record<string, { text: string; is: 'digits' | 'plain' | 'negative' | 'large' | 'missing' }> = {
  'too many digits': { text: '86.405', is: 'digits' },
  'a thousands separator': { text: '1,000.00', is: 'plain' },
  'a thin space': { text: '1 000.00', is: 'plain' },
  'an exponent': { text: '1e3', is: 'plain' },
  'not a number': { text: 'NaN', is: 'plain' },
  'without an end': { text: 'Infinity', is: 'plain' },
  hexadecimal: { text: '0x10', is: 'plain' },
  'below zero': { text: '-20.00', is: 'negative' },
  'more than the books hold': { text: '92233720368547758.08', is: 'large' },
  'a thousand digits': { text: '9'.repeat(35), is: 'plain' },
  // Full-width ones are what a Chinese keyboard types, and are read (src/order/top-up-limits.ts).
  'digits of another script': { text: '٢٠.٠٠', is: 'plain' },
  'a currency in it': { text: '20.00 CNY', is: 'plain' },
  nothing: { text: '', is: 'missing' },
}
/** What no list of currencies holds, though an object in JavaScript answers to it. */
const noCurrencies = ['XXX', 'constructor', 'toString', '__proto__']
const each = Object.entries(wrong).map(([name, { text, is }]) => ({ name, text, is }))

let leb: Outside
let shop: Shop
let api: Api
let card: Seeded
let token: string
let dir: string
let portal: Awaited<ReturnType<typeof openPortal>>
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
  api = openApi(leb)
  portal = await openPortal(leb)
  card = await seedCard(leb, { email: 'doors@example.com', balance: 1_000n })
  token = await api.signIn('leb', 'doors@example.com')
  dir = await mkdtemp(join(tmpdir(), 'leb-doors-'))
  const issuer = leb.issuers.find(({ issuerId }) => issuerId === 'leb')!
  const bankStatement = statementFormatSchema.parse({
    kind: 'csv',
    delimiter: ';',
    decimal: '.',
    date: 'YYYY-MM-DD',
    columns: { bookedOn: 'day', amount: 'amount', text: ['text'], currency: 'currency' },
  })
  await putIssuer(leb.db, { ...issuer, providers: { ...issuer.providers, bankStatement } }, leb.clock.now())
})
afterAll(async () => {
  await portal.close()
  await api.close()
  await leb.stop()
  await rm(dir, { recursive: true })
})

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
const written = async (name: string, text: string) => {
  const file = join(dir, name)
  await writeFile(file, text)
  return file
}
const said = () => {
  const all = { text: '', out: (text: string) => void (all.text += text) }
  return all
}

describe('a top-up', () => {
  const code = {
    digits: 'too_many_digits',
    plain: 'not_plain',
    negative: 'negative',
    large: 'out_of_range',
    missing: 'missing',
  }

  it('over the API: a code, what is wrong and what to do, in the caller’s language', async () => {
    const { terms } = (await api.get('/api/v1/issuers/leb/catalogue')).body
    const top = (wanted: object, language: string) =>
      api.post('/api/v1/issuers/leb/orders', {
        token,
        headers: { 'accept-language': language },
        body: {
          wanted: { kind: 'top_up', cardId: card.cardId, ...wanted },
          payBy: 'stripe',
          acceptedTerms: { version: terms.version, sha256: terms.sha256 },
        },
      })
    for (const { name, text, is } of each)
      for (const language of ['en', 'zh-CN']) {
        const { status, body } = await top({ amount: text }, language)
        expect([name, status, body.type]).toEqual([name, 422, expect.stringMatching(`amount_${code[is]}$`)])
        expect([name, /[\u4e00-\u9fff]/.test(body.title + body.next)]).toEqual([name, language === 'zh-CN'])
        expect(body.next.length).toBeGreaterThan(5)
      }
    for (const amount of [20, 20.5, null, ['20.00'], { amount: '20.00' }]) {
      const { status } = await top({ amount }, 'en')
      expect([JSON.stringify(amount), status >= 400 && status < 500]).toEqual([JSON.stringify(amount), true])
    }
    expect((await top({ amount: '20.00', currency: 'EUR' }, 'en')).body.type).toMatch(/currency_differs$/)
  })

  it('on the page: at the field, with an example, in the page’s language', async () => {
    const visit = new Visitor(portal.app, leb.config.publicUrl)
    await visit.go(`/leb/en/top-up/${card.cardId}`)
    await visit.signIn(leb, 'leb', 'doors@example.com')
    const en = {
      digits: 'CNY has 2 digits',
      plain: 'not a plain amount',
      negative: 'not below zero',
      missing: 'The amount is missing',
    }
    const zh = {
      digits: '小数位最多 2 位',
      plain: '金额写法不对',
      negative: '金额不能小于零',
      missing: '请填写金额',
    }
    const words = { en: { ...en, large: 'One top-up is from' }, 'zh-CN': { ...zh, large: '每次可充' } }
    for (const lang of ['en', 'zh-CN'] as const)
      for (const { name, text, is } of each) {
        await visit.go(`/leb/${lang}/checkout?card=${card.cardId}&amount=${encodeURIComponent(text)}`)
        expect([name, visit.status, visit.text]).toEqual([
          name,
          422,
          expect.stringContaining(words[lang][is]),
        ])
      }
  })
})

it('a checkout in what is no currency: a refusal that says which there are', async () => {
  const visit = new Visitor(portal.app, leb.config.publicUrl)
  for (const currency of noCurrencies) {
    await visit.go(`/leb/en/checkout?item=LEB3&zone=JP&live=DE&in=${currency}`)
    expect([currency, visit.status, visit.text]).toEqual([currency, 422, expect.stringContaining('CNY')])
  }
})

it('a bank’s statement: every line is kept with its reason, and no money moves', async () => {
  const before = await shop.books()
  const lines = each.map(({ text }) => `2026-11-22;${quoted(text)};CNY;LEB-ORD-XXXX`)
  lines.push(...noCurrencies.map((currency) => `2026-11-22;20.00;${currency};LEB-ORD-XXXX`))
  const file = await written('bank.csv', ['day;amount;currency;text', ...lines].join('\n'))
  const rejects = join(dir, 'bank-rejects.csv')
  const answer = said()
  await bankImportCommand(leb, { file, issuer: 'leb', rejects, json: true, out: answer.out })
  // An outgoing amount is none of the faults: a line below zero left us.
  const faulty = each.filter(({ is }) => is !== 'negative')
  const kept = await readFile(rejects, 'utf8')
  for (const { text } of faulty.filter(({ text }) => text !== '')) expect(kept).toContain(text)
  expect(JSON.parse(answer.text)).toMatchObject({ rejected: faulty.length + noCurrencies.length })
  for (const reason of ['amount_digits', 'bad_amount', 'amount_too_large', 'unknown_currency'])
    expect(kept).toContain(reason)
  expect(await shop.books()).toEqual(before)
})

it('a fleet’s file: every row is kept with its reason, and nothing of it is taken', async () => {
  const [sample] = [...sampleFleet(1)]
  const before = await shop.books()
  const rowOf = (change: object, at: number) => {
    const digits = `89999039${String(at).padStart(10, '0')}`
    const iccid = digits + luhnDigit(digits)
    const fields: Record<string, string> = { ...sample!, account_ref: `D${at}`, iccid, ...change }
    return fleetColumns.map((name) => quoted(fields[name] ?? '')).join(',')
  }
  const rows = [
    ...each.map(({ text }, at) => rowOf({ currency: 'CNY', balance: text }, at)),
    ...each.map(({ text }, at) => rowOf({ currency: 'CNY', paid_amount: text }, 100 + at)),
    ...noCurrencies.map((currency, at) => rowOf({ currency }, 200 + at)),
  ]
  const file = await written('fleet.csv', [fleetColumns.join(','), ...rows].join('\n'))
  const rejects = join(dir, 'fleet-rejects.csv')
  const answer = said()
  const input = { file, rejects, json: true, progress: false, out: answer.out, err: () => undefined }
  await importCommand(leb, input)
  expect(JSON.parse(answer.text)).toMatchObject({ rejected: rows.length })
  const kept = await readFile(rejects, 'utf8')
  const codes = {
    balance: ['balance_digits', 'bad_balance', 'negative_balance', 'balance_too_large'],
    paid: ['paid_amount_digits', 'bad_paid_amount', 'negative_paid_amount', 'paid_amount_too_large'],
  }
  for (const reason of [...codes.balance, ...codes.paid]) expect(kept).toContain(reason)
  expect(await shop.books()).toEqual(before)
})

describe('usage', () => {
  const quantities = ['1.5', '1,000', '1e3', 'NaN', '-1', '0', '9223372036854775808', '', '１', 'Infinity']

  it('from a file: every row is kept with its reason', async () => {
    const rows = quantities.map((quantity, at) =>
      ['leb', `door-${at}`, card.iccid, 'data', quoted(quantity), 'JP', '2026-11-22T09:00:00Z'].join(','),
    )
    const header = 'issuer,record_id,iccid,kind,quantity,country,used_at'
    const file = await written('usage.csv', [header, ...rows].join('\n'))
    const rejects = join(dir, 'usage-rejects.csv')
    const answer = said()
    await importUsageCommand(leb, {
      file,
      rejects,
      json: true,
      progress: false,
      out: answer.out,
      err: () => undefined,
    })
    expect(JSON.parse(answer.text)).toMatchObject({ taken: 0, rejected: quantities.length })
    expect((await readFile(rejects, 'utf8')).match(/bad_quantity/g)).toHaveLength(quantities.length)
  })

  it('over the API: each record is answered by itself', async () => {
    const { token: usage } = await addUsageKey(leb, { issuerId: 'leb', name: 'doors' })
    const records = [...quantities, 1.5, -1, 0, 2 ** 53, null].map((quantity, at) => ({
      recordId: `api-door-${at}`,
      iccid: card.iccid,
      kind: 'data',
      quantity,
      country: 'JP',
      usedAt: '2026-11-22T09:00:00Z',
    }))
    const { status, body } = await api.post('/api/v1/usage', { token: usage, key: null, body: { records } })
    expect(status).toBe(200)
    const results = body.results as { outcome: string }[]
    expect(results.map(({ outcome }) => outcome)).toEqual(records.map(() => 'malformed'))
    expect(JSON.stringify(results)).toContain('quantity')
  })
})

it('a provider’s report: every line that can’t be read is named, and none counts', async () => {
  const columns =
    'balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,payment_intent_id'
  const rows = each.map(
    ({ text }, at) =>
      `txn_${at},2026-11-22 10:00:00,cny,${quoted(text)},0.00,${quoted(text)},charge,ch_${at},pi_${at}`,
  )
  rows.push('txn_x,2026-11-22 10:00:00,xxx,20.00,0.00,20.00,charge,ch_x,pi_x')
  const file = await written('report.csv', [columns, ...rows].join('\n'))
  const answer = said()
  await reconcileCommand(leb, { provider: 'stripe', file, issuer: 'leb', json: true, out: answer.out })
  const { differences } = JSON.parse(answer.text) as { differences: { kind: string; detail: string }[] }
  const unreadable = differences.filter(({ kind }) => kind === 'unreadable')
  // What left is below zero in a report.
  expect(unreadable).toHaveLength(each.filter(({ is }) => is !== 'negative').length + 1)
  expect(unreadable.map(({ detail }) => detail)).toContain('gross: amount_digits')
})

it('settings: amounts are whole minor units, and what is wrong is named by its place', () => {
  const issuer = leb.issuers.find(({ issuerId }) => issuerId === 'leb')!
  const values = [...each.map(({ text }) => text), 100, '12345678901234567890']
  for (const amount of values) {
    const money = { minimum_payout: { CNY: amount } }
    const read = issuerSchema.safeParse({ ...issuer, rules: { ...issuer.rules, money } })
    expect([amount, read.success]).toEqual([amount, false])
    expect(read.error!.issues[0]!.path.join('.')).toBe('rules.money.minimum_payout.CNY')
    const [first, ...items] = catalogue.items as { prices: object }[]
    const file = { ...catalogue, items: [{ ...first, prices: { CNY: amount } }, ...items] }
    const faults = readCatalogueFile(file) as { faults?: { where?: string }[] }
    expect([amount, JSON.stringify(faults.faults ?? [])]).toEqual([
      amount,
      expect.stringContaining('prices.CNY'),
    ])
  }
})
