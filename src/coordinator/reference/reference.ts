// The portable reference in a thread of its own: a part over a long inner dimension takes seconds, a text longer, and nodes and requesters
// must not wait for a dispute or an audit of others. Whatever takes longer than its time is ended with the thread.
import { MessageChannel, Worker } from 'node:worker_threads'
import { type Endpoint, proxy, wrap } from 'comlink'
import type { Digest } from '#core/digest.ts'
import { AppError, type ErrorRecord, RemoteError } from '#core/errors.ts'
import { leafDigest } from '#core/merkle.ts'
import { type Kind, type PartNeed, partKey } from '#work/kind.ts'
import type { Unit } from '#work/unit.ts'
import type { BlobDirectory } from '#coordinator/blobs/blob-directory.ts'

/** Computes single parts of results, and audits whole ones. */
export interface Reference {
  /** Part `index` of the unit's result, from inputs in the coordinator's contents. Throws {@link ReferenceTimeoutError}. */
  recompute(kind: Kind, unit: Unit, index: number): Promise<Uint8Array<ArrayBuffer>>
  /** What the kind's audit of `result`, all parts in order, finds with the randomness of `seed`. Throws {@link ReferenceTimeoutError}. */
  audit(kind: Kind, unit: Unit, result: readonly Uint8Array[], seed: Digest): Promise<number | null>
  close(): Promise<void>
}

/** A file as it crosses: its input, its size, and who reads it. */
export type ReferenceFile = { readonly input: number; readonly sizeBytes: number }

/** Inputs as they cross: parts by partKey, files, and who reads those. */
export type ReferenceInputs = {
  readonly parts: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
  readonly files: readonly ReferenceFile[]
}

/** Reads a file of the unit at the other end. */
export type ReferenceReader = (input: number, offset: number, length: number) => Promise<Uint8Array<ArrayBuffer>>

/** What the thread answers. */
export type ReferenceAnswer<T> = { readonly value: T } | { readonly error: ErrorRecord }

/** What the thread serves. */
export type ReferenceThread = {
  recompute(
    unit: Unit,
    index: number,
    inputs: ReferenceInputs,
    read: ReferenceReader,
  ): Promise<ReferenceAnswer<Uint8Array<ArrayBuffer>>>
  audit(
    unit: Unit,
    result: readonly Uint8Array[],
    seed: Digest,
    inputs: ReferenceInputs,
    read: ReferenceReader,
  ): Promise<ReferenceAnswer<number | null>>
}

/** Longest recomputation or audit: the largest tile that a node takes needs ten seconds in TypeScript, the longest text that is sensible a few minutes. */
export const REFERENCE_TIMEOUT_MS = 300_000

type Open = {
  readonly thread: Worker
  readonly port: MessagePortLike
  readonly api: ReferenceThread
  /** Rejects when the thread fails or ends. */
  readonly failure: Promise<never>
}
type MessagePortLike = { close(): void }

/** The reference in a thread, which begins with the first part and is ended with one that takes longer than `timeoutMs`. */
export function openReference(blobs: BlobDirectory, timeoutMs = REFERENCE_TIMEOUT_MS): Reference {
  let open: Open | undefined
  let queue: Promise<unknown> = Promise.resolve()
  const end = async () => {
    const ending = open
    open = undefined
    ending?.port.close()
    await ending?.thread.terminate()
  }
  const compute = async <T>(what: string, ask: (api: ReferenceThread) => Promise<ReferenceAnswer<T>>): Promise<T> => {
    open ??= startThread()
    const answer = await within(ask(open.api), open.failure, timeoutMs, what)
    if ('error' in answer) throw new RemoteError(answer.error)
    return answer.value
  }
  /** One after the other; whatever fails by itself ends the thread, and the next begins another. */
  const inTurn = <T>(what: string, ask: (api: ReferenceThread) => Promise<ReferenceAnswer<T>>): Promise<T> => {
    const turn = queue.then(() => compute(what, ask))
    queue = turn.catch((error: unknown) => (error instanceof RemoteError ? undefined : end()))
    return turn
  }
  return {
    recompute: (kind, unit, index) =>
      inTurn(`Part ${index} was not computed by the reference`, async (api) => {
        const { inputs, read } = await gather(blobs, kind, unit, kind.partNeeds(unit, index))
        return api.recompute(unit, index, inputs, read)
      }),
    audit: (kind, unit, result, seed) =>
      inTurn('A result was not audited', async (api) => {
        const { inputs, read } = await gather(blobs, kind, unit, kind.needs(unit))
        return api.audit(unit, result, seed, inputs, read)
      }),
    close: end,
  }
}

