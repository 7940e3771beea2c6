import { readFile } from 'node:fs/promises'
import type { DocumentContent } from './content.ts'
import { roots_path } from './for-verifiers.ts'
import { nameRoot, parseRoots, type RootName, VerifyInputError } from './seal-chain.ts'
import { verifyPdf, type Verdict } from './verify.ts'
import { reason } from './verify-reasons.ts'

export type VerifyCommand = {
  /** PEM files of the roots to trust. */
  trust: string[]
  /** Nobody named them: they are this installation's own. */
  ownTrust?: boolean
  /** PEM files of the roots of time-stamping authorities to trust. */
  trustTimestamps?: string[]
  /** Revocation lists, DER or PEM files. */
  crl?: string[]
  json?: boolean
  now: Date
  print: (line: string) => void
  printError: (line: string) => void
}

const no_root = `verify needs --trust root.pem: the issuer's portal serves it at ${roots_path}`
const EXIT = { genuine: 0, not_genuine: 1, unreadable: 2 } as const

const readBytes = (path: string): Promise<Uint8Array> =>
  readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new VerifyInputError(`${path} cannot be read (${error.code})`)
  })

const readRoots = (paths: string[]): Promise<string[]> =>
  Promise.all(
    paths.map(async (path) => {
      const pem = Buffer.from(await readBytes(path)).toString('latin1')
      // Said with the file's name, of which there may be several.
      if (!isRoots(pem)) throw new VerifyInputError(`${path} holds no certificate in PEM to trust`)
      return pem
    }),
  )

function isRoots(pem: string): boolean {
  try {
    return parseRoots([pem]).length > 0
  } catch {
    return false
  }
}

const readCrl = async (path: string): Promise<Uint8Array | string> => {
  const bytes = await readBytes(path)
  const text = Buffer.from(bytes).toString('latin1')
  return text.includes('-----BEGIN') ? text : bytes
}

const headOf = ({ verdict, reasons }: Verdict): string => {
  if (verdict === 'unreadable') return 'UNREADABLE 无法读取'
  // A genuine slip looks like this, too, to whoever has another issuer's root at hand.
  if (reasons.every(({ code }) => code === 'unknown_issuer')) return 'NOT PROVED 未能证实'
  return 'NOT GENUINE 不是真件'
}

/** A root that it was judged by, and where that came from. */
type Trusted = RootName & { from: string; source: 'given' | 'data_folder' }

/** Each root of the files, the same one once. */
const namedRoots = (files: string[], pems: string[], source: Trusted['source']): Trusted[] => {
  const all = pems.flatMap((pem, at) =>
    parseRoots([pem]).map((root) => ({ ...nameRoot(root), from: files[at]!, source })),
  )
  return all.filter(({ sha256 }, at) => all.findIndex((one) => one.sha256 === sha256) === at)
}

const trustLine = ({ subject, from, source }: Trusted, isTrue: boolean): string =>
  `  ${isTrue ? 'trusted by' : 'judged by '} ${subject}, from ${source === 'given' ? from : `the data folder (${from})`}`

/** By which root it was found genuine; where it leads to none, all that were tried. */
const trustLines = (trusted: Trusted[], { verdict, trustedBy }: Verdict): string[] => {
  const led = trusted.find(({ sha256 }) => sha256 === trustedBy?.sha256)
  return led ? [trustLine(led, verdict === 'genuine')] : trusted.map((one) => trustLine(one, false))
}

const lines = (file: string, verdict: Verdict, trusted: Trusted[]): string[] => {
  const sealed = verdict.signedAt
    ? [`  sealed ${verdict.signedAt} (${verdict.signedAtBy === 'vouched' ? 'time stamp' : "sealer's clock"})`]
    : []
  const signer = verdict.signer ? [`  by     ${verdict.signer}`] : []
  if (verdict.verdict !== 'genuine') {
    const why = verdict.reasons.map(({ code, text }) => `  ${code}: ${text.en} ${text.zh}`)
    return [`${headOf(verdict)}  ${file}`, ...why, ...sealed, ...signer, ...trustLines(trusted, verdict)]
  }
  const document = verdict.document!
  const { kind, number, declaredAt, act, covers, issuer } = document
  return [
    `GENUINE 真件  ${file}`,
    `  ${kind} ${number}: ${act}, ${covers}, ${decidedOrDeclared(document)} ${declaredAt}`,
    `  issuer ${issuer.id} (${issuer.name.en})`,
    ...sealed,
    ...signer,
    ...trustLines(trusted, verdict),
  ]
}

/** Nobody declared what the issuer decided, or what came because the card had ended. */
function decidedOrDeclared(document: DocumentContent): string {
  const isSlip = document.kind === 'slip'
  if (isSlip ? document.receivedBy === 'expiry' : document.cardEnded)
    return 'decided by the issuer, because the card had ended,'
  const isDecided = isSlip ? document.identity === 'issuer_decision' : document.decidedByIssuer
  return isDecided ? 'decided by the issuer' : 'declared'
}

/**
 * `leb verify FILE`: offline, no database. Exit code 0 genuine, 1 not genuine (says why), 2 where the file, a trust
 * root or a revocation list cannot be read.
 */
export const verifyCommand = async (file: string, command: VerifyCommand): Promise<number> => {
  try {
    if (command.trust.length === 0) throw new VerifyInputError(no_root)
    const bytes = await readBytes(file)
    const trustRoots = await readRoots(command.trust)
    const timestampRoots = await readRoots(command.trustTimestamps ?? [])
    const crls = await Promise.all((command.crl ?? []).map(readCrl))
    const verdict = await verifyPdf(bytes, { trustRoots, timestampRoots, crls, now: command.now })
    const trusted = namedRoots(command.trust, trustRoots, command.ownTrust ? 'data_folder' : 'given')
    if (command.json) {
      const trustedBy = trusted.find(({ sha256 }) => sha256 === verdict.trustedBy?.sha256)
      command.print(JSON.stringify({ file, ...verdict, ...(trustedBy && { trustedBy }), roots: trusted }))
    } else for (const line of lines(file, verdict, trusted)) command.print(line)
    return EXIT[verdict.verdict]
  } catch (error) {
    if (!(error instanceof VerifyInputError)) throw error
    if (command.json) {
      command.print(
        JSON.stringify({
          file,
          verdict: 'unreadable',
          reasons: [reason('unreadable')],
          problem: error.message,
        }),
      )
    }
    command.printError(`leb verify: ${error.message}`)
    return EXIT.unreadable
  }
}
