import { CardLine } from '../../card/pages/card-line.tsx'
import { Layout } from '../../web/layout.tsx'
import { closingText } from './closure-text.ts'
import { LineSection, TermsSections } from './terms-sections.tsx'
import { namedCard, type UnsignedFlow, unsignedHref } from './unsigned-flow.ts'
import { unsignedText } from './unsigned-text.ts'
import { withdrawText } from './withdraw-text.ts'

/** What closing does, told to whoever knows the card's number: nothing of this card, nothing of its holder. */
export function UnsignedWhatHappensPage({ flow }: { flow: UnsignedFlow }) {
  const { page, terms } = flow
  const [text, own] = [closingText[page.lang].what, unsignedText[page.lang].what]
  const withdraws = flow.act === 'withdraw'
  const withdrawing = withdrawText[page.lang]
  const title = withdraws ? withdrawing.title : text.title
  return (
    <Layout page={page} title={title} back={unsignedHref(flow)} here="close">
      <h1>{title}</h1>
      <CardLine lang={page.lang} cards={[namedCard(flow)]} />
      <h2>{own.code}</h2>
      {own.codeWords.map((words) => (
        <p>{words}</p>
      ))}
      <p>{own.lapses(page.issuer.rules.unproved_days)}</p>
      <p>{own.shown}</p>
      <h2>{text.money}</h2>
      <p>{withdraws ? withdrawing.unsigned.money : own.money}</p>
      {withdraws && <p>{withdrawing.unsigned.inTime}</p>}
      <LineSection page={page} />
      <h2>{text.data}</h2>
      <p>{text.dataCard}</p>
      <TermsSections page={page} terms={terms} zone={page.zone} />
      <div class="actions">
        <a class="button" href={unsignedHref(flow, 'start')}>
          {page.text.continue}
        </a>
      </div>
    </Layout>
  )
}
