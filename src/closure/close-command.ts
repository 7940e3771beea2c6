import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { sql } from 'kysely'
import { progressBar } from '../card/progress-bar.ts'
import { findIssuer, listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import type { Config } from '../platform/env.ts'
import { Refusal, SetupError } from '../platform/errors.ts'
import { toldZone } from '../policy/told-zone.ts'
import { decideForHolder } from './decide-for-holder.ts'
import { declareClosure } from './declare.ts'
import { WithdrawalWaits } from './unproved.ts'
import { withApp } from '../with-context.ts'
import { startWork } from '../work.ts'

type Options = { iccid?: string; file?: string; issuer?: string; json?: boolean }
type Result = {
  iccid: string
  result: 'closed' | 'waiting' | 'unknown_card' | 'refused'
  number: string | null
  reason?: string
}
type Card = {
  issuerId: string
  accountId: string
  cardId: string
  jurisdiction: string
  locale: 'zh-CN' | 'en'
}

const at_once = 8
const give_up_after_ms = 60_000

/**
 * `leb close`: the issuer's own decision to end cards. Declares what is not declared yet, works it off in this
 * process (other workers help), and says for each card how it ended. A killed run is resumed by the same call:
 * a card that is closed or being closed is found, not declared again.
 */
export async function closeCommand(config: Config, options: Options): Promise<number> {
  const iccids = await readList(options)
  return withApp(config, 'work', async ({ ctx, databaseUrl }, { orTold, check }) => {
    if (options.issuer && !(await findIssuer(ctx.db, options.issuer)))
      throw new SetupError(
        `there is no issuer ${options.issuer}: leb issuer list names those that are set up`,
      )
    const worker = await startWork(ctx, databaseUrl)
    return orTold(closeAll(ctx, iccids, { ...options, check })).finally(() => worker.stop())
  })
}

/**
 * Each card and how it ended, one line a card; answers 1 where one is not closed yet.
 * @param options.check throws once the command is told to stop: what is declared by then, any worker goes on with
 */
export async function closeAll(
  ctx: Context,
  iccids: string[],
  options: Options & { check: () => void },
): Promise<number> {
  const bar = process.stderr.isTTY
    ? progressBar(ctx.clock, (text) => void process.stderr.write(text))
    : undefined
  let done = 0
  let failed = 0
  const queue = [...iccids]
  const next = async () => {
    for (let iccid = queue.shift(); iccid; iccid = queue.shift()) {
      const result = await closeOne(ctx, iccid, options)
      if (result.result !== 'closed') failed++
      bar?.clear()
      print(result, options)
      bar?.draw(++done / iccids.length, `${done} of ${iccids.length} cards, ${failed} not closed`)
    }
  }
  await Promise.all(Array.from({ length: Math.min(at_once, iccids.length) }, next))
  bar?.end()
  return failed > 0 ? 1 : 0
}

/** Throws SetupError. */
export async function readList(options: Options): Promise<string[]> {
  if (options.iccid && !options.file) return [options.iccid.trim()]
  if (!options.file || options.iccid) throw new SetupError('close takes either --iccid NUMBER or --file LIST')
  const { file } = options
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new SetupError(`${file} can't be read (${error.code})`)
  })
  const text = bytes.toString('utf8')
  // Numbers are ASCII; UTF-16 is full of zero bytes.
  if (!isUtf8(bytes) || text.includes('\0'))
    throw new SetupError(`${file} is not UTF-8: save it again as plain text`)
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
  const iccids = [...new Set(lines.filter((line) => line && !line.startsWith('#')))]
  if (iccids.length === 0) throw new SetupError(`${file} names no card: one ICCID a line`)
  return iccids
}

async function closeOne(
  ctx: Context,
  iccid: string,
  { issuer, check }: { issuer?: string; check: () => void },
): Promise<Result> {
  check()
  const card = await findCard(ctx, iccid, issuer)
  if (!card) return { iccid, result: 'unknown_card', number: null }
  let known: Known | undefined = await latestClosure(ctx, card)
  if (known?.state === 'closed') return { iccid, result: 'closed', number: known.number }
  if (!known || known.state === 'undone') {
    // A secret that is not set here is said before anything counts: this process would be asked for it at once.
    await Promise.all(Object.values(ctx.providers.of(card.issuerId)).map((open) => open()))
    try {
      known = await declareOrFind(ctx, card)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { iccid, result: 'refused', number: null, reason: error.code }
    }
  }
  const { number, closureId, state } = known
  // A holder who never came back with the code is not waited for.
  if (state === 'declared' && !(await isOnItsWay(ctx, card, closureId)))
    return {
      iccid,
      result: 'waiting',
      number,
      reason: 'the holder has not proved a closing of more than this card',
    }
  return { iccid, ...(await waitForEnd(ctx, card, check)), number }
}

