import type { LineOrder } from '../../adapters/line/port.ts'
import type { Context } from '../../platform/context.ts'
import type { Tx } from '../../platform/db.ts'
import { readLine } from '../../privacy/vault.ts'
import type { Case, CaseCard } from '../case.ts'

/** What line control needs to know of a card. The numbers come from the vault and go nowhere else. */
export async function lineOf(
  ctx: Context,
  tx: Tx,
  told: Case,
  card: CaseCard,
): Promise<Omit<LineOrder, 'key'>> {
  const line = await readLine(ctx, tx, { issuerId: told.issuer.issuerId, cardId: card.cardId })
  return { iccid: card.iccid, msisdn: line?.msisdn, imsi: line?.imsi }
}

export type LineRequest = Omit<LineOrder, 'key'>
