import type { Issuer } from '../issuer/issuer.ts'
import { Refusal } from '../platform/errors.ts'
import type { Seller } from './content.ts'

/**
 * What an issuer's settings lack for a lawful invoice (EN 16931 BR-06, BR-08, BR-09; BR-S-02 where tax is charged;
 * Directive 2006/112/EC, Art. 226): paths in the issuer's file, none when it can invoice. Ask before taking money.
 */
export function invoicingLacks(issuer: Issuer, input: { taxed: boolean }): string[] {
  const { seller } = issuer.brand
  if (!seller)
    return [
      'brand.seller (legalName, street, postCode, city, country)',
      ...(input.taxed ? ['brand.seller.vatId or brand.seller.taxNumber'] : []),
    ]
  return input.taxed && !hasTaxNumber(issuer) ? ['brand.seller.vatId or brand.seller.taxNumber'] : []
}

export const hasTaxNumber = ({ brand: { seller } }: Pick<Issuer, 'brand'>): boolean =>
  seller?.vatId !== undefined || seller?.taxNumber !== undefined

/** The seller as an invoice names it. Throws Refusal invoice/seller_incomplete, which says what to add. */
export function sellerOf(issuer: Issuer, input: { taxed: boolean }): Seller {
  const lacks = invoicingLacks(issuer, input)
  const { seller } = issuer.brand
  if (!seller || lacks.length > 0) throw new Refusal('invoice/seller_incomplete', { lacks: lacks.join(', ') })
  return { id: issuer.issuerId, name: issuer.name, email: issuer.brand.supportEmail, ...seller }
}

/** For a document that is no invoice: whoever closes is never held up by settings that are missing. */
export function anySellerOf(issuer: Issuer): Seller {
  const { seller, address, supportEmail } = issuer.brand
  const known = seller ?? { legalName: issuer.name.en, street: address, country: issuer.jurisdiction }
  return { id: issuer.issuerId, name: issuer.name, email: supportEmail, ...known }
}

/** What stands before every number: `LEB-2026-000123`. */
export function numberPrefix(issuer: Issuer): string {
  return issuer.brand.seller?.invoicePrefix ?? issuer.issuerId.toUpperCase()
}
