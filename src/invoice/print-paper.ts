import { printPages } from '../slip/press.ts'
import { PAPER_TEMPLATE } from './paper-template.ts'
import type { PaperView } from './paper-view.ts'

/** AFRelationship Alternative: the XML says the same as the page, in other words (Factur-X 1.0, 6.2.2). */
const attachment =
  '#pdf.attach("factur-x.xml", bytes(sys.inputs.xml), relationship: "alternative", mime-type: "text/xml", ' +
  'description: d.title.en + " as Factur-X/ZUGFeRD (EN 16931)")\n'

/**
 * A paper as tagged PDF/A-3a, with the XML of an invoice or statement attached. The same input gives the same bytes.
 * @param madeAt RFC 3339; the PDF's own date. Throws TypesetError where the template is broken.
 */
export function printPaper(view: PaperView, madeAt: string, xml: string | null): Uint8Array {
  return printPages({
    source: `${PAPER_TEMPLATE}\n${xml === null ? '' : attachment}`,
    data: {
      ...view,
      documentTitle: `${view.title.zh} ${view.title.en} ${view.number}`,
      keywords: [view.number],
    },
    ...(xml !== null && { inputs: { xml } }),
    madeAt: new Date(madeAt),
  })
}
