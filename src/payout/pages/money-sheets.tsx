import { type ClosureView, isPersonGone, type PartView } from '../../closure/closure-view.ts'
import { isUnclaimed, wayOfPart } from '../../closure/unclaimed-words.ts'
import { formatMoney, type MoneyJson } from '../../ledger/money.ts'
import { PostForm } from '../../web/components/form.tsx'
import { formatCalendarDay, formatDay, formatMoment } from '../../web/dates.ts'
import type { Lang } from '../../web/lang.ts'
import type { Page } from '../../web/page.ts'
import { lastArrival } from '../arrival.ts'
import { payoutText } from './payout-text.ts'

/** A voucher as its holder may see it: with its code. */
export type ShownVoucher = { code: string; left: MoneyJson; expiresAt: Date }

const sumOf = ({ amount, currency }: MoneyJson, lang: Lang) =>
  formatMoney({ amount: BigInt(amount), currency }, lang)

/** Each way the money of a closure goes, how far it is, and under which reference. */
export function PartLines({ view, lang }: { view: ClosureView; lang: Lang }) {
  const text = payoutText[lang].parts
  const parts = view.cards.flatMap((card) => card.parts.filter((part) => part.route !== 'nothing'))
  return (
    <>
      {parts.map((part) =>
        part.state === 'refused' ? (
          <div class="soft">
            {view.state !== 'undone' && !isNews(part) && text.refused(sumOf(part.amount, lang))}
          </div>
        ) : (
          <div>
            {sumOf(part.amount, lang)} – {wayOfPart(part)[lang]}
            <div class="soft">{stateWords(part, view, lang)}</div>
          </div>
        ),
      )}
    </>
  )
}

/** What took its place says it: nobody refused it. */
const isNews = ({ refusal }: PartView) => refusal === 'no_account_named' || refusal === 'claimed'

function stateWords(part: PartView, view: ClosureView, lang: Lang): string {
  const text = payoutText[lang].parts
  if (part.route === 'kept') return ''
  if (part.route === 'bank_transfer' && part.state === 'waiting')
    return view.bankAccountGiven ? text.to_send : text.no_account
  if (part.state !== 'paid') return part.state === 'sent' ? text.sent : text.waiting
  if (part.reference === 'chargeback') return text.charged_back
  const done = part.settledAt ? [paidWords(part.settledAt, part.arrivesBy, view, lang)] : []
  // A voucher's reference is of use to nobody but us.
  const reference = part.reference && part.route !== 'voucher' ? [text.reference(part.reference)] : []
  return [...done, ...reference].join(lang === 'en' ? ', ' : '，')
}

function paidWords(at: Date, arrivesBy: Date | null, { zone }: ClosureView, lang: Lang): string {
  const text = payoutText[lang].parts
  const moment = formatMoment(at, lang, zone)
  return arrivesBy ? text.sentBack(moment, formatDay(arrivesBy, lang, zone)) : text.paid(moment)
}

/** How much was sent, and when the last of it should be there; undefined where nothing was. */
export function sentWords(view: ClosureView, lang: Lang): string | undefined {
  const parts = view.cards.flatMap((card) => card.parts.filter(({ arrivesBy }) => arrivesBy !== null))
  const day = lastArrival(parts.map(({ arrivesBy }) => arrivesBy))
  return day
    ? payoutText[lang].parts.allSent(sumsOf(parts, lang), formatDay(day, lang, view.zone))
    : undefined
}

type SheetsProps = { page: Page; view: ClosureView; progress: string; vouchers: ShownVoucher[] }

/** What of the money wants something from its holder: an account, a word, or a code to be kept. */
export function MoneySheets({ page, view, progress, vouchers }: SheetsProps) {
  if (view.state === 'undone' || view.accountRef === null) return null
  const waiting = (route: PartView['route']) =>
    view.cards.flatMap((card) =>
      card.parts.filter((part) => part.route === route && part.state === 'waiting' && !card.isOwedInDoubt),
    )
  return (
    <>
      <AccountSheet page={page} view={view} progress={progress} parts={waiting('bank_transfer')} />
      {view.cards.some(({ isOwedInDoubt }) => isOwedInDoubt) && <DoubtSheet page={page} view={view} />}
      <KeptSheet
        page={page}
        view={view}
        progress={progress}
        parts={waiting('kept').filter((part) => !isUnclaimed(part))}
      />
      <UnclaimedSheet
        page={page}
        view={view}
        progress={progress}
        parts={waiting('kept').filter(isUnclaimed)}
      />
      {vouchers.map((voucher) => (
        <VoucherSheet page={page} view={view} voucher={voucher} />
      ))}
      {vouchers.length === 0 && wasGivenVoucher(view) && (
        <VoucherForSignedIn page={page} progress={progress} />
      )}
    </>
  )
}

