import { findIssuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { AnsweredNo, SetupError } from '../platform/errors.ts'
import { addUsageKey, listUsageKeys, remembered_seconds, revokeUsageKey } from './usage-key.ts'

type Output = { json?: boolean; out?: (text: string) => void }

const printer = (output: Output) => output.out ?? ((text: string) => void process.stdout.write(text))

async function knownIssuer(ctx: Context, issuerId: string): Promise<void> {
  if (!(await findIssuer(ctx.db, issuerId)))
    throw new AnsweredNo('not_there', `there is no issuer ${issuerId}: leb issuer list`)
}

/** `leb usage key add`: shows the key once. Throws AnsweredNo for an issuer that is not set up, SetupError for a bad name. */
export async function usageKeyAddCommand(
  ctx: Context,
  input: Output & { issuer: string; name?: string },
): Promise<number> {
  await knownIssuer(ctx, input.issuer)
  const name = (input.name ?? 'network').trim()
  if (name.length === 0 || name.length > 60) throw new SetupError('--name takes 1 to 60 signs')
  const { keyId, token } = await addUsageKey(ctx, { issuerId: input.issuer, name })
  const out = printer(input)
  if (input.json) out(`${JSON.stringify({ issuer: input.issuer, keyId, name, key: token })}\n`)
  else
    out(`${token}\nThis key is shown once. It reports usage for ${input.issuer} and can do nothing else.\n`)
  return 0
}

/** `leb usage key list`: names and ids, never the keys. */
export async function usageKeyListCommand(ctx: Context, input: Output & { issuer: string }): Promise<number> {
  await knownIssuer(ctx, input.issuer)
  const keys = await listUsageKeys(ctx, input.issuer)
  const out = printer(input)
  if (input.json) out(`${JSON.stringify({ keys })}\n`)
  else if (keys.length === 0) out(`${input.issuer} has no usage key: leb usage key add ${input.issuer}\n`)
  else
    for (const { keyId, name, createdAt, revokedAt } of keys)
      out(
        `${keyId}  ${createdAt.toISOString()}  ${revokedAt ? `revoked ${revokedAt.toISOString()}` : 'good'}  ${name}\n`,
      )
  return 0
}

/** `leb usage key revoke`. Answers 1 when there is no such key that is still good. */
export async function usageKeyRevokeCommand(
  ctx: Context,
  input: Output & { issuer: string; key: string },
): Promise<number> {
  await knownIssuer(ctx, input.issuer)
  const revoked = await revokeUsageKey(ctx, { issuerId: input.issuer, keyId: input.key })
  const out = printer(input)
  if (input.json) out(`${JSON.stringify({ issuer: input.issuer, keyId: input.key, revoked })}\n`)
  else if (revoked)
    out(`${input.key} is revoked; within ${remembered_seconds} seconds nobody reports with it\n`)
  else out(`${input.issuer} has no good key ${input.key}: leb usage key list ${input.issuer}\n`)
  return revoked ? 0 : 1
}
