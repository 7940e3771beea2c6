import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { cannotListen } from './cannot-listen.ts'

/** What the system itself says of listening there. */
function refusal(host: string, port: number): Promise<NodeJS.ErrnoException> {
  return new Promise((refused, fail) => {
    const server = createServer()
    server.once('error', refused)
    server.listen(port, host, () => server.close(() => fail(new Error(`${host}:${port} can be listened on`))))
  })
}
const sentence = (error: NodeJS.ErrnoException, host: string, port = 8461) =>
  cannotListen(error, { host, port, portSetting: 'LEB_PROVIDER_PORT' }).message

it.each(['8.8.8.8', '192.0.2.1', '2001:db8::1'])(
  "blames the address, and no port, where %s is not this machine's",
  async (host) => {
    const said = sentence(await refusal(host, 0), host)
    expect(said).toContain(`LEB_HOST is ${host}, which is no address of this machine`)
    expect(said).not.toContain('PORT')
  },
)

it('blames a name that has no address', async () => {
  const said = sentence(await refusal('nowhere.invalid', 0), 'nowhere.invalid')
  expect(said).toContain('LEB_HOST is nowhere.invalid, for which this machine finds no address')
})

it('blames a port that is taken, or not for this user', async () => {
  const taken = createServer()
  await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening))
  const { port } = taken.address() as { port: number }
  const said = sentence(await refusal('127.0.0.1', port), '127.0.0.1', port)
  expect(said).toBe(
    `127.0.0.1:${port} is taken by another program: stop it, or choose another port with LEB_PROVIDER_PORT`,
  )
  taken.close()
  const forbidden = Object.assign(new Error(), { code: 'EACCES' })
  expect(sentence(forbidden, '::1', 80)).toMatch(
    /not listen on \[::1\]:80: .* above 1023 with LEB_PROVIDER_PORT/,
  )
})
