import { CardLine } from '../../card/pages/card-line.tsx'
import { Facts } from '../../web/components/facts.tsx'
import { DeclareButton } from '../../web/components/law-words.tsx'
import { Carried, PostForm } from '../../web/components/form.tsx'
import { formatMoment } from '../../web/dates.ts'
import { Layout } from '../../web/layout.tsx'
import { policyFor } from '../../policy/policy.ts'
import { withdrawalRule } from '../../policy/withdrawal.ts'
import { declarationWords } from '../declaration-words.ts'
import { closingText } from './closure-text.ts'
import { startWords } from './flow.tsx'
import { namedCard, type UnsignedFlow, unsignedHref } from './unsigned-flow.ts'
import { unsignedText } from './unsigned-text.ts'
import { withdrawText } from './withdraw-text.ts'

type CheckProps = { flow: UnsignedFlow; start: 'after_undo_window' | 'at_once' }

/** All answers once more, and the words that are declared; where the law names the button, in its words. */
export function UnsignedCheckPage({ flow, start }: CheckProps) {
  const { page, terms, iccid } = flow
  const { lang } = page
  const [text, own] = [closingText[lang].check, unsignedText[lang].check]
  const withdraws = flow.act === 'withdraw'
  const withdrawing = withdrawText[lang]
  const policy = policyFor(page.issuer.jurisdiction, page.now)
  const labels = withdraws ? withdrawalRule(policy, page.issuer.jurisdiction)?.labels : policy.labels
  const title = withdraws ? withdrawing.check : text.title
  const startHref = unsignedHref(flow, 'start', start)
  const grouped = iccid.replace(/(\d{4})(?=\d)/g, '$1 ')
  return (
    <Layout page={page} title={title} back={startHref} here="close">
      <h1>{title}</h1>
      <CardLine lang={lang} cards={[namedCard(flow)]} />
      <div class="sheet">
        <Facts
          facts={[
            { label: own.iccid, value: grouped, change: { href: unsignedHref(flow), text: text.change } },
            { label: text.money, value: withdraws ? withdrawing.unsigned.moneyWords : own.moneyWords },
            {
              label: text.start,
              value: startWords(lang, start),
              change: { href: startHref, text: text.change },
            },
            { label: text.due, value: formatMoment(terms.dueAt, lang, page.zone) },
            { label: text.code, value: own.codeWords },
          ]}
        />
      </div>
      <h2>{text.youDeclare}</h2>
      <p class="lead">{declarationWords(flow.act, 'card')[lang]}</p>
      <p class="soft">{text.sealed}</p>
      <PostForm page={page} action={unsignedHref(flow, 'declare')}>
        <Carried values={[['start', start]]} />
        <div class="actions">
          <DeclareButton labels={labels} meaning={withdraws ? withdrawing.confirm : text.declare} />
        </div>
      </PostForm>
    </Layout>
  )
}
