import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard } from '../../test/seed.ts'
import { declareClosure } from '../closure/declare.ts'
import { readClosure } from '../closure/read-closure.ts'
import { putIssuer } from '../issuer/issuer.ts'

const token = 'LEB_TEST_LINE_TOKEN'
let leb: Outside
beforeAll(async () => {
  leb = await openOutside()
  const issuer = leb.issuers[0]!
  const line = { ...issuer.providers.line, token: `env:${token}` }
  await putIssuer(leb.db, { ...issuer, providers: { ...issuer.providers, line } }, leb.clock.now())
})
afterAll(async () => {
  delete process.env[token]
  await leb.stop()
})

test('a network’s token that is missing holds up its line, and no mail; set, the line is opened', async () => {
  const card = await seedCard(leb, { email: 'waits@example.com' })
  const { closureId } = await declareClosure(leb, {
    issuerId: 'leb',
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
    start: 'at_once',
    locale: 'en',
    zone: 'UTC',
    receivedBy: 'cli',
    identity: 'issuer_decision',
  })
  await expect(leb.look('leb', closureId)).rejects.toThrow(`the environment lacks ${token}`)
  await leb.sendMails('leb')
  expect(leb.world.sims.mail.messages('waits@example.com')).toHaveLength(1)

  process.env[token] = 'sample'
  await leb.look('leb', closureId)
  expect((await readClosure(leb, { issuerId: 'leb', closureId }))!.state).toBe('closed')
})
