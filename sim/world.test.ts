import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { es2plusEsim } from '../src/adapters/esim/es2plus.ts'
import { finished } from '../src/adapters/line/conformance.ts'
import { tmf641Line } from '../src/adapters/line/tmf641.ts'
import { exampleMail } from '../src/adapters/mail/conformance.ts'
import { smtpMail } from '../src/adapters/mail/smtp.ts'
import { stripePayment } from '../src/adapters/payment/stripe.ts'
import type { WorldAddresses } from './world.ts'

const ICCID = '8988303000000000017'

async function json(url: string, body?: unknown): Promise<unknown> {
  const response = await fetch(url, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) })
  return response.status === 204 ? undefined : response.json()
}

describe('the world as a process of its own', () => {
  it('prints its addresses, does the work, counts it, misbehaves on request, and ends with its parent', async () => {
    const main = fileURLToPath(new URL('main.ts', import.meta.url))
    const child = spawn(process.execPath, [main, '--lazy', '--complete-after', '10', '--with-parent'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const [text] = (await once(createInterface(child.stdout), 'line')) as [string]
    const world = JSON.parse(text) as WorldAddresses
    const line = tmf641Line({ url: world.line.url })
    const esim = es2plusEsim({ url: world.esim.url, functionRequesterIdentifier: '1.3.6.1.4.1.99999.1' })
    const payment = stripePayment({ apiKey: 'sk_test_sim', owner: 'leb', url: world.payment.url })
    const mail = smtpMail({ host: world.mail.host, port: world.mail.port, requireTls: false })
    try {
      await line.suspend({ key: 'c:freeze', iccid: ICCID })
      expect((await finished(line, 'c:freeze', 'suspend')).kind).toBe('done')
      expect((await esim.retire({ key: 'c:retire', iccid: ICCID })).kind).toBe('done')
      const payout = { key: 'c:payout', paymentRef: 'pi_demo_cny_1', amount: 750n, currency: 'CNY' }
      expect((await payment.refund(payout)).kind).toBe('done')
      expect((await mail.send(exampleMail())).kind).toBe('done')

      expect(await json(`${world.line.url}/sim/counts`)).toMatchObject({
        effects: { [`${ICCID}:suspended`]: 1 },
      })
      expect(await json(`${world.esim.url}/sim/counts`)).toEqual({ cancelled: { [ICCID]: 1 }, confirmed: {} })
      expect(await json(`${world.payment.url}/sim/counts`)).toEqual({
        total: 1,
        byPayment: { pi_demo_cny_1: { refunds: 1, amount: 750, currency: 'cny' } },
        byKey: { 'c:payout': 1 },
      })
      expect(await json(`${world.mail.control}/sim/messages?to=jane@example.com`)).toHaveLength(1)

      await json(`${world.esim.url}/sim/fail`, { mode: 'down', times: 1 })
      expect((await esim.retire({ key: 'c:retire', iccid: ICCID })).kind).toBe('unknown')
      expect((await esim.retire({ key: 'c:retire', iccid: ICCID })).kind).toBe('done')
    } finally {
      for (const port of [line, esim, payment, mail]) port.close()
      child.stdin.end()
    }
    expect((await once(child, 'exit'))[0]).toBe(0)
  })
})
