// Entry of the confirming window: the same question as in the frame, at the top of a window of our own, so that no site can cover it.
import { type ConfirmAnswer, type ConfirmTerms, parseConfirmTerms } from './confirm-terms.ts'
import { make } from './dom.ts'
import { askedWords, frameWords, openFrameWords } from './frame-words.ts'

/** Before a click counts the window must have been in front this long: against a host that times a double-click onto it. */
const SETTLE_MS = 800

await openFrameWords()
const terms = parseConfirmTerms(location.hash)
const asker = window.opener as Window | null
document.body.append(terms === null || asker === null ? nobody() : question(terms, asker))

function question({ site, percent, credit, nonce }: ConfirmTerms, asker: Window): HTMLElement {
  const { host } = new URL(site)
  const end = new AbortController()
  const answer = (isAgreed: boolean) => {
    end.abort()
    const message: ConfirmAnswer = { type: 'commonwatt-confirm', nonce, isAgreed }
    asker.postMessage(message, location.origin)
  }
  const yes = make(
    'button',
    { type: 'button', class: 'primary', 'data-testid': 'agree', disabled: true },
    frameWords.contribute,
  )
  const no = make('button', { type: 'button', 'data-testid': 'decline' }, frameWords.notNow)
  const click = (button: HTMLElement, isAgreed: boolean) =>
    button.addEventListener('click', ({ isTrusted }) => isTrusted && answer(isAgreed), { signal: end.signal })
  click(yes, true)
  click(no, false)
  // Closed without a word is a no.
  addEventListener('pagehide', () => answer(false), { signal: end.signal })
  enableInFront(yes, end.signal)
  return make(
    'main',
    {},
    make('h1', {}, frameWords.contributeHere),
    make('p', {}, ...askedWords(host, percent, credit)),
    make('p', {}, frameWords.whyWindow),
    make('p', { class: 'buttons' }, yes, no),
  )
}

/** Enables `button` once the window has been in front for {@link SETTLE_MS}, and starts over when it was not. */
function enableInFront(button: HTMLButtonElement, signal: AbortSignal): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = () => {
    clearTimeout(timer)
    button.disabled = true
    if (document.visibilityState !== 'visible' || !document.hasFocus()) return
    timer = setTimeout(() => {
      button.disabled = false
    }, SETTLE_MS)
  }
  for (const type of ['focus', 'blur']) addEventListener(type, look, { signal })
  document.addEventListener('visibilitychange', look, { signal })
  look()
}

function nobody(): HTMLElement {
  return make(
    'main',
    {},
    make('h1', {}, frameWords.nothingToConfirm),
    make('p', {}, frameWords.noQuestion),
    make('p', {}, make('a', { href: '/' }, frameWords.ownPage)),
  )
}
