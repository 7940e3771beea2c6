import { CardLine } from '../../card/pages/card-line.tsx'
import { formatMoney } from '../../ledger/money.ts'
import { ErrorSummary } from '../../web/components/error-summary.tsx'
import { type Fact, Facts } from '../../web/components/facts.tsx'
import {
  ButtonFault,
  Carried,
  Choice,
  faultAt,
  type FieldFault,
  PostForm,
  TextField,
} from '../../web/components/form.tsx'
import { between } from '../../web/lang.ts'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import { boughtWords } from '../bought-words.ts'
import type { PayBy } from '../pay-ways.ts'
import { hasEnded, type Quote } from '../quote.ts'
import { taxWords } from '../tax-words.ts'
import { IncludedList } from './included-list.tsx'
import { shopText } from './order-pages-text.ts'
import { RulesSections } from './rules-sections.tsx'

export type CheckoutProps = {
  page: Page
  price: Quote
  jurisdiction: string
  payWays: PayBy[]
  termsVersion: string
  /** What the form carries on: what is bought, what was on the page, the secret of this one act. */
  carried: [string, string][]
  /** Null when the buyer is signed in. */
  guest: { email: string; name: string } | null
  payBy: PayBy
  voucherCode: string
  /** These very terms were accepted in the form that came back. */
  accepted: boolean
  /** Of an add-on: what the card's balance has to spend, minor units of its currency. */
  free?: bigint | undefined
  back: string
  faults: FieldFault[]
}

/** Id of the button that orders. */
export const order_button = 'order'

/** Everything about the purchase on one page, and the button that orders. */
export function CheckoutPage(props: CheckoutProps) {
  const { page, price, guest, faults } = props
  const { lang } = page
  const text = shopText[lang].checkout
  const gross = formatMoney({ amount: price.gross, currency: price.currency }, lang)
  return (
    <Layout page={page} title={text.title} back={props.back} here="shop" wrong={faults.length > 0}>
      <ErrorSummary page={page} fault={faults} target={{ pay_by: `pay-${props.payBy}` }} />
      <h1>{text.title}</h1>
      {price.card && <CardLine lang={lang} cards={[price.card]} />}
      <div class="sheet">
        <Facts facts={priceFacts(props, gross)} />
      </div>
      {price.item && (
        <>
          <h2>{shopText[lang].item.included}</h2>
          <IncludedList page={page} item={price.item} currency={price.currency} />
        </>
      )}
      <RulesSections page={page} jurisdiction={props.jurisdiction} currency={price.currency} />
      <hr />
      <PostForm page={page} action={page.href('/checkout')}>
        <Carried values={props.carried} />
        {guest && (
          <>
            <TextField
              name="email"
              type="email"
              inputmode="email"
              label={text.email}
              hint={text.emailHint}
              autocomplete="email"
              value={guest.email}
              fault={faults}
            />
            <TextField name="name" label={text.name} autocomplete="name" value={guest.name} />
          </>
        )}
        <PayFields {...props} />
        <Accept {...props} />
        <ButtonFault name={order_button} fault={faults} />
        <div class="actions">
          <button class="button" type="submit" id={order_button}>
            {text.order(gross)}
          </button>
        </div>
      </PostForm>
    </Layout>
  )
}

function priceFacts({ page, price }: CheckoutProps, gross: string): Fact[] {
  const { lang } = page
  const text = shopText[lang].checkout
  const { currency } = price
  const what = boughtWords(
    {
      kind: price.kind,
      name: price.item?.terms.name ?? null,
      zone: price.zone,
      gross: { amount: price.gross, currency },
    },
    lang,
  )
  return [
    { label: text.what, value: what },
    {
      label: text.price,
      value: (
        <>
          <strong>{gross}</strong>
          <div class="soft">{taxWords(price, lang)}</div>
        </>
      ),
    },
  ]
}

function PayFields(props: CheckoutProps) {
  const { page, payWays, payBy, faults } = props
  const text = shopText[page.lang].checkout
  const wrong = faultAt(faults, 'pay_by')
  return (
    <>
      <fieldset class={wrong ? 'field is-wrong' : 'field'} aria-describedby={wrong && 'pay_by-fault'}>
        <legend>
          <span class="label">{text.payBy}</span>
        </legend>
        {wrong && (
          <div class="fault" id="pay_by-fault">
            {wrong.text}
          </div>
        )}
        {payWays.map((way) => (
          <Choice
            type="radio"
            name="pay_by"
            value={way}
            id={`pay-${way}`}
            checked={way === payBy}
            hint={way === 'balance' ? afterwards(props) : text.payHint[way]}
          >
            {way === 'balance' ? fromBalance(props) : text.pay[way]}
          </Choice>
        ))}
      </fieldset>
      <TooLittle {...props} />
      {payWays.includes('voucher') && (
        <TextField
          name="voucher"
          label={text.voucher}
          autocomplete="off"
          value={props.voucherCode}
          fault={faults}
        />
      )}
    </>
  )
}

const moneyOf = ({ page, price }: CheckoutProps, amount: bigint) =>
  formatMoney({ amount, currency: price.currency }, page.lang)

function fromBalance(props: CheckoutProps): string {
  const { page, price, free = 0n } = props
  return shopText[page.lang].checkout.fromBalance(moneyOf(props, price.gross), moneyOf(props, free))
}

function afterwards(props: CheckoutProps): string {
  const { page, price, free = 0n } = props
  return shopText[page.lang].checkout.leftAfter(moneyOf(props, free - price.gross))
}

/** There is something on the card, and it does not reach: said with what is missing, and the way to it. An ended card takes no money. */
function TooLittle(props: CheckoutProps) {
  const { page, price, free = 0n } = props
  if (!price.card || free === 0n || free >= price.gross) return null
  const text = shopText[page.lang].checkout
  return (
    <p class="soft">
      {text.tooLittle(moneyOf(props, free), moneyOf(props, price.gross - free))}
      {!hasEnded(price.card, page.now) && (
        <>
          {between[page.lang]}
          <a href={page.href(`/top-up/${price.card.cardId}`)}>{text.topUpFirst}</a>
        </>
      )}
    </p>
  )
}

function Accept({ page, termsVersion, accepted, faults }: CheckoutProps) {
  const text = shopText[page.lang].checkout
  const wrong = faultAt(faults, 'accept')
  return (
    <div class={wrong ? 'field is-wrong' : 'field'}>
      {wrong && (
        <div class="fault" id="accept-fault">
          {wrong.text}
        </div>
      )}
      <Choice
        type="checkbox"
        name="accept"
        value="yes"
        id="accept"
        checked={accepted}
        faultId={wrong && 'accept-fault'}
      >
        {text.acceptBefore}
        <a href={page.href(`/shop/terms/${encodeURIComponent(termsVersion)}`)}>{text.terms}</a>
        {text.acceptAfter}
      </Choice>
    </div>
  )
}
