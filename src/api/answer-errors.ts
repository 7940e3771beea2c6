import type { ErrorHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { errorFields } from '../platform/log.ts'
import { Refusal } from '../platform/errors.ts'
import { WebFault } from '../web/web-fault.ts'
import type { ApiEnv } from './api-env.ts'
import type { ApiProblem } from './api-problems.ts'
import { inputErrors, InvalidInput } from './invalid-input.ts'
import { problemOf, type Problem } from './problem.ts'

/** Answers whatever was thrown as application/problem+json; what is nobody's refusal is a 500 that tells nothing. */
export const answerErrors: ErrorHandler<ApiEnv> = (error, c) => {
  const ctx = c.get('ctx')
  const lang = c.get('lang')
  const refusal = asRefusal(error)
  let problem: Problem | undefined = refusal && problemOf(refusal, lang)
  if (!problem) {
    ctx.log.error('an API call broke', { ...errorFields(error), method: c.req.method, route: 'api' })
    problem = problemOf(new Refusal('api/broken' satisfies ApiProblem), lang)!
  }
  if (error instanceof InvalidInput) problem.errors = inputErrors(error, lang)
  const minutes = refusal?.facts['minutes']
  if (minutes) c.header('Retry-After', String(Number(minutes) * 60))
  if (refusal?.code === 'api/key_in_progress' || refusal?.code === 'usage/try_again')
    c.header('Retry-After', '1')
  if (problem.status === 401) c.header('WWW-Authenticate', 'Bearer')
  if (refusal?.facts['allow']) c.header('Allow', refusal.facts['allow'])
  c.header('Content-Language', lang)
  c.header('Vary', 'Accept-Language, Authorization')
  return c.body(JSON.stringify(problem), problem.status as 500, {
    'Content-Type': 'application/problem+json',
  })
}

function asRefusal(error: unknown): Refusal | undefined {
  const api = (code: ApiProblem) => new Refusal(code)
  if (error instanceof Refusal) return error
  if (error instanceof InvalidInput)
    return api(error.target === 'header' ? 'api/key_missing' : 'api/invalid_input')
  if (error instanceof WebFault) return error.kind === 'wrongHost' ? api('api/wrong_host') : undefined
  if (error instanceof HTTPException) {
    if (error.status === 415) return api('api/media_type')
    if (error.status === 413) return api('api/too_large')
    if (error.status < 500) return api('api/not_json')
  }
  return undefined
}
