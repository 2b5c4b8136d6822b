// The frame's side of the confirming window: opens it out of a click, and waits for its answer or its end.
import { type ConfirmTerms, encodeConfirmTerms, parseConfirmAnswer } from './confirm-terms.ts'

/** How the question ended; `blocked` where the browser let no window open. */
export type Confirmation = 'agreed' | 'declined' | 'blocked'

const PATH = '/embed/confirm'
const LOOKS = 'popup,width=440,height=460'

/** Asks again in a window of our own, where nothing of the host's can lie over the answer. Must be called from a click. */
export function confirmInWindow(terms: Omit<ConfirmTerms, 'nonce'>, signal: AbortSignal): Promise<Confirmation> {
  const nonce = crypto.randomUUID()
  const opened = open(`${PATH}${encodeConfirmTerms({ ...terms, nonce })}`, '_blank', LOOKS)
  if (opened === null) return Promise.resolve('blocked')
  return new Promise((resolve) => {
    const ended = new AbortController()
    const end = (confirmation: Confirmation) => {
      ended.abort()
      opened.close()
      resolve(confirmation)
    }
    const hear = ({ source, origin, data }: MessageEvent<unknown>) => {
      // The window may be led elsewhere after it was opened: only our own page in it is heard.
      if (source !== opened || origin !== location.origin) return
      const isAgreed = parseConfirmAnswer(data, nonce)
      if (isAgreed !== null) end(isAgreed ? 'agreed' : 'declined')
    }
    addEventListener('message', hear, { signal: ended.signal })
    signal.addEventListener('abort', () => end('declined'), { signal: ended.signal })
  })
}
