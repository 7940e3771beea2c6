import { parseArgs } from 'node:util'
import chromium from '@sparticuz/chromium'
import { type Browser, chromium as playwright, type Page } from 'playwright-core'
import { quantile } from './declare-load.ts'
import { openInstallation } from './installation.ts'
import { report } from './report.ts'
import { type Serving, startServe } from './serve-process.ts'

// A first visit to the portal as a traveller has it: nothing cached, 2G, an old phone's screen.
const { values } = parseArgs({
  options: { visits: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
})
const visits = Number(values.visits)
const goal_ms = 5000
const goal_bytes = 15 * 1024
const latency_ms = 800
const kbit_per_second = 120
const paths = ['/leb/zh-CN', '/leb/zh-CN/sign-in', '/leb/zh-CN/close/without-signing-in', '/leb/zh-CN/shop']

type Visit = { bytes: number; lcpMs: number }

const at = await openInstallation([])
let serving: Serving | undefined
let browser: Browser | undefined
try {
  serving = await startServe(at, {})
  browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: ['--no-sandbox', '--disable-background-networking', '--disable-gpu'],
    headless: true,
  })
  const seen: Record<string, { bytes: number; lcpMs: number }> = {}
  for (const path of paths) {
    const all: Visit[] = []
    for (let n = 0; n < visits; n++) all.push(await visit(browser, serving.url + path))
    seen[path] = {
      bytes: Math.max(...all.map((one) => one.bytes)),
      lcpMs: Math.round(
        quantile(
          all.map((one) => one.lcpMs).toSorted((a, b) => a - b),
          0.5,
        ),
      ),
    }
  }
  const slowest = Math.max(...Object.values(seen).map((one) => one.lcpMs))
  const heaviest = Math.max(...Object.values(seen).map((one) => one.bytes))
  report(
    {
      name: 'page',
      value: slowest,
      unit: 'ms to the largest paint at 2G, median of the slowest page',
      reference: goal_ms,
      ratio: slowest / goal_ms,
      detail: { 'most bytes over the wire': heaviest, 'bytes allowed': goal_bytes, visits, ...seen },
    },
    values.json,
  )
  if (slowest > goal_ms || heaviest > goal_bytes) process.exitCode = 1
} finally {
  await browser?.close()
  await serving?.stop()
  await at.stop()
}

/** One visit in a browser that has never been here. Bytes are counted with their headers, as the wire carries them. */
async function visit(browser: Browser, url: string): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, isMobile: true })
  try {
    const page = await context.newPage()
    const wire = await context.newCDPSession(page)
    await wire.send('Network.enable')
    const bytes_per_second = (kbit_per_second * 1000) / 8
    await wire.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: latency_ms,
      downloadThroughput: bytes_per_second,
      uploadThroughput: bytes_per_second,
    })
    let bytes = 0
    wire.on('Network.loadingFinished', (event) => void (bytes += event.encodedDataLength))
    await page.goto(url, { waitUntil: 'networkidle' })
    return { bytes, lcpMs: await largestPaint(page) }
  } finally {
    await context.close()
  }
}

function largestPaint(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((done) => {
        const watch = new PerformanceObserver((list) => done(list.getEntries().at(-1)!.startTime))
        watch.observe({ type: 'largest-contentful-paint', buffered: true })
      }),
  )
}
