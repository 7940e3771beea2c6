import { CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import type { IssuerProviders } from '../../src/adapters/providers.ts'
import type { Db } from '../../src/platform/db.ts'
import type { DB } from '../../src/platform/tables.ts'
import type { Outside } from '../outside.ts'

/** Thrown where a process would have died. */
export class Crash extends Error {}

/**
 * Counts what leaves the process: commits that were made and calls that providers answered. At the wanted one the
 * process is dead: what was done stays done, and from there on nothing more gets out.
 */
export type Fuse = { reached: number; blows: number | undefined; blown: boolean }

function pass(fuse: Fuse): void {
  if (fuse.blown) throw new Crash('dead already')
  fuse.reached++
  if (fuse.reached === fuse.blows) {
    fuse.blown = true
    throw new Crash(`dead after event ${fuse.reached}`)
  }
}

/** The same world with a fuse in it. A statement of a dead process does not reach the database either. */
export function withFuse(leb: Outside, fuse: Fuse): Outside {
  return { ...leb, db: fusedDb(leb, fuse), providers: fusedProviders(leb, fuse) }
}

function fusedDb(leb: Outside, fuse: Fuse): Db {
  const dialect = new PostgresDialect({ pool: leb.pool })
  const createDriver = dialect.createDriver.bind(dialect)
  dialect.createDriver = () => {
    const driver = createDriver()
    const commit = driver.commitTransaction.bind(driver)
    driver.commitTransaction = async (connection) => {
      if (fuse.blown) {
        await connection.executeQuery(CompiledQuery.raw('rollback'))
        throw new Crash('dead already')
      }
      await commit(connection)
      pass(fuse)
    }
    return driver
  }
  return new Kysely<DB>({ dialect })
}

function fusedProviders(leb: Outside, fuse: Fuse): Outside['providers'] {
  const fused = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name) {
        const method = target[name as keyof Port]
        if (typeof method !== 'function') return method
        return async (...input: unknown[]) => {
          if (fuse.blown) throw new Crash('dead already')
          const answer = await (method as (...all: unknown[]) => unknown).apply(target, input)
          pass(fuse)
          return answer
        }
      },
    })
  return {
    of(issuerId) {
      const { line, esim, payment, mail } = leb.providers.of(issuerId)
      return {
        line: async () => fused(await line()),
        esim: async () => fused(await esim()),
        payment: async () => fused(await payment()),
        mail: async () => fused(await mail()),
      } satisfies IssuerProviders
    },
    close: () => undefined,
  }
}
