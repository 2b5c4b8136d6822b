// A few workers over one list. The first failure stops the others and is thrown only when all have ended: nothing keeps writing to a
// file that its owner has closed.

/** Hands every item to `work`, at most `workers` at once. */
export async function inParallel<T>(
  items: Iterable<T>,
  workers: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failure = new AbortController()
  const both = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal])
  const queue = items[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      if (both.aborted) return
      await work(next.value, both).catch((error: unknown) => failure.abort(error))
    }
  }
  await Promise.all(Array.from({ length: workers }, worker))
  both.throwIfAborted()
}
