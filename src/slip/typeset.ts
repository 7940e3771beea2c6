import { qrSvg } from '../platform/qr.ts'
import { certificateView } from './certificate-view.ts'
import type { Both, DocumentContent } from './content.ts'
import { attachmentName, contentFingerprint, fingerprintKeyword } from './document-marks.ts'
import { LETTER_TEMPLATE } from './letter-template.ts'
import { printPages } from './press.ts'
import { slipView } from './slip-view.ts'

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
    qr: qrSvg(content.verifyUrl, 2),
    qrAlt: `QR: ${content.verifyUrl}`,
    verifyUrl: content.verifyUrl,
    fingerprint: groups(fingerprint),
    rules: `规则 Rules ${content.jurisdiction} · ${content.policyVersion} · 时区 Time zone ${content.timeZone} · 官方渠道 Official channels ${content.issuer.channels.join(' · ')}`,
    seal: SEAL,
  }
}

const source = (kind: DocumentContent['kind']): string =>
  `${LETTER_TEMPLATE}\n#pdf.attach("${attachmentName(kind)}", bytes(sys.inputs.jws), relationship: "data", ` +
  `mime-type: "application/jose", description: "The same content, signed as JSON (JWS)")\n`

/**
 * The unsealed PDF (PDF/A-3a, tagged) of a document with its JWS attached. The same input gives the same bytes.
 * Throws TypesetError where the template is broken.
 */
export const typeset = (content: DocumentContent, jws: string): Uint8Array<ArrayBuffer> =>
  printPages({
    source: source(content.kind),
    data: letterData(content),
    inputs: { jws },
    madeAt: new Date(content.issuedAt),
  })
