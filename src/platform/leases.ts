import pg from 'pg'

/**
 * Who works on what, as advisory locks of one long-lived session: they end with the process that holds them,
 * at once and whatever the clocks say, also after kill -9. They only spare double work; what makes it harmless
 * is the closure's version.
 */
export type Leases = {
  /** Answers the function that gives it back, or undefined when another look has it. */
  take(id: string): Promise<(() => Promise<void>) | undefined>
  close(): Promise<void>
}

export function openLeases(url: string): Leases {
  const mine = new Set<string>()
  let session: Promise<pg.Client> | undefined
  const open = () => {
    session ??= (async () => {
      const client = new pg.Client({ connectionString: url, application_name: 'leb-leases', keepAlive: true })
      // A lost session has lost its locks; the next take opens another.
      client.on('error', () => (session = undefined))
      client.on('end', () => (session = undefined))
      await client.connect()
      return client
    })().catch((error) => {
      session = undefined
      throw error
    })
    return session
  }
  // One session takes one question at a time.
  let asked: Promise<unknown> = Promise.resolve()
  const lock = (call: string, id: string) => {
    const answer = asked.then(async () => {
      const client = await open()
      return client.query<{ taken: boolean }>({
        name: call,
        text: `select ${call}(hashtextextended($1, 0)) as taken`,
        values: [id],
      })
    })
    asked = answer.catch(() => undefined)
    return answer
  }
  return {
    async take(id) {
      if (mine.has(id)) return undefined
      mine.add(id)
      try {
        if ((await lock('pg_try_advisory_lock', id)).rows[0]!.taken) {
          return async () => {
            mine.delete(id)
            await lock('pg_advisory_unlock', id).catch(() => undefined)
          }
        }
      } catch (error) {
        mine.delete(id)
        throw error
      }
      mine.delete(id)
      return undefined
    },
    async close() {
      const client = await session?.catch(() => undefined)
      session = undefined
      await client?.end().catch(() => undefined)
    },
  }
}
