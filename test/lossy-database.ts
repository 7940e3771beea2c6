import { connect, createServer, type Socket } from 'node:net'
import { once } from 'node:events'

/**
 * A way to the database that can lose the answer to a commit: the server has committed, the connection is gone, and whoever
 * asked can't know which. What a failover in that very moment looks like. It can also hold a statement back for ever.
 */
export async function openLossyWay(databaseUrl: string) {
  const { hostname, port } = new URL(databaseUrl)
  const host = decodeURIComponent(hostname)
  const to = host.startsWith('/')
    ? { path: `${host}/.s.PGSQL.${port}` }
    : { host, port: Number(port || 5432) }
  const open = new Set<Socket>()
  let losing = false
  let lost = 0
  let held: { words: string; came: () => void } | undefined
  const server = createServer((client) => {
    const database = connect(to)
    let doomed = false
    for (const socket of [client, database]) {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        open.delete(socket)
        client.destroy()
        database.destroy()
      })
    }
    client.on('data', (sent) => {
      if (held && sent.includes(held.words)) return held.came()
      if (losing && /commit/i.test(sent.toString('latin1'))) {
        losing = false
        doomed = true
      }
      database.write(sent)
    })
    database.on('data', (answer) => {
      if (!doomed) return client.write(answer)
      lost++
      client.destroy()
      return true
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const from = new URL(databaseUrl)
  from.hostname = '127.0.0.1'
  from.port = String((server.address() as { port: number }).port)
  return {
    url: from.href,
    /** The answer to the next commit does not arrive. */
    loseNext: () => void (losing = true),
    lost: () => lost,
    /** From now on what has these words in it does not reach the server; done when the first such thing came. */
    hold: (words: string) => new Promise<void>((came) => void (held = { words, came })),
    async close() {
      server.close()
      for (const socket of open) socket.destroy()
      await once(server, 'close')
    },
  }
}
