import { afterAll, beforeAll, expect, it } from 'vitest'
import { openApi } from '../../test/api-client.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard } from '../../test/seed.ts'
import { declareClosure } from '../closure/declare.ts'
import { announceMails } from './mailbox.ts'

let leb: Outside
beforeAll(async () => void (leb = await openOutside()))
afterAll(() => leb.stop())

it('shows the mails of whoever tries the portal, and of the sample fleet’s people from a code on', async () => {
  const said: string[] = []
  announceMails(leb.world, (words) => said.push(words))
  const decide = async (email: string) => {
    const { accountId, cardId } = await seedCard(leb, { email, locale: 'en' })
    await declareClosure(leb, {
      issuerId: 'leb',
      accountId,
      cardIds: [cardId],
      act: 'terminate',
      start: 'at_once',
      locale: 'en',
      zone: 'UTC',
      receivedBy: 'cli',
      identity: 'issuer_decision',
    })
    await leb.sendMails('leb')
  }
  const api = openApi(leb)
  const email = 'traveller7@example.com'
  // The first look notes what was there before it.
  await new Promise((resolve) => setTimeout(resolve, 700))
  await decide(email)
  await decide('mei@example.com')
  await expect.poll(() => said).toEqual([expect.stringContaining('mail to mei@example.com: ')])
  await api.post('/api/v1/issuers/leb/sign-in-codes', { body: { email } })
  await leb.sendMails('leb')
  await decide(email)
  await expect
    .poll(() => said.slice(1))
    .toEqual([
      expect.stringMatching(/^ {2}mail to traveller7@example\.com: .* \d{6}$/),
      expect.stringContaining('mail to traveller7@example.com: '),
    ])
  await api.close()
})
