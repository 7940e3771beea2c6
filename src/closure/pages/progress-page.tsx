import { createHash } from 'node:crypto'
import { CardLine } from '../../card/pages/card-line.tsx'
import { MoneySheets, PartLines, sentWords, type ShownVoucher } from '../../payout/pages/money-sheets.tsx'
import { payoutText } from '../../payout/pages/payout-text.ts'
import { SettlementLines } from '../../payout/pages/settlement-lines.tsx'
import { TakenBack } from '../../payout/pages/taken-back.tsx'
import { ErrorSummary } from '../../web/components/error-summary.tsx'
import { Facts } from '../../web/components/facts.tsx'
import type { FieldFault } from '../../web/components/form.tsx'
import { formatMoment } from '../../web/dates.ts'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import type { CardInClosure, ClosureView } from '../closure-view.ts'
import { removalWords } from '../declaration-words.ts'
import { closingText, progressText } from './closure-text.ts'
import { BigNumber, CodeForm } from './code-form.tsx'
import { Timeline } from './timeline.tsx'

type ProgressProps = {
  page: Page
  view: ClosureView
  vouchers?: ShownVoucher[]
  /** What came of the form for the code: a new one was `sent`, or one was given `again` that was not needed. */
  code?: string | undefined
  fault?: FieldFault | undefined
}

/** Nothing will change any more, so nobody needs to be told. */
export const isOver = (view: ClosureView) => view.state === 'undone' || view.toldAt !== null

/** Changes when what the page shows changes: script asks for the page anew only then. */
export function stampOf(view: ClosureView): string {
  const money = [view.bankAccountGiven, view.cards.map((card) => [card.parts, card.takenBack])]
  const shown = [view.state, view.late, view.canUndo, view.steps, view.documents, view.toldAt, money]
  return createHash('sha256').update(JSON.stringify(shown)).digest('base64url').slice(0, 12)
}

/** How a closure stands, until its end and after it. */
export function ProgressPage({ page, view, vouchers = [], code, fault }: ProgressProps) {
  const { lang } = page
  const text = progressText[lang]
  const over = isOver(view)
  // A reload would empty the field under the hands of whoever is copying the code from a mail.
  const comesByItself = !over && view.state !== 'declared'
  const here = page.href(`/closures/${view.number}`)
  return (
    <Layout
      page={page}
      title={text.title(view.number)}
      wrong={fault !== undefined}
      head={
        comesByItself && (
          <noscript>
            <meta http-equiv="refresh" content={`20;url=${here}`} />
          </noscript>
        )
      }
    >
      <ErrorSummary page={page} fault={fault} />
      <h1>
        {text.title('')}
        <BigNumber number={view.number} />
      </h1>
      <p class="lead" role="status" id="now">
        {statusWords(view, lang)}
      </p>
      <CardLine lang={lang} cards={view.cards} />
      <div id="progress" {...(over ? {} : { 'data-events': `${here}/events`, 'data-stamp': stampOf(view) })}>
        <Late page={page} view={view} />
        {view.state === 'closed' && <Documents page={page} view={view} />}
        {view.state === 'declared' && code === 'sent' && <p class="sheet">{closingText[lang].code.sent}</p>}
        {view.identifiedAt && view.state !== 'undone' && code === 'again' && (
          <p class="sheet">{text.codeAgain(formatMoment(view.identifiedAt, lang, view.zone))}</p>
        )}
        {view.state === 'declared' && (
          <div class="sheet needs">
            <CodeForm
              page={page}
              number={view.number}
              fault={fault}
              unknownHolder={view.accountRef === null}
            />
          </div>
        )}
        {view.undoneBy === 'person' && view.lineAfterUndo && <p>{text.again.line[view.lineAfterUndo]}</p>}
        <MoneySheets page={page} view={view} progress={here} vouchers={vouchers} />
        <TakenBack page={page} view={view} />
        <Timeline view={view} lang={lang} />
        <DetailFacts view={view} lang={lang} />
        {view.cards.map((card) => (
          <Settled card={card} lang={lang} />
        ))}
        {view.state !== 'closed' && <Documents page={page} view={view} />}
        <Undo page={page} view={view} />
        {view.state === 'undone' && <Again page={page} view={view} />}
        {view.state === 'closed' && <Removal lang={lang} />}
        {comesByItself && <p class="soft">{text.reload}</p>}
      </div>
      <p class="soft">{text.help(page.issuer.brand.supportEmail)}</p>
    </Layout>
  )
}

const waitsForHolder = (view: ClosureView) => view.steps.some((step) => step.block?.owner === 'holder')

