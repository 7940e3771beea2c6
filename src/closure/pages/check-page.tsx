import { CardName } from '../../card/pages/card-line.tsx'
import { AccountFields, type TypedAccount } from '../../payout/pages/account-fields.tsx'
import { payoutText } from '../../payout/pages/payout-text.ts'
import { ErrorSummary } from '../../web/components/error-summary.tsx'
import { Facts } from '../../web/components/facts.tsx'
import { Carried, type FieldFault, PostForm } from '../../web/components/form.tsx'
import { formatMoment } from '../../web/dates.ts'
import { DeclareButton } from '../../web/components/law-words.tsx'
import { policyFor } from '../../policy/policy.ts'
import { Layout } from '../../web/layout.tsx'
import { withdrawalRule } from '../../policy/withdrawal.ts'
import { declarationWords } from '../declaration-words.ts'
import { WaitingWithdrawals } from './waiting-withdrawals.tsx'
import { withdrawText } from './withdraw-text.ts'
import { closingText } from './closure-text.ts'
import {
  carried,
  chooseHref,
  type Flow,
  FlowCards,
  flowHref,
  moneySentences,
  startWords,
  zoneOf,
} from './flow.tsx'

type CheckProps = {
  flow: Flow
  start: 'after_undo_window' | 'at_once'
  typed?: TypedAccount
  faults?: FieldFault[]
}

/** All answers once more, each to be changed, and the words that are declared. */
export function CheckPage({ flow, start, typed, faults = [] }: CheckProps) {
  const { page, preview, choice } = flow
  const { lang } = page
  const text = closingText[lang].check
  const own = wordsOfAct(flow)
  const whole = choice.cardIds === 'account'
  return (
    <Layout
      page={page}
      title={own.title}
      back={flowHref(flow, 'start', [['start', start]])}
      here="close"
      wrong={faults.length > 0}
    >
      <ErrorSummary page={page} fault={faults} />
      <h1>{own.title}</h1>
      <FlowCards flow={flow} />
      <WaitingWithdrawals flow={flow} />
      <div class="sheet">
        <Facts
          facts={[
            {
              label: own.what,
              value: chosenWords(flow),
              change: { href: chooseHref(flow), text: text.change },
            },
            {
              label: text.money,
              value: moneySentences(flow).map((sentence) => <div>{sentence}</div>),
              ...(flow.voucher && {
                change: { href: flowHref(flow, 'payout', [['start', start]]), text: text.change },
              }),
            },
            ...(whole ? [{ label: text.data, value: text.erased }] : []),
            {
              label: text.start,
              value: startWords(lang, start),
              change: { href: flowHref(flow, 'start', [['start', start]]), text: text.change },
            },
            { label: text.due, value: formatMoment(preview.dueAt, lang, zoneOf(flow)) },
            { label: text.code, value: text.codeWords },
          ]}
        />
      </div>
      <h2>{text.youDeclare}</h2>
      <p class="lead">{declarationWords(flow.act, whole ? 'account' : 'card')[lang]}</p>
      <p class="soft">{text.sealed}</p>
      <PostForm page={page} action={page.href('/close/declare')}>
        <Carried values={[...carried(flow), ['start', start]]} />
        {wantsAccount(flow) && (
          <>
            <h2>{payoutText[lang].account.optional}</h2>
            <p class="soft">{payoutText[lang].account.optionalHint}</p>
            <AccountFields
              lang={lang}
              supportEmail={page.issuer.brand.supportEmail}
              typed={typed ?? { iban: '', name: '' }}
              fault={faults}
            />
          </>
        )}
        <div class="actions">
          <DeclareButton labels={own.labels} meaning={own.declare} />
        </div>
      </PostForm>
    </Layout>
  )
}

function chosenWords({ choice, page: { lang }, preview }: Flow) {
  if (choice.cardIds === 'account') return closingText[lang].check.wholeAccount(preview.accountRef)
  return preview.cards.map((card) => (
    <div>
      <CardName card={card} lang={lang} />
    </div>
  ))
}

/** What closing and withdrawing call alike things, and the law's own words for the button. */
function wordsOfAct({ act, page, preview: { jurisdiction } }: Flow) {
  const policy = policyFor(jurisdiction, page.now)
  if (act === 'terminate') return { ...closingText[page.lang].check, labels: policy.labels }
  const { check: title, what, confirm: declare } = withdrawText[page.lang]
  return { title, what, declare, labels: withdrawalRule(policy, jurisdiction)?.labels }
}

const wantsAccount = (flow: Flow) =>
  flow.preview.cards.some(({ settlement }) => settlement.parts.some((part) => part.route === 'bank_transfer'))
