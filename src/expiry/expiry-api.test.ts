import { expect, it } from 'vitest'
import { openApi } from '../../test/api-client.ts'
import { openExpiryWorld, seedExpiring } from './expiry.fixture.ts'
import { metricsRoutes } from '../provider-door/metrics.ts'
import { putSampleCatalogue } from '../plan/sample-catalogue.ts'
import { sweepExpiry } from './sweep-expiry.ts'

it('tells over the API what a card’s money does before it ends, and after', async () => {
  const world = await openExpiryWorld({ kind: 'lapse' })
  const api = openApi(world)
  try {
    const email = 'api@example.com'
    const [card] = await seedExpiring(world, [
      { endsInHours: 1, email, currency: 'EUR', balance: 1230n, dataMb: 512 },
    ])
    const token = await api.signIn('leb', email)
    const read = async () => (await api.get(`/api/v1/issuers/leb/cards/${card!.cardId}`, { token })).body
    expect((await read()).expiry.words.en).toMatch(/, unless you use it or close the card before\.$/)
    await putSampleCatalogue(world, ['leb'])
    expect(await read()).toMatchObject({
      expiry: {
        ended: false,
        money: 'lapses',
        until: '2026-11-22T11:00:00.000Z',
        words: {
          en: '€12.30 lapses on 22 November 2026, 11:00 (UTC), unless you use it, extend the card or close it before.',
        },
      },
      ends: [],
    })
    await sweepExpiry(world)
    world.clock.advance({ hours: 2 })
    await sweepExpiry(world)
    expect(await read()).toMatchObject({
      expiry: { ended: true, money: 'none', until: null },
      ends: [
        {
          endedAt: '2026-11-22T11:00:00.000Z',
          what: 'card',
          outcome: 'lapsed',
          balance: { amount: '1230', currency: 'EUR' },
          unused: { dataMb: '512' },
        },
      ],
    })
    const statement = await api.get(`/api/v1/issuers/leb/cards/${card!.cardId}/statement`, { token })
    expect(statement.body.lines[0]).toMatchObject({ reason: 'lapse', amount: { amount: '-1230' } })
    const metrics = await metricsRoutes(world).request('http://127.0.0.1/metrics', undefined, {
      incoming: { socket: { remoteAddress: '127.0.0.1', remotePort: 1, remoteFamily: 'IPv4' } },
    })
    const text = await metrics.text()
    expect(text).toContain('leb_expiry_due{issuer="leb"} 0')
    expect(text).toContain('leb_expiry_cards{issuer="leb",state="lapsed"} 1')
  } finally {
    await api.close()
    await world.stop()
  }
})
