import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'
import { type Browser, chromium as playwright } from 'playwright-core'
import { isApiPath, makeApi } from '../../src/api/app.ts'
import type { PortalEnv } from '../../src/web/page.ts'
import { serve } from '../../src/web/serve.ts'
import { type Outside, openOutside } from '../outside.ts'
import { openPortal } from '../portal.ts'
import { projectFile } from '../../src/platform/project.ts'
import type { Hono } from 'hono'

/** A real browser before a real portal (and the API's own pages) on a real port, with the simulated outside world behind it. */
export type BrowserWorld = { leb: Outside; browser: Browser; url: string; stop(): Promise<void> }

export async function openBrowserWorld(): Promise<BrowserWorld> {
  const leb = await openOutside()
  let doors: { portal: Hono<PortalEnv>; api: ReturnType<typeof makeApi> } | undefined
  const served = await serve(
    {
      fetch: (request, ...rest) => {
        const { portal, api } = doors!
        return isApiPath(new URL(request.url).pathname)
          ? api.fetch(request, ...rest)
          : portal.fetch(request, ...rest)
      },
    },
    { host: '127.0.0.1', port: 0 },
  )
  const config = { ...leb.config, publicUrl: served.url, allowedHosts: [new URL(served.url).host] }
  const portal = await openPortal({ ...leb, config })
  doors = { portal: portal.app, api: makeApi({ ...leb, config }, leb.watch) }
  const { browser, close } = await openBrowser()
  return {
    leb: { ...leb, config },
    browser,
    url: served.url,
    async stop() {
      await close()
      await served.stop()
      await portal.close()
      await leb.stop()
    },
  }
}

/** Chromium from npm. Chinese needs a font, and the machine may have none: it gets the one the slips are set in. */
export async function openBrowser(): Promise<{ browser: Browser; close: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'leb-browser-'))
  const fonts = join(dir, 'fonts.conf')
  const noto = projectFile('node_modules', '@expo-google-fonts', 'noto-sans-sc')
  await writeFile(
    fonts,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
      <dir>${noto}/400Regular</dir><dir>${noto}/600SemiBold</dir><dir>${noto}/700Bold</dir>
      <cachedir>${dir}</cachedir></fontconfig>`,
  )
  const browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    // Not the package's own list: it is made for one page in a serverless function (single process, no web security).
    args: ['--no-sandbox', '--disable-background-networking', '--disable-gpu', '--font-render-hinting=none'],
    env: { ...process.env, FONTCONFIG_FILE: fonts },
    headless: true,
  })
  return {
    browser,
    async close() {
      await browser.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