function statusWords(view: ClosureView, lang: Page['lang']): string {
  const text = progressText[lang]
  if (view.undoneBy === 'holder_declared' || view.undoneBy === 'never_proved')
    return text.undoneBy[view.undoneBy]
  if (view.state !== 'declared' && waitsForHolder(view)) return text.blockedByHolder
  const windowRuns = view.steps.some((step) => step.step === 'undo_window' && step.state === 'current')
  if (windowRuns && view.undoUntil && view.state !== 'undone' && view.state !== 'declared')
    return text.waitsUntil(formatMoment(view.undoUntil, lang, view.zone))
  // Nobody has confirmed what the issuer decided.
  const isDecided = view.identity === 'issuer_decision' || view.provedBy === 'issuer'
  if (view.state === 'identified' && isDecided) return text.begins
  const sent = view.state === 'closed' ? sentWords(view, lang) : undefined
  return [sent, text.states[view.state]].filter(Boolean).join(lang === 'en' ? ' ' : '')
}

function Late({ page, view }: { page: Page; view: ClosureView }) {
  if (!view.late) return null
  const text = progressText[page.lang]
  const words = view.state === 'declared' || waitsForHolder(view) ? text.lateForHolder : text.lateWords
  const due = formatMoment(view.dueAt, page.lang, view.zone)
  const isDecided = view.identity === 'issuer_decision'
  return (
    <div class="sheet needs">
      <h2>{text.late}</h2>
      <p>{words(due, page.issuer.brand.appealEmail, isDecided)}</p>
    </div>
  )
}

function DetailFacts({ view, lang }: { view: ClosureView; lang: Page['lang'] }) {
  const text = progressText[lang]
  const paid = view.cards.some((card) => card.parts.some(({ route }) => route !== 'nothing'))
  const facts = [
    ...(view.accountRef === null
      ? []
      : [{ label: text.account, value: text.accountWords(view.accountRef, text.covers[view.covers]) }]),
    ...(paid ? [{ label: payoutText[lang].parts.title, value: <PartLines view={view} lang={lang} /> }] : []),
    ...(view.state === 'closed' || view.state === 'undone'
      ? []
      : [{ label: text.due, value: formatMoment(view.dueAt, lang, view.zone) }]),
  ]
  // To a browser that only remembers an undone closure there is nothing more to tell.
  if (facts.length === 0) return null
  return (
    <div class="sheet">
      <Facts facts={facts} />
    </div>
  )
}

/** What it was made up of, where that was more than the balance. */
function Settled({ card, lang }: { card: CardInClosure; lang: Page['lang'] }) {
  const [first] = card.lines
  if (!first) return null
  const lines = card.lines.map((line) => ({
    ...line,
    amount: BigInt(line.amount.amount),
    tax: line.tax && BigInt(line.tax.amount),
  }))
  const total = lines.reduce((sum, line) => sum + line.amount, 0n)
  return <SettlementLines lang={lang} currency={first.amount.currency} lines={lines} total={total} />
}

function Documents({ page, view }: { page: Page; view: ClosureView }) {
  const text = progressText[page.lang]
  const names = { slip: text.slip, certificate: text.certificate }
  return (
    <>
      <h2>{text.documents}</h2>
      <div class="actions">
        {view.documents.toReversed().map(({ kind }) => (
          <a
            class={kind === 'certificate' ? 'button' : 'button plain'}
            href={page.href(`/closures/${view.number}/${kind}.pdf`)}
            download
          >
            {names[kind]}
          </a>
        ))}
      </div>
      <hr />
    </>
  )
}

function Undo({ page, view }: { page: Page; view: ClosureView }) {
  const text = progressText[page.lang]
  if (view.canUndo)
    return (
      <p>
        <a class="button plain" id="undo" href={page.href(`/closures/${view.number}/undo`)}>
          {text.undo}
        </a>
      </p>
    )
  if (!view.noReturnAt || view.state === 'closed') return null
  return <p>{text.noUndo(formatMoment(view.noReturnAt, page.lang, view.zone))}</p>
}

/** An undone closure is no dead end: to the cards, and to declare anew what is not closed under another number. */
function Again({ page, view }: { page: Page; view: ClosureView }) {
  const text = progressText[page.lang].again
  const close = page.signedIn ? '/close' : '/close/without-signing-in'
  return (
    <p class="actions">
      <a class="button plain" href={page.href('/cards')}>
        {text.cards}
      </a>
      {view.undoneBy !== 'holder_declared' && (
        <a class="quiet" href={page.href(close)}>
          {text.close}
        </a>
      )}
    </p>
  )
}

function Removal({ lang }: { lang: Page['lang'] }) {
  const text = progressText[lang]
  const kinds = ['iphone', 'android', 'plastic'] as const
  return (
    <>
      <h2>{text.remove}</h2>
      <p>{text.removeWords}</p>
      <div class="sheet">
        <Facts facts={kinds.map((kind) => ({ label: text[kind], value: removalWords[kind][lang] }))} />
      </div>
    </>
  )
}
