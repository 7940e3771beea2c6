import file from '../../demo/catalogue.json' with { type: 'json' }
import { assert } from '../platform/errors.ts'
import type { Context } from '../platform/context.ts'
import { type CatalogueFile, readCatalogueFile } from './catalogue-file.ts'
import { putCatalogue } from './put-catalogue.ts'

/** What the sample issuers sell: demo/catalogue.json, which is also the example of what `leb catalogue put` takes. */
export function sampleCatalogue(): CatalogueFile {
  const read = readCatalogueFile(file)
  assert(!('faults' in read), 'the sample catalogue has no faults')
  return read
}

/** Sets LEB3, LEB5, LEB7 and the add-ons up for these issuers; again changes nothing. */
export async function putSampleCatalogue(ctx: Context, issuerIds: string[]): Promise<void> {
  for (const issuerId of issuerIds) await putCatalogue(ctx, issuerId, sampleCatalogue())
}
