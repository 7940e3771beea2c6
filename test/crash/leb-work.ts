import { readConfig } from '../../src/platform/env.ts'
import { workCommand } from '../../src/work-command.ts'

// `leb work` and nothing else, so that a run does not bundle portal and API.
await workCommand(readConfig())
