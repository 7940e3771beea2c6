import { parentPort, workerData } from 'node:worker_threads'
import { measureDocuments } from './documents.ts'

// One core's share of measureDocumentsOnCores.
const { seconds } = workerData as { seconds: number }
parentPort!.postMessage(await measureDocuments({ seconds }))
