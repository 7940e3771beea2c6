import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DkimKey, dkimRecord, makeDkimKey } from './dkim-key.ts'

/**
 * The issuer's DKIM key, made on first use. The TXT record to publish lies beside it. Safe when two processes
 * come first at the same moment: one writes, both read.
 */
export async function readOrMakeDkimKey(
  keysDir: string,
  issuerId: string,
  at: { domain: string; selector: string },
): Promise<DkimKey> {
  const dir = join(keysDir, issuerId)
  const path = join(dir, `dkim-${at.selector}.pem`)
  const read = () => readFile(path, 'utf8').catch(() => undefined)
  let pem = await read()
  if (!pem) {
    const { key, record } = makeDkimKey(at.domain, at.selector)
    await mkdir(dir, { recursive: true, mode: 0o700 })
    // Written beside and linked: nobody reads half a key, and only the first one counts.
    const fresh = `${path}.${process.pid}`
    await writeFile(fresh, key.privateKey, { mode: 0o600 })
    await link(fresh, path).then(
      () => writeFile(join(dir, `dkim-${at.selector}.txt`), `${record.name} TXT "${record.value}"\n`),
      () => undefined,
    )
    await rm(fresh, { force: true })
    pem = await read()
  }
  const key = { ...at, privateKey: pem! }
  dkimRecord(key)
  return key
}
