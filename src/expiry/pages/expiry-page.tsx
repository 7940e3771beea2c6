import type { Card } from '../../card/card-store.ts'
import { CardLine } from '../../card/pages/card-line.tsx'
import { leftWords } from '../../card/pages/left-words.ts'
import { formatMoney } from '../../ledger/money.ts'
import { toldZone } from '../../policy/told-zone.ts'
import { formatMoment } from '../../web/dates.ts'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import { type Choice, choices } from '../expiry-urls.ts'
import { canUse, type Outlook } from '../outlook.ts'
import type { CardEnd } from '../read-ends.ts'
import { EndsList } from './ends-list.tsx'
import { expiryText } from './expiry-text.ts'
import { outlookWords } from './outlook-words.ts'

type Props = {
  page: Page
  card: Card
  /** Undefined when the card is being closed or is closed. */
  outlook: Outlook | undefined
  ends: CardEnd[]
  /** The button of the mail that led here: its section stands first. */
  chosen: Choice | undefined
}

/** When a card ends and what its money does then, and the three ways on: where the mails' buttons lead. */
export function ExpiryPage(props: Props) {
  const { page, card, outlook, ends } = props
  const { lang } = page
  const text = expiryText[lang]
  return (
    <Layout page={page} title={text.title} here="cards" back={page.href('/cards')}>
      <h1>{text.title}</h1>
      <CardLine lang={lang} cards={[card]} />
      {outlook ? (
        <Ahead {...props} outlook={outlook} />
      ) : (
        <p class="lead">{card.state === 'closed' ? text.closed : text.closing}</p>
      )}
      <EndsList ends={ends} lang={lang} zone={toldZone(card.jurisdiction, page.now)} />
    </Layout>
  )
}

function Ahead({ page, card, outlook, chosen }: Props & { outlook: Outlook }) {
  const { lang } = page
  const zone = toldZone(card.jurisdiction, page.now)
  const text = expiryText[lang]
  const at = formatMoment(outlook.endsAt, lang, zone)
  const left = card.dataLeftMb + card.voiceLeftS + card.smsLeft > 0n
  const isOpen: Record<Choice, boolean> = {
    use: canUse(outlook, card.balance.amount),
    extend: outlook.onSale.days !== null,
    close: true,
  }
  const inOrder = [...choices].sort((a, b) => Number(b === chosen) - Number(a === chosen))
  return (
    <>
      <p class="lead">{(outlook.ended ? text.ended : text.ends)(at)}</p>
      <p>{outlookWords(outlook, lang, zone)}</p>
      {!outlook.ended && left && <p>{text.planLeft(leftWords(card, lang))}</p>}
      {chosen === 'extend' && !isOpen.extend && <p>{text.noDays}</p>}
      {inOrder
        .filter((choice) => isOpen[choice])
        .map((choice) => (
          <Section page={page} card={card} choice={choice} until={at} outlook={outlook} />
        ))}
    </>
  )
}

type SectionProps = { page: Page; card: Card; choice: Choice; until: string; outlook: Outlook }

function Section({ page, card, choice, until, outlook }: SectionProps) {
  const { ended, onSale } = outlook
  const text = expiryText[page.lang]
  const { cardId } = card
  const go = {
    use:
      onSale.addOn !== null && card.balance.amount >= onSale.addOn
        ? { href: page.href(`/top-up/${cardId}`), words: text.useGo }
        : null,
    extend: { href: page.href(`/top-up/${cardId}`), words: ended ? text.extendGoEnded : text.extendGo },
    close: { href: page.href(`/close/what-happens?card=${cardId}`), words: text.closeGo },
  }[choice]
  const extend = ended ? text.extendEnded : text.extend
  const use = ended ? text.useEnded(formatMoney(card.balance, page.lang)) : text.use(until)
  const words = { use, extend, close: text.close }[choice]
  const title = { use: text.useTitle, extend: text.extendTitle, close: text.closeTitle }[choice]
  return (
    <section class="sheet">
      <h2>{title}</h2>
      <p>{words}</p>
      {go && (
        <p>
          <a class="button" href={go.href}>
            {go.words}
          </a>
        </p>
      )}
    </section>
  )
}
