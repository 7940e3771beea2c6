import { createHash } from 'node:crypto'
import { PDF, PdfArray, PdfDict, PdfName, PdfNumber, PdfString } from '@libpdf/core'
import type { SealingKey } from '../adapters/keys/port.ts'
import { longest_token_bytes } from '../adapters/timestamp/rfc3161.ts'
import { makeCms } from './make-cms.ts'

// What a seal takes beside its certificates and the names in them, and beside a time-stamping authority's token.
const frame_bytes = 512
const timestamp_frame_bytes = 64
// As wide as the widest number that is written over it.
const any_offset = 4_000_000_000

/**
 * Seals a PDF as an incremental update with one invisible field: PAdES B-B, or B-T where the key store has a
 * time stamp to give (ETSI EN 319 142-1). libpdf writes the update; the digest and the CMS are made here.
 */
export const sealPdf = async (
  unsealed: Uint8Array,
  key: SealingKey,
  input: { now: Date; reason: string },
): Promise<Uint8Array> => {
  // The certificates, and the name of who issued the first of them twice more.
  const parts = [...key.chain, key.certificate, key.certificate, key.certificate]
  const certificates = parts.reduce((sum, one) => sum + one.length, 0)
  const room = certificates + frame_bytes + (key.timestamp ? longest_token_bytes + timestamp_frame_bytes : 0)
  const pdf = await withEmptySeal(unsealed, room, input)
  const gap = writeByteRange(pdf, room)
  const digest = createHash('sha256')
    .update(pdf.subarray(0, gap.start))
    .update(pdf.subarray(gap.end))
    .digest()
  const cms = await makeCms({ digest, key, now: input.now })
  if (cms.length > room) throw new Error(`the seal takes ${cms.length} bytes, ${room} were kept for it`)
  pdf.write(Buffer.from(cms).toString('hex').toUpperCase(), gap.start + 1, 'latin1')
  // Not as a Buffer: a copy of a part of it would be no copy.
  return new Uint8Array(pdf.buffer, pdf.byteOffset, pdf.byteLength)
}

/** The document with its seal field, the seal's bytes all zero. */
async function withEmptySeal(
  unsealed: Uint8Array,
  room: number,
  input: { now: Date; reason: string },
): Promise<Buffer> {
  const pdf = await PDF.load(unsealed)
  const page = pdf.getPages()[0]
  if (!page) throw new Error('a document without pages cannot be sealed')
  const offset = PdfNumber.of(any_offset)
  const seal = PdfDict.of({
    Type: PdfName.of('Sig'),
    Filter: PdfName.of('Adobe.PPKLite'),
    SubFilter: PdfName.of('ETSI.CAdES.detached'),
    ByteRange: new PdfArray([PdfNumber.of(0), offset, offset, offset]),
    Contents: PdfString.fromBytes(new Uint8Array(room)),
    M: PdfString.fromString(pdfDate(input.now)),
    Reason: PdfString.fromString(input.reason),
  })
  const field = pdf.getOrCreateForm().createSignatureField('Seal').getDict()
  field.set('V', pdf.context.register(seal))
  // One object, field and widget in one.
  field.delete('Kids')
  field.set('Type', PdfName.of('Annot'))
  field.set('Subtype', PdfName.of('Widget'))
  // Printed, locked (ISO 32000-2, table 167), and of no size.
  field.set('F', PdfNumber.of(132))
  field.set('P', page.ref)
  field.set('Rect', new PdfArray([0, 0, 0, 0].map((side) => PdfNumber.of(side))))
  const bytes = await pdf.save({ incremental: true })
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Says in the file what the seal covers: everything but the gap in which it lies (ISO 32000-2, 12.8.1). */
function writeByteRange(pdf: Buffer, room: number): { start: number; end: number } {
  const at = pdf.lastIndexOf('/ByteRange')
  const range = pdf.indexOf('[', at)
  const rangeEnd = pdf.indexOf(']', range) + 1
  const start = pdf.indexOf('<', pdf.indexOf('/Contents', at))
  const end = start + 2 * room + 2
  if (at < 0 || start < 0 || pdf[end - 1] !== '>'.charCodeAt(0)) throw new Error('the seal has no place')
  const text = `[0 ${start} ${end} ${pdf.length - end}`
  pdf.write(`${text.padEnd(rangeEnd - range - 1)}]`, range, 'latin1')
  return { start, end }
}

const pdfDate = (at: Date): string => `D:${at.toISOString().replace(/\.\d+Z|[-:T]/g, '')}Z`
