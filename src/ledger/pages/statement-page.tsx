import type { Card } from '../../card/card-store.ts'
import { CardLine } from '../../card/pages/card-line.tsx'
import { EndsList } from '../../expiry/pages/ends-list.tsx'
import type { CardEnd } from '../../expiry/read-ends.ts'
import { Facts } from '../../web/components/facts.tsx'
import { SelectField } from '../../web/components/select-field.tsx'
import { formatMoment, formatPeriod, formatShortMoment, zoneName } from '../../web/dates.ts'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import { formatMoney, formatSigned } from '../money.ts'
import { periodsBetween } from '../statement-period.ts'
import type { StatementPage as Movements } from '../statement.ts'
import { lineWords } from './line-words.ts'
import { statementText } from './statement-text.ts'

type Props = {
  page: Page
  card: Card
  movements: Movements
  ends: CardEnd[]
  /** In which its times are told (IANA). */
  zone: string
  /** As it was chosen; undefined: all. */
  period: string | undefined
  /** True on every page but the newest. */
  further: boolean
}

/** What moved a card's balance, newest first, with what it was after each movement. */
export function StatementPage({ page, card, movements, ends, zone, period, further }: Props) {
  const { lang } = page
  const text = statementText[lang]
  const path = `/cards/${card.cardId}/statement`
  const ofPeriod = period ? `period=${period}` : ''
  const whole = ofPeriod && `?${ofPeriod}`
  const { balance, held, lines, older } = movements
  const money = (amount: bigint) => formatMoney({ ...balance, amount }, lang)
  const facts = [
    { label: text.balance, value: <strong>{formatMoney(balance, lang)}</strong> },
    ...(held > 0n ? [{ label: text.held, value: `${money(held)} (${text.heldHint})` }] : []),
    ...(period
      ? [
          { label: text.opening, value: money(movements.opening) },
          { label: text.closing, value: money(movements.closing) },
        ]
      : []),
  ]
  return (
    <Layout page={page} title={text.title} here="cards" back={page.href('/cards')}>
      <h1>{text.title}</h1>
      <CardLine lang={lang} cards={[card]} />
      <Facts facts={facts} />
      {movements.firstAt && <ChoosePeriod {...{ page, zone, path, period }} firstAt={movements.firstAt} />}
      {lines.length === 0 && <p>{period ? text.noneThen : text.none}</p>}
      {lines.length > 0 && <p class="soft">{text.zone(zoneName(zone, lang, page.now))}</p>}
      {lines.length > 0 && <Lines page={page} zone={zone} movements={movements} />}
      {(older ?? further) && (
        <nav class="actions" aria-label={text.title}>
          {older && (
            <a class="button plain" href={page.href(`${path}?before=${older}${ofPeriod && `&${ofPeriod}`}`)}>
              {text.older}
            </a>
          )}
          {further && (
            <a class="quiet" href={page.href(path + whole)}>
              {text.newest}
            </a>
          )}
        </nav>
      )}
      <EndsList ends={ends} lang={lang} zone={zone} />
      <h2>{text.keep}</h2>
      <ul>
        <li>
          <a class="quiet" href={page.href(`${path}.pdf${whole}`)} download>
            {text.pdf}
          </a>
        </li>
        <li>
          <a class="quiet" href={page.href(`${path}.csv${whole}`)} download>
            {text.csv}
          </a>
        </li>
      </ul>
    </Layout>
  )
}

type Choice = { page: Page; zone: string; path: string; period: string | undefined; firstAt: Date }
function ChoosePeriod({ page, zone, path, period, firstAt }: Choice) {
  const { lang, now } = page
  const text = statementText[lang]
  const options = [...new Set([...periodsBetween(firstAt, now, zone), ...(period ? [period] : [])])]
  return (
    <form method="get" action={page.href(path)}>
      <SelectField
        name="period"
        label={text.period}
        value={period ?? ''}
        options={[
          { value: '', text: text.allTime },
          ...options.map((value) => ({ value, text: formatPeriod(value, lang) })),
        ]}
      />
      <div class="actions">
        <button class="button plain" type="submit">
          {text.show}
        </button>
      </div>
    </form>
  )
}

function Lines({ page, zone, movements }: { page: Page; zone: string; movements: Movements }) {
  const { lang } = page
  const text = statementText[lang]
  const { currency } = movements.balance
  return (
    <table class="movements">
      <thead>
        <tr>
          <th scope="col">{text.what}</th>
          <th scope="col">{text.amount}</th>
          <th scope="col">{text.after}</th>
        </tr>
      </thead>
      <tbody>
        {movements.lines.map((line) => (
          <tr>
            <th scope="row">
              {lineWords(line)[lang]}
              <time datetime={line.at.toISOString()} title={formatMoment(line.at, lang, zone)}>
                {formatShortMoment(line.at, lang, zone)}
              </time>
            </th>
            <td>{formatSigned({ amount: line.amount, currency }, lang)}</td>
            <td>{formatMoney({ amount: line.after, currency }, lang)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
