import { crc32, deflateSync } from 'node:zlib'
import { qrRows } from '../platform/qr.ts'

// Pixels a module: sharp on a screen, and large enough to be read off it by another phone.
const scale = 6

/** A QR code as PNG (ISO/IEC 15948, grey, 8 bits), for mails: many readers show no SVG. */
export function qrPng(text: string): Uint8Array {
  const rows = qrRows(text, 4)
  const width = rows.length * scale
  const lines = rows.map((row) => {
    const pixels = Buffer.alloc(1 + width, 0xff)
    pixels[0] = 0
    row.forEach((dark, at) => dark && pixels.fill(0, 1 + at * scale, 1 + (at + 1) * scale))
    return pixels
  })
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(width, 4)
  header[8] = 8
  const pixels = deflateSync(
    Buffer.concat(lines.flatMap((line) => Array.from({ length: scale }, () => line))),
  )
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(name: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), content])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(content.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}
