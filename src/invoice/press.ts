import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler'
import { glyphCleaner } from '../slip/glyphs.ts'
import { TypesetError } from '../slip/typeset-error.ts'
import { PAPER_TEMPLATE } from './paper-template.ts'
import type { PaperView } from './paper-view.ts'

const fonts = ['400Regular/NotoSansSC_400Regular.ttf', '700Bold/NotoSansSC_700Bold.ttf']
/** Typst's memory of earlier documents is of little use to the next one and grows without bound. */
const evict_every = 8

type Press = { compiler: NodeCompiler; clean: (text: string) => string; printed: number }
let press: Press | undefined

// One a process, opened by the first paper: reading the fonts takes about 0.2 s and 21 MB.
function openPress(): Press {
  if (!press) {
    const find = createRequire(import.meta.url)
    const fontBlobs = fonts.map((font) =>
      readFileSync(find.resolve(`@expo-google-fonts/noto-sans-sc/${font}`)),
    )
    press = {
      compiler: NodeCompiler.create({ fontArgs: [{ fontBlobs }] }),
      clean: glyphCleaner(fontBlobs[0]!),
      printed: 0,
    }
  }
  return press
}

/** AFRelationship Alternative: the XML says the same as the page, in other words (Factur-X 1.0, 6.2.2). */
const attachment =
  '#pdf.attach("factur-x.xml", bytes(sys.inputs.xml), relationship: "alternative", mime-type: "text/xml", ' +
  'description: "Factur-X/ZUGFeRD invoice (EN 16931)")\n'

/**
 * A paper as tagged PDF/A-3a, with an invoice's XML attached. The same input gives the same bytes.
 * @param madeAt RFC 3339; the PDF's own date. Throws TypesetError where the template is broken.
 */
export function printPaper(view: PaperView, madeAt: string, xml: string | null): Uint8Array {
  const { compiler, clean } = openPress()
  const data = JSON.stringify(
    cleanAll(
      {
        ...view,
        documentTitle: `${view.title.zh} ${view.title.en} ${view.number}`,
        keywords: [view.number],
      },
      clean,
    ),
  )
  const compiled = compiler.compile({
    mainFileContent: `${PAPER_TEMPLATE}\n${xml === null ? '' : attachment}`,
    inputs: { data, ...(xml !== null && { xml }) },
  })
  const problem = compiled.takeError()
  if (problem || !compiled.result) {
    const details = problem ? compiler.fetchDiagnostics(problem) : []
    throw new TypesetError(details.map((one: { message?: string }) => one.message ?? '').join('; '))
  }
  const creationTimestamp = Math.floor(Date.parse(madeAt) / 1000)
  const pdf = compiler.pdf(compiled.result, { pdfStandard: 'a-3a', creationTimestamp })
  if (++press!.printed % evict_every === 0) compiler.evictCache(2)
  return new Uint8Array(pdf)
}

function cleanAll(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === 'string') return clean(value)
  if (Array.isArray(value)) return value.map((one) => cleanAll(one, clean))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, cleanAll(one, clean)]))
}
