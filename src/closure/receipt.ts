import { PDF } from '@libpdf/core'
import { attachmentName } from '../slip/document-marks.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { assert } from '../platform/errors.ts'
import { readDocument } from './documents.ts'
import { readClosure, type WhichClosure } from './read-closure.ts'

/** The sealed slip of a closure that was declared. */
export async function readSlip(ctx: Context, which: WhichClosure): Promise<Uint8Array> {
  const view = await readClosure(ctx, which)
  assert(view, 'a receipt names a closure that exists')
  const slip = await inIssuer(ctx.db, view.issuerId, (tx) => readDocument(tx, { ...view, kind: 'slip' }))
  assert(slip, 'a closure has its slip from the first second')
  return slip.pdf
}

/**
 * The public address in a slip's QR code. Its token is stored nowhere but in the slip, so that is where it is read;
 * whoever may have the slip may have it.
 */
export async function verifyUrlOnSlip(ctx: Context, which: WhichClosure): Promise<string> {
  const jws = (await PDF.load(await readSlip(ctx, which))).getAttachment(attachmentName('slip'))
  assert(jws, 'a slip carries its content as JWS')
  const payload = Buffer.from(jws).toString('latin1').split('.')[1] ?? ''
  return (JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { verifyUrl: string }).verifyUrl
}
