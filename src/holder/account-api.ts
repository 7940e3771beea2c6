import { createRoute, z } from '@hono/zod-openapi'
import type { ApiApp, ApiContext } from '../api/api-env.ts'
import { needsSession, signedIn } from '../api/bearer.ts'
import { binary, json, problems, underAccount, underIssuer } from '../api/shapes.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { exportAccount } from '../privacy/export-person.ts'
import { countTry } from './rate-limits.ts'
import { listAccounts, readAccounts } from './read-accounts.ts'

const accountShape = z
  .object({
    accountId: z.uuid(),
    accountRef: z.string().openapi({ description: 'the number the holder knows', example: 'A1000234' }),
    state: z.enum(['open', 'closing', 'closed']),
    name: z.string().nullable(),
    email: z.string().nullable(),
    phone: z.string().nullable(),
  })
  .openapi('Account', { description: "personal fields are null once the person's data has been erased" })

const list = createRoute({
  method: 'get',
  path: '/api/v1/issuers/{issuer}/accounts',
  operationId: 'listAccounts',
  tags: ['Cards and accounts'],
  summary: 'Your accounts',
  security: needsSession,
  middleware: signedIn,
  request: { params: underIssuer },
  responses: {
    200: json(z.object({ accounts: z.array(accountShape) }), 'every account with the address that signed in'),
    ...problems('issuer/unknown', 'holder/sign_in_needed'),
  },
})

const read = createRoute({
  method: 'get',
  path: '/api/v1/issuers/{issuer}/accounts/{accountId}',
  operationId: 'readAccount',
  tags: ['Cards and accounts'],
  summary: 'One account of yours',
  security: needsSession,
  middleware: signedIn,
  request: { params: underAccount },
  responses: {
    200: json(accountShape, 'the account'),
    ...problems('issuer/unknown', 'holder/sign_in_needed', 'api/no_such_account', 'api/invalid_input'),
  },
})

const download = createRoute({
  method: 'get',
  path: '/api/v1/issuers/{issuer}/accounts/{accountId}/export',
  operationId: 'exportAccount',
  tags: ['Cards and accounts'],
  summary: 'Everything held on you, with invoices and documents, as a ZIP',
  security: needsSession,
  middleware: signedIn,
  request: { params: underAccount },
  responses: {
    200: {
      description: 'data.json, invoices.csv, documents/, invoices/',
      content: { 'application/zip': { schema: binary } },
    },
    ...problems(
      'issuer/unknown',
      'holder/sign_in_needed',
      'api/no_such_account',
      'export/person_erased',
      'holder/too_often',
      'api/invalid_input',
    ),
  },
})

/** The accounts of whoever is signed in. */
export function accountApi(app: ApiApp): void {
  app.openapi(list, async (c) => {
    const accounts = await readAccounts(c.get('ctx'), c.get('issuer').issuerId, c.get('session').holderIds)
    return c.json({ accounts }, 200)
  })
  app.openapi(read, async (c) => {
    const { accountId } = c.req.valid('param')
    const accounts = await readAccounts(c.get('ctx'), c.get('issuer').issuerId, c.get('session').holderIds)
    const account = accounts.find((one) => one.accountId === accountId.toLowerCase())
    if (!account) throw new Refusal('api/no_such_account')
    return c.json(account, 200)
  })
  app.openapi(download, async (c) => {
    const accountId = await ownAccount(c, c.req.valid('param').accountId)
    const [ctx, { issuerId }] = [c.get('ctx'), c.get('issuer')]
    await countTry(ctx, issuerId, [{ limit: 'export_per_account', who: accountId }])
    const zip = await exportAccount(ctx, { issuerId, accountId })
    return c.body(new Uint8Array(zip), 200, {
      'Content-Type': 'application/zip',
      'Content-Disposition': 'attachment; filename="leb-export.zip"',
    })
  })
}

/** The account's id when it is one of the caller's. Throws Refusal api/no_such_account, also for a foreign one. */
export async function ownAccount(c: ApiContext, accountId: string): Promise<string> {
  const [ctx, { issuerId }] = [c.get('ctx'), c.get('issuer')]
  const own = await inIssuer(ctx.db, issuerId, (tx) => listAccounts(tx, issuerId, c.get('session').holderIds))
  const account = own.find((one) => one.account_id === accountId.toLowerCase())
  if (!account) throw new Refusal('api/no_such_account')
  return account.account_id
}
