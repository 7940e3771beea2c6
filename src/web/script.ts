/// <reference lib="dom" />
// The portal's only script. Every page works without it; with it, progress comes by itself and nothing is sent twice.

/** Takes the live parts of the page from the server's new version of it. */
async function refresh(live: HTMLElement, address = location.pathname): Promise<void> {
  const answer = await fetch(address, { headers: { Accept: 'text/html' } }).catch(() => undefined)
  if (!answer?.ok) return
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const next = fresh.getElementById(live.id)
  // What someone is filling in must not vanish under their hands.
  if (!next || live.contains(document.activeElement?.closest('input') ?? null)) return
  document.title = fresh.title
  const focused = document.activeElement?.id
  live.replaceChildren(...next.childNodes)
  live.dataset['stamp'] = next.dataset['stamp'] ?? ''
  live.dataset['again'] = next.dataset['again'] ?? ''
  if (focused) document.getElementById(focused)?.focus()
  const words = fresh.getElementById('now')?.textContent ?? ''
  const now = document.getElementById('now')
  if (now && now.textContent !== words) now.textContent = words
}

function followProgress(): void {
  const live = document.querySelector<HTMLElement>('[data-events]')
  const address = live?.dataset['events']
  if (!live || !address) return
  const events = new EventSource(address)
  const hear = (event: MessageEvent<string>) => {
    if (event.type === 'end') events.close()
    if (event.data !== live.dataset['stamp']) void refresh(live)
  }
  events.addEventListener('change', hear)
  events.addEventListener('end', hear)
  addEventListener('pagehide', () => events.close())
}

/** A page that says so is looked at again after so many seconds, until it no longer says so. */
function lookAgain(): void {
  const live = document.querySelector<HTMLElement>('[data-again]')
  const seconds = Number(live?.dataset['again'])
  if (!live || !seconds) return
  setTimeout(() => void refresh(live, location.pathname + location.search).then(lookAgain), seconds * 1000)
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
lookAgain()
sendOnce()
