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

/** Opens each issuer's providers when they are first needed, as its settings say, and keeps them open. */
export function openProviders(db: Db, keysDir: string): Providers {
  const opened = new Map<string, Promise<IssuerProviders>>()
  return {
    of(issuerId) {
      let providers = opened.get(issuerId)
      if (!providers) {
        providers = openFor(db, keysDir, issuerId)
        opened.set(issuerId, providers)
        // A missing secret is mended by the operator, not remembered.
        providers.catch(() => opened.delete(issuerId))
      }
      return providers
    },
    close() {
      for (const opening of opened.values()) {
        opening.then(closeAll, () => undefined)
      }
      opened.clear()
    },
  }
}

function closeAll({ line, esim, payment, mail }: IssuerProviders): void {
  for (const port of [line, esim, payment, mail]) port.close()
}

async function openFor(db: Db, keysDir: string, issuerId: string): Promise<IssuerProviders> {
  const issuer = await findIssuer(db, issuerId)
  if (!issuer) throw new SetupError(`issuer ${issuerId} is not set up: leb issuer add FILE.json`)
  const { line, esim, payment } = issuer.providers
  const paymentUrl =
    payment.host &&
    `${payment.protocol ?? 'https'}://${payment.host}${payment.port ? `:${payment.port}` : ''}`
  return {
    line: tmf641Line({
      url: line.url,
      bearerToken: line.token && readSecret(line.token),
      tls: await readTls(line.tls),
    }),
    esim: es2plusEsim({
      url: esim.url,
      functionRequesterIdentifier: esim.requester,
      smdpAddress: esim.smdpAddress,
      tls: await readTls(esim.tls),
    }),
    payment: stripePayment({ apiKey: readSecret(payment.key), owner: issuerId, url: paymentUrl }),
    mail: await openMail(issuer, keysDir),
    mailFrom: issuer.providers.mail.from,
  }
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
