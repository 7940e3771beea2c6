import { createPublicKey, generateKeyPairSync } from 'node:crypto'

/** A DKIM signing key (RFC 6376) for one sending domain. */
export type DkimKey = {
  domain: string
  /** Published at `<selector>._domainkey.<domain>`. */
  selector: string
  /** PEM. RSA, the only kind that every receiver checks (RFC 8301: 2048 bits). */
  privateKey: string
}

export type DkimRecord = { name: string; value: string }

/** Makes a key and the TXT record to publish for it. */
export function makeDkimKey(domain: string, selector: string): { key: DkimKey; record: DkimRecord } {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const key = { domain, selector, privateKey: pem }
  return { key, record: dkimRecord(key) }
}

/** The TXT record that belongs to a key. Longer than 255 bytes: DNS servers want it in several strings. */
export function dkimRecord(key: DkimKey): DkimRecord {
  const der = createPublicKey(key.privateKey).export({ type: 'spki', format: 'der' })
  return {
    name: `${key.selector}._domainkey.${key.domain}`,
    value: `v=DKIM1; k=rsa; p=${der.toString('base64')}`,
  }
}
