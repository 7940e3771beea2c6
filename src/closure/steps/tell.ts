import type { MailSent } from '../../adapters/mail/port.ts'
import { papersLink } from '../../invoice/papers-link.ts'
import { certificateMail } from '../../notice/certificate-mail.ts'
import { burnPartingEnvelope, openPartingEnvelope } from '../../privacy/erase-person.ts'
import { readPerson } from '../../privacy/vault.ts'
import type { Context } from '../../platform/context.ts'
import type { Tx } from '../../platform/db.ts'
import { type Case, noteClosure } from '../case.ts'
import { readDocument } from '../documents.ts'
import { namePayments } from '../name-payments.ts'
import type { OutsideStep } from '../step.ts'

type Request = Parameters<typeof certificateMail>[1]

/** The certificate by mail, to the address the account had; after it nobody needs that address any more. */
export const tell: OutsideStep<null, Request, MailSent> = {
  kind: 'outside',
  name: 'tell',
  async prepare(ctx, tx, told) {
    const { issuerId } = told.issuer
    const closureId = told.closure.closure_id
    const parting = await openPartingEnvelope(ctx, tx, { issuerId, closureId })
    // The slip's mail first: it still needs the address that this one burns.
    if (parting && (await slipIsWaiting(tx, { issuerId, closureId })))
      return { wait: { until: new Date(ctx.clock.now().getTime() + 2_000) } }
    const to = parting ?? (await readPerson(ctx, tx, issuerId, told.holderId))?.email
    if (!to) {
      await noteClosure(tx, told, { told_at: ctx.clock.now() })
      return { skip: { reason: 'no e-mail address is known' } }
    }
    await namePayments(ctx, tx, told)
    const pdf =
      told.certificate ?? (await readDocument(tx, { issuerId, closureId, kind: 'certificate' }))!.pdf
    // Nobody can sign in to an account that is closed: its papers get an address of their own.
    const papers =
      told.closure.covers === 'account'
        ? await papersLink(ctx, tx, { issuerId, accountRef: told.accountRef })
        : null
    // Written when it is sent: the transaction may hold the issuer's invoice numbers since the step before.
    return { ask: { told, to, pdf, papers } }
  },
  async call(ctx, providers, request, key) {
    const mail = await providers.mail()
    return mail.send({ ...(await certificateMail(ctx, request)), key })
  },
  async done(ctx, tx, told, _scope, sent) {
    await forgetAddress(ctx, tx, told)
    return { message_id: sent.messageId }
  },
  // The mailbox says no for good (gone, full for ever): the certificate stays on the progress page.
  refused: () => ({ unconfirmed: { outcome: 'mail refused' } }),
  passed: forgetAddress,
  digestPart: ({ to, told }) => ({ to, number: told.closure.number }),
}

async function forgetAddress(ctx: Context, tx: Tx, told: Case): Promise<void> {
  const { issuer_id, closure_id } = told.closure
  await burnPartingEnvelope(tx, { issuerId: issuer_id, closureId: closure_id })
  await noteClosure(tx, told, { told_at: ctx.clock.now() })
}

async function slipIsWaiting(tx: Tx, which: { issuerId: string; closureId: string }): Promise<boolean> {
  const row = await tx
    .selectFrom('notice')
    .select('notice_id')
    .where('issuer_id', '=', which.issuerId)
    .where('closure_id', '=', which.closureId)
    .where('kind', '=', 'slip')
    .where('state', '=', 'waiting')
    .executeTakeFirst()
  return row !== undefined
}
