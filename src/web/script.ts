/// <reference lib="dom" />
// The portal's only script. Every page works without it; with it, progress comes by itself and nothing is sent twice.

/** Swaps the live part of the page for the server's new version of it. */
async function refresh(live: HTMLElement): Promise<void> {
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => undefined)
  if (!answer?.ok) return
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const next = fresh.getElementById(live.id)
  if (!next || next.innerHTML === live.innerHTML) return
  document.title = fresh.title
  // What someone is filling in or standing on must not vanish under their hands.
  if (live.contains(document.activeElement) && document.activeElement?.matches('input')) return
  const focused = document.activeElement?.id
  live.replaceChildren(...next.childNodes)
  if (focused) document.getElementById(focused)?.focus()
}

function followProgress(): void {
  const live = document.querySelector<HTMLElement>('[data-events]')
  const address = live?.dataset['events']
  if (!live || !address) return
  const events = new EventSource(address)
  let waiting: ReturnType<typeof setTimeout> | undefined
  events.addEventListener('change', () => {
    clearTimeout(waiting)
    waiting = setTimeout(() => void refresh(live), 150)
  })
  events.addEventListener('end', () => {
    events.close()
    void refresh(live)
  })
  addEventListener('pagehide', () => events.close())
}

function sendOnce(): void {
  document.addEventListener('submit', (event) => {
    const form = event.target as HTMLFormElement
    if (form.dataset['sent']) event.preventDefault()
    form.dataset['sent'] = '1'
  })
  // Back in the browser brings the page as it was left: its forms may be sent again.
  addEventListener('pageshow', () => {
    for (const form of document.forms) delete form.dataset['sent']
  })
}

document.querySelector<HTMLElement>('[data-focus]')?.focus()
followProgress()
sendOnce()
