import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Answer } from '../answer.ts'
import type { LineAction, LineDone, LinePort } from './port.ts'

/** What the suite needs from the world behind the port: to misbehave on request and to say what was done. */
export type LineWorld = {
  fail(order: { mode: string; times?: number; onlyOrdering?: boolean } | undefined): void
  /** How often the network really did this to the line. */
  effects(iccid: string, action: LineAction): number
  ordersOf(key: string): number
  /** Lets stalled orders finish. */
  settle(): Promise<void>
  stop(): Promise<void>
}

const ICCID = '8988303000000000017'

/** Every vendor of the line port passes this against its simulator. */
export function lineConformance(
  name: string,
  make: () => Promise<{ port: LinePort; world: LineWorld }>,
): void {
  describe(`line port: ${name}`, () => {
    let port: LinePort
    let world: LineWorld
    beforeEach(async () => void ({ port, world } = await make()))
    afterEach(async () => {
      port.close()
      await world.stop()
    })
    const order = (step: string) => ({ key: `0192-c:${step}:${ICCID}`, iccid: ICCID })

    for (const action of ['suspend', 'resume', 'terminate'] as const) {
      it(`${action}: is ordered once, finishes, and names its evidence`, async () => {
        const first = await port[action](order(action))
        expect(first.kind).toBe('pending')
        const answer = await finished(port, order(action).key, action)
        expect(answer).toMatchObject({ kind: 'done', value: { action } })
        expect(answer.kind === 'done' && answer.evidence.reference).toBeTruthy()
        expect(world.effects(ICCID, action)).toBe(1)
      })
    }

    it('the same key again orders nothing more', async () => {
      await port.suspend(order('freeze'))
      await port.suspend(order('freeze'))
      await finished(port, order('freeze').key, 'suspend')
      expect(await port.suspend(order('freeze'))).toMatchObject({ kind: 'done' })
      expect(world.ordersOf(order('freeze').key)).toBe(1)
    })

    it('says that it knows nothing of a key never ordered', async () => {
      const answer = await port.ask({ key: order('never').key, action: 'suspend' })
      expect(answer).toEqual({ kind: 'unknown', reason: 'no_order_with_this_key' })
    })

    it('refuse: is a refusal with a code, and nothing is done', async () => {
      world.fail({ mode: 'refuse' })
      const answer = await port.suspend(order('freeze'))
      expect(answer).toMatchObject({ kind: 'refused', code: expect.stringMatching(/^[a-z_]+$/) })
      expect(world.ordersOf(order('freeze').key)).toBe(0)
    })

    it('an order that fails later is a refusal', async () => {
      world.fail({ mode: 'fail_later', times: 1, onlyOrdering: true })
      await port.suspend(order('freeze'))
      expect(await finished(port, order('freeze').key, 'suspend')).toMatchObject({ kind: 'refused' })
      expect(world.effects(ICCID, 'suspend')).toBe(0)
    })

    it('an order that hangs stays pending until it is finished', async () => {
      world.fail({ mode: 'stall', times: 1, onlyOrdering: true })
      await port.suspend(order('freeze'))
      expect((await port.ask({ key: order('freeze').key, action: 'suspend' })).kind).toBe('pending')
      await world.settle()
      expect((await port.ask({ key: order('freeze').key, action: 'suspend' })).kind).toBe('done')
    })

    for (const mode of ['timeout_before', 'timeout_after', 'rubbish', 'down', 'twice'] as const) {
      it(`${mode} while ordering: asked again with the same key it is done exactly once`, async () => {
        world.fail({ mode, times: 1, onlyOrdering: true })
        const first = await port.suspend(order('freeze'))
        expect(first.kind).toBe(mode === 'twice' ? 'pending' : 'unknown')
        await port.suspend(order('freeze'))
        expect(await finished(port, order('freeze').key, 'suspend')).toMatchObject({ kind: 'done' })
        expect(world.ordersOf(order('freeze').key)).toBe(1)
        expect(world.effects(ICCID, 'suspend')).toBe(1)
      })
    }

    for (const mode of ['timeout_before', 'rubbish', 'down'] as const) {
      it(`${mode} at every call: unknown, and nothing is ordered blindly`, async () => {
        world.fail({ mode })
        const answer = await port.terminate(order('terminate'))
        expect(answer).toMatchObject({ kind: 'unknown' })
        expect(JSON.stringify(answer)).not.toContain(ICCID)
        expect(world.ordersOf(order('terminate').key)).toBe(0)
      })
    }
  })
}

/** Asks until the order is no longer open. */
export async function finished(port: LinePort, key: string, action: LineAction): Promise<Answer<LineDone>> {
  for (let n = 0; n < 1_000; n += 1) {
    const answer = await port.ask({ key, action })
    if (answer.kind !== 'pending') return answer
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('the order never ended')
}
