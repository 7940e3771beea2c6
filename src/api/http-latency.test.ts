import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { processMetrics } from './http-latency.ts'

let leb: TestWorld
let api: Api
beforeAll(async () => {
  leb = await openTestWorld()
  api = openApi(leb)
})
afterAll(async () => {
  await api.close()
  await leb.stop()
})

it('counts by route pattern, so that no address and no number becomes a label', async () => {
  await api.get('/api/v1/issuers/leb')
  await api.get('/api/v1/issuers/leb/closures/LEB-2K7M-9QXCT')
  await api.get('/api/v1/nothing/LEB-2K7M-9QXCT')
  await api.call('PUT', '/api/v1/issuers/leb')
  const text = await processMetrics.metrics()
  expect(text).toContain(
    'leb_http_request_seconds_count{route="/api/v1/issuers/:issuer",method="GET",status="2xx"} 1',
  )
  expect(text).toContain('route="/api/v1/issuers/:issuer/closures/:number",method="GET",status="4xx"} 1')
  expect(text).toContain('route="unknown",method="GET",status="4xx"} 1')
  expect(text).not.toContain('2K7M')
})
