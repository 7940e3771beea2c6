import { formatMoney } from '../../ledger/money.ts'
import type { PlanItem } from '../../plan/catalogue.ts'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import { zoneName } from '../../plan/zones.ts'
import { dataWords } from '../../plan/data-words.ts'
import { currencyName, namedCountries, zoneFor } from '../shop-choice.ts'
import { shopText } from './order-pages-text.ts'
import { SelectField } from '../../web/components/select-field.tsx'

type ShopProps = { page: Page; plans: PlanItem[]; currencies: string[]; currency: string; to: string }

/** Where do you travel, and what fits, with its price. */
export function ShopPage({ page, plans, currencies, currency, to }: ShopProps) {
  const { lang } = page
  const text = shopText[lang].shop
  const covered = namedCountries(
    plans.flatMap((plan) => plan.terms.zones.flatMap((zone) => zone.countries)),
    lang,
  )
  const place = covered.find((one) => one.code === to)?.name
  const fitting = plans.filter((plan) => plan.terms.prices[currency] && (!place || zoneFor(plan, to)))
  return (
    <Layout
      page={page}
      title={place ? text.fits(place) : text.title}
      description={text.description}
      here="shop"
    >
      <h1>{text.title}</h1>
      <form method="get" action={page.href('/shop')}>
        <SelectField
          name="to"
          label={text.where}
          value={to}
          options={[
            { value: '', text: text.anywhere },
            ...covered.map((one) => ({ value: one.code, text: one.name })),
          ]}
        />
        <SelectField
          name="in"
          label={text.currency}
          value={currency}
          options={currencies.map((one) => ({ value: one, text: currencyName(one, lang) }))}
        />
        <div class="actions">
          <button class="button plain" type="submit">
            {text.show}
          </button>
        </div>
      </form>
      <h2>{plans.length === 0 ? text.notSelling : place ? text.fits(place) : text.all}</h2>
      {fitting.map((plan) => (
        <PlanSheet page={page} plan={plan} currency={currency} to={place ? to : ''} />
      ))}
      {fitting.length > 0 && <p class="soft">{text.taxIn}</p>}
    </Layout>
  )
}

function PlanSheet({
  page,
  plan,
  currency,
  to,
}: {
  page: Page
  plan: PlanItem
  currency: string
  to: string
}) {
  const { lang } = page
  const text = shopText[lang]
  const { terms } = plan
  const zone = to ? zoneFor(plan, to) : undefined
  const query = new URLSearchParams({ in: currency, ...(zone && { zone: zone.code }) })
  const included = [
    text.item.data(dataWords(terms.data_mb)),
    terms.voice_s > 0 && text.item.voice(Math.floor(terms.voice_s / 60)),
    terms.sms > 0 && text.item.sms(terms.sms),
  ].filter(Boolean)
  return (
    <section class="sheet">
      <h3>{terms.name[lang]}</h3>
      <p class="lead">
        <strong>{formatMoney({ amount: BigInt(terms.prices[currency]!), currency }, lang)}</strong>
      </p>
      <p>{[text.item.days(terms.days), ...included].join(lang === 'en' ? ', ' : '，')}</p>
      {zone && <p class="soft">{text.shop.zone(zoneName(zone.code, zone.name)[lang])}</p>}
      <p>
        <a class="button" href={page.href(`/shop/${plan.code}?${query}`)}>
          {text.shop.look(terms.name[lang])}
        </a>
      </p>
    </section>
  )
}