type Known = { closureId: string; number: string; state: string }

/** The closing just declared; or the withdrawal that waits for its code, which is to be decided instead. */
async function declareOrFind(ctx: Context, card: Card): Promise<Known> {
  try {
    return { ...(await declare(ctx, card)), state: 'identified' }
  } catch (error) {
    if (!(error instanceof WithdrawalWaits)) throw error
    return { closureId: error.closureId, number: error.number, state: 'declared' }
  }
}

/** By the issuer's decision, or because its holder came back with the code at this moment. */
async function isOnItsWay(ctx: Context, card: Card, closureId: string): Promise<boolean> {
  if (await decideForHolder(ctx, { issuerId: card.issuerId, closureId })) return true
  return (await latestClosure(ctx, card))?.state !== 'declared'
}

function declare(ctx: Context, card: Card) {
  return declareClosure(ctx, {
    issuerId: card.issuerId,
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
    start: 'at_once',
    locale: card.locale,
    zone: toldZone(card.jurisdiction, ctx.clock.now()),
    receivedBy: 'cli',
    identity: 'issuer_decision',
  })
}

async function waitForEnd(
  ctx: Context,
  card: Card,
  check: () => void,
): Promise<{ result: Result['result']; reason?: string }> {
  const started = ctx.clock.now().getTime()
  for (let pause = 50; ; pause = Math.min(pause * 1.5, 1000)) {
    check()
    const closure = await latestClosure(ctx, card)
    if (closure?.state === 'closed') return { result: 'closed' }
    if (closure?.block) return { result: 'waiting', reason: closure.block }
    if (ctx.clock.now().getTime() - started > give_up_after_ms)
      return { result: 'waiting', reason: 'still under way: run again' }
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

async function findCard(ctx: Context, iccid: string, issuer: string | undefined): Promise<Card | undefined> {
  for (const { issuerId } of await listIssuers(ctx.db)) {
    if (issuer && issuerId !== issuer) continue
    const row = await inIssuer(ctx.db, issuerId, (tx) =>
      tx
        .selectFrom('card as c')
        .innerJoin('account as a', (j) =>
          j.onRef('a.issuer_id', '=', 'c.issuer_id').onRef('a.account_id', '=', 'c.account_id'),
        )
        .select(['c.card_id', 'c.account_id', 'a.jurisdiction', 'a.locale'])
        .where('c.issuer_id', '=', issuerId)
        .where('c.iccid', '=', iccid)
        .executeTakeFirst(),
    )
    if (row)
      return {
        issuerId,
        cardId: row.card_id,
        accountId: row.account_id,
        jurisdiction: row.jurisdiction,
        locale: row.locale as Card['locale'],
      }
  }
  return undefined
}

async function latestClosure(ctx: Context, card: Card) {
  return inIssuer(ctx.db, card.issuerId, async (tx) => {
    const { rows } = await sql<{ closureId: string; number: string; state: string; block: string | null }>`
      select o.closure_id as "closureId", o.number, o.state,
             (select b.reason from closure_block b
               where b.issuer_id = o.issuer_id and b.closure_id = o.closure_id and b.cleared_at is null and b.owner <> 'provider'
               limit 1) as block
        from closure_card k join closure o using (issuer_id, closure_id)
       where k.issuer_id = ${card.issuerId} and k.card_id = ${card.cardId}
         and not (o.state = 'declared' and o.identity = 'not_signed_in')
       order by o.declared_at desc limit 1`.execute(tx)
    return rows[0]
  })
}

function print(result: Result, options: Options): void {
  const words = `${result.iccid}  ${result.result}  ${result.number ?? '-'}${result.reason ? `  ${result.reason}` : ''}`
  process.stdout.write(`${options.json ? JSON.stringify(result) : words}\n`)
}
