import { cardText } from '../../card/pages/card-text.ts'
import { formatMoney } from '../../ledger/money.ts'
import { toldZone } from '../../policy/told-zone.ts'
import { formatDay } from '../../web/dates.ts'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import { papers_link_days } from '../papers-link.ts'
import type { FormerInvoice, Paper } from '../read-papers.ts'
import { PaperList } from './paper-list.tsx'
import { papersText } from './papers-text.ts'

type PapersProps = { page: Page; papers: Paper[]; former: FormerInvoice[] }

/** What was issued to whoever is signed in, and what the system before us had issued. */
export function PapersPage({ page, papers, former }: PapersProps) {
  const text = papersText[page.lang]
  return (
    <Layout page={page} title={text.title} back={page.href('/account')} here="account">
      <h1>{text.title}</h1>
      <p>{papers.length > 0 ? text.lead : text.none}</p>
      <PaperList
        lang={page.lang}
        now={page.now}
        papers={papers}
        href={(paper, type) => page.href(`/invoices/${paper.paperId}.${type}`)}
      />
      {former.length > 0 && <Former page={page} former={former} />}
      <p class="hint">{text.after(papers_link_days)}</p>
    </Layout>
  )
}

function Former({ page, former }: { page: Page; former: FormerInvoice[] }) {
  const text = papersText[page.lang]
  return (
    <>
      <h2>{text.formerTitle}</h2>
      <p>{text.formerLead(page.issuer.brand.supportEmail)}</p>
      <div>
        {former.map((invoice) => (
          <section class="sheet">
            <strong>{text.kinds.invoice}</strong> <span class="nums">{invoice.number}</span>
            <br />
            {cardText[page.lang].plan(invoice.plan)} ·{' '}
            {formatDay(invoice.soldAt, page.lang, toldZone(invoice.jurisdiction, page.now))} ·{' '}
            {formatMoney(invoice.paid, page.lang)}
          </section>
        ))}
      </div>
    </>
  )
}
