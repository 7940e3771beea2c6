import { createRoute, z } from '@hono/zod-openapi'
import type { ApiApp } from '../api/api-env.ts'
import { json, problems, underIssuer, wording } from '../api/shapes.ts'
import { type Issuer, listIssuers } from './issuer.ts'

const issuerShape = z
  .object({
    issuer: z.string().openapi({ example: 'leb' }),
    name: wording,
    jurisdiction: z.string().openapi({ description: 'ISO 3166-1 alpha-2', example: 'CN' }),
    supportEmail: z.string(),
    appealEmail: z.string(),
    channels: z
      .array(z.object({ kind: z.enum(['web', 'email', 'phone', 'app']), value: z.string() }))
      .openapi({
        description: 'the only places where this issuer speaks; anyone elsewhere is not the issuer',
      }),
  })
  .openapi('Issuer')

const list = createRoute({
  method: 'get',
  path: '/api/v1/issuers',
  operationId: 'listIssuers',
  tags: ['Issuers'],
  summary: 'The issuing companies served here, with their official channels',
  security: [],
  responses: {
    200: json(z.object({ issuers: z.array(issuerShape) }), 'all of them'),
    ...problems('api/not_found'),
  },
})

const read = createRoute({
  method: 'get',
  path: '/api/v1/issuers/{issuer}',
  operationId: 'readIssuer',
  tags: ['Issuers'],
  summary: 'One issuing company and its official channels',
  security: [],
  request: { params: underIssuer },
  responses: { 200: json(issuerShape, 'the issuer'), ...problems('issuer/unknown') },
})

/** Who issues here, and where they really speak; for anybody. */
export function issuerApi(app: ApiApp): void {
  app.openapi(list, async (c) => {
    const issuers = await listIssuers(c.get('ctx').db)
    return c.json({ issuers: issuers.map(shown) }, 200)
  })
  app.openapi(read, (c) => c.json(shown(c.get('issuer')), 200))
}

function shown(issuer: Issuer): z.infer<typeof issuerShape> {
  const { brand } = issuer
  return {
    issuer: issuer.issuerId,
    name: issuer.name,
    jurisdiction: issuer.jurisdiction,
    supportEmail: brand.supportEmail,
    appealEmail: brand.appealEmail,
    channels: brand.channels,
  }
}
