import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EsimPort } from './port.ts'

/** What the suite needs from the world behind the port. */
export type EsimWorld = {
  fail(order: { mode: string; times?: number } | undefined): void
  /** Puts a profile at the provider; `unknown` takes care that there is none. */
  profile(iccid: string, state: 'released' | 'downloaded' | 'installed' | 'unknown'): Promise<void>
  /** How often the provider really retired it. */
  retirements(iccid: string): number
  stop(): Promise<void>
}

const ICCID = '8988303000000000017'
const OTHER = '8988303000000000025'

/** Every vendor of the eSIM port passes this against its simulator. */
export function esimConformance(
  name: string,
  make: () => Promise<{ port: EsimPort; world: EsimWorld }>,
): void {
  describe(`esim port: ${name}`, () => {
    let port: EsimPort
    let world: EsimWorld
    beforeEach(async () => void ({ port, world } = await make()))
    afterEach(async () => {
      port.close()
      await world.stop()
    })
    const request = { key: `0192-c:retire:${ICCID}`, iccid: ICCID }

    it('retires a profile that nobody downloaded, once, however often it is asked', async () => {
      await world.profile(ICCID, 'released')
      for (let n = 0; n < 2; n += 1) {
        expect(await port.retire(request)).toMatchObject({ kind: 'done', value: { outcome: 'cancelled' } })
      }
      expect(world.retirements(ICCID)).toBe(1)
    })

    for (const state of ['downloaded', 'installed'] as const) {
      it(`a ${state} profile stays on the device, and the answer says so with evidence`, async () => {
        await world.profile(ICCID, state)
        expect(await port.retire(request)).toMatchObject({
          kind: 'done',
          value: { outcome: 'on_device' },
          evidence: { reference: expect.any(String) },
        })
        expect(world.retirements(ICCID)).toBe(0)
      })
    }

    it('an ICCID that the provider does not know is refused', async () => {
      await world.profile(ICCID, 'unknown')
      expect(await port.retire(request)).toMatchObject({ kind: 'refused', code: 'profile_unknown' })
    })

    it('refuse: is a refusal with a code, and nothing is done', async () => {
      await world.profile(ICCID, 'released')
      world.fail({ mode: 'refuse' })
      const answer = await port.retire(request)
      expect(answer).toMatchObject({ kind: 'refused', code: expect.stringMatching(/^[a-z_]+$/) })
      expect(JSON.stringify(answer)).not.toContain(ICCID)
      expect(world.retirements(ICCID)).toBe(0)
    })

    for (const mode of ['timeout_before', 'timeout_after', 'rubbish', 'down'] as const) {
      it(`${mode}: unknown, and asked again with the same key it is done exactly once`, async () => {
        await world.profile(ICCID, 'released')
        world.fail({ mode, times: 1 })
        const answer = await port.retire(request)
        expect(answer).toMatchObject({ kind: 'unknown' })
        expect(JSON.stringify(answer)).not.toContain(ICCID)
        expect(await port.retire(request)).toMatchObject({ kind: 'done', value: { outcome: 'cancelled' } })
        expect(world.retirements(ICCID)).toBe(1)
      })
    }

    it('twice: a second answer is not taken for the answer to the next request', async () => {
      await world.profile(ICCID, 'released')
      await world.profile(OTHER, 'downloaded')
      world.fail({ mode: 'twice', times: 1 })
      expect(await port.retire(request)).toMatchObject({ value: { outcome: 'cancelled' } })
      const next = await port.retire({ key: `0192-c:retire:${OTHER}`, iccid: OTHER })
      expect(next).toMatchObject({ value: { outcome: 'on_device' } })
    })
  })
}
