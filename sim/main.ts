import { parseArgs } from 'node:util'
import { startWorld, type WorldOptions } from './world.ts'

const HELP = `Starts the simulated outside world on 127.0.0.1 and prints one JSON line with its addresses.

  node sim/main.ts [options]

  --dir DIR             write mails to DIR/mails/*.eml
  --port-line N         and --port-esim, --port-payment, --port-smtp, --port-mail-control: fixed ports
  --latency MIN-MAX     answer after so many ms, e.g. 5-40
  --complete-after MS   the network finishes an order after MS (50)
  --lazy[-currency] C   make up payments never heard of, in currency C (eur) unless the id names one
  --keep-mails N        keep N mails in memory (1000); 0 only counts
  --with-parent         stop when standard input ends, so that a killed parent leaves nothing behind

Each address takes POST /sim/fail {"mode","times","forMs","match","probability","seed"}; {} makes it well again.
The network also takes POST /sim/begin and /sim/settle for orders that stall. The SM-DP+ also takes POST /sim/profiles, and
POST /sim/download {"iccid","eid","report","failsAt","points"}: a phone fetches the profile, and its progress is reported
to the operator's door at "report", e.g. http://127.0.0.1:8461/leb.
The payment provider also takes POST /sim/webhooks {"url","secret"}, /sim/webhooks/hold, /lose, /replay {"event"} and
/release {"reversed","copies"}; /sim/pay and /sim/expire {"session"}; /sim/dispute {"payment","amount","inquiry"} and
/sim/dispute/close {"dispute","status"}; GET /sim/balance.csv is its report. Payers pay at the page it answers.
`

const OPTIONS = {
  dir: { type: 'string' },
  'port-line': { type: 'string' },
  'port-esim': { type: 'string' },
  'port-payment': { type: 'string' },
  'port-smtp': { type: 'string' },
  'port-mail-control': { type: 'string' },
  latency: { type: 'string' },
  'complete-after': { type: 'string' },
  lazy: { type: 'boolean' },
  'lazy-currency': { type: 'string' },
  'keep-mails': { type: 'string' },
  'with-parent': { type: 'boolean' },
  help: { type: 'boolean' },
} as const

type Values = ReturnType<typeof readValues>

function readValues() {
  return parseArgs({ options: OPTIONS }).values
}

function number(values: Values, name: keyof Values): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  if (typeof text !== 'string' || !/^\d{1,6}$/.test(text)) throw new Error(`--${name} wants a whole number`)
  return Number(text)
}

function worldOptions(values: Values): WorldOptions {
  const latency = /^(\d+)-(\d+)$/.exec(values.latency ?? '')
  if (values.latency !== undefined && latency === null) throw new Error('--latency wants MIN-MAX, e.g. 5-40')
  const ports = {
    line: number(values, 'port-line'),
    esim: number(values, 'port-esim'),
    payment: number(values, 'port-payment'),
    smtp: number(values, 'port-smtp'),
    mailControl: number(values, 'port-mail-control'),
  }
  const lazyCurrency = values['lazy-currency'] ?? (values.lazy ? 'eur' : undefined)
  const options = {
    dir: values.dir,
    ports: Object.fromEntries(Object.entries(ports).filter(([, port]) => port !== undefined)),
    latency: latency === null ? undefined : { minMs: Number(latency[1]), maxMs: Number(latency[2]) },
    completeAfterMs: number(values, 'complete-after'),
    lazyCurrency: lazyCurrency?.toLowerCase(),
    keepMails: number(values, 'keep-mails'),
  }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

async function main(): Promise<void> {
  const values = readValues()
  if (values.help) return void process.stdout.write(HELP)
  const world = await startWorld(worldOptions(values))
  const { line, esim, payment, mail } = world
  process.stdout.write(`${JSON.stringify({ line, esim, payment, mail, pid: process.pid })}\n`)
  const stop = () => void world.stop().finally(() => process.exit(0))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  if (values['with-parent']) process.stdin.on('end', stop).on('error', stop).resume()
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
