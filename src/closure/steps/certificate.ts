import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { issueClosingPapers } from '../../invoice/closing-papers.ts'
import { forgetBankDetails } from '../../payout/bank-details.ts'
import { sealDocument } from '../../slip/seal.ts'
import type { CertificateContent } from '../../slip/content.ts'
import type { Tx } from '../../platform/db.ts'
import { certificateContent } from '../certificate-content.ts'
import { type Case, noteClosure } from '../case.ts'
import { readSlipDigest, saveDocument } from '../documents.ts'
import { factOf, proofOf } from '../journal.ts'
import { namePayments } from '../name-payments.ts'
import type { OutsideStep } from '../step.ts'

type Sealed = { pdf: Uint8Array; sha256: string; token: string; issuedAt: Date }

/**
 * The sealed end. Typesetting and sealing take a while, so they happen like a provider's work: outside any
 * transaction, and again if the process dies. Only the one that is saved was ever issued.
 */
export const certificate: OutsideStep<null, { content: CertificateContent; token: string }, Sealed> = {
  kind: 'outside',
  name: 'certificate',
  async prepare(ctx, tx, told) {
    const token = ctx.ids.secret(16)
    const slip = await readSlipDigest(tx, told.closure)
    await namePayments(ctx, tx, told)
    return { ask: { token, content: certificateContent(ctx, told, { token, slip }) } }
  },
  async call(ctx, _providers, { content, token }) {
    const issuedAt = ctx.clock.now()
    const { pdf, sha256 } = await sealDocument({
      content,
      keys: ctx.keys,
      issuerId: content.issuer.id,
      now: issuedAt,
    })
    return {
      kind: 'done',
      value: { pdf, sha256, token, issuedAt },
      evidence: { provider: 'seal', reference: sha256, at: issuedAt.toISOString() },
    }
  },
  async done(ctx, tx, told, _scope, sealed) {
    const { issuer_id, closure_id } = told.closure
    await saveDocument(ctx, tx, {
      issuerId: issuer_id,
      closureId: closure_id,
      kind: 'certificate',
      pdf: sealed.pdf,
      sha256: sealed.sha256,
      issuedAt: sealed.issuedAt,
      tokenHash: createHash('sha256').update(sealed.token).digest(),
    })
    told.certificate = sealed.pdf
    const now = ctx.clock.now()
    const cardIds = told.cards.map((card) => card.cardId)
    await closeCards(tx, told, cardIds, now)
    await noteClosure(tx, told, { state: 'closed', closed_at: now })
    // Named, and in the end not needed: all of it went back another way.
    if (told.accountGiven) await forgetBankDetails(tx, { issuerId: issuer_id, closureId: closure_id })
    await issueClosingPapers(ctx, tx, {
      issuer: told.issuer,
      closureId: closure_id,
      closureNumber: told.closure.number,
      accountRef: told.accountRef,
      jurisdiction: told.closure.jurisdiction,
      locale: told.closure.locale as 'zh-CN' | 'en',
      cards: told.cards,
    })
    return { sha256: sealed.sha256 }
  },
  refused: () => ({ block: { reason: 'provider_silent', owner: 'staff' } }),
  digestPart: ({ content }) => ({ number: content.number }),
}

/**
 * None of an account whose cards were all closed before it. A profile that is on a phone, or that the SM-DP+ did not
 * confirm, stays noted as it was: what the certificate says of it.
 */
async function closeCards(tx: Tx, told: Case, cardIds: string[], now: Date): Promise<void> {
  if (cardIds.length === 0) return
  const outcomeOf = (cardId: string) => factOf(proofOf(told.journal, 'retire_esim', cardId), 'outcome')
  const cancelled = cardIds.filter((cardId) => outcomeOf(cardId) === 'cancelled')
  await tx
    .updateTable('card')
    .set({
      state: 'closed',
      closed_at: now,
      profile_state: sql<string>`case when card_id = any(${cancelled}::uuid[]) then 'Unavailable' else profile_state end`,
    })
    .where('issuer_id', '=', told.issuer.issuerId)
    .where('card_id', 'in', cardIds)
    .execute()
}
