import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/**
 * Other people's verifiers, none of which LEB seals or verifies with, so that our seal and our check can't be wrong in
 * the same way: qpdf for the file's structure, jsrsasign for the signature (its own ASN.1 and its own elliptic curves).
 * Both come from npm; pdfsig, which must be installed, is asked where it is.
 */

type Qpdf = {
  callMain(args: string[]): number
  FS: {
    writeFile(path: string, bytes: Uint8Array): void
    init(read: () => null, print: Print, printError: Print): void
  }
}
type Print = (character: number | null) => void
type MakeQpdf = (options: { locateFile(): string; preRun: ((made: Qpdf) => void)[] }) => Promise<Qpdf>

type CmsParser = {
  getCMSSignedData(hex: string): {
    certs: { array: string[] }
    sinfos: { sigalg: string; sighex: string; sattrs: { array: { attr: string; hex?: string }[] } }[]
  }
}
type Signature = { init(publicKey: object): void; updateHex(hex: string): void; verify(hex: string): boolean }
type Jsrsasign = {
  KJUR: {
    asn1: { cms: { CMSParser: new () => CmsParser } }
    crypto: { Signature: new (options: { alg: string }) => Signature }
  }
  X509: new () => { readCertPEM(pem: string): void; getPublicKey(): object }
  ASN1HEX: { getTLVbyList(hex: string, at: number, path: number[]): string }
}

const require = createRequire(import.meta.url)

/** What `qpdf --check` answers: 0 nothing found, 2 errors, 3 warnings; and what it printed. */
export async function qpdfCheck(pdf: Uint8Array): Promise<{ code: number; said: string }> {
  const make = require('@neslinesli93/qpdf-wasm') as MakeQpdf
  let said = ''
  const print: Print = (character) => void (said += character === null ? '' : String.fromCharCode(character))
  const qpdf = await make({
    locateFile: () => require.resolve('@neslinesli93/qpdf-wasm/dist/qpdf.wasm'),
    preRun: [(made) => made.FS.init(() => null, print, print)],
  })
  qpdf.FS.writeFile('/document.pdf', pdf)
  return { code: qpdf.callMain(['--check', '/document.pdf']), said }
}

export type SecondOpinion = 'valid' | 'digest_mismatch' | 'signature_invalid' | 'not_whole' | 'unreadable'

/** Reads the seal by PDF 32000-2 12.8.1 and RFC 5652 5.4 alone, with nothing of ours. */
export function secondOpinion(pdf: Uint8Array): SecondOpinion {
  const { KJUR, X509, ASN1HEX } = require('jsrsasign') as Jsrsasign
  const file = Buffer.from(pdf)
  const text = file.toString('latin1')
  const range = /^\/ByteRange\s*\[\s*(\d+) (\d+) (\d+) (\d+)/.exec(text.slice(text.lastIndexOf('/ByteRange')))
  if (!range) return 'unreadable'
  const [from, head, tailAt, tail] = range.slice(1).map(Number) as [number, number, number, number]
  if (from !== 0 || tailAt + tail !== file.length) return 'not_whole'
  try {
    const gap = text.slice(head + 1, tailAt - 1).toLowerCase()
    const cms = ASN1HEX.getTLVbyList(gap, 0, [])
    const { certs, sinfos } = new KJUR.asn1.cms.CMSParser().getCMSSignedData(cms)
    const signer = sinfos[0]!
    const covered = createHash('sha256').update(file.subarray(0, head)).update(file.subarray(tailAt))
    const claimed = signer.sattrs.array.find(({ attr }) => attr === 'messageDigest')?.hex
    if (claimed !== covered.digest('hex')) return 'digest_mismatch'
    const certificate = new X509()
    certificate.readCertPEM(certs.array[0]!)
    const signature = new KJUR.crypto.Signature({ alg: signer.sigalg })
    signature.init(certificate.getPublicKey())
    // Signed are the attributes as a SET; in the file they stand under an implicit tag.
    signature.updateHex(`31${ASN1HEX.getTLVbyList(cms, 0, [1, 0, 4, 0, 3]).slice(2)}`)
    return signature.verify(signer.sighex) ? 'valid' : 'signature_invalid'
  } catch {
    return 'unreadable'
  }
}

/** Where the signature's own digits begin in the file, and how many they are. */
export function signatureDigits(pdf: Uint8Array): { at: number; length: number } {
  const { KJUR, ASN1HEX } = require('jsrsasign') as Jsrsasign
  const text = Buffer.from(pdf).toString('latin1')
  const at = text.lastIndexOf('/Contents <') + '/Contents <'.length
  const cms = ASN1HEX.getTLVbyList(text.slice(at, text.indexOf('>', at)).toLowerCase(), 0, [])
  const { sighex } = new KJUR.asn1.cms.CMSParser().getCMSSignedData(cms).sinfos[0]!
  return { at: text.indexOf(sighex.toUpperCase(), at), length: sighex.length }
}

/** What poppler's pdfsig prints, without looking at whose certificate it is. */
export const pdfsig = (dir: string, pdf: Uint8Array) => askPdfsig(dir, pdf, ['-nocert'])

/** What pdfsig prints to whoever has taken `rootsPem` into the certificates that NSS trusts. */
export async function pdfsigTrusting(dir: string, pdf: Uint8Array, rootsPem: string): Promise<string> {
  const trusted = await mkdtemp(join(dir, 'nss-'))
  const root = join(trusted, 'root.pem')
  await writeFile(root, rootsPem)
  await run('certutil', ['-N', '-d', `sql:${trusted}`, '--empty-password'])
  await run('certutil', ['-A', '-d', `sql:${trusted}`, '-n', 'root', '-t', 'CT,C,CT', '-i', root])
  return askPdfsig(dir, pdf, ['-nssdir', `sql:${trusted}`])
}

async function askPdfsig(dir: string, pdf: Uint8Array, options: string[]): Promise<string> {
  const file = join(dir, 'asked.pdf')
  await writeFile(file, pdf)
  return run('pdfsig', [...options, file])
}

const run = (program: string, args: string[]) =>
  new Promise<string>((done) => execFile(program, args, (_error, stdout, stderr) => done(stdout + stderr)))
