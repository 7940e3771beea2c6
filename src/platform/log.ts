import pino from 'pino'
import type { Config } from './env.ts'
import { SetupError } from './errors.ts'

/** Fields a log line may carry. Anything else is dropped: redaction lists forget, an allow-list doesn't. */
const allowed = new Set([
  'issuer',
  'closure',
  'look',
  'card',
  'step',
  'state',
  'attempt',
  'kind',
  'code',
  'reason',
  'ms',
  'count',
  'port',
  'url',
  'method',
  'route',
  'status',
  'worker',
  'migration',
  'notice',
  'pid',
  'queue',
  'stack',
  'sentence',
  'sweep',
])

export type Fields = Record<string, string | number | boolean | null | undefined>
export type Log = {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
}

/** JSON lines on standard error. Messages are constants; `url` is the route's own address, never a query. */
export function makeLog(level: Config['logLevel']): Log {
  const out = pino({ level, base: { pid: process.pid } }, pino.destination({ fd: 2, sync: false }))
  const keep = (fields: Fields = {}) =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => allowed.has(name)))
  return {
    debug: (message, fields) => out.debug(keep(fields), message),
    info: (message, fields) => out.info(keep(fields), message),
    warn: (message, fields) => out.warn(keep(fields), message),
    error: (message, fields) => out.error(keep(fields), message),
  }
}

/**
 * What of an error may be logged: its kind and place. Messages of drivers and providers quote values; the sentence of
 * a SetupError is ours, names settings and files, and is what the operator needs.
 */
export function errorFields(error: unknown): Fields {
  if (!(error instanceof Error)) return { reason: 'not an error object' }
  if (error instanceof SetupError) return { reason: error.name, sentence: error.message }
  const code = (error as { code?: unknown }).code
  const stack = error.stack
    ?.split('\n')
    .filter((line) => line.trim().startsWith('at '))
    .slice(0, 4)
    .join(' | ')
  return { reason: error.name, ...(typeof code === 'string' && { code }), ...(stack && { stack }) }
}
