import { z } from 'zod'
import { countries } from '../card/countries.ts'

const wording = z.object({ 'zh-CN': z.string().min(1), en: z.string().min(1) })
const country = z
  .string()
  .refine((code) => countries.has(code), 'takes the ISO 3166 code of a country, such as DE')

/** Why nothing is charged: EN 16931 says zero rated as Z, exempt as E, outside the scope of the tax as O. */
export const untaxedKinds = ['zero', 'exempt', 'outside'] as const
export type Untaxed = (typeof untaxedKinds)[number]

const rule = z
  .object({
    /** ISO 3166-1 alpha-2, where the buyer lives; any country unless told. */
    residence: z.array(country).min(1).optional(),
    /** Zones of plans, as the catalogue names them; any unless told. */
    zones: z.array(z.string().min(2).max(20)).min(1).optional(),
    /** Basis points: 1900 is 19 %. Prices are said with tax. */
    rate_bp: z.number().int().min(0).max(5000),
    untaxed: z.enum(untaxedKinds).optional(),
    name: wording,
    /** The legal ground; on an invoice without tax it is the reason that EN 16931 asks for (BT-120). */
    basis: z.string().min(1).max(200),
    /** False until somebody has checked it: then buyers are told so. */
    verified: z.boolean(),
  })
  .refine(({ rate_bp, untaxed }) => (rate_bp === 0) === (untaxed !== undefined), {
    path: ['untaxed'],
    error: 'takes one of "zero", "exempt", "outside" where rate_bp is 0, and stands nowhere else',
  })

/** The issuer's own rules of tax, before those of the policy: the first that fits buyer and zone holds. */
export const issuerTaxSchema = z.object({
  rules: z.array(rule).max(500).default([]),
  /** A buyer whom no rule fits is refused, or sold to as outside the scope of the tax where the issuer says so. */
  otherwise: z.enum(['refuse', 'outside']).default('refuse'),
})

export type IssuerTax = z.infer<typeof issuerTaxSchema>
export type IssuerTaxRule = IssuerTax['rules'][number]
export const taxUnlessTold: IssuerTax = { rules: [], otherwise: 'refuse' }
