import { formatMoney } from '../../ledger/money.ts'
import { basisWords } from '../../policy/basis-words.ts'
import type { WithdrawalRule } from '../../policy/policy-schema.ts'
import { between } from '../../web/lang.ts'
import type { Page } from '../../web/page.ts'
import { saleRules } from '../offer.ts'
import { spanWords } from '../time-words.ts'
import { shopText } from './order-pages-text.ts'

type RulesProps = { page: Page; jurisdiction: string; currency: string }

/** What happens to what is not used, and how one gets out, from the very rules that closing will be reckoned by. */
export function RulesSections({ page, jurisdiction, currency }: RulesProps) {
  const { lang } = page
  const text = shopText[lang].rules
  const { money: rules, ground, withdrawal } = saleRules({ ...page, jurisdiction })
  const amount = (amounts: Record<string, string>) => {
    const minor = BigInt(amounts[currency] ?? '0')
    return minor > 0n ? formatMoney({ amount: minor, currency }, lang) : undefined
  }
  const expiry = rules.at_expiry
  const fee = amount(rules.closing_fee)
  const minimum = amount(rules.minimum_payout)
  return (
    <>
      <h2>{text.unusedTitle}</h2>
      <ul>
        <li>
          {expiry.kind === 'lapse'
            ? text.expiryLapse
            : expiry.kind === 'keep'
              ? text.expiryKeep(spanWords(expiry.days, lang))
              : text.expiryRefund}
        </li>
        <li>
          {rules.unused_plan === 'by_day'
            ? text.planByDay
            : rules.unused_plan === 'by_use'
              ? text.planByUse
              : text.planNothing}
        </li>
      </ul>
      {withdrawal && <WithdrawSection page={page} rule={withdrawal} />}
      <h2>{text.closeTitle}</h2>
      <ul>
        <li>{text.close}</li>
        <li>{text.back}</li>
        <li>{fee ? text.fee(fee) : text.noFee}</li>
        {minimum && <li>{text.minimum(minimum)}</li>}
      </ul>
      <Ground page={page} rule={ground} />
    </>
  )
}

function WithdrawSection({ page, rule }: { page: Page; rule: WithdrawalRule }) {
  const text = shopText[page.lang].rules
  return (
    <>
      <h2>{text.withdrawTitle}</h2>
      <p>{text.withdraw(rule.days)}</p>
      <Ground page={page} rule={rule} />
    </>
  )
}

/** Where a rule comes from; one that nobody has checked is marked as such. */
function Ground({ page, rule }: { page: Page; rule: { basis: string; verified: boolean } }) {
  const text = shopText[page.lang].rules
  const words = [text.basis(basisWords(rule.basis, page.lang)), ...(rule.verified ? [] : [text.unverified])]
  return <p class="soft">{words.join(between[page.lang])}</p>
}
