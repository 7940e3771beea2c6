import type { Issuer } from '../../issuer/issuer.ts'
import type { AssetNames } from '../../web/assets.ts'
import { toldZone } from '../../policy/told-zone.ts'
import { formatDay } from '../../web/dates.ts'
import { type Lang, otherLang } from '../../web/lang.ts'
import { PlainFrame } from '../../web/plain-frame.tsx'
import { invoiceRefusals } from '../refusals.ts'
import type { Linked } from '../papers-link.ts'
import { PaperList } from './paper-list.tsx'
import { papersText } from './papers-text.ts'

type LinkedProps = {
  lang: Lang
  assets: AssetNames
  path: string
  now: Date
  found?: { linked: Linked; issuer: Issuer } | undefined
}

/** The papers of a closed account, for whoever has the link of its last mail. Says nothing personal. */
export function LinkedPapersPage({ lang, assets, path, now, found }: LinkedProps) {
  const text = papersText[lang]
  const over = invoiceRefusals['invoice/link_over']
  const title = found ? text.link.title : over.title[lang]
  return (
    <PlainFrame
      lang={lang}
      title={`${title} – ${found?.issuer.name[lang] ?? 'LEB'}`}
      assets={assets}
      brand={found?.issuer.name[lang]}
      otherLangHref={`${path}?lang=${otherLang(lang)}`}
    >
      <h1>{title}</h1>
      {found ? (
        <>
          <p class="lead">
            {text.link.until(
              formatDay(found.linked.goodUntil, lang, toldZone(found.linked.jurisdiction, now)),
            )}
          </p>
          <PaperList
            lang={lang}
            now={now}
            papers={found.linked.papers}
            href={(paper, type) => `${path}/${paper.paperId}.${type}`}
          />
          {found.linked.papers.length === 0 && <p>{text.none}</p>}
          <p class="hint">{text.link.private}</p>
        </>
      ) : (
        <p class="lead">{over.next[lang]}</p>
      )}
    </PlainFrame>
  )
}
