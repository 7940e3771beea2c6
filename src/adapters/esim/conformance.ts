import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EsimPort } from './port.ts'

/** What the suite needs from the world behind the port. */
export type EsimWorld = {
  fail(order: { mode: string; times?: number } | undefined): void
  /** Puts a profile at the provider; `unknown` takes care that there is none. */
  profile(iccid: string, state: 'released' | 'downloaded' | 'installed' | 'unknown'): Promise<void>
  /** How often the provider really released it for download. */
  releases(iccid: string): number
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

    const order = { key: '0192-o:reserve', profileType: 'LEB3' }
    const MATCHING = 'K3-9QXCT-2K7M0-8YF4B'

    it('orders a profile and confirms it for one matching id, once, however often it is asked', async () => {
      const ordered = await port.order(order)
      if (ordered.kind !== 'done') throw new Error(`ordered: ${ordered.kind}`)
      const { iccid } = ordered.value
      expect(iccid).toMatch(/^\d{18,20}$/)
      expect(ordered.evidence.reference).toEqual(expect.any(String))
      const confirmation = { key: '0192-o:confirm', iccid, matchingId: MATCHING }
      for (const askedBefore of [false, true]) {
        expect(await port.confirm({ ...confirmation, askedBefore })).toMatchObject({
          kind: 'done',
          value: { matchingId: MATCHING, smdpAddress: expect.stringMatching(/^[\w.-]+$/) },
        })
      }
      expect(world.releases(iccid)).toBe(1)
    })

    it('gives each key a profile of its own', async () => {
      const [one, two] = await Promise.all([
        port.order(order),
        port.order({ ...order, key: '0192-p:reserve' }),
      ])
      expect([one.kind, two.kind]).toEqual(['done', 'done'])
      expect(one).not.toMatchObject({ value: (two as { value: object }).value })
    })

    it('takes a profile that somebody else has for no profile of ours', async () => {
      await world.profile(ICCID, 'downloaded')
      const confirmation = { key: '0192-o:confirm', iccid: ICCID, matchingId: MATCHING }
      expect(await port.confirm(confirmation)).toMatchObject({ kind: 'refused', code: 'profile_in_use' })
    })

    it('refuse: an order is refused with a code, and so is confirming what nobody ordered', async () => {
      world.fail({ mode: 'refuse', times: 1 })
      expect(await port.order(order)).toMatchObject({
        kind: 'refused',
        code: expect.stringMatching(/^[a-z_]+$/),
      })
      const answer = await port.confirm({ key: '0192-o:confirm', iccid: ICCID, matchingId: MATCHING })
      expect(answer).toMatchObject({ kind: 'refused', code: 'profile_unknown' })
      expect(JSON.stringify(answer)).not.toContain(MATCHING)
    })

    for (const mode of ['timeout_before', 'timeout_after', 'rubbish', 'down'] as const) {
      it(`${mode} while ordering and confirming: unknown, then done, released once`, async () => {
        world.fail({ mode, times: 1 })
        expect(await port.order(order)).toMatchObject({ kind: 'unknown' })
        const ordered = await port.order(order)
        if (ordered.kind !== 'done') throw new Error(`ordered: ${ordered.kind}`)
        const { iccid } = ordered.value
        const confirmation = { key: '0192-o:confirm', iccid, matchingId: MATCHING }
        world.fail({ mode, times: 1 })
        expect(await port.confirm(confirmation)).toMatchObject({ kind: 'unknown' })
        expect(await port.confirm({ ...confirmation, askedBefore: true })).toMatchObject({
          kind: 'done',
          value: { matchingId: MATCHING },
        })
        expect(world.releases(iccid)).toBe(1)
      })
    }

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
