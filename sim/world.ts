import { join } from 'node:path'
import type { Latency } from './http-server.ts'
import { startLineSim, type LineSim } from './line.ts'
import { startMailSim, type MailSim } from './mail.ts'
import { startPaymentSim, type PaymentSim } from './payment.ts'
import { startSmDpPlusSim, type SmDpPlusOptions, type SmDpPlusSim } from './sm-dp-plus.ts'

export type WorldOptions = {
  /** Mails are written to `<dir>/mails/*.eml`. */
  dir?: string
  /** Fixed ports; free ones unless told. */
  ports?: { line?: number; esim?: number; payment?: number; smtp?: number; mailControl?: number }
  latency?: Latency
  /** The network finishes an order so long after it was taken; 50 ms unless told. */
  completeAfterMs?: number
  /** Makes up payments never heard of, see sim/payment.ts. */
  lazyCurrency?: string
  unseenProfile?: SmDpPlusOptions['unseenProfile']
  /** Mails kept in memory; 0 only counts them. */
  keepMails?: number
  /** What their clocks say, in ms: signatures then bear the time of a test, and failures last as long as that says. */
  now?: () => number
}

/** Where everything listens. The `mail.control`, and the other urls under `/sim/`, take orders to misbehave. */
export type WorldAddresses = {
  line: { url: string }
  esim: { url: string }
  payment: { url: string }
  mail: { host: string; port: number; control: string }
}

export type World = WorldAddresses & {
  sims: { line: LineSim; esim: SmDpPlusSim; payment: PaymentSim; mail: MailSim }
  stop(): Promise<void>
}

/** Starts the outside world on loopback: network, SM-DP+, payment provider, mail server. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const ports = options.ports ?? {}
  const common = (port: number | undefined) => ({
    ...(port === undefined ? {} : { port }),
    ...(options.latency === undefined ? {} : { latency: options.latency }),
    ...(options.now === undefined ? {} : { now: options.now }),
  })
  const stops: (() => Promise<void>)[] = []
  const started = async <T extends { stop(): Promise<void> }>(sim: Promise<T>): Promise<T> => {
    const running = await sim
    stops.push(() => running.stop())
    return running
  }
  const stop = async () => void (await Promise.all(stops.splice(0).map((stopOne) => stopOne())))
  try {
    const { completeAfterMs, lazyCurrency, unseenProfile, keepMails } = options
    const line = await started(
      startLineSim({ ...common(ports.line), ...(completeAfterMs === undefined ? {} : { completeAfterMs }) }),
    )
    const esim = await started(
      startSmDpPlusSim({ ...common(ports.esim), ...(unseenProfile === undefined ? {} : { unseenProfile }) }),
    )
    const payment = await started(
      startPaymentSim({
        ...common(ports.payment),
        ...(lazyCurrency === undefined ? {} : { lazyCurrency }),
      }),
    )
    const mail = await started(
      startMailSim({
        ...(options.now === undefined ? {} : { now: options.now }),
        ...(ports.smtp === undefined ? {} : { port: ports.smtp }),
        ...(ports.mailControl === undefined ? {} : { controlPort: ports.mailControl }),
        ...(options.dir === undefined ? {} : { dir: join(options.dir, 'mails') }),
        ...(keepMails === undefined ? {} : { keep: keepMails }),
      }),
    )
    return {
      line: { url: line.url },
      esim: { url: esim.url },
      payment: { url: payment.url },
      mail: { host: '127.0.0.1', port: mail.port, control: mail.control.url },
      sims: { line, esim, payment, mail },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
