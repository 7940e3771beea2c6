import { readFile } from 'node:fs/promises'
import { findIssuer } from '../issuer/issuer.ts'
import { issuersNamed } from '../issuer/issuers-named.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { AnsweredNo, SetupError } from '../platform/errors.ts'
import { placeAndFault, plainWords } from '../platform/plain-words.ts'
import { listTerms, putTerms, termsAt, termsByVersion, termsFileSchema } from './terms.ts'

type Print = (text: string) => void
const print: Print = (text) => void process.stdout.write(text)

/**
 * `leb terms put FILE.json --issuer ID`: publishes a version of an issuer's terms, in force from now on. Answers the
 * exit code. Throws SetupError, one sentence, when the file can't be used or the version has another text already.
 */
export async function termsPutCommand(
  ctx: Context,
  input: { file: string; issuer: string; json: boolean; out?: Print },
): Promise<number> {
  const { version, text } = await readTermsFile(input.file)
  const issuerId = input.issuer
  if (!(await findIssuer(ctx.db, issuerId)))
    throw new SetupError(`there is no issuer ${issuerId}: leb issuer list names those that are set up`)
  const now = ctx.clock.now()
  const put = await inIssuer(ctx.db, issuerId, (tx) => putTerms(tx, { issuerId, version, text, now }))
  const out = input.out ?? print
  if (input.json) out(`${JSON.stringify({ issuer: issuerId, version, ...put })}\n`)
  else
    out(
      put.added
        ? `terms ${version} of ${issuerId} are in force (SHA-256 ${put.sha256})\n`
        : `terms ${version} of ${issuerId} were published before, nothing changed\n`,
    )
  return 0
}

/** `leb terms list`: every version, by issuer, the newest first, and which is in force. Answers the exit code. */
export async function termsListCommand(
  ctx: Context,
  input: { issuer?: string; json: boolean; out?: Print },
): Promise<number> {
  const found = []
  for (const issuer of await issuersNamed(ctx, input.issuer))
    found.push(
      ...(await inIssuer(ctx.db, issuer, async (tx) => {
        const now = await termsAt(tx, issuer, ctx.clock.now())
        return (await listTerms(tx, issuer)).map(({ version, publishedAt, sha256 }) => ({
          issuer,
          version,
          inForce: version === now?.version,
          publishedAt,
          sha256,
        }))
      })),
    )
  const out = input.out ?? print
  if (input.json) out(`${JSON.stringify({ terms: found })}\n`)
  else if (found.length === 0) out('No terms are published: leb terms put FILE.json --issuer ID\n')
  else
    for (const { issuer, version, inForce, publishedAt, sha256 } of found)
      out(
        `${issuer.padEnd(12)} ${version.padEnd(12)} ${publishedAt.toISOString()}  ${inForce ? 'in force' : 'replaced'}  SHA-256 ${sha256}\n`,
      )
  return 0
}

/**
 * `leb terms show VERSION`: its file as `terms put` takes it, which would change nothing; with --json on one line.
 * Answers the exit code. Throws AnsweredNo where there is no such version.
 */
export async function termsShowCommand(
  ctx: Context,
  input: { version: string; issuer: string; json: boolean; out?: Print },
): Promise<number> {
  const [issuerId] = await issuersNamed(ctx, input.issuer)
  const terms = await inIssuer(ctx.db, issuerId!, (tx) => termsByVersion(tx, issuerId!, input.version))
  if (!terms)
    throw new AnsweredNo(
      'not_there',
      `${issuerId} has no terms ${input.version}: leb terms list --issuer ${issuerId}`,
    )
  const { version, text } = terms
  const out = input.out ?? print
  out(`${JSON.stringify({ version, text }, null, input.json ? 0 : 2)}\n`)
  return 0
}

async function readTermsFile(file: string) {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new SetupError(
      error.code === 'ENOENT' ? `there is no file ${file}` : `${file} can't be read (${error.code})`,
    )
  })
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    throw new SetupError(`${file} is not JSON: check commas, quotes and braces`)
  }
  const parsed = termsFileSchema.safeParse(value, { error: plainWords })
  if (parsed.success) return parsed.data
  throw new SetupError(`${file} can't be used: ${placeAndFault(parsed.error.issues[0]!)}`)
}
