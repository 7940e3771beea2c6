import { mkdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { codeFor } from '../../src/holder/access-code.ts'
import { projectFile } from '../../src/platform/project.ts'
import type { BrowserWorld } from './browser.ts'

type Finding = { id: string; nodes: { html: string; failureSummary: string }[] }

type Axe = { run(at: Document, how: object): Promise<{ violations: Finding[] }> }

let axeSource: Promise<string> | undefined
const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

async function axe(page: Page, runOnly: object, rules: object = {}): Promise<string[]> {
  axeSource ??= readFile(projectFile('node_modules', 'axe-core', 'axe.min.js'), 'utf8')
  // The page's own policy forbids foreign script, so axe is put in as the debugger, not as a script element.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(await axeSource)
  const violations: Finding[] = await page.evaluate(
    async (how) => (await (window as unknown as { axe: Axe }).axe.run(document, how)).violations,
    { runOnly, rules },
  )
  return violations.flatMap((v) => v.nodes.map((n) => `${page.url()} ${v.id}: ${n.html} ${n.failureSummary}`))
}

/** What axe finds wrong on the page before it, by WCAG 2.2 A and AA and its best practices. Needs script. */
export const findings = (page: Page): Promise<string[]> =>
  axe(page, { type: 'tag', values: [...wcag, 'best-practice'] })

/** The same without the landmarks of a page: a mail stands inside somebody else's. */
export const mailFindings = (page: Page): Promise<string[]> => axe(page, { type: 'tag', values: wcag })

/** Text with a contrast under 7:1. */
export const faintWords = (page: Page): Promise<string[]> =>
  axe(page, { type: 'rule', values: ['color-contrast-enhanced'] })

export async function tooWide(page: Page): Promise<string[]> {
  // A click waits until the next page begins to load: for a moment it is there and has no content.
  await page.waitForLoadState()
  const width = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  return width > 0 ? [`${page.url()} is ${width} px wider than the screen`] : []
}

/** Links inside a sentence may be as small as the sentence (WCAG 2.5.8); everything else is at least 44 px high. */
export async function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('a, button, input:not([type=hidden]), select, label.choice')]
      .filter(
        (e) => !e.matches('.skip, .choice input') && e.closest('p:not(.actions), li, dd, dt, h2') === null,
      )
      .filter((e) => e.getBoundingClientRect().height > 0 && e.getBoundingClientRect().height < 44)
      .map(
        (e) => `${location.href} ${e.outerHTML.slice(0, 120)} is ${e.getBoundingClientRect().height} px high`,
      ),
  )
}

// What the seeded holders are called, in any language.
const seeded_name = '李磊'

/** Chinese in a page that says it is English, but for what is marked as Chinese or gives a law's own name in brackets. */
export async function untranslated(page: Page): Promise<string[]> {
  return page.evaluate((name) => {
    if (document.documentElement.lang !== 'en') return []
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const found: string[] = []
    for (let node = walk.nextNode(); node; node = walk.nextNode())
      if (
        /\p{Script=Han}/u.test((node.textContent ?? '').replace(/\([^()]*\)/g, '').replace(name, '')) &&
        !node.parentElement?.closest('[lang^=zh]')
      )
        found.push(`${location.href} says in English: ${node.textContent}`)
    return found
  }, seeded_name)
}

/** A space after what Chinese writes between sentences, which has its room in itself. */
export async function spacedOut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    if (!document.documentElement.lang.startsWith('zh')) return []
    const found: string[] = []
    for (const block of document.querySelectorAll('main p, main h1, main h2, main li, main dd, main small'))
      if (/[。，；：] \S/u.test((block as HTMLElement).innerText))
        found.push(`${location.href} has a space too many: ${(block as HTMLElement).innerText}`)
    return found
  })
}

/** LEB_SHOTS=DIR leaves a picture of each page there, for people to look at. */
export async function shot(page: Page, name: string): Promise<void> {
  const path = shotPath(`${name}.png`)
  if (path) await page.screenshot({ path, fullPage: true })
}

export function shotPath(name: string): string | undefined {
  const dir = process.env.LEB_SHOTS
  if (!dir) return undefined
  mkdirSync(dir, { recursive: true })
  return join(dir, name)
}

/** Everything that a machine can say is wrong with the page. */
export async function faultsOf(page: Page, name: string): Promise<string[]> {
  await shot(page, name)
  return [
    ...(await findings(page)),
    ...(await tooWide(page)),
    ...(await tooSmall(page)),
    ...(await untranslated(page)),
    ...(await spacedOut(page)),
  ]
}

/** What a wide screen may get wrong of a page that a phone shows well; the words are the same. Leaves the phone's width. */
export async function faultsWhenWide(page: Page, name: string): Promise<string[]> {
  const narrow = page.viewportSize()!
  await page.setViewportSize({ width: 1280, height: 900 })
  await shot(page, `${name}-wide`)
  // The rule that takes most of the time, and the colours are those of the phone.
  const rules = { 'color-contrast': { enabled: false } }
  const faults = [
    ...(await axe(page, { type: 'tag', values: [...wcag, 'best-practice'] }, rules)),
    ...(await tooWide(page)),
    ...(await tooSmall(page)),
  ]
  await page.setViewportSize(narrow)
  return faults.map((fault) => `at 1280 px: ${fault}`)
}

/** Signs in with the code that a mail would bring. */
export async function signIn(w: BrowserWorld, page: Page, lang: string, email: string, issuerId = 'leb') {
  await page.goto(`${w.url}/${issuerId}/${lang}/sign-in`)
  await page.fill('#email', email)
  await page.click('main button')
  const codeId = await page.inputValue('input[name=code_id]')
  await page.fill('#code', codeFor(await w.leb.keys.vault(issuerId), codeId))
  await page.click('main button')
}
