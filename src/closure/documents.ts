import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { createHash } from 'node:crypto'
import { assert } from '../platform/errors.ts'
import type { ClosureRow } from './case.ts'

export type DocumentKind = 'slip' | 'certificate'
export type StoredDocument = { pdf: Buffer; sha256: string; issuedAt: Date }
type NewDocument = {
  issuerId: string
  closureId: string
  kind: DocumentKind
  pdf: Uint8Array
  sha256: string
  issuedAt: Date
  /** SHA-256 of the token in the QR code; the token itself is on paper only. */
  tokenHash: Buffer
}

/** Keeps a sealed document. It says nothing personal, so it outlives the erasure of the person. */
export async function saveDocument(ctx: Context, tx: Tx, input: NewDocument): Promise<void> {
  const documentId = ctx.ids.next()
  await tx
    .with('kept', (q) =>
      q.insertInto('document').values({
        issuer_id: input.issuerId,
        document_id: documentId,
        closure_id: input.closureId,
        kind: input.kind,
        pdf: Buffer.from(input.pdf.buffer, input.pdf.byteOffset, input.pdf.byteLength),
        sha256: input.sha256,
        issued_at: input.issuedAt,
      }),
    )
    .insertInto('document_token')
    .values({ token_hash: input.tokenHash, issuer_id: input.issuerId, document_id: documentId })
    .execute()
}

type Which = { issuerId: string; closureId: string; kind: DocumentKind }

/** Undefined when the closure has not got that far. */
export async function readDocument(tx: Tx, which: Which): Promise<StoredDocument | undefined> {
  const row = await tx
    .selectFrom('document')
    .select(['pdf', 'sha256', 'issued_at'])
    .where('issuer_id', '=', which.issuerId)
    .where('closure_id', '=', which.closureId)
    .where('kind', '=', which.kind)
    .executeTakeFirst()
  return row && { pdf: row.pdf, sha256: row.sha256, issuedAt: row.issued_at }
}

export async function readSlipDigest(tx: Tx, closure: ClosureRow): Promise<string> {
  const row = await tx
    .selectFrom('document')
    .select('sha256')
    .where('issuer_id', '=', closure.issuer_id)
    .where('closure_id', '=', closure.closure_id)
    .where('kind', '=', 'slip')
    .executeTakeFirst()
  assert(row, 'a closure has its slip from the first second')
  return row.sha256
}

export type VerifiedToken = {
  issuerId: string
  closureId: string
  kind: DocumentKind
  sha256: string
  issuedAt: Date
}

/** Who asks with the token of a QR code; undefined for a token nobody issued. */
export async function readByToken(ctx: Context, token: string): Promise<VerifiedToken | undefined> {
  if (!/^[\w-]{22}$/.test(token)) return undefined
  const found = await ctx.db
    .selectFrom('document_token')
    .select(['issuer_id', 'document_id'])
    .where('token_hash', '=', createHash('sha256').update(token).digest())
    .executeTakeFirst()
  if (!found) return undefined
  const row = await inIssuer(ctx.db, found.issuer_id, (tx) =>
    tx
      .selectFrom('document')
      .select(['closure_id', 'kind', 'sha256', 'issued_at'])
      .where('issuer_id', '=', found.issuer_id)
      .where('document_id', '=', found.document_id)
      .executeTakeFirst(),
  )
  if (!row) return undefined
  return {
    issuerId: found.issuer_id,
    closureId: row.closure_id,
    kind: row.kind as DocumentKind,
    sha256: row.sha256,
    issuedAt: row.issued_at,
  }
}
