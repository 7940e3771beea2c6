import { openFileKeys } from './adapters/keys/file.ts'
import { missingKeys } from './adapters/keys/missing-keys.ts'
import { type KeyRecord, type KeyStore, KeyStoreError } from './adapters/keys/port.ts'
import { systemClock } from './platform/clock.ts'
import type { Config } from './platform/env.ts'
import { SetupError } from './platform/errors.ts'

type Output = { json?: boolean }

/** `leb keys rotate`: from now on the issuer seals with a new key. */
export async function rotateCommand(config: Config, issuer: string, options: Output): Promise<void> {
  const record = await withKeys(config, (keys) => keys.rotateSealingKey(issuer, systemClock.now()))
  print(record, options, `${issuer} now seals with ${record.kid}`)
}

/** `leb keys revoke`: publish the new revocation list (<keys>/root/crl.pem) after it. */
export async function revokeCommand(
  config: Config,
  options: Output & { issuer: string; kid: string; from: string },
): Promise<void> {
  const from = new Date(options.from)
  if (Number.isNaN(from.getTime())) throw new SetupError('--from takes a time such as 2026-11-22T18:00:00Z')
  const record = await withKeys(config, (keys) =>
    keys.revokeSealingKey(options.issuer, options.kid, from, systemClock.now()),
  )
  print(record, options, `${options.kid} is revoked from ${from.toISOString()}`)
}

async function withKeys(config: Config, work: (keys: KeyStore) => Promise<KeyRecord>): Promise<KeyRecord> {
  try {
    // Opened, an empty folder would get a root of its own.
    if ((await missingKeys(config.keysDir, [])).length > 0)
      throw new SetupError(
        `the key folder ${config.keysDir} holds no root/: name the one in use with LEB_KEYS, or put it back (docs/operate/keys.md)`,
      )
    return await work(await openFileKeys({ dir: config.keysDir, now: () => systemClock.now() }))
  } catch (error) {
    if (error instanceof KeyStoreError) throw new SetupError(error.message)
    throw error
  }
}

function print(record: KeyRecord, options: Output, words: string): void {
  const { issuerId, kid, notBefore, notAfter, revokedAt } = record
  process.stdout.write(
    options.json ? `${JSON.stringify({ issuerId, kid, notBefore, notAfter, revokedAt })}\n` : `${words}\n`,
  )
}
