import { inflateSync } from 'node:zlib'
import decodeQr from 'qr/decode.js'
import { expect, it } from 'vitest'
import { qrRows } from '../platform/qr.ts'
import { qrPng } from './qr-png.ts'

const activation = 'LPA:1$smdp.example$04386-AGYFT-A74Y8-3F815'

/** The grey pixels of a PNG that has one IDAT chunk and no filters, as the colours that a camera would see. */
function pixelsOf(png: Buffer): { width: number; height: number; data: Uint8Array } {
  const width = png.readUInt32BE(16)
  const at = png.indexOf('IDAT')
  const grey = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)))
  const rows = Array.from({ length: width }, (_, y) =>
    grey.subarray(y * (width + 1) + 1, (y + 1) * (width + 1)),
  )
  return {
    width,
    height: width,
    data: Buffer.concat(rows.map((row) => Buffer.from([...row].flatMap((grey) => [grey, grey, grey, 255])))),
  }
}

it('a phone reads the activation code off the picture in a mail', () => {
  expect(decodeQr(pixelsOf(Buffer.from(qrPng(activation))))).toBe(activation)
})

it('leaves four light modules around, as the standard wants', () => {
  const rows = qrRows(activation, 4)
  const border = [
    ...rows.slice(0, 4),
    ...rows.slice(-4),
    ...rows.map((row) => [...row.slice(0, 4), ...row.slice(-4)]),
  ]
  expect(border.flat()).not.toContain(true)
})
