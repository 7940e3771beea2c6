import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler'
import { glyphCleaner } from './glyphs.ts'
import { TypesetError } from './typeset-error.ts'

const fonts = ['400Regular/NotoSansSC_400Regular.ttf', '700Bold/NotoSansSC_700Bold.ttf']
/** Typst's memory of earlier documents is of little use to the next one and grows without bound. */
const evict_every = 8

type Press = { compiler: NodeCompiler; clean: (text: string) => string; printed: number }
let press: Press | undefined

/** One a thread, for every kind of document: reading the fonts takes about 0.2 s and 21 MB. */
export function openPress(): Press {
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

export type Pages = {
  /** Typst source; reads `data` as JSON and whatever else `inputs` has from `sys.inputs`. */
  source: string
  data: unknown
  inputs?: Record<string, string>
  /** The PDF's own date. */
  madeAt: Date
}

/**
 * Pages as a tagged PDF/A-3a; text that the font can't draw is shown as a box. The same input gives the same bytes.
 * Throws TypesetError where the source is broken.
 */
export function printPages({ source, data, inputs, madeAt }: Pages): Uint8Array<ArrayBuffer> {
  const { compiler, clean } = openPress()
  const compiled = compiler.compile({
    mainFileContent: source,
    inputs: { data: JSON.stringify(cleanAll(data, clean)), ...inputs },
  })
  const problem = compiled.takeError()
  if (problem || !compiled.result) {
    const details = problem ? compiler.fetchDiagnostics(problem) : []
    throw new TypesetError(details.map((one: { message?: string }) => one.message ?? '').join('; '))
  }
  const creationTimestamp = Math.floor(madeAt.getTime() / 1000)
  const pdf = compiler.pdf(compiled.result, { pdfStandard: 'a-3a', creationTimestamp })
  if (++press!.printed % evict_every === 0) compiler.evictCache(2)
  return new Uint8Array(pdf)
}

/** Typst remembers pages in the whole process, not a thread: some 70 KB a page, of no use to anybody once printed. */
export function forgetPrinted(): void {
  press?.compiler.evictCache(0)
}

// Most of a document is the same words as the last one.
const most_words = 2_000
const cleaned = new Map<string, string>()

function cleanOnce(text: string, clean: (text: string) => string): string {
  const known = cleaned.get(text)
  if (known !== undefined) return known
  const made = clean(text)
  if (cleaned.size >= most_words) cleaned.clear()
  cleaned.set(text, made)
  return made
}

function cleanAll(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === 'string') return cleanOnce(value, clean)
  if (Array.isArray(value)) return value.map((one) => cleanAll(one, clean))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, cleanAll(one, clean)]))
}
