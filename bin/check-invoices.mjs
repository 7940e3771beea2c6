// Runs the official EN 16931 Schematron rules over invoices, credit notes and closing statements made by LEB. The rules
// and the processor are not part of this repository (CONTRIBUTING.md says where to get them):
//   npm run check:einvoice -- DIR [--saxon Saxon-HE.jar] [--count 500] [--seed 1] [--keep DIR] [FILE.xml ...]
//   npm run check:einvoice -- DIR --break
// DIR is a copy of ConnectingEurope/eInvoicing-EN16931; files named after it are checked instead of made ones. With
// --break the papers are broken on purpose, and the official rules must name the ids that the tests name.
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { ciiXml, fitsCii } from '../src/invoice/cii.ts'
import { breakages } from '../src/invoice/breakages.fixture.ts'
import { knownRules, ours_alone } from '../src/invoice/en16931-rules.fixture.ts'
import { anyPaper } from '../src/invoice/invoices.fixture.ts'
import { xmlOf } from '../src/invoice/shapes.fixture.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    saxon: { type: 'string', default: '/usr/share/java/Saxon-HE.jar' },
    break: { type: 'boolean', default: false },
    count: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'string' },
  },
})
const [rules, ...files] = positionals
const stylesheet = join(rules ?? '', 'cii', 'xslt', 'EN16931-CII-validation.xslt')
if (!rules || !existsSync(stylesheet))
  fail('the first argument must name a copy of eInvoicing-EN16931 (cii/xslt/ in it)')
if (!existsSync(values.saxon)) fail('--saxon must name Saxon-HE.jar (Debian: libsaxonhe-java)')

const dir = mkdtempSync(join(tmpdir(), 'leb-invoices-'))
try {
  const [made, reports] = [values.keep ?? join(dir, 'xml'), join(dir, 'reports')]
  mkdirSync(made, { recursive: true })
  mkdirSync(reports)
  if (values.break) breakPapers(made)
  else if (files.length > 0) for (const file of files) copyFileSync(file, join(made, basename(file)))
  else makePapers(made)
  execFileSync(
    'java',
    ['-cp', values.saxon, 'net.sf.saxon.Transform', `-s:${made}`, `-o:${reports}`, `-xsl:${stylesheet}`],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  )
  process.exitCode = values.break ? compare(reports) : tell(reports)
} finally {
  rmSync(dir, { recursive: true, force: true })
}

function makePapers(to) {
  const all = fc.sample(anyPaper(), { numRuns: Number(values.count), seed: Number(values.seed) })
  const sayable = all.filter((content) => fitsCii(content))
  for (const [at, content] of sayable.entries())
    writeFileSync(join(to, `${content.kind}-${at}.xml`), inAscii(ciiXml(content)))
  const left = all.length - sayable.length
  if (left > 0)
    console.log(`${left} of ${all.length} have sums that EN 16931 can't write (three digits) and no XML`)
}

// Java's XML parser loses a character of four bytes where two of its buffers meet.
function inAscii(xml) {
  return xml.replaceAll(/[^\0-\x7f]/gu, (sign) => `&#${sign.codePointAt(0)};`)
}

function breakPapers(to) {
  for (const [at, { of, to: broken }] of breakages.entries())
    writeFileSync(join(to, `${at}.xml`), inAscii(broken(xmlOf(of))))
}

/** What the official rules say of one file. */
function readReport(reports, name) {
  const report = readFileSync(join(reports, name), 'utf8')
  const failed = [
    ...report.matchAll(/<svrl:failed-assert([^>]*)>[\s\S]*?<svrl:text>([\s\S]*?)<\/svrl:text>/g),
  ].map(([, attributes, said]) => ({
    id: / id="([^"]+)"/.exec(attributes)?.[1] ?? '',
    flag: /flag="(\w+)"/.exec(attributes)?.[1] ?? '',
    said: said.trim(),
  }))
  return { fired: report.match(/<svrl:fired-rule/g)?.length ?? 0, failed }
}

function tell(reports) {
  const all = readdirSync(reports).map((name) => ({ name, ...readReport(reports, name) }))
  const failed = all.flatMap(({ name, failed: asserts }) => asserts.map((assert) => ({ name, ...assert })))
  for (const { name, flag, said } of failed.slice(0, 40)) console.log(`${name}: ${flag} ${said}`)
  const fired = all.reduce((sum, one) => sum + one.fired, 0)
  console.log(`${all.length} papers, ${fired} rules fired, ${failed.length} assertions failed`)
  return failed.length === 0 && all.length > 0 ? 0 : 1
}

/** Whether the official rules name the same ids as ours, of those that ours know. */
function compare(reports) {
  let differ = 0
  for (const [at, { of, does, breaks }] of breakages.entries()) {
    const ids = [...new Set(readReport(reports, `${at}.xml`).failed.map(({ id }) => id))].toSorted()
    const known = ids.filter((id) => knownRules.includes(id))
    const expected = breaks.filter((id) => !ours_alone.includes(id))
    const same = known.join() === expected.join()
    if (!same) differ += 1
    const others = ids.filter((id) => !knownRules.includes(id))
    const besides = others.length > 0 ? ` (and ${others.join(', ')})` : ''
    console.log(
      `${of} ${does}: ${known.join(', ')}${besides}${same ? '' : ` but ours ${expected.join(', ')}`}`,
    )
  }
  console.log(`${breakages.length} papers broken, ${differ} told otherwise by the official rules`)
  return differ === 0 ? 0 : 1
}

function fail(sentence) {
  console.error(`check-invoices: ${sentence}`)
  process.exit(2)
}
