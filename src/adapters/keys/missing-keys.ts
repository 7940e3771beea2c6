import { join } from 'node:path'
import { hasState } from './state-file.ts'

/** Which subfolders of a key folder hold no keys, of those that an installation with these issuers has. */
export const missingKeys = async (dir: string, issuerIds: string[]): Promise<string[]> => {
  const names = ['root', ...issuerIds]
  const there = await Promise.all(names.map((name) => hasState(join(dir, name))))
  return names.filter((_, index) => !there[index])
}
