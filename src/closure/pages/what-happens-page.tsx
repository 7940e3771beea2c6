import { formatCalendarDay, formatDay } from '../../web/dates.ts'
import { Layout } from '../../web/layout.tsx'
import { closingText } from './closure-text.ts'
import { type Flow, FlowCards, flowHref, moneySentences, zoneOf } from './flow.tsx'

/** Everything that closing does, before anything is asked. Rules nobody has checked are marked as such. */
export function WhatHappensPage({ flow }: { flow: Flow }) {
  const { page, preview, choice } = flow
  const { lang } = page
  const text = closingText[lang].what
  const zone = zoneOf(flow)
  const whole = choice.cardIds === 'account'
  return (
    <Layout page={page} title={text.title} back={page.href('/close')} here="close">
      <h1>{text.title}</h1>
      <FlowCards flow={flow} />
      <h2>{text.money}</h2>
      {moneySentences(flow).map((sentence) => (
        <p class="lead">{sentence}</p>
      ))}
      <h2>{text.line}</h2>
      <ul>
        {text.lineWords.map((line) => (
          <li>{line}</li>
        ))}
      </ul>
      <h2>{text.data}</h2>
      <p>{whole ? text.dataAccount : text.dataCard}</p>
      <h2>{text.kept}</h2>
      <ul>
        {preview.retention.map((rule) => (
          <li>
            {text.keptWords(rule.what[lang], formatCalendarDay(rule.until, lang, zone))}
            <div class="soft">{text.ground(rule.ground[lang], rule.basis)}</div>
            {!rule.verified && <div class="soft">{text.unverified}</div>}
          </li>
        ))}
      </ul>
      <h2>{text.deadlines}</h2>
      <ul>
        {preview.deadlines.map((deadline) => (
          <li>
            {text.deadline(deadline.what[lang], formatDay(deadline.dueAt, lang, zone))}
            {deadline.basis !== 'LEB' && <div class="soft">{text.basis(deadline.basis)}</div>}
            {!deadline.verified && <div class="soft">{text.unverified}</div>}
          </li>
        ))}
      </ul>
      <p>{text.undo(preview.undoWindowMinutes)}</p>
      <h2>{text.appeal}</h2>
      <p>
        {preview.appeal[lang]} <a href={`mailto:${preview.appealEmail}`}>{preview.appealEmail}</a>
      </p>
      <div class="actions">
        <a class="button" href={flowHref(flow, 'data')}>
          {page.text.continue}
        </a>
      </div>
    </Layout>
  )
}
