import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Download } from '../../sim/download-progress.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { declareClosure } from '../closure/declare.ts'
import { readClosure } from '../closure/read-closure.ts'
import { inIssuer } from '../platform/db.ts'
import { type ProviderDoor, startProviderDoor } from './door.ts'

/** The SM-DP+ reports a download over the network, as a phone goes through it. */

const EID = '89099001734003016796597140624023'

let leb: Outside
let door: ProviderDoor
beforeAll(async () => {
  leb = await openOutside({ unseenProfile: 'Released' })
  door = await startProviderDoor({ ...leb, config: { ...leb.config, providerDoor: { port: 0 } } })
})
afterAll(async () => {
  await door.stop()
  await leb.stop()
})

const fetched = (card: Seeded, how: Partial<Download> = {}) =>
  leb.world.sims.esim.download({ iccid: card.iccid, eid: EID, report: `${door.url}/leb`, ...how })

async function stateOf({ cardId }: Seeded): Promise<string> {
  const row = await inIssuer(leb.db, 'leb', (tx) =>
    tx.selectFrom('card').select('profile_state').where('card_id', '=', cardId).executeTakeFirstOrThrow(),
  )
  return row.profile_state
}

it('follows a download to its end', async () => {
  const card = await seedCard(leb)
  expect(await fetched(card, { points: ['eligibility'] })).toEqual([{ point: 'eligibility', status: 204 }])
  expect(await stateOf(card)).toBe('Released')
  expect(await fetched(card, { points: ['bpp_download'] })).toEqual([{ point: 'bpp_download', status: 204 }])
  expect(await stateOf(card)).toBe('Downloaded')
  expect(await fetched(card, { points: ['bpp_installation'] })).toMatchObject([{ status: 204 }])
  expect(await stateOf(card)).toBe('Installed')
})

it('takes reports that come twice, and in the wrong order', async () => {
  const card = await seedCard(leb)
  const points: Download['points'] = ['bpp_installation', 'bpp_installation', 'bpp_download', 'eligibility']
  expect((await fetched(card, { points })).map(({ status }) => status)).toEqual([204, 204, 204, 204])
  expect(await stateOf(card)).toBe('Installed')
})

it.each(['eligibility', 'bpp_download', 'confirmation_failure'] as const)(
  'leaves a profile where it is when the phone fails at %s',
  async (failsAt) => {
    const card = await seedCard(leb)
    const points: Download['points'] = [failsAt, 'bpp_installation']
    expect(await fetched(card, { failsAt, points })).toEqual([{ point: failsAt, status: 204 }])
    expect(await stateOf(card)).toBe('Released')
  },
)

it("is told of another issuer's card without taking it for its own", async () => {
  const card = await seedCard(leb)
  const answers = await fetched(card, { report: `${door.url}/roamly` })
  expect(answers.map(({ status }) => status)).toEqual([204, 204, 204])
  expect(await stateOf(card)).toBe('Released')
})

it('is ordered by the control call that a demo has, and says where nobody listens', async () => {
  const card = await seedCard(leb)
  const ask = async (report: string) => {
    const body = JSON.stringify({ iccid: card.iccid, report, points: ['eligibility'] })
    return (await fetch(`${leb.world.esim.url}/sim/download`, { method: 'POST', body })).json()
  }
  expect(await ask(`${door.url}/leb`)).toEqual([{ point: 'eligibility', status: 204 }])
  expect(await ask('http://127.0.0.1:1/leb')).toEqual([{ point: 'eligibility', status: 0 }])
})

it('closes a card that was installed meanwhile without saying that its profile is gone', async () => {
  const card = await seedCard(leb)
  const { closureId } = await declareClosure(leb, {
    issuerId: 'leb',
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
    start: 'at_once',
    locale: 'en',
    zone: 'Asia/Tokyo',
    receivedBy: 'cli',
    identity: 'issuer_decision',
  })
  await fetched(card)
  await leb.look('leb', closureId)
  const closed = (await readClosure(leb, { issuerId: 'leb', closureId }))!
  expect(closed.state).toBe('closed')
  expect(await stateOf(card)).toBe('Installed')
  expect(leb.world.sims.esim.cancellations(card.iccid)).toBe(0)
})
