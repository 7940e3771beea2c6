import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder with package.json, whether this file runs from src/ or from the bundle in dist/. */
export const projectRoot = findRoot(dirname(fileURLToPath(import.meta.url)))

function findRoot(from: string): string {
  return existsSync(join(from, 'package.json')) || from === dirname(from) ? from : findRoot(dirname(from))
}

/** Absolute path of a file that ships with the project. */
export function projectFile(...parts: string[]): string {
  return join(projectRoot, ...parts)
}
