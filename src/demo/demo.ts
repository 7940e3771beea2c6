import { rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { openApp } from '../app.ts'
import { importFleet } from '../card/import-fleet.ts'
import { journalOf } from '../closure/status-command.ts'
import { readClosure } from '../closure/read-closure.ts'
import type { Context } from '../platform/context.ts'
import type { Config } from '../platform/env.ts'
import { cannotListen } from '../platform/cannot-listen.ts'
import { SetupError } from '../platform/errors.ts'
import { makeFolder } from '../platform/make-folder.ts'
import { untilToldToStop } from '../platform/until-told-to-stop.ts'
import { type Child, startChild } from './children.ts'
import { closeOneCard } from './close-one-card.ts'
import { announceMails } from './mailbox.ts'
import { seedOutsideWorld, setUpIssuers, startOutsideWorld } from './outside-world.ts'
import { forShell, leaveSettings, sampleSecrets } from './sample-settings.ts'
import { nextToClose } from './next-card.ts'
import { ownFleet } from './own-fleet.ts'
import { openScreen, type Screen } from './screen.ts'
import { openStops, type Stops } from './stops.ts'
import { waitFor } from './wait-for.ts'
import { portalWords } from './whom-to-be.ts'

type Options = { once?: boolean; out?: string }
type Closed = Awaited<ReturnType<typeof closeOneCard>>

/**
 * `leb demo`: everything of LEB at once, with a simulated outside world. Closes one 3-day card as its holder would,
 * over the public API, shows each step, and leaves the proof in files.
 */
export async function demoCommand(config: Config, options: Options): Promise<number> {
  const screen = openScreen(
    process.stdout.isTTY,
    (text) => void process.stdout.write(text),
    () => new Date(),
  )
  const out = options.out ?? join(config.dataDir, 'demo')
  const stops = openStops()
  const told = untilToldToStop()
  try {
    const play = playDemo(config, { screen, out, stops, options })
    // Ctrl-C in the middle must not wait for the play to end.
    const ended = await Promise.race([play, told.then(() => 'stopped' as const)])
    if (ended === 'stopped' || options.once) return 0
    await told
    return 0
  } finally {
    await stops.all()
  }
}

type Play = { screen: Screen; out: string; stops: Stops; options: Options }

async function playDemo(config: Config, { screen, out, stops, options }: Play): Promise<void> {
  const timed = timer(screen)
  await makeOutFolder(out)
  await checkPorts(config)
  screen.say('LEB: a prepaid travel card is closed properly\n')
  const app = await timed('database ready, schema up to date', () => openApp(config, 'command'))
  stops.add(() => app.stop())
  // They come up while the fleet is imported; both find a migrated database.
  const started = startLeb(config, stops)
  started.catch(() => undefined)
  const { child, world } = await timed('outside world: network, SM-DP+, payments, mail', () =>
    startOutsideWorld(out),
  )
  stops.add(() => child.stop())
  await timed('three issuers set up, with keys of their own', () => setUpIssuers(app.ctx, world))
  const fleet = { file: await ownFleet(app.ctx), rejects: join(out, 'rejects.csv') }
  await timed('sample fleet of 200 cards imported', () => importFleet(app.ctx, fleet))
  await seedOutsideWorld(app.ctx, world)
  await timed('portal, API and a worker started', () => started)
  const closed = await closeOneCard(app.ctx, { api: config.publicUrl, world, screen })
  await leaveProof(app.ctx, out, closed)
  screen.done()
  const settings = await leaveSettings(config)
  screen.say(proofWords(out, closed, { settings, fleet: fleet.file }))
  if (!options.once) screen.say(await goOnWords(app.ctx, closed, settings))
  if (!options.once) announceMails(world, (words) => screen.say(words))
}

function timer(screen: Screen) {
  return async <T>(words: string, work: () => Promise<T>): Promise<T> => {
    const began = performance.now()
    const result = await work()
    screen.say(`  ✓ ${words}`, performance.now() - began)
    return result
  }
}

/** Serve and work as processes of their own, as they would run in an installation. */
async function startLeb(config: Config, stops: Stops): Promise<void> {
  const env = { LEB_LOG: 'warn', ...sampleSecrets }
  const children = ['serve', 'work'].map((name) =>
    startChild({ name: `leb ${name}`, file: ['bin', 'start.mjs'], args: [name], env }),
  )
  for (const child of children) stops.add(() => child.stop())
  const ended = Promise.race(children.map(endOf))
  const asking = new AbortController()
  ended.catch(() => asking.abort())
  await Promise.race([answers(`${config.publicUrl}/readyz`, asking.signal), ended])
}

function endOf(child: Child): Promise<never> {
  return new Promise((_, reject) => {
    child.process.once('exit', () =>
      reject(new SetupError(`${child.name} ended before it was ready (its words are above)`)),
    )
  })
}

function answers(url: string, stop: AbortSignal): Promise<true> {
  const look = async () => {
    const ok = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    )
    return ok || undefined
  }
  return waitFor(look, `${url} does not answer`, stop)
}

