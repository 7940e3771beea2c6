import { isIPv6 } from 'node:net'
import { isAbsolute, resolve } from 'node:path'
import { z } from 'zod'
import { SetupError } from './errors.ts'
import { plainWords } from './plain-words.ts'

const whole = (from: number, to: number) => {
  const error = `takes a whole number from ${from} to ${to}`
  const digits = z.string().regex(/^\d{1,9}$/, error)
  return digits.transform(Number).pipe(z.number().min(from, error).max(to, error))
}
const port = whole(0, 65_535)
// As it stands in an address: a number of IPv6 in brackets.
const inUrl = (host: string) => (isIPv6(host) ? `[${host}]` : host)
const flag = z.enum(['0', '1']).transform((value) => value === '1')
const fileOrText = z.string().min(1)

/** Every setting that comes from the environment, with what it means. docs/operate/settings.md is this list. */
const schema = z.object({
  LEB_DATA: z.string().min(1).default('.leb').describe('folder for database, keys and logs'),
  DATABASE_URL: z
    .url({
      protocol: /^postgres(ql)?$/,
      error: 'takes an address such as postgresql://user:password@host:5432/database',
    })
    .optional()
    .describe('a PostgreSQL 15+ to use instead'),
  LEB_HOST: z
    .string()
    .refine(
      (host) => URL.canParse(`http://${inUrl(host)}`),
      'takes a host name or an address of this machine',
    )
    .default('127.0.0.1')
    .describe('address the portal listens on'),
  LEB_PORT: port.default(8460).describe('port of the portal and API'),
  LEB_PROVIDER_PORT: port.default(8461).describe("port of the providers' door (ES2+ and TMF641 events)"),
  LEB_PROVIDER_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('address under which providers reach that door, where a proxy stands before it'),
  LEB_PROVIDER_TLS_KEY: fileOrText.optional().describe("PEM file: key of the providers' door"),
  LEB_PROVIDER_TLS_CERT: fileOrText.optional().describe("PEM file: certificate of the providers' door"),
  LEB_PROVIDER_TLS_CA: fileOrText.optional().describe('PEM file: who may knock there (mutual TLS)'),
  LEB_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('address holders see, e.g. https://close.leb.example'),
  LEB_ALLOWED_HOSTS: z.string().default('').describe('further Host names to answer to, comma-separated'),
  LEB_TRUST_PROXY: flag.default(false).describe('1: take the client address from X-Forwarded-For'),
  LEB_KEYS: z.string().min(1).optional().describe('folder for keys; default <LEB_DATA>/keys'),
  LEB_TIMESTAMP_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('RFC 3161 time-stamping authority; seals then bear its time (PAdES B-T)'),
  LEB_POOL: whole(2, 200).default(16).describe('database connections a process'),
  LEB_LOG: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('log level'),
})

export type Config = {
  dataDir: string
  databaseUrl: string | undefined
  host: string
  port: number
  publicUrl: string
  allowedHosts: string[]
  trustProxy: boolean
  providerDoor: { port: number; publicUrl?: string; keyFile?: string; certFile?: string; caFile?: string }
  keysDir: string
  timestampUrl: string | undefined
  pool: number
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}

/**
 * Reads and checks the settings. Throws SetupError naming the first wrong variable and what it takes.
 * @param env the environment; an empty value counts as not set
 */
export function readConfig(
  env: Record<string, string | undefined> = process.env,
  cwd = process.cwd(),
): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = schema.safeParse(given, { error: plainWords })
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    const name = String(issue.path[0])
    const meaning = schema.shape[name as keyof typeof schema.shape]?.description ?? ''
    throw new SetupError(`${name} (${meaning}) has a value LEB can't use: it ${issue.message}`)
  }
  const e = parsed.data
  const dataDir = isAbsolute(e.LEB_DATA) ? e.LEB_DATA : resolve(cwd, e.LEB_DATA)
  const publicUrl = (e.LEB_PUBLIC_URL ?? `http://${inUrl(e.LEB_HOST)}:${e.LEB_PORT}`).replace(/\/$/, '')
  return {
    dataDir,
    databaseUrl: e.DATABASE_URL,
    host: e.LEB_HOST,
    port: e.LEB_PORT,
    publicUrl,
    allowedHosts: allowedHosts(publicUrl, e.LEB_ALLOWED_HOSTS),
    trustProxy: e.LEB_TRUST_PROXY,
    providerDoor: {
      port: e.LEB_PROVIDER_PORT,
      ...(e.LEB_PROVIDER_URL && { publicUrl: e.LEB_PROVIDER_URL.replace(/\/$/, '') }),
      ...(e.LEB_PROVIDER_TLS_KEY && { keyFile: e.LEB_PROVIDER_TLS_KEY }),
      ...(e.LEB_PROVIDER_TLS_CERT && { certFile: e.LEB_PROVIDER_TLS_CERT }),
      ...(e.LEB_PROVIDER_TLS_CA && { caFile: e.LEB_PROVIDER_TLS_CA }),
    },
    keysDir: e.LEB_KEYS ?? resolve(dataDir, 'keys'),
    timestampUrl: e.LEB_TIMESTAMP_URL,
    pool: e.LEB_POOL,
    logLevel: e.LEB_LOG,
  }
}

function allowedHosts(publicUrl: string, more: string): string[] {
  const listed = more.split(',').map((host) => host.trim().toLowerCase())
  return [new URL(publicUrl).host, ...listed].filter(Boolean)
}

/** What a process that is started by this one finds in its environment: all that we have, and `more`. */
export const environmentOfChild = (more: Record<string, string>): NodeJS.ProcessEnv => ({
  ...process.env,
  ...more,
})

/**
 * A secret named in an issuer's provider settings: `env:NAME` reads a variable. Throws SetupError when it is missing.
 */
export function readSecret(reference: string, env: Record<string, string | undefined> = process.env): string {
  if (!reference.startsWith('env:'))
    throw new SetupError(`a secret is named as env:NAME, not "${reference.slice(0, 12)}…"`)
  const value = env[reference.slice(4)]
  if (!value)
    throw new SetupError(
      `the environment lacks ${reference.slice(4)}, which an issuer's provider settings name`,
    )
  return value
}

/** Whether the environment has what a setting names as env:NAME. */
export function hasSecret(reference: string, env: Record<string, string | undefined> = process.env): boolean {
  return Boolean(env[reference.slice('env:'.length)])
}

/** Settings with their meaning and default, for `leb --help` and docs/operate/settings.md. */
export function describeSettings(): { name: string; meaning: string }[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const standard = field instanceof z.ZodDefault ? field.def.defaultValue : undefined
    const silent = standard === undefined || standard === '' || typeof standard === 'boolean'
    return { name, meaning: `${field.description ?? ''}${silent ? '' : ` (default ${String(standard)})`}` }
  })
}
