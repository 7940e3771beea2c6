import { openFileKeys } from './adapters/keys/file.ts'
import { missingKeys } from './adapters/keys/missing-keys.ts'
import { type KeyRecord, type KeyStore, KeyStoreError } from './adapters/keys/port.ts'
import { systemClock } from './platform/clock.ts'
import type { Config } from './platform/env.ts'
import { AnsweredNo, SetupError } from './platform/errors.ts'

type Output = { json?: boolean }

/** `leb keys list`: every key an issuer seals or sealed with, oldest first; all issuers' unless one is named. */
export async function listKeysCommand(
  config: Config,
  issuer: string | undefined,
  options: Output & { out?: (text: string) => void },
): Promise<void> {
  const records = await withKeys(config, async (keys) => {
    const histories = (issuer ? [issuer] : await keys.issuers()).map((id) => keys.history(id))
    return (await Promise.all(histories)).flat()
  })
  const out = options.out ?? ((text) => void process.stdout.write(text))
  const rows = records.map(rowOf)
  if (options.json) out(`${JSON.stringify({ keys: rows })}\n`)
  else if (rows.length === 0) out('No issuer has keys here: leb issuer add makes them\n')
  else for (const row of rows) out(`${row.issuerId.padEnd(20)} ${row.kid}  ${since(row)}\n`)
}

type Row = ReturnType<typeof rowOf>

function rowOf({ issuerId, kid, source, notBefore, notAfter, createdAt, retiredAt, revokedAt }: KeyRecord) {
  return { issuerId, kid, source, notBefore, notAfter, createdAt, retiredAt, revokedAt }
}

/** How a key stands; a certificate of the operator's own is revoked by its own authority. */
function since({ createdAt, retiredAt, revokedAt, source }: Row): string {
  const days = `${createdAt.slice(0, 10)} to ${retiredAt?.slice(0, 10) ?? 'now, seals'}`
  const whose = source === 'operator' ? ', your own certificate' : ''
  return `${days}${whose}${revokedAt ? `, revoked from ${revokedAt}` : ''}`
}

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

// What nobody here is called is not there either, however it is written.
const names_nothing = new Set<string>(['issuer_unknown', 'issuer_id_invalid', 'key_unknown'])

async function withKeys<T>(config: Config, work: (keys: KeyStore) => Promise<T>): Promise<T> {
  try {
    // Opened, an empty folder would get a root of its own.
    if ((await missingKeys(config.keysDir, [])).length > 0)
      throw new SetupError(
        `the key folder ${config.keysDir} holds no root/: name the one in use with LEB_KEYS, or put it back (docs/operate/keys.md)`,
      )
    return await work(await openFileKeys({ dir: config.keysDir, now: () => systemClock.now() }))
  } catch (error) {
    if (!(error instanceof KeyStoreError)) throw error
    throw names_nothing.has(error.code)
      ? new AnsweredNo('not_there', error.message)
      : new SetupError(error.message)
  }
}

function print(record: KeyRecord, options: Output, words: string): void {
  const { issuerId, kid, notBefore, notAfter, revokedAt } = record
  process.stdout.write(
    options.json ? `${JSON.stringify({ issuerId, kid, notBefore, notAfter, revokedAt })}\n` : `${words}\n`,
  )
}
