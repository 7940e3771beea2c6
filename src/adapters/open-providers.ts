import { readFile } from 'node:fs/promises'
import { findIssuer, type Issuer } from '../issuer/issuer.ts'
import type { Db } from '../platform/db.ts'
import { readSecret } from '../platform/env.ts'
import { SetupError } from '../platform/errors.ts'
import { readOrMakeDkimKey } from './mail/dkim-file.ts'
import { es2plusEsim } from './esim/es2plus.ts'
import { tmf641Line } from './line/tmf641.ts'
import { smtpMail } from './mail/smtp.ts'
import { stripePayment } from './payment/stripe.ts'
import type { IssuerProviders, Providers } from './providers.ts'

type Port = { close(): void }

/** Opens each provider of an issuer when it is first needed, as the issuer's settings say, and keeps it open. */
export function openProviders(db: Db, keysDir: string): Providers {
  const known = new Map<string, IssuerProviders>()
  const opened = new Set<Promise<Port>>()
  const whenNeeded = <P extends Port>(open: () => Promise<P>): (() => Promise<P>) => {
    let port: Promise<P> | undefined
    return () => {
      if (port) return port
      const opening = open()
      port = opening
      opened.add(opening)
      // A missing secret is mended by the operator, not remembered.
      opening.catch(() => {
        opened.delete(opening)
        port = undefined
      })
      return opening
    }
  }
  return {
    of(issuerId) {
      const providers = known.get(issuerId) ?? {
        line: whenNeeded(async () => openLine(await settled(db, issuerId))),
        esim: whenNeeded(async () => openEsim(await settled(db, issuerId))),
        payment: whenNeeded(async () => openPayment(await settled(db, issuerId))),
        mail: whenNeeded(async () => openMail(await settled(db, issuerId), keysDir)),
      }
      known.set(issuerId, providers)
      return providers
    },
    close() {
      for (const opening of opened) {
        opening.then(
          (port) => port.close(),
          () => undefined,
        )
      }
      opened.clear()
      known.clear()
    },
  }
}

async function settled(db: Db, issuerId: string): Promise<Issuer> {
  const issuer = await findIssuer(db, issuerId)
  if (!issuer) throw new SetupError(`issuer ${issuerId} is not set up: leb issuer add FILE.json`)
  return issuer
}

async function openLine({ providers: { line } }: Issuer) {
  return tmf641Line({
    url: line.url,
    bearerToken: line.token && readSecret(line.token),
    tls: await readTls(line.tls),
  })
}

async function openEsim({ providers: { esim } }: Issuer) {
  return es2plusEsim({
    url: esim.url,
    functionRequesterIdentifier: esim.requester,
    smdpAddress: esim.smdpAddress,
    tls: await readTls(esim.tls),
  })
}

function openPayment({ issuerId, providers: { payment } }: Issuer) {
  const { host, port, protocol = 'https' } = payment
  const url = host && `${protocol}://${host}${port ? `:${port}` : ''}`
  return stripePayment({ apiKey: readSecret(payment.key), owner: issuerId, url })
}

async function openMail(issuer: Issuer, keysDir: string) {
  const { url, dkim } = issuer.providers.mail
  const at = new URL(url)
  const secure = at.protocol === 'smtps:'
  const local = ['127.0.0.1', 'localhost', '[::1]'].includes(at.hostname)
  return smtpMail({
    host: at.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(at.port || (secure ? 465 : 587)),
    secure,
    requireTls: !secure && !local,
    user: at.username ? decodeURIComponent(at.username) : undefined,
    password: at.password ? readSecret(decodeURIComponent(at.password)) : undefined,
    dkim: dkim && [await readOrMakeDkimKey(keysDir, issuer.issuerId, dkim)],
  })
}

async function readTls(tls: { keyFile: string; certFile: string; caFile?: string | undefined } | undefined) {
  if (!tls) return undefined
  return {
    key: await readNamed(tls.keyFile),
    cert: await readNamed(tls.certFile),
    ca: tls.caFile && (await readNamed(tls.caFile)),
  }
}

function readNamed(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new SetupError(`${file}, which an issuer's provider settings name, can't be read (${error.code})`)
  })
}
