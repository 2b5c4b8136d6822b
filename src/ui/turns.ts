// Cuts long work on a page's main thread into turns, so that input and drawing come in between.

/** A hidden tab draws no frames: it gets its turn after this long. */
const FRAME_FALLBACK_MS = 250

/** Resolves in a task of its own; soon also in a hidden tab, where timers wait. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port2.addEventListener('message', () => {
      port2.close()
      resolve()
    })
    port2.start()
    port1.postMessage(null)
  })
}

/** Resolves before the next frame is drawn. */
export function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, FRAME_FALLBACK_MS)
    requestAnimationFrame(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
