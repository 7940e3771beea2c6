import { formatMoney } from '../../ledger/money.ts'
import type { PlanItem } from '../../plan/catalogue.ts'
import type { PlanZone } from '../../plan/terms.ts'
import { zoneName } from '../../plan/zones.ts'
import { ErrorSummary } from '../../web/components/error-summary.tsx'
import { ButtonFault, Carried, type FieldFault } from '../../web/components/form.tsx'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import { allCountries, namedCountries } from '../shop-choice.ts'
import { IncludedList } from './included-list.tsx'
import { shopText } from './order-pages-text.ts'
import { RulesSections } from './rules-sections.tsx'
import { SelectField } from '../../web/components/select-field.tsx'

type ItemProps = {
  page: Page
  plan: PlanItem
  zone: PlanZone
  currency: string
  /** Null when who is signed in has an account that says it. */
  live: string | null
  jurisdiction: string
  /** Of what was chosen: `zone` or `live`. */
  fault?: FieldFault | undefined
}

const go_button = 'go'

/** One plan: price, what is in it, what happens to what is left, how one gets out. Said before anything is ordered. */
export function ItemPage(props: ItemProps) {
  const { page, plan, zone, currency, live, jurisdiction, fault: chosen } = props
  // Where somebody lives who has an account is no field of this page.
  const fault = chosen?.field === 'live' && live === null ? { ...chosen, field: go_button } : chosen
  const { lang } = page
  const text = shopText[lang].item
  const money = (minor: string | undefined) =>
    minor === undefined ? undefined : formatMoney({ amount: BigInt(minor), currency }, lang)
  const { data, voice, sms } = zone.tariff
  const beyond = [
    [money(data?.per_mb[currency]), text.perMb] as const,
    [money(voice?.per_minute[currency]), text.perMinute] as const,
    [money(sms?.per_sms[currency]), text.perSms] as const,
  ].flatMap(([price, words]) => (price === undefined ? [] : [words(price)]))
  const countries = namedCountries(zone.countries, lang).map((one) => one.name)
  return (
    <Layout
      page={page}
      title={plan.terms.name[lang]}
      description={`${plan.terms.name[lang]} – ${shopText[lang].shop.description}`}
      back={page.href(`/shop?in=${currency}`)}
      here="shop"
      wrong={fault !== undefined}
    >
      <ErrorSummary page={page} fault={fault} />
      <h1>{plan.terms.name[lang]}</h1>
      <p class="lead">
        {text.price}
        <strong>{money(plan.terms.prices[currency])}</strong>
      </p>
      <h2>
        {text.works}
        {zoneName(zone.code, zone.name)[lang]}
      </h2>
      {countries.length > 1 && <p>{countries.join(lang === 'en' ? ', ' : '、')}</p>}
      <h2>{text.included}</h2>
      <IncludedList page={page} item={plan} currency={currency} />
      <h2>{text.beyond}</h2>
      <p>{beyond.length > 0 ? text.beyondWords(beyond.join(lang === 'en' ? ', ' : '，')) : text.noBeyond}</p>
      <RulesSections page={page} jurisdiction={jurisdiction} currency={currency} />
      <ChoiceForm {...props} fault={fault} />
    </Layout>
  )
}

function ChoiceForm({ page, plan, zone, currency, live, fault }: ItemProps) {
  const { lang } = page
  const text = shopText[lang].item
  return (
    <form method="get" action={page.href('/checkout')}>
      <Carried
        values={[
          ['item', plan.code],
          ['in', currency],
        ]}
      />
      <SelectField
        name="zone"
        label={text.zone}
        value={zone.code}
        options={plan.terms.zones.map((one) => ({
          value: one.code,
          text: zoneName(one.code, one.name)[lang],
        }))}
        fault={fault}
      />
      {live !== null && (
        <SelectField
          name="live"
          label={text.live}
          hint={text.liveHint}
          value={live}
          options={allCountries(lang).map((one) => ({ value: one.code, text: one.name }))}
          fault={fault}
        />
      )}
      <ButtonFault name={go_button} fault={fault} />
      <div class="actions">
        <button class="button" type="submit" id={go_button}>
          {text.go}
        </button>
      </div>
    </form>
  )
}
