import { inflateRawSync } from 'node:zlib'

/** Entries of a ZIP by its central directory (APPNOTE 4.3.12). */
export function unzip(zip: Buffer): Map<string, string> {
  const files = new Map<string, string>()
  for (let at = zip.readUInt32LE(zip.length - 6); zip.readUInt32LE(at) === 0x02014b50;) {
    const [size, name, extra, comment] = [20, 28, 30, 32].map((o) =>
      o === 20 ? zip.readUInt32LE(at + o) : zip.readUInt16LE(at + o),
    )
    const start = zip.readUInt32LE(at + 42)
    const body = start + 30 + zip.readUInt16LE(start + 26) + zip.readUInt16LE(start + 28)
    const bytes = zip.subarray(body, body + size!)
    const plain = zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(bytes) : bytes
    files.set(zip.toString('utf8', at + 46, at + 46 + name!), plain.toString('utf8'))
    at += 46 + name! + extra! + comment!
  }
  return files
}
