import { apiRoutes } from './routes.ts'

const description = `Everything the portal does, over HTTP: sign in, look at cards, close a card or an account, follow the closure, fetch the sealed proof.

- **Language** (zh-CN, en) is one for a request, its problems, and the pages and mails that come of it: that of \`Accept-Language\` (en for any other that it names); where it names none, that of who asks, by the account, order or closure that the token is for; else the issuer's. \`locale\` in a body says another for pages and mails.
- **Errors** are RFC 9457 \`application/problem+json\`. \`type\` is the same on every installation, a path that opens a page which explains it (\`/problems/closure/code_wrong\`): compare it as it stands; \`next\` says what can be done now.
- **Repeating** is safe: every POST takes an \`Idempotency-Key\`. The same key with the same request gives the same answer for 24 hours and does nothing twice; a repeated answer says so by the header \`Idempotent-Replayed: true\`.
- **Money** is an object of minor units as a decimal string and an ISO 4217 code. **Times** are RFC 3339.
- **Signing in** gives a bearer token for one issuer. Cookies are not looked at.`

const tags = [
  { name: 'Issuers', description: 'Who issues here and where they really speak.' },
  { name: 'Sign-in', description: 'A code by e-mail, exchanged for a token.' },
  { name: 'Cards and accounts', description: 'What is yours, and all of it as a download.' },
  { name: 'Invoices', description: 'What was issued to you, before and after closing.' },
  { name: 'Shop', description: 'What is on sale; ordering, paying and getting it.' },
  { name: 'Closures', description: 'Preview, declare, prove, watch, undo, and hold the proof.' },
  { name: 'Usage', description: 'For the network: what cards used, in batches.' },
  { name: 'Verify', description: 'For anybody who holds a slip or a certificate.' },
]

export type OpenApiDocument = ReturnType<ReturnType<typeof apiRoutes>['getOpenAPI31Document']>

/** OpenAPI 3.1 of what is served. `docs/openapi.json` is this for the address a fresh installation has. */
export function openApiDocument(publicUrl: string): OpenApiDocument {
  const app = apiRoutes()
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'http',
    scheme: 'bearer',
    description: 'the token of POST …/sessions; good for 24 hours, for one issuer',
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'closureAccess', {
    type: 'http',
    scheme: 'bearer',
    description: 'the `accessToken` of a receipt; opens that one closure',
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'orderAccess', {
    type: 'http',
    scheme: 'bearer',
    description: 'the `accessToken` of an order; opens that one order',
  })
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'LEB',
      version: '1',
      description,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: publicUrl }],
    tags,
  })
}
