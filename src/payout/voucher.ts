import { createHmac, randomUUID } from 'node:crypto'
import type { VaultKeys } from '../adapters/keys/port.ts'
import { houseAccounts } from '../ledger/accounts.ts'
import type { Money } from '../ledger/money.ts'
import { post } from '../ledger/post.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'

const signs = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A voucher's code: 16 signs (80 bits) that follow from its id and a key, so that it is stored nowhere. */
export function voucherCode(keys: VaultKeys, issuerId: string, voucherId: string): string {
  const mac = createHmac('sha256', keys.codeKey).update(`voucher/${issuerId}/${voucherId}`).digest()
  return [...mac.subarray(0, 16)]
    .map((byte) => signs[byte % 32]!)
    .join('')
    .replace(/(.{4})(?=.)/g, '$1-')
}

const readable = (typed: string) =>
  typed.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1')

/** Whether what was typed could be a voucher's code at all. */
export function isVoucherCode(typed: string): boolean {
  const code = readable(typed)
  return code.length === 16 && [...code].every((sign) => signs.includes(sign))
}

const hashOf = (keys: VaultKeys, typed: string) =>
  createHmac('sha256', keys.indexKey)
    .update(`voucher:${readable(typed)}`)
    .digest()

/** What one voucher is worth: minor units. */
export type Voucher = { voucherId: string; left: Money; expiresAt: Date }

/** Gives a voucher for a part of a settlement, because the holder asked for it: refunds_payable → vouchers. */
export async function issueVoucher(
  ctx: Context,
  tx: Tx,
  input: { issuerId: string; partId: string; amount: bigint; currency: string; days: number },
): Promise<{ voucherId: string; expiresAt: Date }> {
  const { issuerId, partId, amount, currency } = input
  const keys = await ctx.keys.vault(issuerId)
  // Not one of our ids in order of time: the code hangs on it.
  const voucherId = randomUUID()
  const now = ctx.clock.now()
  const expiresAt = new Date(now.getTime() + input.days * 86_400_000)
  await tx
    .insertInto('voucher')
    .values({
      issuer_id: issuerId,
      voucher_id: voucherId,
      part_id: partId,
      code_hash: hashOf(keys, voucherCode(keys, issuerId, voucherId)),
      currency,
      amount_minor: amount,
      left_minor: amount,
      issued_at: now,
      expires_at: expiresAt,
    })
    .execute()
  const house = await houseAccounts(ctx, tx, { issuerId, kinds: ['refunds_payable', 'vouchers'], currency })
  await post(ctx, tx, {
    issuerId,
    key: `payout:${partId}`,
    reason: 'closure_payout',
    entries: [
      { accountId: house.refunds_payable!, amount: -amount },
      { accountId: house.vouchers!, amount },
    ],
  })
  return { voucherId, expiresAt }
}

/**
 * Takes `amount` off a voucher for an order, once for each order, and answers the name of the money for
 * receivePayment (provider `voucher`), which posts it. Throws Refusal voucher/unknown, voucher/expired,
 * voucher/other_currency, voucher/too_small. Whoever calls it limits tries: a code is all there is to know.
 */
export async function redeemVoucher(
  ctx: Context,
  tx: Tx,
  input: { issuerId: string; code: string; orderId: string; amount: bigint; currency: string },
): Promise<{ ref: string; left: Money }> {
  const { issuerId, orderId, amount, currency } = input
  const row = await tx
    .selectFrom('voucher')
    .selectAll()
    .where('issuer_id', '=', issuerId)
    .where('code_hash', '=', hashOf(await ctx.keys.vault(issuerId), input.code))
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!row) throw new Refusal('voucher/unknown')
  const uses = await tx
    .selectFrom('voucher_use')
    .select(['use_no', 'order_id'])
    .where('issuer_id', '=', issuerId)
    .where('voucher_id', '=', row.voucher_id)
    .execute()
  const before = uses.find((use) => use.order_id === orderId)
  if (before) return { ref: `${row.voucher_id}:${before.use_no}`, left: { amount: row.left_minor, currency } }
  refuseUnlessCovers(ctx, row, input)
  const useNo = uses.length + 1
  await tx
    .insertInto('voucher_use')
    .values({
      issuer_id: issuerId,
      voucher_id: row.voucher_id,
      use_no: useNo,
      order_id: orderId,
      amount_minor: amount,
      used_at: ctx.clock.now(),
    })
    .execute()
  await tx
    .updateTable('voucher')
    .set({ left_minor: row.left_minor - amount })
    .where('issuer_id', '=', issuerId)
    .where('voucher_id', '=', row.voucher_id)
    .execute()
  return { ref: `${row.voucher_id}:${useNo}`, left: { amount: row.left_minor - amount, currency } }
}

type Cover = { amount: bigint; currency: string }
type Left = { expires_at: Date; currency: string; left_minor: bigint }

function refuseUnlessCovers(ctx: Context, row: Left, { amount, currency }: Cover): void {
  if (row.expires_at <= ctx.clock.now()) throw new Refusal('voucher/expired')
  if (row.currency !== currency) throw new Refusal('voucher/other_currency')
  if (row.left_minor < amount) throw new Refusal('voucher/too_small')
}

/** Throws what redeemVoucher would, and takes nothing. Whoever calls it limits tries as well. */
export async function checkVoucher(
  ctx: Context,
  tx: Tx,
  input: { issuerId: string; code: string } & Cover,
): Promise<void> {
  const row = await tx
    .selectFrom('voucher')
    .select(['expires_at', 'currency', 'left_minor'])
    .where('issuer_id', '=', input.issuerId)
    .where('code_hash', '=', hashOf(await ctx.keys.vault(input.issuerId), input.code))
    .executeTakeFirst()
  if (!row) throw new Refusal('voucher/unknown')
  refuseUnlessCovers(ctx, row, input)
}

/** The vouchers that a closure gave, with their codes: for its holder's eyes. */
export async function vouchersOf(
  ctx: Context,
  tx: Tx,
  closure: { issuerId: string; closureId: string },
): Promise<{ code: string; left: Money; expiresAt: Date }[]> {
  const { issuerId } = closure
  const rows = await tx
    .selectFrom('voucher as v')
    .innerJoin('payout_part as p', (j) =>
      j.onRef('p.issuer_id', '=', 'v.issuer_id').onRef('p.part_id', '=', 'v.part_id'),
    )
    .select(['v.voucher_id', 'v.left_minor', 'v.currency', 'v.expires_at'])
    .where('p.issuer_id', '=', issuerId)
    .where('p.closure_id', '=', closure.closureId)
    .orderBy('p.part_id')
    .execute()
  const keys = await ctx.keys.vault(issuerId)
  return rows.map((row) => ({
    code: voucherCode(keys, issuerId, row.voucher_id),
    left: { amount: row.left_minor, currency: row.currency },
    expiresAt: row.expires_at,
  }))
}
