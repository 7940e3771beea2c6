import { papersText } from '../../invoice/pages/papers-text.ts'
import { Facts } from '../../web/components/facts.tsx'
import { PostForm } from '../../web/components/form.tsx'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import type { AccountDetails } from '../read-accounts.ts'
import { holderText } from './holder-text.ts'

/** Account settings: who we think you are, and the ways out, none of them hidden. */
export function AccountPage({ page, accounts }: { page: Page; accounts: AccountDetails[] }) {
  const text = holderText[page.lang].account
  return (
    <Layout page={page} title={text.title} here="account">
      <h1>{text.title}</h1>
      {accounts.length === 0 && <p>{text.erased}</p>}
      {accounts.map((account) => (
        <div class="sheet">
          <Facts
            facts={[
              { label: text.contract, value: account.accountRef },
              { label: text.name, value: account.name ?? text.none },
              { label: text.email, value: account.email ?? text.none },
              { label: text.phone, value: account.phone ?? text.none },
            ]}
          />
        </div>
      ))}
      <h2>{text.closeTitle}</h2>
      <p>{text.closeLead}</p>
      <div class="actions">
        <a class="button" href={page.href('/close')}>
          {text.closeCard}
        </a>
        {accounts
          .filter((account) => account.state !== 'closed')
          .map((account) => (
            <a class="button" href={page.href(`/close/what-happens?whole=${account.accountId}`)}>
              {text.closeAccount}
              {accounts.length > 1 && ` ${account.accountRef}`}
            </a>
          ))}
      </div>
      <h2>{papersText[page.lang].title}</h2>
      <p>
        <a class="quiet" href={page.href('/invoices')}>
          {text.papers}
        </a>
      </p>
      <h2>{text.dataTitle}</h2>
      <p>{text.dataLead}</p>
      {accounts.map((account) => (
        <p>
          <a class="quiet" href={page.href(`/account/${account.accountId}/data.zip`)} download>
            {text.download}
            {accounts.length > 1 && ` – ${account.accountRef}`}
          </a>
        </p>
      ))}
      <h2>{text.signOutTitle}</h2>
      <PostForm page={page} action={page.href('/sign-out')}>
        <button class="button plain" type="submit">
          {page.text.signOut}
        </button>
      </PostForm>
    </Layout>
  )
}
