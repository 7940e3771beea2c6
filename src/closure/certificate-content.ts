import { inZone } from '../platform/clock.ts'
import type { Context } from '../platform/context.ts'
import { assert } from '../platform/errors.ts'
import { zoneName } from '../plan/zones.ts'
import type { CertificateContent } from '../slip/content.ts'
import type { Evidence } from '../adapters/answer.ts'
import { arrivalOf } from '../payout/arrival.ts'
import { countedIn } from '../policy/counted-in.ts'
import { isByHand, liveParts, type PayoutPart } from '../payout/parts.ts'
import type { Case, CaseCard } from './case.ts'
import type { Act, Covers } from './closure-view.ts'
import { removalWords, wayByNow } from './declaration-words.ts'
import { both, issuerPart, keptPart, verifyUrl } from './document-parts.ts'
import type { Wording } from '../platform/errors.ts'
import { claimWords } from './unclaimed-words.ts'
import { factOf, type JournalRow, proofOf } from './journal.ts'

/** What the certificate says: only what the journal has evidence for, and by name what was not confirmed. */
export function certificateContent(
  ctx: Context,
  told: Case,
  input: { token: string; slip: string },
): CertificateContent {
  const { closure } = told
  const time = (at: Date) => inZone(at, closure.zone)
  const now = ctx.clock.now()
  const erased = proofOf(told.journal, 'erase_person', closure.closure_id)
  return {
    kind: 'certificate',
    version: 1,
    number: closure.number,
    issuer: issuerPart(told.issuer),
    act: closure.act as Act,
    covers: closure.covers as Covers,
    accountRef: told.accountRef,
    declaredAt: time(closure.declared_at),
    ...(closure.identity === 'issuer_decision' && { decidedByIssuer: true as const }),
    ...(closure.received_by === 'expiry' && { cardEnded: true as const }),
    timeZone: closure.zone,
    jurisdiction: closure.jurisdiction,
    policyVersion: closure.policy_version,
    kept: keptPart(told.policy, now),
    verifyUrl: verifyUrl(ctx, input.token),
    issuedAt: time(now),
    completedAt: time(now),
    cards: told.cards.map((card) => certificateCard(told, card, time)),
    erasure: erased ? [erasurePart(erased, time)] : [],
    unconfirmed: told.cards.flatMap((card) => unconfirmedOf(told, card, time)),
    removal: {
      iphone: both(removalWords.iphone),
      android: both(removalWords.android),
      plastic: both(removalWords.plastic),
    },
    slip: { number: closure.number, sha256: input.slip },
  }
}

function certificateCard(
  told: Case,
  card: CaseCard,
  time: (at: Date) => string,
): CertificateContent['cards'][number] {
  const settled = card.settledMinor
  assert(settled !== null, 'a card is settled before its certificate')
  const line = proofOf(told.journal, 'cut_line', card.cardId)
  const parts = liveParts(card.parts).filter((part) => part.route !== 'nothing')
  const esim = proofOf(told.journal, 'retire_esim', card.cardId)
  const money = (amount: bigint) => ({ amount: amount.toString(), currency: card.currency })
  return {
    iccid: card.iccid,
    plan: card.plan,
    zone: both(zoneName(card.zone)),
    ...(line && { lineOff: { reference: referenceOf(line), at: time(line.answeredAt!) } }),
    esim: {
      outcome: esimWords[factOf(esim, 'outcome') ?? 'unconfirmed'] ?? esimWords.unconfirmed!,
      ...(esim && { reference: referenceOf(esim), at: time(esim.answeredAt!) }),
    },
    settlement: money(settled),
    ...payoutsOf(told, parts, time),
    balance: money(0n),
  }
}

type Payout = NonNullable<CertificateContent['cards'][number]['payout']>

/** The parts of what was paid, each with its reference. The first stands where it stood when there was only one. */
function payoutsOf(told: Case, parts: PayoutPart[], time: (at: Date) => string) {
  const payouts = parts.flatMap((part): Payout[] => {
    const paid = proofOf(told.journal, 'pay_out', part.partId)
    if (!paid) return []
    const arrives = arrivalOf(countedIn(told.policy, told.closure.zone), part)
    return [
      {
        amount: { amount: part.amount.toString(), currency: part.currency },
        route: both(wayWords(told, part)),
        reference: part.reference ?? (part.route === 'kept' ? part.partId : referenceOf(paid)),
        at: time(paid.answeredAt!),
        ...(arrives && { expectedBy: time(arrives) }),
        ...(part.route === 'kept' && { kept: true as const }),
      },
    ]
  })
  const [payout, ...morePayouts] = payouts
  return { ...(payout && { payout }), ...(morePayouts.length > 0 && { morePayouts }) }
}

function wayWords({ closure, issuer }: Case, part: PayoutPart): Wording {
  if (part.claimUntil === null) return wayByNow({ ...part, byHand: isByHand(part) })
  const { supportEmail } = issuer.brand
  return claimWords(part.claimUntil, {
    covers: closure.covers as Covers,
    supportEmail,
    zone: closure.zone,
    slipCounts: closure.identity !== 'not_signed_in',
  })
}

/** The provider's own reference, or our key where it gave none. */
function referenceOf(row: JournalRow): string {
  const evidence = row.answer?.evidence as Evidence | undefined
  return evidence?.reference ?? row.key
}

const esimWords: Record<string, { zh: string; en: string }> = {
  cancelled: { zh: '配置文件已作废，不能再下载', en: 'profile retired, it can no longer be downloaded' },
  on_device: {
    zh: '配置文件已在手机上，线路已停用；请按下面的方法自行删除',
    en: 'profile is on a phone, its line is dead; remove it as told below',
  },
  unconfirmed: { zh: '配置平台未确认', en: 'not confirmed by the profile server' },
}

function erasurePart(row: JournalRow, time: (at: Date) => string): CertificateContent['erasure'][number] {
  return {
    what: {
      zh: '姓名、联系方式、设备与号码信息：密钥已销毁，数据不可恢复',
      en: 'name, contacts, device and line numbers: key destroyed, data beyond recovery',
    },
    reference: factOf(row, 'receipt') ?? row.key,
    at: time(row.answeredAt!),
  }
}

function unconfirmedOf(
  told: Case,
  card: CaseCard,
  time: (at: Date) => string,
): CertificateContent['unconfirmed'] {
  const esim = proofOf(told.journal, 'retire_esim', card.cardId)
  if (!esim?.answer?.unconfirmed) return []
  const asked = told.issuer.providers.esim.url
  const last4 = card.iccid.slice(-4)
  return [
    {
      what: {
        zh: `尾号 ${last4} 的配置文件是否已作废`,
        en: `that the profile of the card ending ${last4} is retired`,
      },
      askedOf: `SM-DP+ ${new URL(asked).hostname}`,
      askedAt: time(esim.intendedAt),
    },
  ]
}
