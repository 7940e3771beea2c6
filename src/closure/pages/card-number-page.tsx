import { ErrorSummary } from '../../web/components/error-summary.tsx'
import { type FieldFault, PostForm, TextField } from '../../web/components/form.tsx'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import { type UnsignedFlow, unsignedHref } from './unsigned-flow.ts'
import { unsignedText } from './unsigned-text.ts'
import { withdrawText } from './withdraw-text.ts'

type CardNumberProps = {
  page: Page
  act: UnsignedFlow['act']
  iccid?: string
  fault?: FieldFault | undefined
}

/** The first page of closing without signing in: nothing but the card's number, and where it stands. */
export function CardNumberPage({ page, act, iccid, fault }: CardNumberProps) {
  const text = unsignedText[page.lang].number
  const own = withdrawText[page.lang].unsigned
  const title = act === 'withdraw' ? own.title : text.title
  return (
    <Layout
      page={page}
      title={title}
      description={text.lead}
      back={page.href('/')}
      here="close"
      wrong={fault !== undefined}
    >
      <ErrorSummary page={page} fault={fault} />
      <h1>{title}</h1>
      <p class="lead">{text.lead}</p>
      <PostForm page={page} action={unsignedHref({ page, act })}>
        <TextField
          name="iccid"
          inputmode="numeric"
          label={text.label}
          hint={text.hint}
          autocomplete="off"
          value={iccid ?? ''}
          fault={fault}
        />
        <div class="actions">
          <button class="button" type="submit">
            {page.text.continue}
          </button>
        </div>
      </PostForm>
      <h2>{text.where}</h2>
      <ul>
        {text.places.map((place) => (
          <li>{place}</li>
        ))}
      </ul>
      <p>
        {act === 'withdraw' ? (
          <a href={unsignedHref({ page, act: 'terminate' })}>{own.back}</a>
        ) : (
          <a href={unsignedHref({ page, act: 'withdraw' })}>{own.link}</a>
        )}
      </p>
      <p>
        <a href="/">{text.otherIssuer}</a>
      </p>
      <p>
        <a href={page.href('/close')}>{text.signIn}</a>
      </p>
    </Layout>
  )
}
