// Runs the official EN 16931 Schematron rules over invoices made by LEB. The rules and the processor are not part of
// this repository (CONTRIBUTING.md says where to get them):
//   node bin/with-node.mjs bin/check-invoices.mjs --rules DIR --saxon Saxon-HE.jar [--count 500] [--seed 1] [--keep DIR] [FILE.xml ...]
// DIR is a copy of ConnectingEurope/eInvoicing-EN16931; files named after the options are checked instead of made ones.
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
import { anyPaper } from '../src/invoice/invoices.fixture.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rules: { type: 'string' },
    saxon: { type: 'string' },
    count: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'string' },
  },
})
const stylesheet = join(values.rules ?? '', 'cii', 'xslt', 'EN16931-CII-validation.xslt')
if (!values.rules || !existsSync(stylesheet))
  fail('--rules must name a copy of eInvoicing-EN16931 (cii/xslt/ in it)')
if (!values.saxon || !existsSync(values.saxon))
  fail('--saxon must name Saxon-HE.jar (Debian: libsaxonhe-java)')

const dir = mkdtempSync(join(tmpdir(), 'leb-invoices-'))
try {
  const [made, reports] = [values.keep ?? join(dir, 'xml'), join(dir, 'reports')]
  mkdirSync(made, { recursive: true })
  mkdirSync(reports)
  if (positionals.length > 0) for (const file of positionals) copyFileSync(file, join(made, basename(file)))
  else makeInvoices(made)
  execFileSync(
    'java',
    ['-cp', values.saxon, 'net.sf.saxon.Transform', `-s:${made}`, `-o:${reports}`, `-xsl:${stylesheet}`],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  )
  process.exitCode = tell(reports)
} finally {
  rmSync(dir, { recursive: true, force: true })
}

function makeInvoices(to) {
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

function tell(reports) {
  let [files, rules, failed] = [0, 0, 0]
  for (const name of readdirSync(reports)) {
    const report = readFileSync(join(reports, name), 'utf8')
    files += 1
    rules += report.match(/<svrl:fired-rule/g)?.length ?? 0
    for (const [, attributes, said] of report.matchAll(
      /<svrl:failed-assert([^>]*)>[\s\S]*?<svrl:text>([\s\S]*?)<\/svrl:text>/g,
    )) {
      failed += 1
      const flag = /flag="(\w+)"/.exec(attributes)?.[1] ?? ''
      if (failed <= 40) console.log(`${name}: ${flag} ${said.trim()}`)
    }
  }
  console.log(`${files} invoices, ${rules} rules fired, ${failed} assertions failed`)
  return failed === 0 && files > 0 ? 0 : 1
}

function fail(sentence) {
  console.error(`check-invoices: ${sentence}`)
  process.exit(2)
}