async function leaveProof(ctx: Context, out: string, closed: Closed): Promise<void> {
  const view = await readClosure(ctx, { issuerId: closed.issuerId, number: closed.number })
  const journal = view ? await journalOf(ctx, view) : []
  await writeFile(join(out, 'slip.pdf'), closed.slip)
  await writeFile(join(out, 'certificate.pdf'), closed.certificate)
  await writeFile(join(out, 'root.pem'), (await ctx.keys.trustRoots()).join('\n'))
  await writeFile(join(out, 'journal.json'), `${JSON.stringify({ ...view, journal }, null, 2)}\n`)
}

type Left = { settings: string; fleet: string }

/** The commands are whole: a shell in this folder does them as they stand. */
function proofWords(out: string, { number }: Closed, { settings, fleet }: Left): string {
  const [slip, root] = [join(out, 'slip.pdf'), join(out, 'root.pem')].map(forShell)
  return [
    '',
    `  slip         ${join(out, 'slip.pdf')}`,
    `  certificate  ${join(out, 'certificate.pdf')}`,
    `  journal      ${join(out, 'journal.json')}`,
    `  mails        ${join(out, 'mails')}`,
    `  sample fleet ${fleet}: its cards live by their plans from this folder’s first start on`,
    `  check it     npx leb verify ${slip} --trust ${root}`,
    `  look at it   . ${forShell(settings)}; npx leb status ${number}`,
  ].join('\n')
}

async function goOnWords(ctx: Context, closed: Closed, settings: string): Promise<string> {
  return [
    '',
    ...(await portalWords(ctx, ctx.config.publicUrl)),
    `  this closure ${closed.verifyUrl}`,
    '  Commands of your own, in another terminal: first this demo’s settings, then for instance',
    `    . ${forShell(settings)}`,
    '    npx leb status --open',
    ...(await closeWords(ctx)),
    '  An order paid by bank transfer: put its number into demo/statement.csv, then',
    '    npx leb bank import demo/statement.csv --issuer roamly --rejects rejects.csv',
    '  Codes sent by mail are shown here. An account that was closed gets none, and cards end:',
    '  start with a fresh LEB_DATA.',
    '  Ctrl-C stops everything.',
    '',
  ].join('\n')
}

/** A card that is closed by the command, and one that waits, each with how it ends; a shell takes that for a comment. */
async function closeWords(ctx: Context): Promise<string[]> {
  const paid = await nextToClose(ctx, 'stripe', 'original_payment')
  const waits = await nextToClose(ctx, 'bank', 'bank_transfer')
  const line = (iccid: string, ending: string) => `    npx leb close --iccid ${iccid}  # ${ending}`
  return [
    ...(paid ? [line(paid, 'closed: its money goes back to the payment card; exit code 0')] : []),
    ...(waits ? [line(waits, 'waiting: its holder must name a bank account; exit code 1')] : []),
  ]
}

/** With the mails of this run only. */
async function makeOutFolder(out: string): Promise<void> {
  await rm(join(out, 'mails'), { recursive: true, force: true }).catch(() => undefined)
  await makeFolder(join(out, 'mails')).catch((error: NodeJS.ErrnoException) => {
    throw new SetupError(`the folder ${out} can't be made (${error.code}): choose another with --out`)
  })
}

/** Said before anything is started, in one sentence. */
async function checkPorts(config: Config): Promise<void> {
  for (const [port, portSetting] of [
    [config.port, 'LEB_PORT'],
    [config.providerDoor.port, 'LEB_PROVIDER_PORT'],
  ] as const) {
    await new Promise<void>((free, fail) => {
      const probe = createServer()
      probe.once('error', (error) => fail(cannotListen(error, { host: config.host, port, portSetting })))
      probe.listen(port, config.host, () => probe.close(() => free()))
    })
  }
}
