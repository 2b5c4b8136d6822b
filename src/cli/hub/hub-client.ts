// The Hub's listing of a model and the bytes of its files, through @huggingface/hub. Answers are bounded, and the token goes to the
// Hub's own address alone: fetch drops it where a file's address leads elsewhere.
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '#core/errors.ts'
import { HubError, statusError } from './hub-error.ts'

/** How the Hub is reached. */
export type HubOptions = {
  readonly endpoint: string
  readonly token: string | undefined
  readonly signal: AbortSignal
  /** Wait before a request is repeated, doubled each time. */
  readonly retryMs?: number | undefined
}

/** A file as the Hub lists it. */
export type HubFile = {
  readonly path: string
  readonly sizeBytes: number
  /** SHA-256 of files in large-file storage, else the id of the git blob. */
  readonly digest: { readonly algorithm: 'sha256' | 'git'; readonly hex: string }
}

/** A model at one commit. */
export type HubModel = { readonly commit: string; readonly files: readonly HubFile[] }

/** Files that are looked at: repositories of models have some tens. */
export const MAX_HUB_FILES = 10_000

/** Longest answer that is not a file: a page of a listing has some hundred KiB. */
export const MAX_ANSWER_BYTES = 8 * 2 ** 20

/** Requests for one file in a row that bring nothing. */
const MAX_ATTEMPTS = 5

const DEFAULT_RETRY_MS = 500

/** The Hub behind `endpoint`. */
export class HubClient {
  readonly #options: HubOptions
  readonly #access: { readonly accessToken?: string }
  readonly #fetch: typeof fetch
  #errorCode: string | null = null

  constructor(options: HubOptions) {
    const { token, signal } = options
    if (token !== undefined && !/^hf_[\w.-]+$/.test(token))
      throw new HubError('input', 'The token is not one of the Hub: they begin with "hf_".')
    this.#options = options
    this.#access = token === undefined ? {} : { accessToken: token }
    this.#fetch = async (input, init) => {
      const response = await fetch(input, { ...init, signal })
      // The package's errors keep the status alone; this says which of its meanings it has.
      this.#errorCode = response.headers.get('X-Error-Code')
      return bounded(response)
    }
  }

  /** The model's files in folder `folder` ('' for the top) at `revision`. Throws {@link HubError}. */
  async list(repository: string, revision: string, folder: string): Promise<HubModel> {
    const { modelInfo, listFiles } = await import('@huggingface/hub')
    const common = { ...this.#access, hubUrl: this.#options.endpoint, fetch: this.#fetch }
    const what = revision === 'main' ? repository : `${repository} at ${revision}`
    return this.#asked(what, async () => {
      const { sha } = await modelInfo({ ...common, name: repository, revision, additionalFields: ['sha'] })
      if (!/^[0-9a-f]{40}$/.test(sha)) throw new HubError('unavailable', `The Hub names no commit of ${what}.`)
      const files: HubFile[] = []
      const where = folder === '' ? {} : { path: folder }
      for await (const entry of listFiles({ ...common, ...where, repo: repository, revision: sha })) {
        if (entry.type === 'file') files.push(hubFile(entry))
        if (files.length > MAX_HUB_FILES)
          throw new HubError('input', `${what} has more than ${MAX_HUB_FILES} files in one folder.`)
      }
      return { commit: sha, files }
    })
  }

  /** Gives the bytes of a file from `start` on, piece by piece; a connection that breaks is taken up again where it broke. */
  async *read(repository: string, commit: string, file: HubFile, start: number): AsyncGenerator<Uint8Array> {
    let at = start
    for (let failed = 0; at < file.sizeBytes;) {
      try {
        for await (const bytes of await this.#open(repository, commit, file, at)) {
          at += bytes.length
          if (at > file.sizeBytes)
            throw new HubError(
              'hostile',
              `The Hub sends more of ${file.path} than the ${file.sizeBytes} bytes it lists.`,
            )
          failed = 0
          yield bytes
        }
        if (at < file.sizeBytes) throw new TypeError('The body ended early.')
      } catch (error) {
        this.#options.signal.throwIfAborted()
        const isFinal = error instanceof AppError && error.kind !== 'unavailable'
        if (isFinal) throw error
        if (++failed === MAX_ATTEMPTS) throw unreachable(file.path, error)
        await sleep((this.#options.retryMs ?? DEFAULT_RETRY_MS) * 2 ** failed, undefined, {
          signal: this.#options.signal,
        })
      }
    }
  }

  async #open(
    repository: string,
    commit: string,
    { path, sizeBytes }: HubFile,
    at: number,
  ): Promise<ReadableStream<Uint8Array>> {
    const { endpoint, token, signal } = this.#options
    const encoded = path.split('/').map(encodeURIComponent).join('/')
    const headers = {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(at === 0 ? {} : { Range: `bytes=${at}-${sizeBytes - 1}` }),
      // Ranges of what is compressed on the way would be other ranges.
      'Accept-Encoding': 'identity',
    }
    const response = await fetch(`${endpoint}/${repository}/resolve/${commit}/${encoded}`, { headers, signal })
    const isWhole = at === 0 ? response.ok : response.status === 206
    if (isWhole && response.body !== null) return response.body
    await response.body?.cancel()
    if (response.ok) throw new HubError('input', `The Hub does not send ${path} from where it broke off.`)
    throw statusError(
      response.status,
      `${repository}/${path}`,
      token !== undefined,
      response.headers.get('X-Error-Code'),
    )
  }

  async #asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
    const { HubApiError } = await import('@huggingface/hub')
    try {
      return await ask()
    } catch (error) {
      this.#options.signal.throwIfAborted()
      if (error instanceof AppError) throw error
      if (error instanceof HubApiError)
        throw statusError(error.statusCode, what, this.#options.token !== undefined, this.#errorCode)
      throw unreachable(what, error)
    }
  }
}

type Listed = {
  readonly path: string
  readonly size: number
  readonly oid?: string
  readonly lfs?: { readonly oid: string; readonly size: number }
}

function hubFile({ path, size, oid = '', lfs }: Listed): HubFile {
  const sizeBytes = lfs?.size ?? size
  const digest =
    lfs === undefined ? ({ algorithm: 'git', hex: oid } as const) : ({ algorithm: 'sha256', hex: lfs.oid } as const)
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0 || typeof path !== 'string')
    throw new HubError('unavailable', 'The Hub lists a file without a size.')
  return { path, sizeBytes, digest }
}

/** An answer whose body ends with an error past {@link MAX_ANSWER_BYTES}. */
function bounded(response: Response): Response {
  if (response.body === null) return response
  let left = MAX_ANSWER_BYTES
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      left -= chunk.length
      if (left < 0)
        controller.error(new HubError('hostile', `The Hub answers with more than ${MAX_ANSWER_BYTES} bytes.`))
      else controller.enqueue(chunk)
    },
  })
  const { status, statusText, headers } = response
  const copy = new Response(response.body.pipeThrough(limit), { status, statusText, headers })
  Object.defineProperty(copy, 'url', { value: response.url })
  return copy
}

function unreachable(what: string, cause: unknown): HubError {
  return new HubError(
    'unavailable',
    `The Hub cannot be reached for ${what}; run the command again, what is here is kept.`,
    {
      cause,
    },
  )
}
