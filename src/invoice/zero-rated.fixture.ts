import type { Shape } from './shapes.fixture.ts'

export type Breakage = { of: Shape; does: string; to: (xml: string) => string; breaks: string[] }

/** The first `from` becomes `to`; an XML without it is a fault of the list. */
export const swap = (from: string | RegExp, to: string) => (xml: string) => {
  const broken = xml.replace(from, to)
  if (broken === xml) throw new Error(`${from} is not in the XML`)
  return broken
}
export const drop = (name: string) => swap(new RegExp(`<ram:${name}[ >][\\s\\S]*?</ram:${name}>`), '')

/** Ways to break a paper that is zero rated; the others are in breakages.fixture.ts. */
export const zeroRated: Breakage[] = [
  {
    of: 'zero',
    does: 'rates what is zero rated',
    to: swap(/<ram:CategoryCode>Z(?!.*<ram:CategoryCode>Z)/s, '<ram:CategoryCode>S'),
    breaks: ['BR-S-08', 'BR-Z-01'],
  },
  {
    of: 'zero',
    does: 'leaves the seller’s tax numbers out',
    to: drop('SpecifiedTaxRegistration'),
    breaks: ['BR-E-02', 'BR-Z-02'],
  },
  { of: 'zero', does: 'has a rate', to: swap('Percent>0.00<', 'Percent>19.00<'), breaks: ['BR-Z-05'] },
  {
    of: 'zero',
    does: 'is reckoned from another sum',
    // The official rule lets a group differ by less than one unit of the currency.
    to: swap('<ram:BasisAmount>20.00<', '<ram:BasisAmount>22.00<'),
    breaks: ['BR-Z-08'],
  },
  {
    of: 'zero',
    does: 'charges tax all the same',
    to: swap('<ram:CalculatedAmount>0.00<', '<ram:CalculatedAmount>3.80<'),
    breaks: ['BR-CO-14', 'BR-CO-17', 'BR-Z-09'],
  },
  {
    of: 'zero',
    does: 'gives a reason',
    to: swap(
      '<ram:BasisAmount>20.00<',
      '<ram:ExemptionReason>Zero</ram:ExemptionReason><ram:BasisAmount>20.00<',
    ),
    breaks: ['BR-Z-10'],
  },
]