function startThread(): Open {
  const { port1, port2 } = new MessageChannel()
  const thread = new Worker(new URL('thread.ts', import.meta.url), { workerData: port2, transferList: [port2] })
  thread.unref()
  thread.on('error', () => undefined)
  const failure = failureOf(thread)
  failure.catch(() => undefined) // Nobody may be waiting.
  return { thread, port: port1, api: wrap<ReferenceThread>(port1 as unknown as Endpoint), failure }
}

/** The inputs that are needed, each part held against its place under the input's root. */
async function gather(
  blobs: BlobDirectory,
  kind: Kind,
  unit: Unit,
  needs: readonly PartNeed[],
): Promise<{ inputs: ReferenceInputs; read: ReferenceReader }> {
  const parts = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const { input, parts: numbers } of needs) {
    const { id } = contentAt(unit, input)
    const { leaves } = await blobs.get(id)
    for (const number of numbers) {
      const bytes = await blobs.read(id, number)
      if (leafDigest(bytes) !== leaves[number]) throw new DamagedInputError(id, number)
      parts.set(partKey(input, number), bytes)
    }
  }
  const sources = (kind.files?.(unit) ?? []).map((input) => ({ input, source: blobs.source(contentAt(unit, input)) }))
  const files = sources.map(({ input, source }) => ({ input, sizeBytes: source.sizeBytes }))
  const read: ReferenceReader = async (input, offset, length) => {
    const found = sources.find((each) => each.input === input)
    if (found === undefined) throw new RangeError(`Input ${input} is no file of the unit.`)
    return found.source.read(offset, length)
  }
  return { inputs: { parts, files }, read: proxy(read) }
}

function contentAt(unit: Unit, input: number) {
  const content = unit.inputs[input]
  if (content === undefined) throw new RangeError(`A unit with ${unit.inputs.length} inputs needs input ${input}.`)
  return content
}

function failureOf(thread: Worker): Promise<never> {
  return new Promise((_, reject) => {
    thread.once('error', (error) => reject(new ReferenceFailedError(error)))
    thread.once('exit', () => reject(new ReferenceFailedError(new Error('the thread has ended'))))
  })
}

async function within<T>(work: Promise<T>, failure: Promise<never>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ReferenceTimeoutError(what, timeoutMs)), timeoutMs)
  })
  try {
    return await Promise.race([work, failure, late])
  } finally {
    clearTimeout(timer)
    // Whichever lost may still fail, and nobody waits for it.
    for (const promise of [work, failure, late]) promise.catch(() => undefined)
  }
}

/** A part or an audit took longer than it may. */
export class ReferenceTimeoutError extends AppError {
  override readonly name = 'coordinator.ReferenceTimeout'
  constructor(what: string, timeoutMs: number) {
    super('capacity', `${what} within ${timeoutMs} ms: nobody is found wrong.`)
  }
}

/** The thread died. */
export class ReferenceFailedError extends AppError {
  override readonly name = 'coordinator.ReferenceFailed'
  constructor(cause: Error) {
    super('bug', `The reference's thread failed: ${cause.message}.`, { cause })
  }
}

/** Bytes of an input are not those that its id names. */
export class DamagedInputError extends AppError {
  override readonly name = 'coordinator.DamagedInput'
  constructor(id: Digest, part: number) {
    super('bug', `Part ${part} of input ${id} is damaged: the contents directory was changed by something else.`)
  }
}
