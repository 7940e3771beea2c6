import type { Policy } from '../../policy/policy-schema.ts'

type Labels = Policy['labels']

/**
 * A button or link that a law names (§ 312k BGB): its label is the law's words and nothing else, in the law's language;
 * what they mean in the reader's stands beside it, and is read out with it. Without such a law, the meaning is the label.
 */
export function LawLink(props: {
  labels: Labels
  href: string
  class?: string | undefined
  /** Told apart where a page has the link twice. */
  id: string
  meaning: string
}) {
  const { labels, href, class: className, id, meaning } = props
  if (!labels)
    return (
      <a class={className} href={href}>
        {meaning}
      </a>
    )
  return (
    <span class="law">
      <a class={className} href={href} lang={labels.lang} aria-describedby={id}>
        {labels.start}
      </a>
      <span class="soft" id={id}>
        {meaning}
      </span>
    </span>
  )
}

export function DeclareButton({ labels, meaning }: { labels: Labels; meaning: string }) {
  if (!labels)
    return (
      <button class="button" type="submit">
        {meaning}
      </button>
    )
  return (
    <span class="law">
      <button class="button" type="submit" lang={labels.lang} aria-describedby="declare-meaning">
        {labels.declare}
      </button>
      <span class="soft" id="declare-meaning">
        {meaning}
      </span>
    </span>
  )
}
