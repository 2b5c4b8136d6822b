// Requests to a coordinator: bounded answers checked against a schema, its errors rebuilt as ours, and another try, after a growing
// pause, whenever it is merely unavailable. Every route is idempotent, so trying again is always safe.
import * as v from 'valibot'
import { concat, fromUtf8 } from '#core/bytes.ts'
import type { Clock } from '#core/clock.ts'
import { AppError, RemoteError } from '#core/errors.ts'
import type { Random } from '#core/random.ts'
import { parseAs, textSchema } from '#core/schema.ts'

/** The part of the platform's fetch that is used. */
export type Fetcher = (url: string, init: RequestInit) => Promise<Response>

/** What the SDK takes from its surroundings. */
export type Surroundings = {
  readonly fetch: Fetcher
  readonly clock: Clock
  readonly random: Random
}

/** One request. `body` is sent as JSON unless it is bytes. */
export type RequestOptions = {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly body?: object | Uint8Array<ArrayBuffer>
  readonly signal?: AbortSignal | undefined
  readonly accept?: string
  /** {@link MAX_TRIES} when omitted. */
  readonly tries?: number
}

/** Tries of one request, the first included: about half a minute of pauses, enough for a restart of a coordinator on a busy machine. */
export const MAX_TRIES = 11

/** First pause between two tries; each further one is twice as long, up to the longest. */
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 4_000

/** Time for an answer to begin. */
const ANSWER_TIMEOUT_MS = 30_000

/** Largest JSON answer: the leaves of the largest content are 17 MiB, a certificate of 256 units less. */
export const MAX_JSON_BYTES = 64 * 2 ** 20

const errorSchema = v.object({
  error: v.object({
    name: textSchema(100),
    kind: v.picklist(['input', 'hostile', 'unavailable', 'capacity', 'bug']),
    message: textSchema(10_000),
  }),
})

/** A coordinator's HTTP interface. */
export class Http {
  readonly #surroundings: Surroundings
  /** The coordinator's origin, without a slash at the end. */
  readonly url: string

  constructor(url: string, surroundings: Surroundings) {
    this.url = assertUrl(url)
    this.#surroundings = surroundings
  }

  get clock(): Clock {
    return this.#surroundings.clock
  }

  get random(): Random {
    return this.#surroundings.random
  }

  /** The JSON answer as `schema` describes it; fields it does not name are dropped or refused as the schema says. */
  async json<T>(path: string, schema: v.GenericSchema<unknown, T>, options: RequestOptions = {}): Promise<T> {
    const bytes = await this.bytes(path, MAX_JSON_BYTES, { accept: 'application/json', ...options })
    return parseAs(schema, parseJson(path, bytes), `answer of ${path}`)
  }

  /** The answer's bytes, at most `maxBytes`. */
  async bytes(path: string, maxBytes: number, options: RequestOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return this.#trying(options, async () => readBounded(path, await this.#once(path, options), maxBytes))
  }

  /** The answer as it begins, for streams: one try. The caller reads or cancels its body. */
  async open(path: string, options: RequestOptions = {}): Promise<Response> {
    return this.#once(path, options)
  }

  /** Waits `delayMs`, or throws the signal's reason. */
  async pause(delayMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const cancel = this.clock.after(delayMs, () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      })
      const abort = () => {
        cancel()
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- an abort's reason is the caller's own
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  async #trying<T>({ signal, tries = MAX_TRIES }: RequestOptions, attempt: () => Promise<T>): Promise<T> {
    for (let count = 1; ; count++) {
      try {
        return await attempt()
      } catch (error) {
        signal?.throwIfAborted()
        if (!(error instanceof AppError) || error.kind !== 'unavailable' || count >= tries) throw error
        const jitter = 0.5 + (this.random.bytes(1)[0] ?? 0) / 255
        await this.pause(Math.min(FIRST_PAUSE_MS * 2 ** (count - 1), LONGEST_PAUSE_MS) * jitter, signal)
      }
    }
  }

  async #once(path: string, { method = 'GET', body, signal, accept = '*/*' }: RequestOptions): Promise<Response> {
    const isBytes = body instanceof Uint8Array
    const type = isBytes ? 'application/octet-stream' : 'application/json'
    const limit = new AbortController()
    const cancelLimit = this.clock.after(ANSWER_TIMEOUT_MS, () => limit.abort())
    try {
      const response = await this.#surroundings.fetch(`${this.url}${path}`, {
        method,
        headers: body === undefined ? { accept } : { accept, 'content-type': type },
        ...(body === undefined ? {} : { body: isBytes ? body : JSON.stringify(body) }),
        redirect: 'error',
        signal: signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]),
      })
      if (!response.ok) throw await remoteError(path, response)
      return response
    } catch (error) {
      signal?.throwIfAborted()
      throw error instanceof AppError ? error : new UnreachableError(this.url, error)
    } finally {
      cancelLimit()
    }
  }
}

function assertUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw new UrlError(text)
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

async function readBounded(path: string, response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.length
      if (size > maxBytes) throw new AnswerError(path, `has more than ${maxBytes} bytes`)
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof AppError ? error : new UnreachableError(new URL(response.url).origin, error)
  }
  return concat(...chunks)
}

async function remoteError(path: string, response: Response): Promise<AppError> {
  const text = await readBounded(path, response, 65_536).then(fromUtf8, () => '')
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    parsed = undefined
  }
  const record = v.safeParse(errorSchema, parsed)
  return record.success ? new RemoteError(record.output.error) : new StatusError(path, response.status)
}

function parseJson(path: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes))
  } catch (cause) {
    throw new AnswerError(path, 'is not JSON', { cause })
  }
}

/** The coordinator's address is not one. */
export class UrlError extends AppError {
  override readonly name = 'sdk.Url'
  constructor(text: string) {
    super('input', `"${text.slice(0, 200)}" is not the address of a coordinator, such as http://localhost:4747.`)
  }
}

/** No coordinator answers at the address, or it stopped in mid-answer. */
export class UnreachableError extends AppError {
  override readonly name = 'sdk.Unreachable'
  constructor(url: string, cause: unknown) {
    super('unavailable', `No coordinator answers at ${url}.`, { cause })
  }
}

/** An error status without an error of ours in its body: something else than a coordinator answers. */
export class StatusError extends AppError {
  override readonly name = 'sdk.Status'
  constructor(path: string, status: number) {
    super(status >= 500 ? 'unavailable' : 'input', `The coordinator answered ${path} with status ${status}.`)
  }
}

/** An answer does not have the form it should have. */
export class AnswerError extends AppError {
  override readonly name = 'sdk.Answer'
  constructor(path: string, problem: string, options?: ErrorOptions) {
    super('hostile', `The coordinator's answer to ${path} ${problem}.`, options)
  }
}
