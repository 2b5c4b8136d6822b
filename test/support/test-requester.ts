// A requester in a test: plain HTTP against a running coordinator, with real signatures.
import { parseCheckpointText } from '#ledger/checkpoint.ts'
import { decodeNote } from '#ledger/note.ts'
import { toHex } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import { type Signer, signerFromSecret } from '#core/ed25519.ts'
import { type Random, systemRandom } from '#core/random.ts'
import { type PlainValue, type SigningContext, signMessage } from '#core/signed.ts'
import { JOB_TYPE, type Job, type JobBody } from '#work/job.ts'
import type { HeldContent } from './certified-job.ts'

/** An answer: its status and its JSON. */
export type Answer = { readonly status: number; readonly body: Record<string, unknown> }

/** Sends requests: `fetch` with a base address, or an application in process. */
export type Sender = (path: string, init?: RequestInit) => Response | Promise<Response>

/** A requester with an account. */
export class TestRequester {
  readonly signer: Signer
  readonly #send: Sender
  readonly #random: Random
  #context: SigningContext | undefined

  constructor(send: Sender | string, signer = signerFromSecret(systemRandom.bytes(32)), random = systemRandom) {
    this.#send = typeof send === 'string' ? (path, init) => fetch(new URL(path, send), init) : send
    this.signer = signer
    this.#random = random
  }

  async get(path: string): Promise<Answer> {
    const response = await this.#send(path)
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  async send(method: string, path: string, body: unknown): Promise<Answer> {
    const response = await this.#send(path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  async context(): Promise<SigningContext> {
    if (this.#context !== undefined) return this.#context
    const { body } = await this.get('/api/v1/network')
    const { size, root } = parseCheckpointText(decodeNote(body.checkpoint as string).text)
    this.#context = { network: body.network as Digest, checkpoint: { size, root } }
    return this.#context
  }

  async sign<Body extends PlainValue>(type: string, body: Body) {
    return signMessage(this.signer, type, await this.context(), body)
  }

  nonce(): Digest {
    return toHex(this.#random.bytes(32)) as Digest
  }

  async openAccount(): Promise<Answer> {
    return this.send('POST', '/api/v1/accounts', await this.sign('account', { nonce: this.nonce() }))
  }

  /** Announces a content and uploads what is missing. */
  async upload({ ref, leaves, parts }: HeldContent): Promise<void> {
    const { body } = await this.send('POST', '/api/v1/contents', { layout: ref.layout, leaves })
    for (const n of body.missing as number[]) {
      const bytes = parts[n] ?? new Uint8Array(0)
      const response = await this.#send(`/api/v1/contents/${ref.id}/parts/${n}`, { method: 'PUT', body: bytes })
      if (response.status !== 204) throw new Error(`Part ${n} was refused: ${await response.text()}`)
    }
  }

  /** A signed matmul job over `inputs`. */
  async job(inputs: readonly HeldContent[], change: Partial<JobBody> = {}): Promise<Job> {
    const body: JobBody = {
      kind: 'matmul',
      version: 1,
      params: {},
      inputs: inputs.map(({ ref }) => ref),
      replication: 2,
      maxPrice: (10n ** 20n).toString(),
      deadlineMs: 120_000,
      nonce: this.nonce(),
      ...change,
    }
    return this.sign(JOB_TYPE, body)
  }

  /** Uploads `inputs` and sends the job. */
  async submit(inputs: readonly HeldContent[], change: Partial<JobBody> = {}): Promise<Answer> {
    for (const input of inputs) await this.upload(input)
    return this.send('POST', '/api/v1/jobs', await this.job(inputs, change))
  }

  /** The events of a job until it ends, as they come. */
  async events(job: string): Promise<{ event: string; data: Record<string, unknown> }[]> {
    const response = await this.#send(`/api/v1/jobs/${job}/events`)
    const text = await response.text()
    return text
      .split('\n\n')
      .filter((block) => block.includes('event: '))
      .map((block) => {
        const line = (name: string) => block.split('\n').find((each) => each.startsWith(`${name}: `)) ?? ''
        return {
          event: line('event').slice('event: '.length),
          data: JSON.parse(line('data').slice('data: '.length)) as Record<string, unknown>,
        }
      })
  }

  /** The parts of a content. */
  async download(id: string, count: number): Promise<Uint8Array<ArrayBuffer>[]> {
    const parts: Uint8Array<ArrayBuffer>[] = []
    for (let n = 0; n < count; n++) {
      const response = await this.#send(`/api/v1/contents/${id}/parts/${n}`)
      parts.push(new Uint8Array(await response.arrayBuffer()))
    }
    return parts
  }
}
