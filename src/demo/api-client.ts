import { randomUUID } from 'node:crypto'
import { SetupError } from '../platform/errors.ts'
import type { ProgressView } from './screen.ts'

type StatusAnswer = Pick<ProgressView, 'state' | 'identity' | 'cards'> & {
  declaredAt: string
  toldAt: string | null
  undoUntil: string | null
  steps: { step: string; state: string; at: string | null }[]
}
type Receipt = { number: string; verifyUrl: string; accessToken: string }

/** The public HTTP API as a program of somebody else's would use it: nothing but fetch. */
export function openApi(publicUrl: string, issuerId: string) {
  const root = `${publicUrl}/api/v1/issuers/${issuerId}`
  let token = ''
  const call = async (method: string, path: string, body?: object): Promise<Response> => {
    const response = await fetch(`${root}${path}`, {
      method,
      headers: {
        'accept-language': 'en',
        ...(token && { authorization: `Bearer ${token}` }),
        ...(method === 'POST' && { 'idempotency-key': randomUUID() }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (response.ok) return response
    const problem = (await response.json().catch(() => ({}))) as { title?: string; next?: string }
    throw new SetupError(
      `${method} ${path} answered ${response.status}: ${problem.title ?? ''} ${problem.next ?? ''}`.trim(),
    )
  }
  return {
    async requestSignInCode(email: string): Promise<string> {
      const answer = await call('POST', '/sign-in-codes', { email, locale: 'en' })
      return ((await answer.json()) as { codeId: string }).codeId
    },
    async signIn(codeId: string, code: string): Promise<void> {
      token = ((await (await call('POST', '/sessions', { codeId, code })).json()) as { token: string }).token
    },
    /** Declares, and from then on uses the closure's own token: it outlives the session and the person. */
    async declare(accountId: string, cardId: string): Promise<Receipt & { ms: number }> {
      const began = performance.now()
      const answer = await call('POST', '/closures', {
        accountId,
        cards: [cardId],
        start: 'at_once',
        zone: 'Asia/Shanghai',
        locale: 'zh-CN',
      })
      const receipt = (await answer.json()) as Receipt
      token = receipt.accessToken
      return { ...receipt, ms: performance.now() - began }
    },
    async prove(number: string, code: string): Promise<void> {
      await call('POST', `/closures/${number}/identity`, { code })
    },
    async closure(number: string): Promise<ProgressView & { toldAt: string | null }> {
      const view = (await (await call('GET', `/closures/${number}`)).json()) as StatusAnswer
      const steps = view.steps.map(({ step, state, at }) => ({ step, state, at: at ? new Date(at) : null }))
      return {
        ...view,
        declaredAt: new Date(view.declaredAt),
        undoUntil: view.undoUntil ? new Date(view.undoUntil) : null,
        steps: steps as ProgressView['steps'],
      }
    },
    async document(number: string, kind: 'slip' | 'certificate'): Promise<Buffer> {
      return Buffer.from(await (await call('GET', `/closures/${number}/${kind}`)).arrayBuffer())
    },
  }
}
