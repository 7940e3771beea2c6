import { z } from '@hono/zod-openapi'
import { problemTexts, type ProblemCode } from './problem.ts'

/** Shapes that several routes share, with the names they have in the OpenAPI document. */

export const instant = z.iso.datetime({ offset: true }).openapi({ example: '2026-11-22T10:05:09.000Z' })

export const money = z
  .object({
    amount: z
      .string()
      .regex(/^-?\d+$/)
      .openapi({ description: 'minor units (cents, fen) as a decimal string', example: '8640' }),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .openapi({ description: 'ISO 4217', example: 'CNY' }),
  })
  .openapi('Money')
/** `money.nullable()` would be written as an allOf of Money and null, which nothing fulfils. */
export const moneyOrNull = z.union([money, z.null()])

export const wording = z.object({ 'zh-CN': z.string(), en: z.string() }).openapi('Wording')
export const locale = z.enum(['zh-CN', 'en']).openapi({ example: 'zh-CN' })
export const code = z
  .string()
  .min(1)
  .max(32)
  .openapi({ description: 'the six digits that were mailed; spaces are forgiven', example: '482913' })

/** What a page of a list is asked for by: `before` is `older` of the page before. */
export const pageQuery = <T extends z.ZodType>(
  number: T,
  { most, usual = most }: { most: number; usual?: number },
) =>
  z.object({
    before: number.optional().openapi({
      param: { name: 'before', in: 'query' },
      description: '`older` of the page before',
    }),
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(most)
      .default(usual)
      .openapi({ param: { name: 'limit', in: 'query' } }),
  })
export const nextPage = <T extends z.ZodType>(number: T) =>
  number.nullable().openapi({ description: 'where the next page begins; null on the last' })

const issuerId = z
  .string()
  .regex(/^[a-z][a-z0-9]{1,19}$/)
  .openapi({ param: { name: 'issuer', in: 'path' }, description: 'the issuing company', example: 'leb' })
const uuid = (name: string, description: string) =>
  z
    .uuid()
    .openapi({ param: { name, in: 'path' }, description, example: '0197a1b2-3c4d-7e5f-8a9b-0c1d2e3f4a5b' })

export const underIssuer = z.object({ issuer: issuerId })
export const underAccount = z.object({
  issuer: issuerId,
  accountId: uuid('accountId', 'an account of yours'),
})
export const underCard = z.object({ issuer: issuerId, cardId: uuid('cardId', 'a card of yours') })
export const closureNumber = z.string().regex(/^[A-Z0-9]{2,12}-[0-9A-Z]{4}-[0-9A-Z]{5}$/)
export const underClosure = z.object({
  issuer: issuerId,
  number: closureNumber.openapi({
    param: { name: 'number', in: 'path' },
    description: 'the number on the slip',
    example: 'LEB-2K7M-9QXCT',
  }),
})

/** Required on every POST. A structured-field string in quotes is taken as well (RFC 9651, 3.3.3). */
export const idempotencyKey = z.object({
  'Idempotency-Key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .openapi({
      description:
        'A UUID of your own for this act. The same key with the same body gives the same answer for 24 hours and does nothing twice; with another body it is refused. Repeat it after a lost connection.',
      example: '6f1f3a0e-4f0a-4f43-9d0c-7d3b7c0f2a11',
    }),
})

/**
 * Whoever is not signed in is known by the key and by what others may know too (an address, a card's number), and the
 * answer holds what opens the order or closure: so the key must be one that nobody guesses, 22 signs being what 16
 * random bytes need.
 */
export const secretIdempotencyKey = z.object({
  'Idempotency-Key': z
    .string()
    .regex(/^(?:"[!#-~]{22,253}"|[!#-~][\x21-\x7e]{20,253}[!#-~])$/)
    .openapi({
      description:
        'A UUID of your own for this act, or as much chance in 22 signs or more. The same key with the same body gives the same answer for 24 hours and does nothing twice; with another body it is refused. Repeat it after a lost connection.',
      example: '6f1f3a0e-4f0a-4f43-9d0c-7d3b7c0f2a11',
    }),
})

const inputError = z
  .object({
    detail: z.string(),
    pointer: z
      .string()
      .optional()
      .openapi({ description: 'JSON pointer into the body', example: '#/cards/0' }),
    in: z.string().optional().openapi({ description: 'where the parameter stands: query, param or header' }),
    name: z.string().optional().openapi({ description: 'name of the parameter' }),
  })
  .openapi('InputError')

export const problemShape = z
  .object({
    type: z.string().openapi({
      format: 'uri-reference',
      description:
        'the same on every installation: compare it as it stands. Resolved against the address of the answer it opens a page that explains it',
      example: '/problems/closure/code_wrong',
    }),
    title: z.string().openapi({ example: 'The code is not right' }),
    status: z.int().openapi({ example: 422 }),
    detail: z.string(),
    next: z.string().openapi({
      description: 'what can be done now',
      example: 'Compare the six digits with the mail.',
    }),
    number: closureNumber.optional().openapi({ description: 'the closure that is meant' }),
    errors: z.array(inputError).optional(),
  })
  .openapi('Problem', { description: 'RFC 9457, in the language of the request' })

/**
 * The problems a route answers with, for its documentation. Typed as nothing, because handlers throw them: what a
 * handler returns is its good answer only.
 */
export function problems(...codes: ProblemCode[]): object {
  const all: ProblemCode[] = [...codes, 'api/wrong_host', 'api/broken']
  const byStatus = new Map<number, ProblemCode[]>()
  for (const one of all) {
    const { status } = problemTexts[one]
    byStatus.set(status, [...(byStatus.get(status) ?? []), one])
  }
  const answer = ([status, those]: [number, ProblemCode[]]) => [
    status,
    {
      description: those.map((one) => `\`${one}\`: ${problemTexts[one].title.en}`).join('; '),
      content: { 'application/problem+json': { schema: problemShape } },
    },
  ]
  return Object.fromEntries([...byStatus].map(answer)) as object
}

/** What any POST with a body may be refused for. */
export const postProblems = [
  'api/not_json',
  'api/media_type',
  'api/too_large',
  'api/invalid_input',
  'api/key_missing',
  'api/key_reused',
  'api/key_in_progress',
] as const satisfies ProblemCode[]

export const json = <S extends z.ZodType>(schema: S, description: string) => ({
  description,
  content: { 'application/json': { schema } },
})
export const jsonBody = <S extends z.ZodType>(schema: S) => ({
  required: true as const,
  content: { 'application/json': { schema } },
})
/** Bytes that are no text. */
export const binary = z.string().openapi({ format: 'binary' })
