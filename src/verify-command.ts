import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from './platform/clock.ts'
import type { Config } from './platform/env.ts'
import { verifyCommand } from './slip/cli-verify.ts'

/** `leb verify`: reads files only, neither database nor network. */
export async function runVerify(
  config: Config,
  file: string,
  options: { trust?: string[]; trustTimestamps?: string[]; crl?: string[]; json?: boolean },
): Promise<number> {
  const own = join(config.keysDir, 'root', 'root.pem')
  const trust = options.trust ?? (existsSync(own) ? [own] : [])
  return verifyCommand(file, {
    trust,
    ownTrust: !options.trust,
    ...(options.trustTimestamps && { trustTimestamps: options.trustTimestamps }),
    ...(options.crl && { crl: options.crl }),
    ...(options.json && { json: true }),
    now: systemClock.now(),
    print: (line) => void process.stdout.write(`${line}\n`),
    printError: (line) => void process.stderr.write(`${line}\n`),
  })
}
