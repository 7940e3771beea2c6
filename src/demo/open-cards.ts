import type { Tx } from '../platform/db.ts'

/** Cards of an issuer that are open, with money on them, and whose holder can be written to. */
export const openCards = (tx: Tx, issuerId: string) =>
  tx
    .selectFrom('card as c')
    .innerJoin('account as a', (j) =>
      j.onRef('a.issuer_id', '=', 'c.issuer_id').onRef('a.account_id', '=', 'c.account_id'),
    )
    .innerJoin('ledger_account as l', (j) =>
      j.onRef('l.issuer_id', '=', 'c.issuer_id').onRef('l.card_id', '=', 'c.card_id'),
    )
    .innerJoin('vault_index as v', (j) =>
      j
        .onRef('v.issuer_id', '=', 'a.issuer_id')
        .onRef('v.holder_id', '=', 'a.holder_id')
        .on('v.kind', '=', 'email'),
    )
    .where('c.issuer_id', '=', issuerId)
    .where('c.state', '=', 'open')
    .where('l.balance', '>', 0n)