type PartsSheet = Omit<SheetsProps, 'vouchers'> & { parts: PartView[] }

function AccountSheet({ page, view, progress, parts }: PartsSheet) {
  if (parts.length === 0) return null
  const text = payoutText[page.lang].account
  const href = `${progress}/bank-account`
  if (isPersonGone(view))
    return (
      <div class="sheet">
        <h2>{text.gone}</h2>
        <p>{text.goneWords(sumsOf(parts, page.lang), page.issuer.brand.supportEmail, view.number)}</p>
      </div>
    )
  if (view.bankAccountGiven)
    return (
      <div class="sheet">
        <p>{text.given}</p>
        <a class="quiet" href={href}>
          {text.change}
        </a>
      </div>
    )
  return (
    <div class="sheet needs">
      <h2>{text.needed}</h2>
      <p>{text.neededWords(sumsOf(parts, page.lang))}</p>
      {view.accountWantedUntil && (
        <p>{text.keptAfter(formatDay(view.accountWantedUntil, page.lang, view.zone))}</p>
      )}
      <a class="button" href={href}>
        {text.name_it}
      </a>
    </div>
  )
}

/** The payer's bank took back what a card was paid with: no sum of it is promised before staff have looked. */
function DoubtSheet({ page, view }: { page: Page; view: ClosureView }) {
  const text = payoutText[page.lang].inDoubt
  return (
    <div class="sheet">
      <h2>{text.title}</h2>
      <p>{text.words(page.issuer.brand.supportEmail, view.number)}</p>
    </div>
  )
}

function KeptSheet({ page, view, progress, parts }: PartsSheet) {
  if (parts.length === 0) return null
  const text = payoutText[page.lang].kept
  const words = text.words(sumsOf(parts, page.lang))
  const write = view.isHolderErased && text.write(page.issuer.brand.supportEmail, view.number)
  return <ClaimSheet {...{ page, progress, text, words, write }} />
}

/** Whose account is closed can't name one here any more: they write, with their paper. */
function UnclaimedSheet({ page, view, progress, parts }: PartsSheet) {
  if (parts.length === 0) return null
  const { lang } = page
  const text = payoutText[lang].unclaimed
  const days = parts.map(({ claimUntil }) => claimUntil!).toSorted()
  const words = text.words(sumsOf(parts, lang), formatCalendarDay(days[0]!, lang, view.zone))
  const write =
    (view.covers === 'account' || view.isHolderErased) &&
    text.write(page.issuer.brand.supportEmail, view.number, view.identity !== 'not_signed_in')
  return <ClaimSheet {...{ page, progress, text, words, write }} />
}

/** Asked for with a button; or, where `write` says whom to write to, not here. */
function ClaimSheet(props: {
  page: Page
  progress: string
  text: { title: string; claim: string }
  words: string
  write: string | false
}) {
  const { page, progress, text, words, write } = props
  return (
    <div class="sheet">
      <h2>{text.title}</h2>
      <p>{words}</p>
      {write ? (
        <p>{write}</p>
      ) : (
        <PostForm page={page} action={`${progress}/claim`}>
          <button class="button plain" type="submit">
            {text.claim}
          </button>
        </PostForm>
      )}
    </div>
  )
}

function VoucherSheet({ page, view, voucher }: { page: Page; view: ClosureView; voucher: ShownVoucher }) {
  const text = payoutText[page.lang].voucher
  const until = formatDay(voucher.expiresAt, page.lang, view.zone)
  return (
    <div class="sheet">
      <h2>{text.title}</h2>
      <p class="lead">
        <strong>{voucher.code}</strong>
      </p>
      <p>{voucher.left.amount === '0' ? text.spent : text.words(sumOf(voucher.left, page.lang), until)}</p>
    </div>
  )
}

const wasGivenVoucher = (view: ClosureView) =>
  view.cards.some((card) => card.parts.some((part) => part.route === 'voucher' && part.state === 'paid'))

/** Its code is money: who only comes back to the browser that declared signs in for it. */
function VoucherForSignedIn({ page, progress }: { page: Page; progress: string }) {
  const text = payoutText[page.lang].voucher
  return (
    <div class="sheet">
      <h2>{text.title}</h2>
      <a class="quiet" href={page.href(`/sign-in?${new URLSearchParams({ next: progress })}`)}>
        {text.signIn}
      </a>
    </div>
  )
}

/** The sum of the parts, by currency. */
function sumsOf(parts: PartView[], lang: Lang): string {
  const sums = new Map<string, bigint>()
  for (const { amount } of parts)
    sums.set(amount.currency, (sums.get(amount.currency) ?? 0n) + BigInt(amount.amount))
  return [...sums].map(([currency, amount]) => formatMoney({ amount, currency }, lang)).join(' + ')
}
