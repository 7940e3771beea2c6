import { ErrorSummary } from '../../web/components/error-summary.tsx'
import { Carried, type FieldFault, PostForm, TextField } from '../../web/components/form.tsx'
import { Layout, UnsignedLink } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import { holderText } from './holder-text.ts'

type SignInProps = { page: Page; next: string; email?: string; fault?: FieldFault | undefined }

export function SignInPage({ page, next, email, fault }: SignInProps) {
  const text = holderText[page.lang].signIn
  return (
    <Layout
      page={page}
      title={text.title}
      description={text.why}
      back={page.href('/')}
      wrong={fault !== undefined}
      offersUnsigned
    >
      <ErrorSummary page={page} fault={fault} />
      <h1>{text.title}</h1>
      <PostForm page={page} action={page.href('/sign-in')}>
        <Carried values={[['next', next]]} />
        <TextField
          name="email"
          type="email"
          inputmode="email"
          label={text.label}
          hint={text.why}
          autocomplete="email"
          value={email ?? ''}
          fault={fault}
        />
        <div class="actions">
          <button class="button" type="submit">
            {text.send}
          </button>
        </div>
      </PostForm>
      <div class="actions">
        <UnsignedLink page={page} class="quiet" id="meaning" />
      </div>
    </Layout>
  )
}
