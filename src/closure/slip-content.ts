import type { Issuer } from '../issuer/issuer.ts'
import { inZone } from '../platform/clock.ts'
import type { Context } from '../platform/context.ts'
import type { Wording } from '../platform/errors.ts'
import type { MoneyRules } from '../policy/money-rules.ts'
import type { Policy } from '../policy/policy-schema.ts'
import { zoneName } from '../plan/zones.ts'
import type { SlipContent } from '../slip/content.ts'
import type { Act, Covers } from './closure-view.ts'
import { decisionWords, declarationWords, paidAsWithdrawal, waysInWords } from './declaration-words.ts'
import { both, issuerPart, keptPart, verifyUrl } from './document-parts.ts'
import type { CardPreview, ClosurePreview } from './preview.ts'
import { ifNobodyNames } from './unclaimed-words.ts'

export type Declared = {
  number: string
  token: string
  act: Act
  covers: Covers
  zone: string
  declaredAt: Date
  undoUntil: Date | null
  /** `expiry`: nobody brought it; the card had ended. */
  receivedBy: 'portal' | 'api' | 'cli' | 'staff' | 'expiry'
  identity: 'signed_in' | 'not_signed_in' | 'issuer_decision'
}

/** What the slip says: the declaration, when, about what, what follows from it, and where to turn. */
export function slipContent(
  ctx: Context,
  input: {
    issuer: Issuer
    policy: Policy
    preview: ClosurePreview & { rules: MoneyRules }
    declared: Declared
  },
): SlipContent {
  const { issuer, policy, preview, declared } = input
  const time = (at: Date) => inZone(at, declared.zone)
  return {
    kind: 'slip',
    version: 1,
    number: declared.number,
    issuer: issuerPart(issuer),
    act: declared.act,
    covers: declared.covers,
    declaredAt: time(declared.declaredAt),
    timeZone: declared.zone,
    jurisdiction: preview.jurisdiction,
    policyVersion: policy.version,
    kept: keptPart(policy, declared.declaredAt),
    verifyUrl: verifyUrl(ctx, declared.token),
    issuedAt: time(ctx.clock.now()),
    // Before proof the slip says of the card only what its declarer typed in.
    ...(declared.identity === 'not_signed_in'
      ? { cards: preview.cards.map(({ iccid }) => ({ iccid })) }
      : {
          accountRef: preview.accountRef,
          cards: preview.cards.map((card) => slipCard(card, time)),
        }),
    ...unnamedPart(preview, policy, declared),
    declaration: both(wordsOf(declared, issuer, preview.rules)),
    receivedBy: declared.receivedBy === 'cli' ? 'staff' : declared.receivedBy,
    identity: declared.identity === 'not_signed_in' ? 'waiting_for_proof' : declared.identity,
    deadlines: preview.deadlines.map((deadline) => ({
      what: both(deadline.what),
      dueAt: time(deadline.dueAt),
      basis: deadline.basis,
      verified: deadline.verified,
    })),
    ...(declared.undoUntil && { undoUntil: time(declared.undoUntil) }),
    appeal: {
      zh: `${policy.appeal['zh-CN']} ${issuer.brand.appealEmail}`,
      en: `${policy.appeal.en} ${issuer.brand.appealEmail}`,
    },
  }
}

/** The holder's own words, or what the issuer decides; while the holder could withdraw, also why it pays what it does. */
function wordsOf(
  { act, covers, identity, receivedBy }: Declared,
  { name }: Issuer,
  rules: MoneyRules,
): Wording {
  if (identity !== 'issuer_decision') return declarationWords(act, covers)
  const words = decisionWords(covers, name, receivedBy === 'expiry')
  if (!rules.withdrawn) return words
  return {
    'zh-CN': `${words['zh-CN']}${paidAsWithdrawal['zh-CN']}`,
    en: `${words.en} ${paidAsWithdrawal.en}`,
  }
}

/** Said where money goes by bank transfer. */
function unnamedPart(
  { cards }: ClosurePreview,
  policy: Policy,
  { declaredAt, zone, identity }: Declared,
): Pick<SlipContent, 'ifNoAccountNamed'> {
  const byBank = cards.some(({ settlement }) =>
    settlement.parts.some(({ route }) => route === 'bank_transfer'),
  )
  if (!byBank || identity === 'not_signed_in') return {}
  return { ifNoAccountNamed: both(ifNobodyNames(policy, declaredAt, zone)) }
}

function slipCard(card: CardPreview, time: (at: Date) => string): SlipContent['cards'][number] {
  const balance = { amount: card.balance.amount.toString(), currency: card.balance.currency }
  const { currency, parts, total } = card.settlement
  const ways = waysInWords(
    parts.map(({ route, amount, paidWith }) => ({ route, paidWith, money: { amount, currency } })),
  )
  const estimate = { amount: total.toString(), currency }
  const refund = { estimate, route: both(ways), expectedBy: time(card.arrivesBy) }
  return {
    iccid: card.iccid,
    plan: card.plan,
    zone: both(zoneName(card.zone)),
    expiresAt: time(card.expiresAt),
    balance,
    ...(card.route !== 'nothing' && { refund }),
  }
}
