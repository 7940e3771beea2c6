import { createRoute, z } from '@hono/zod-openapi'
import type { ApiApp } from '../api/api-env.ts'
import { needsSession, needsSessionOrClosure, signedIn } from '../api/bearer.ts'
import {
  binary,
  closureNumber,
  json,
  nextPage,
  pageQuery,
  problems,
  underClosure,
  underIssuer,
} from '../api/shapes.ts'
import { listAccounts } from '../holder/read-accounts.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { asDownload } from '../slip/document-file-name.ts'
import { closureFor, documentFor } from './closure-access.ts'
import { closureJson, closureShape } from './closure-json.ts'
import { streamClosure } from './closure-stream.ts'
import { pageOfClosures } from './read-closure.ts'

const hidden = [
  'issuer/unknown',
  'holder/sign_in_needed',
  'closure/no_such_closure',
  'api/invalid_input',
] as const
const forClosure = { tags: ['Closures'], security: needsSessionOrClosure, request: { params: underClosure } }

const closures_at_most = 100

const list = createRoute({
  method: 'get',
  path: '/api/v1/issuers/{issuer}/closures',
  operationId: 'listClosures',
  tags: ['Closures'],
  summary: 'The closures of your accounts, newest first',
  security: needsSession,
  middleware: signedIn,
  request: {
    params: underIssuer,
    query: pageQuery(closureNumber, { most: closures_at_most }),
  },
  responses: {
    200: json(
      z.object({
        closures: z.array(closureShape),
        older: nextPage(closureNumber),
      }),
      'a page of the closures',
    ),
    ...problems('issuer/unknown', 'holder/sign_in_needed', 'closure/no_such_closure', 'api/invalid_input'),
  },
})

const read = createRoute({
  ...forClosure,
  method: 'get',
  path: '/api/v1/issuers/{issuer}/closures/{number}',
  operationId: 'readClosure',
  summary: 'How a closure stands, step by step, with its deadline and whose turn it is',
  responses: { 200: json(closureShape, 'the closure'), ...problems(...hidden) },
})

const events = createRoute({
  ...forClosure,
  method: 'get',
  path: '/api/v1/issuers/{issuer}/closures/{number}/events',
  operationId: 'watchClosure',
  summary: 'The same, each time it changes (server-sent events)',
  description:
    'Every event is named `closure` and carries a Closure. The stream ends when the closure is over, and after 15 minutes: connect again.',
  responses: {
    200: {
      description: 'one event now and one for each change',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    ...problems(...hidden, 'api/too_many_streams'),
  },
})

const pdf = (kind: 'slip' | 'certificate', summary: string) =>
  createRoute({
    ...forClosure,
    method: 'get',
    path: `/api/v1/issuers/{issuer}/closures/{number}/${kind}`,
    operationId: kind === 'slip' ? 'downloadSlip' : 'downloadCertificate',
    summary,
    responses: {
      200: { description: 'sealed PDF (PAdES)', content: { 'application/pdf': { schema: binary } } },
      ...problems(...hidden, 'closure/no_such_document'),
    },
  })

/** Looking at closures and fetching their documents. */
export function closureApi(app: ApiApp): void {
  app.openapi(list, async (c) => {
    const [ctx, { issuerId }] = [c.get('ctx'), c.get('issuer')]
    const { holderIds } = c.get('session')
    const own = await inIssuer(ctx.db, issuerId, (tx) => listAccounts(tx, issuerId, holderIds))
    const accountIds = own.map((one) => one.account_id)
    const { closures, older } = await pageOfClosures(ctx, { issuerId, accountIds, ...c.req.valid('query') })
    return c.json({ closures: closures.map((view) => closureJson(ctx.config.publicUrl, view)), older }, 200)
  })
  app.openapi(read, async (c) => {
    const { view } = await closureFor(c, c.req.valid('param').number)
    return c.json(closureJson(c.get('ctx').config.publicUrl, view), 200)
  })
  app.openapi(events, async (c) => {
    const { number } = c.req.valid('param')
    const { view } = await closureFor(c, number)
    return streamClosure(c, view)
  })
  for (const kind of ['slip', 'certificate'] as const) {
    const summary = kind === 'slip' ? 'The sealed slip' : 'The sealed certificate, once the closing is done'
    app.openapi(pdf(kind, summary), async (c) => {
      const { number } = c.req.valid('param')
      const found = await documentFor(c, number, kind)
      if (!found) throw new Refusal('closure/no_such_document')
      return c.body(new Uint8Array(found.pdf), 200, {
        'Content-Type': 'application/pdf',
        'Content-Disposition': asDownload({ number, kind }),
        ETag: `"${found.sha256}"`,
      })
    })
  }
}
