import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { MiddlewareHandler } from 'hono'

const brotli = promisify(brotliCompress)
const zip = promisify(gzip)

/** Packs pages (not documents, not event streams): on a slow line it is a third of the bytes. */
export const compressPages: MiddlewareHandler = async (c, next) => {
  await next()
  if (!c.res.headers.get('Content-Type')?.startsWith('text/html') || c.req.method === 'HEAD') return
  if (c.res.headers.has('Content-Encoding')) return
  const accepted = c.req.header('accept-encoding') ?? ''
  const encoding = accepted.includes('br') ? 'br' : accepted.includes('gzip') ? 'gzip' : undefined
  c.res.headers.append('Vary', 'Accept-Encoding')
  if (!encoding) return
  const body = Buffer.from(await c.res.arrayBuffer())
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }
  const packed = encoding === 'br' ? await brotli(body, quality) : await zip(body)
  const headers = new Headers(c.res.headers)
  headers.set('Content-Encoding', encoding)
  headers.delete('Content-Length')
  c.res = new Response(packed, { status: c.res.status, headers })
}
