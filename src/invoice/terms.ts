import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Tx } from '../platform/db.ts'
import { SetupError } from '../platform/errors.ts'
import { wording } from './content.ts'

/** An issuer's terms of business in one version; what a buyer accepts is its version and hash. */
export type Terms = {
  version: string
  text: { 'zh-CN': string; en: string }
  sha256: string
  publishedAt: Date
}

/** What `leb terms put FILE.json` takes. Paragraphs are parted by empty lines. */
export const termsFileSchema = z.object({
  version: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/, 'takes 1 to 40 of A-Z, a-z, 0-9 and . _ -, such as 2026-11'),
  text: wording,
})

/** SHA-256 (hex) over the UTF-8 text, Chinese first, a form feed between: anybody can compute it again. */
export function termsSha256(text: Terms['text']): string {
  return createHash('sha256').update(`${text['zh-CN']}\f${text.en}`).digest('hex')
}

/** The terms in force at a moment: the newest published by then. Undefined where an issuer has none. */
export async function termsAt(tx: Tx, issuerId: string, at: Date): Promise<Terms | undefined> {
  const row = await rows(tx, issuerId)
    .where('published_at', '<=', at)
    .orderBy('published_at', 'desc')
    .orderBy('version', 'desc')
    .executeTakeFirst()
  return row && fromRow(row)
}

/** One version, whenever it was in force. */
export async function termsByVersion(tx: Tx, issuerId: string, version: string): Promise<Terms | undefined> {
  const row = await rows(tx, issuerId).where('version', '=', version).executeTakeFirst()
  return row && fromRow(row)
}

/** All versions, the newest first. */
export async function listTerms(tx: Tx, issuerId: string): Promise<Terms[]> {
  const all = await rows(tx, issuerId).orderBy('published_at', 'desc').orderBy('version', 'desc').execute()
  return all.map(fromRow)
}

/**
 * Publishes a version from `now` on; the same once more changes nothing. Throws SetupError where the version was
 * published with another text: what somebody accepted stays as it was.
 */
export async function putTerms(
  tx: Tx,
  input: { issuerId: string; version: string; text: Terms['text']; now: Date },
): Promise<{ added: boolean; sha256: string }> {
  const sha256 = termsSha256(input.text)
  const known = await termsByVersion(tx, input.issuerId, input.version)
  if (known && known.sha256 !== sha256)
    throw new SetupError(
      `the terms ${input.version} of ${input.issuerId} were published with another text: give the new ones a version of their own`,
    )
  if (known) return { added: false, sha256 }
  await tx
    .insertInto('terms')
    .values({
      issuer_id: input.issuerId,
      version: input.version,
      text: JSON.stringify(input.text),
      sha256,
      published_at: input.now,
    })
    .execute()
  return { added: true, sha256 }
}

function rows(tx: Tx, issuerId: string) {
  return tx
    .selectFrom('terms')
    .select(['version', 'text', 'sha256', 'published_at'])
    .where('issuer_id', '=', issuerId)
}

type Row = Awaited<ReturnType<ReturnType<typeof rows>['execute']>>[number]
const fromRow = (row: Row): Terms => ({
  version: row.version,
  text: wording.parse(row.text),
  sha256: row.sha256,
  publishedAt: row.published_at,
})
