// Writes docs/openapi.json from the routes that are served. CI fails when the result differs.
import { mkdirSync, writeFileSync } from 'node:fs'
import { openApiDocument } from '../src/api/openapi-document.ts'
import { projectFile } from '../src/platform/project.ts'

mkdirSync(projectFile('docs'), { recursive: true })
const document = openApiDocument('http://127.0.0.1:8460')
writeFileSync(projectFile('docs/openapi.json'), `${JSON.stringify(document, null, 2)}\n`)
