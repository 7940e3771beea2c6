import { z } from 'zod'

/**
 * What a slip 注销确认单 and a certificate 注销完成证明 say. The same object is typeset and signed as JWS payload.
 * No name, e-mail or phone stands in either: a document outlives the erasure of the person it was made for.
 */

const both = z.object({ zh: z.string().min(1), en: z.string().min(1) })
/** Minor units as a decimal string, ISO 4217. */
const money = z.object({ amount: z.string().regex(/^-?\d{1,18}$/), currency: z.string().regex(/^[A-Z]{3}$/) })
/** RFC 3339 with its offset. */
const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/)
const closureNumber = z.string().regex(/^[A-Z0-9]{2,12}(-[A-Z0-9]{3,6}){1,4}$/)

const issuer = z.object({
  id: z.string().min(1),
  name: both,
  address: both,
  /** How a person is reached there: mail address, phone number of the issuer. */
  support: z.string().min(1),
  /** Where the issuer really speaks: sites, sender addresses, app names. */
  channels: z.array(z.string()),
})

const kept = z.object({
  what: both,
  /** The legal ground, with its citation. */
  ground: both,
  /** Day (YYYY-MM-DD) after which it is destroyed. */
  until: z.string().regex(/^\d{4}-\d\d-\d\d$/),
})

const common = {
  version: z.literal(1),
  number: closureNumber,
  issuer,
  act: z.enum(['terminate', 'withdraw', 'refund', 'erase']),
  covers: z.enum(['card', 'account']),
  declaredAt: instant,
  /** IANA name of the zone in which every time of the document is printed. */
  timeZone: z.string().min(1),
  jurisdiction: z.string().min(1),
  policyVersion: z.string().min(1),
  kept: z.array(kept),
  /** Address and token, nothing else: it stands in the QR code. */
  verifyUrl: z.url(),
  issuedAt: instant,
}

/** Declared by someone not signed in, a card is its number and nothing else. */
const slipCard = z.object({
  iccid: z.string().regex(/^\d{18,20}$/),
  plan: z.string().min(1).optional(),
  zone: both.optional(),
  expiresAt: instant.optional(),
  balance: money.optional(),
  refund: z.object({ estimate: money, route: both, expectedBy: instant.optional() }).optional(),
})

export const slipContent = z.object({
  kind: z.literal('slip'),
  ...common,
  /** Absent when declared by someone not signed in. */
  accountRef: z.string().min(1).optional(),
  cards: z.array(slipCard),
  /** Where money goes by bank transfer: what becomes of it if the holder names no account. */
  ifNoAccountNamed: both.optional(),
  /** The words the holder confirmed; where nobody declared anything (`issuer_decision`), what the issuer decided. */
  declaration: both,
  /** `expiry`: nobody brought it; the issuer closes cards that have ended. */
  receivedBy: z.enum(['portal', 'api', 'staff', 'import', 'expiry']),
  identity: z.enum(['signed_in', 'waiting_for_proof', 'issuer_decision']),
  deadlines: z.array(
    z.object({
      what: both,
      dueAt: instant,
      /** Citation of the rule. */
      basis: z.string().min(1),
      /** False where nobody has checked the rule yet: it is then printed as expected, not as certain. */
      verified: z.boolean(),
    }),
  ),
  undoUntil: instant.optional(),
  appeal: both,
})

const payout = z.object({
  amount: money,
  route: both,
  reference: z.string().min(1),
  at: instant,
  /** By when it should be in the holder's account. */
  expectedBy: instant.optional(),
  /** It was not paid: it stays owed to the holder, as `route` says. */
  kept: z.literal(true).optional(),
})

/** Who confirmed it, under which reference, when. */
const receipt = z.object({ reference: z.string().min(1), at: instant })

const certificateCard = z.object({
  iccid: z.string().regex(/^\d{18,20}$/),
  plan: z.string().min(1),
  zone: both,
  /** Absent where the network has not confirmed it: it then stands among the unconfirmed. */
  lineOff: receipt.optional(),
  esim: z.object({ outcome: both, reference: z.string().optional(), at: instant.optional() }),
  /** What was owed to the holder after the last usage was charged. */
  settlement: money,
  payout: payout.optional(),
  /** The other ways, where it went back on several. */
  morePayouts: z.array(payout).optional(),
  balance: money,
})

export const certificateContent = z.object({
  kind: z.literal('certificate'),
  ...common,
  /** Nobody declared it: the issuer decided, at `declaredAt`. */
  decidedByIssuer: z.literal(true).optional(),
  /** It decided so because the card had ended. */
  cardEnded: z.literal(true).optional(),
  accountRef: z.string().min(1),
  completedAt: instant,
  cards: z.array(certificateCard),
  /** Of an account closure: what was erased, and the vault's receipt. */
  erasure: z.array(z.object({ what: both, ...receipt.shape })),
  unconfirmed: z.array(z.object({ what: both, askedOf: z.string().min(1), askedAt: instant })),
  removal: z.object({ iphone: both, android: both, plastic: both }),
  slip: z.object({ number: closureNumber, sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
})

export const documentContent = z.discriminatedUnion('kind', [slipContent, certificateContent])

export type Both = z.infer<typeof both>
export type MoneyText = z.infer<typeof money>
export type SlipContent = z.infer<typeof slipContent>
export type CertificateContent = z.infer<typeof certificateContent>
export type DocumentContent = z.infer<typeof documentContent>
