import { assert } from '../platform/errors.ts'

/**
 * Makes a PDF/A-3 with factur-x.xml attached say that it is one: its XMP gets the properties of Factur-X and, as
 * PDF/A asks of properties that it does not know (ISO 19005-3, 6.6.2.3), the schema that describes them. Typst can
 * attach but not add to XMP. The metadata stream is written longer and every later offset in the cross-reference table
 * moved along, so the file stays one revision. Throws where the PDF is not built as Typst builds it.
 */
export function markFacturX(pdf: Uint8Array): Uint8Array {
  const file = Buffer.from(pdf)
  const packet = file.indexOf('<?xpacket begin=')
  const end = file.indexOf('\nendstream', packet)
  assert(packet > 0 && end > packet, 'the PDF has plain metadata')
  const start = file.lastIndexOf(' obj', packet)
  const head = file.subarray(start, packet).toString('latin1')
  const length = /\/Length (\d+)/.exec(head)
  assert(length && !head.includes('/Filter'), 'the metadata stream has its length and no filter')
  assert(Number(length[1]) === end - packet, 'the metadata stream is as long as it says')
  const marked = Buffer.from(addToXmp(file.subarray(packet, end).toString('utf8')), 'utf8')
  const newHead = head.replace(length[0], `/Length ${marked.length}`)
  const grown = newHead.length - head.length + marked.length - (end - packet)
  const body = Buffer.concat([
    file.subarray(0, start),
    Buffer.from(newHead, 'latin1'),
    marked,
    file.subarray(end, tableOf(file)),
  ])
  return Buffer.concat([body, movedTable(file, start, grown)])
}

const namespace = 'urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#'
const properties = {
  DocumentFileName: { is: 'factur-x.xml', means: 'The name of the embedded XML document' },
  DocumentType: { is: 'INVOICE', means: 'The type of the hybrid document in capital letters' },
  Version: { is: '1.0', means: 'The version of the standard that applies to the embedded XML' },
  ConformanceLevel: { is: 'EN 16931', means: 'The conformance level of the embedded XML' },
}

function addToXmp(xmp: string): string {
  const described = Object.entries(properties).map(
    ([name, { means }]) =>
      `<rdf:li rdf:parseType="Resource"><pdfaProperty:category>external</pdfaProperty:category>` +
      `<pdfaProperty:description>${means}</pdfaProperty:description><pdfaProperty:name>${name}</pdfaProperty:name>` +
      `<pdfaProperty:valueType>Text</pdfaProperty:valueType></rdf:li>`,
  )
  const schema =
    `<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>` +
    `<pdfaSchema:namespaceURI>${namespace}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>` +
    `<pdfaSchema:property><rdf:Seq>${described.join('')}</rdf:Seq></pdfaSchema:property></rdf:li>`
  const said = Object.entries(properties).map(([name, { is }]) => `<fx:${name}>${is}</fx:${name}>`)
  const description = `<rdf:Description rdf:about="" xmlns:fx="${namespace}">${said.join('')}</rdf:Description>`
  const [schemas, end] = ['</rdf:Bag></pdfaExtension:schemas>', '</rdf:RDF>']
  assert(xmp.includes(schemas) && xmp.includes(end), 'the metadata describes schemas already')
  return xmp.replace(schemas, schema + schemas).replace(end, description + end)
}

function tableOf(file: Buffer): number {
  const at = /startxref\s+(\d+)\s+%%EOF\s*$/.exec(file.subarray(-64).toString('latin1'))
  const table = Number(at?.[1])
  assert(at && file.subarray(table, table + 4).toString('latin1') === 'xref', 'the PDF ends with a table')
  return table
}

/** The cross-reference table, trailer and end, with what stands after `start` moved by `grown` bytes. */
function movedTable(file: Buffer, start: number, grown: number): Buffer {
  const table = tableOf(file)
  const moved = file
    .subarray(table)
    .toString('latin1')
    .replace(/^(\d{10}) (\d{5}) n/gm, (entry, offset: string, generation: string) =>
      Number(offset) > start
        ? `${(Number(offset) + grown).toString().padStart(10, '0')} ${generation} n`
        : entry,
    )
    .replace(/(startxref\s+)\d+/, (_, word: string) => `${word}${table + grown}`)
  return Buffer.from(moved, 'latin1')
}
