import { countTry } from '../holder/rate-limits.ts'
import type { Issuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { printLongAside } from '../slip/typeset-aside.ts'
import type { Lang } from '../web/lang.ts'
import type { OwnCard } from './own-statement.ts'
import { readForPrint, statementPages } from './statement-pdf.ts'

type ToPrint = OwnCard & {
  issuer: Issuer
  issuerId: string
  cardId: string
  lang: Lang
  period: string | undefined
  now: Date
}

/** A card's statement as PDF. Throws Refusal holder/too_often, and ledger/printing_busy where no thread is free. */
export async function statementPdf(ctx: Context, wanted: ToPrint): Promise<Uint8Array<ArrayBuffer>> {
  const { issuerId, card } = wanted
  await countTry(ctx, issuerId, [{ limit: 'statement_pdf_per_account', who: card.accountId }])
  const printed = await inIssuer(ctx.db, issuerId, (tx) => readForPrint(tx, wanted))
  const pdf = await printLongAside(statementPages({ ...wanted, printed }))
  if (!pdf) throw new Refusal('ledger/printing_busy')
  return pdf
}
