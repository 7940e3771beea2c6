// Writes demo/fleet.csv from src/card/sample-fleet.ts. CI fails when the result differs.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { sampleFleetCsv } from '../src/card/sample-fleet.ts'
import { projectFile } from '../src/platform/project.ts'

const out = projectFile('demo/fleet.csv')
mkdirSync(dirname(out), { recursive: true })
writeFileSync(out, sampleFleetCsv())
