import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler'
import { encode } from 'uqr'
import { certificateView } from './certificate-view.ts'
import type { Both, DocumentContent } from './content.ts'
import { attachmentName, contentFingerprint, fingerprintKeyword } from './document-marks.ts'
import { glyphCleaner } from './glyphs.ts'
import { LETTER_TEMPLATE } from './letter-template.ts'
import { slipView } from './slip-view.ts'
import { TypesetError } from './typeset-error.ts'

const FONTS = ['400Regular/NotoSansSC_400Regular.ttf', '700Bold/NotoSansSC_700Bold.ttf']
/** Typst's memory of earlier documents is of little use to the next one and grows without bound. */
const EVICT_EVERY = 8

type Press = { compiler: NodeCompiler; clean: (text: string) => string; printed: number }
let press: Press | undefined

// One per process: reading the fonts takes about 0.2 s and 21 MB.
const openPress = (): Press => {
  if (!press) {
    const find = createRequire(import.meta.url)
    const fontBlobs = FONTS.map((font) =>
      readFileSync(find.resolve(`@expo-google-fonts/noto-sans-sc/${font}`)),
    )
    press = {
      compiler: NodeCompiler.create({ fontArgs: [{ fontBlobs }] }),
      clean: glyphCleaner(fontBlobs[0]!),
      printed: 0,
    }
  }
  return press
}

// One path of unit squares: stays sharp at any size and prints without hairlines between modules.
const qrSvg = (text: string): string => {
  const { data, size } = encode(text, { ecc: 'M', border: 2 })
  const squares = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}"><path shape-rendering="crispEdges" d="${squares.join('')}"/></svg>`
}

const SEAL: { heading: Both; text: Both } = {
  heading: { zh: '本文件已电子签章', en: 'This document is sealed' },
  text: {
    zh: '扫描上方二维码或打开下列网址即可核验；无网络时可用 npx leb verify 文件.pdf 核验。改动任何一个字节，签章即失效；打印件以电子原件为准。',
    en: 'Scan the code above or open the address below to check it; offline, run npx leb verify FILE.pdf. A single changed byte breaks the seal; a print-out is only as good as its electronic original.',
  },
}

const groups = (hex: string): string => hex.replace(/(.{8})(?=.)/g, '$1 ')

const letterData = (content: DocumentContent) => {
  const fingerprint = contentFingerprint(content)
  const view = content.kind === 'slip' ? slipView(content) : certificateView(content)
  return {
    ...view,
    issuer: content.issuer,
    documentTitle: `${view.title.zh} ${view.title.en} ${content.number}`,
    keywords: [content.number, fingerprintKeyword(fingerprint)],
    qr: qrSvg(content.verifyUrl),
    qrAlt: `QR: ${content.verifyUrl}`,
    verifyUrl: content.verifyUrl,
    fingerprint: groups(fingerprint),
    rules: `规则 Rules ${content.jurisdiction} · ${content.policyVersion} · 时区 Time zone ${content.timeZone} · 官方渠道 Official channels ${content.issuer.channels.join(' · ')}`,
    seal: SEAL,
  }
}

// Most of a letter is the same words as the last one.
const most_words = 2_000
const cleaned = new Map<string, string>()
const cleanOnce = (text: string, clean: (text: string) => string): string => {
  const known = cleaned.get(text)
  if (known !== undefined) return known
  const made = clean(text)
  if (cleaned.size >= most_words) cleaned.clear()
  cleaned.set(text, made)
  return made
}

const cleanAll = (value: unknown, clean: (text: string) => string): unknown => {
  if (typeof value === 'string') return cleanOnce(value, clean)
  if (Array.isArray(value)) return value.map((one) => cleanAll(one, clean))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, cleanAll(one, clean)]))
}

const source = (kind: DocumentContent['kind']): string =>
  `${LETTER_TEMPLATE}\n#pdf.attach("${attachmentName(kind)}", bytes(sys.inputs.jws), relationship: "data", ` +
  `mime-type: "application/jose", description: "The same content, signed as JSON (JWS)")\n`

/**
 * The unsealed PDF (PDF/A-3a, tagged) of a document with its JWS attached. The same input gives the same bytes.
 * Throws TypesetError where the template is broken.
 */
export const typeset = (content: DocumentContent, jws: string): Uint8Array<ArrayBuffer> => {
  const { compiler, clean } = openPress()
  const data = JSON.stringify(cleanAll(letterData(content), clean))
  const compiled = compiler.compile({ mainFileContent: source(content.kind), inputs: { data, jws } })
  const problem = compiled.takeError()
  if (problem || !compiled.result) {
    const details = problem ? compiler.fetchDiagnostics(problem) : []
    throw new TypesetError(details.map((one: { message?: string }) => one.message ?? '').join('; '))
  }
  const creationTimestamp = Math.floor(Date.parse(content.issuedAt) / 1000)
  const pdf = compiler.pdf(compiled.result, { pdfStandard: 'a-3a', creationTimestamp })
  if (++press!.printed % EVICT_EVERY === 0) compiler.evictCache(2)
  return new Uint8Array(pdf)
}
