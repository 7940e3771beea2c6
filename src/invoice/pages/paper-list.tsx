import { formatMoney } from '../../ledger/money.ts'
import { toldZone } from '../../policy/told-zone.ts'
import { formatDay } from '../../web/dates.ts'
import type { Lang } from '../../web/lang.ts'
import type { Paper } from '../read-papers.ts'
import { papersText } from './papers-text.ts'

type ListProps = {
  lang: Lang
  now: Date
  papers: Paper[]
  href: (paper: Paper, type: 'pdf' | 'xml') => string
}

/** One sheet a document, the newest first: what it is, its number, its day, its sum, and the files. */
export function PaperList({ lang, now, papers, href }: ListProps) {
  const text = papersText[lang]
  return (
    <div>
      {papers.map((paper) => {
        const kind = text.kinds[paper.kind]
        const file = (type: 'pdf' | 'xml') => (
          <a
            class="button plain"
            href={href(paper, type)}
            download
            aria-label={text.download(kind, paper.number, text[type])}
          >
            {text[type]}
          </a>
        )
        return (
          <section class="sheet">
            <strong>{kind}</strong> <span class="nums">{paper.number}</span>
            <br />
            {formatDay(paper.issuedAt, lang, toldZone(paper.jurisdiction, now))}
            <br />
            {paper.gross && formatMoney(paper.gross, lang)}
            {paper.corrects && ` · ${text.corrects(paper.corrects)}`}
            <div class="actions">
              {file('pdf')}
              {paper.hasXml && file('xml')}
            </div>
          </section>
        )
      })}
    </div>
  )
}
