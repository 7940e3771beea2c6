import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard } from '../../test/seed.ts'
import { type Leases, openLeases } from '../platform/leases.ts'
import { declareClosure } from './declare.ts'
import { lookAtClosure } from './look.ts'
import { readClosure } from './read-closure.ts'

let leb: Outside
let leases: Leases
beforeAll(async () => {
  leb = await openOutside()
  leases = openLeases(leb.databaseUrl)
})
afterAll(async () => {
  await leases.close()
  await leb.stop()
})

it('is told to staff and holder when looks fail again and again, and gone when one gets through', async () => {
  const issuerId = 'leb'
  const card = await seedCard(leb, {})
  const { closureId } = await declareClosure(leb, {
    issuerId,
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
    start: 'at_once',
    locale: 'en',
    zone: 'Asia/Shanghai',
    receivedBy: 'staff',
    identity: 'issuer_decision',
  })
  const look = (failures: number) => lookAtClosure(leb, leases, { issuerId, id: closureId, failures })
  const stands = async () => {
    const view = await readClosure(leb, { issuerId, closureId })
    return view!.steps.flatMap(({ step, block }) => (block ? [`${step} ${block.reason} ${block.owner}`] : []))
  }
  const sealing = vi.spyOn(leb.keys, 'sealing').mockRejectedValue(new Error('no key for now'))
  await expect(look(1)).rejects.toThrow('no key for now')
  expect(await stands()).toEqual([])
  for (const failures of [2, 3]) await expect(look(failures)).rejects.toThrow('no key for now')
  expect(await stands()).toEqual(['certificate fault_of_ours staff'])
  sealing.mockRestore()
  await look(4)
  expect(await stands()).toEqual([])
  expect((await readClosure(leb, { issuerId, closureId }))?.state).toBe('closed')
})
