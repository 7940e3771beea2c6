import { formatMoney } from '../../ledger/money.ts'
import { Facts } from '../../web/components/facts.tsx'
import type { Lang } from '../../web/lang.ts'
import type { SettlementLine } from '../settlement.ts'
import { payoutText } from './payout-text.ts'

type Line = { kind: SettlementLine['kind']; amount: bigint; tax: bigint | null; code: string | null }

/** What closing pays, line by line. Nothing where it is the balance and nothing else: the sentence says that. */
export function SettlementLines(props: { lang: Lang; currency: string; lines: Line[]; total: bigint }) {
  const { lang, currency, lines, total } = props
  if (lines.length < 2) return null
  const text = payoutText[lang].lines
  const money = (amount: bigint) => formatMoney({ amount, currency }, lang)
  const name = (line: Line) => (line.kind === 'unused' ? text.unused(line.code ?? '') : text[line.kind])
  return (
    <div class="sheet">
      <Facts
        facts={[
          ...lines.map((line) => ({
            label: name(line),
            value: (
              <>
                {money(line.amount)}
                {line.tax !== null && line.tax > 0n && <div class="soft">{text.tax(money(line.tax))}</div>}
              </>
            ),
          })),
          { label: text.total, value: <strong>{money(total)}</strong> },
        ]}
      />
    </div>
  )
}

export const linesOf = (lines: SettlementLine[]): Line[] =>
  lines.map((line) => ({
    kind: line.kind,
    amount: line.amount,
    tax: line.kind === 'unused' ? line.tax : null,
    code: line.kind === 'unused' ? line.code : null,
  }))
