import { both } from '../closure/document-parts.ts'
import { removalWords } from '../closure/declaration-words.ts'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { PDF } from '@libpdf/core'
import { describe, expect, it } from 'vitest'
import { sampleCertificate, sampleSlip } from './documents.fixture.ts'
import { iccidText, instantText, moneyText } from './document-text.ts'
import { glyphCleaner } from './glyphs.ts'
import { typeset } from './typeset.ts'

const textOf = async (bytes: Uint8Array): Promise<string> => {
  const pdf = await PDF.load(bytes)
  return pdf
    .getPages()
    .map((page) => page.extractText().text)
    .join('\n')
    .replace(/\s+/g, '')
}

describe('typesetting', () => {
  it('gives the same bytes for the same document', () => {
    const once = createHash('sha256').update(typeset(sampleSlip(), 'a.b.c')).digest('hex')
    typeset(sampleCertificate(), 'a.b.c')
    expect(createHash('sha256').update(typeset(sampleSlip(), 'a.b.c')).digest('hex')).toBe(once)
  })

  it('prints number, times with their offset, sums, ICCID, rule version and both languages', async () => {
    const text = await textOf(typeset(sampleSlip(), 'a.b.c'))
    for (const part of [
      'LEB-2K7M-9QXC',
      '注销确认单',
      'Closureslip',
      '22November2026,15:42:47(UTC+08:00)',
      'Asia/Shanghai',
      'CNY86.40',
      '8986012345678901234',
      'cn-2026.11.1',
      'notyetreviewed',
      '可向工业和信息化部申诉',
      '31December2056',
    ]) {
      expect(text).toContain(part)
    }
  })

  it('fits a closure of one card on one page, slip and certificate alike', async () => {
    for (const content of [sampleSlip(), sampleCertificate()]) {
      expect((await PDF.load(typeset(content, 'a.b.c'))).getPageCount()).toBe(1)
    }
  })

  it('fits one page with references as long as providers give them and two laws that keep something', async () => {
    const [card] = sampleCertificate().cards
    const long = 're_935948deca684514852d82b2151b6fcc'
    const content = sampleCertificate({
      unconfirmed: [],
      removal: {
        iphone: both(removalWords.iphone),
        android: both(removalWords.android),
        plastic: both(removalWords.plastic),
      },
      cards: [
        {
          ...card!,
          lineOff: { ...card!.lineOff!, reference: '318fbcaa-8fc2-4803-9c42-3738c8e0a444' },
          esim: {
            ...card!.esim,
            outcome: {
              zh: '配置文件已作废，不能再下载',
              en: 'profile retired, it can no longer be downloaded',
            },
            reference: '25bdd84a04496c2f8cd2e93e20c74479',
          },
          payout: {
            ...card!.payout!,
            route: {
              zh: '原路退回付款时所用的支付方式',
              en: 'back to the payment method it was paid with',
            },
            reference: long,
          },
        },
      ],
      kept: ['2034-12-31', '2036-12-31'].map((until) => ({
        what: { zh: '发票', en: 'invoices' },
        ground: {
          zh: '税法规定的保存义务（§ 147(3) AO, § 14b UStG，待法务核实）',
          en: 'duty to keep under tax law (§ 147(3) AO, § 14b UStG, not yet confirmed by counsel)',
        },
        until,
      })),
    })
    expect((await PDF.load(typeset(content, 'a.b.c'))).getPageCount()).toBe(1)
  })

  it('is tagged, carries the JWS, and claims PDF/A-3a', async () => {
    const bytes = typeset(sampleSlip(), 'a.b.c')
    const pdf = await PDF.load(bytes)
    expect(Buffer.from(pdf.getAttachment('slip.jws')!).toString()).toBe('a.b.c')
    const raw = Buffer.from(bytes).toString('latin1')
    expect(raw).toMatch(/<pdfaid:part>3<\/pdfaid:part>\s*<pdfaid:conformance>A</)
  })

  it('breaks on no name: emoji, Thai, Arabic, controls, markup and an account of 30 cards', async () => {
    const content = sampleSlip()
    content.issuer.name = { zh: '🧳 ไทย #set text(red) $x$ \u202Egnp', en: 'مرحبا *b* \\ "q" <a> \u0007' }
    const card = content.cards[0]!
    content.cards = Array.from({ length: 30 }, () => ({
      ...card,
      zone: { zh: '🇯🇵𠮷', en: 'Việt Nam, Ελλάδα' },
    }))
    const text = await textOf(typeset(content, 'a.b.c'))
    expect(text).toContain('#settext(red)')
    expect(text.split('8986012345678901234').length - 1).toBe(30)
  })
})

describe('glyph cleaning', () => {
  const path = '@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf'
  const clean = glyphCleaner(readFileSync(createRequire(import.meta.url).resolve(path)))
  it('keeps what the font has, boxes what it lacks and drops what nobody sees', () => {
    expect(clean('注销 LEB–3 €12 →')).toBe('注销 LEB–3 €12 →')
    expect(clean('a🧳b')).toBe('a□b')
    expect(clean('a\u202E\u200B\u0007b\uFE0F')).toBe('ab')
  })
})

describe('sums and times', () => {
  it('never lose a cent or a digit, whatever the currency', () => {
    expect(moneyText({ amount: '8640', currency: 'CNY' })).toBe('CNY 86.40')
    expect(moneyText({ amount: '5', currency: 'EUR' })).toBe('EUR 0.05')
    expect(moneyText({ amount: '-123456789012345678', currency: 'USD' })).toBe(
      'USD −1,234,567,890,123,456.78',
    )
    expect(moneyText({ amount: '1200', currency: 'JPY' })).toBe('JPY 1,200')
    expect(moneyText({ amount: '1234', currency: 'KWD' })).toBe('KWD 1.234')
  })
  it('are told in the zone of the document', () => {
    expect(instantText('2026-11-22T07:42:47Z', 'Europe/Berlin').en).toBe(
      '22 November 2026, 08:42:47 (UTC+01:00)',
    )
    expect(instantText('2026-06-30T23:30:00Z', 'Asia/Shanghai').zh).toBe('2026年7月1日 07:30:00（UTC+08:00）')
    expect(instantText('2026-11-22T00:00:00Z', 'UTC').en).toBe('22 November 2026, 00:00:00 (UTC+00:00)')
  })
  it('group an ICCID in fours', () =>
    expect(iccidText('8986012345678901234')).toBe('8986 0123 4567 8901 234'))
})
