import { crl_path, roots_path } from '../../slip/for-verifiers.ts'
import { CardName } from '../../card/pages/card-line.tsx'
import type { Issuer } from '../../issuer/issuer.ts'
import type { AssetNames } from '../../web/assets.ts'
import { Facts } from '../../web/components/facts.tsx'
import { formatMoney } from '../../ledger/money.ts'
import { formatCalendarDay, formatMoment } from '../../web/dates.ts'
import { type Lang, otherLang } from '../../web/lang.ts'
import { PlainFrame } from '../../web/plain-frame.tsx'
import type { ClosureView } from '../closure-view.ts'
import type { VerifiedToken } from '../documents.ts'
import { stillOwed } from '../still-owed.ts'
import { verifyText } from './verify-text.ts'

export type Verified = { token: VerifiedToken; view: ClosureView; issuer: Issuer }
type VerifyProps = { lang: Lang; assets: AssetNames; path: string; verified?: Verified | undefined }

/** What anyone with the QR code may know: what the paper says, and how the closure stands now. */
export function VerifyPage({ lang, assets, path, verified }: VerifyProps) {
  const text = verifyText[lang]
  const title = verified ? text.genuine[verified.token.kind] : text.unknown
  return (
    <PlainFrame
      lang={lang}
      title={`${title} – ${text.title}`}
      assets={assets}
      brand={verified?.issuer.name[lang] ?? text.title}
      otherLangHref={`${path}?lang=${otherLang(lang)}`}
    >
      <h1>{title}</h1>
      {verified ? (
        <Genuine lang={lang} verified={verified} />
      ) : (
        <>
          <p class="lead">{text.unknownWords}</p>
          <p>{text.unknownNext}</p>
        </>
      )}
    </PlainFrame>
  )
}

const isDecided = (view: ClosureView) => view.identity === 'issuer_decision'

function stateWords(view: ClosureView, lang: Lang): string {
  const text = verifyText[lang]
  if (view.undoneBy === 'never_proved') return text.lapsed
  const unconfirmed = isDecided(view) || view.provedBy === 'issuer'
  return view.state === 'identified' && unconfirmed ? text.aboutToBegin : text.states[view.state]
}

/** What is not paid yet to its holder, who may have this paper only. */
function owedFacts({ token, view, issuer }: Verified, lang: Lang) {
  const text = verifyText[lang]
  return stillOwed(view, token.kind).map(({ amount, standing, claimUntil, isClaimed }) => ({
    label: text.owed,
    value: text.owedWords[standing]({
      money: amount
        ? formatMoney({ amount: BigInt(amount.amount), currency: amount.currency }, lang)
        : text.someMoney,
      email: issuer.brand.supportEmail,
      until: claimUntil ? formatCalendarDay(claimUntil, lang, view.zone) : '',
      isClaimed,
      byPage: !view.isHolderErased && view.covers === 'card',
    }),
  }))
}

function Genuine({ lang, verified }: { lang: Lang; verified: Verified }) {
  const text = verifyText[lang]
  const { token, view, issuer } = verified
  const moment = (at: Date) => formatMoment(at, lang, view.zone)
  return (
    <>
      <p class="lead">{text.compare}</p>
      <div class="sheet">
        <Facts
          facts={[
            { label: text.number, value: <strong>{view.number}</strong> },
            { label: text.issuer, value: issuer.name[lang] },
            {
              label: text.cards,
              value:
                view.cards.length === 0
                  ? text.accountAlone
                  : view.cards.map((card) => (
                      <div>
                        <CardName card={card} lang={lang} />
                      </div>
                    )),
            },
            {
              label: isDecided(view) ? (view.cardEnded ? text.ended : text.decided) : text.declared,
              value: moment(view.declaredAt),
            },
            {
              label: text.state,
              value: stateWords(view, lang),
            },
            ...(view.closedAt ? [{ label: text.closed, value: moment(view.closedAt) }] : []),
            ...(view.undoneAt ? [{ label: text.undone, value: moment(view.undoneAt) }] : []),
            ...owedFacts(verified, lang),
            { label: text.issued, value: moment(token.issuedAt) },
            { label: text.digest, value: token.sha256 },
          ]}
        />
      </div>
      <p class="soft">{text.offline}</p>
      <p>
        <a href={roots_path}>{text.root}</a>
      </p>
      <p>
        <a href={crl_path}>{text.crl}</a>
      </p>
    </>
  )
}
