// Jobs as a requester sees them: the routes under /api/v1/jobs, and a job's events with reconnection.
import * as v from 'valibot'
import type { ContentRef } from '#core/content.ts'
import { isHex } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import {
  amountSchema,
  contentRefSchema,
  digestSchema,
  parseAs,
  publicKeySchema,
  textSchema,
  uintSchema,
} from '#core/schema.ts'
import { MAX_TRANSCRIPT_BYTES, type SignedProgress, progressSchema } from '#verify/progress.ts'
import { MAX_UNITS } from '#work/job.ts'
import { type Lease, leaseSchema } from '#work/lease.ts'
import { type ServerEvent, parseEvents } from './event-stream.ts'
import { AnswerError, type Http, UnreachableError } from './http.ts'

/** What a job would cost. */
export type Quote = {
  /** Integer operations, counted from the specification, as decimal text. */
  readonly operations: string
  readonly units: number
  /** Atto-credit as decimal text. */
  readonly price: string
}

/** A job that was admitted. */
export type Admission = {
  readonly id: Digest
  readonly units: number
  readonly price: string
  /** Index of the admission in the log. */
  readonly admissionLeaf: number
}

/** Where a job is. `stages` are milliseconds per stage, null until it is done. */
export type JobStatus = {
  readonly id: Digest
  readonly state: 'running' | 'done' | 'failed'
  readonly units: { readonly total: number; readonly done: number }
  readonly price: string
  readonly result: ContentRef | null
  readonly error: string | null
  readonly stages: Readonly<Record<string, number>> | null
  readonly submittedMs: number
  readonly finishedMs: number | null
}

/** What a node claims of a unit's result: `skipped`, in hex, then the bytes of `progress`, which signs both. The lease comes with its first. */
export type ProgressEvent = {
  readonly event: 'progress'
  readonly unit: Digest
  readonly lease: Lease | null
  readonly skipped: string
  readonly progress: SignedProgress
}

/** What happens to a job. The last event is `done` or `failed`. */
export type JobEvent =
  | { readonly event: 'unit'; readonly done: number; readonly total: number }
  | { readonly event: 'dispute'; readonly unit: Digest; readonly node: string }
  | { readonly event: 'done'; readonly result: ContentRef }
  | { readonly event: 'failed'; readonly error: string }

const priceFields = { units: uintSchema(MAX_UNITS), price: amountSchema }

const operationsSchema = v.pipe(
  v.union([v.pipe(v.string(), v.regex(/^[0-9]{1,30}$/)), uintSchema()]),
  v.transform(String),
)
/** The answer to a quote. */
export const quoteSchema: v.GenericSchema<unknown, Quote> = v.object({ operations: operationsSchema, ...priceFields })

/** The answer to a job. */
export const admissionSchema: v.GenericSchema<unknown, Admission> = v.object({
  id: digestSchema,
  admissionLeaf: uintSchema(),
  ...priceFields,
})

const failureSchema = v.pipe(
  v.union([textSchema(2000), v.object({ message: textSchema(2000) })]),
  v.transform((error) => (typeof error === 'string' ? error : error.message)),
)

/** A job's status. */
export const jobStatusSchema: v.GenericSchema<unknown, JobStatus> = v.object({
  id: digestSchema,
  state: v.picklist(['running', 'done', 'failed']),
  units: v.object({ total: uintSchema(MAX_UNITS), done: uintSchema(MAX_UNITS) }),
  price: amountSchema,
  result: v.nullable(contentRefSchema),
  error: v.nullable(failureSchema),
  stages: v.nullable(v.record(textSchema(40), v.pipe(v.number(), v.finite()))),
  submittedMs: uintSchema(),
  finishedMs: v.nullable(uintSchema()),
})

const EVENT_SCHEMAS = {
  unit: v.object({ done: uintSchema(MAX_UNITS), total: uintSchema(MAX_UNITS) }),
  dispute: v.object({ unit: digestSchema, node: publicKeySchema }),
  done: v.object({ result: contentRefSchema }),
  failed: v.object({ error: failureSchema }),
  progress: v.object({
    unit: digestSchema,
    lease: v.nullable(leaseSchema),
    skipped: v.pipe(
      textSchema(2 * MAX_TRANSCRIPT_BYTES),
      v.check((text) => isHex(text), 'hex'),
    ),
    progress: progressSchema,
  }),
}

/** Failed connections in a row before giving up: with the pauses between them about 30 s, enough for a restart of the coordinator. */
const MAX_FAILURES = 9

/** Pause before the stream is opened again, doubled after every failure up to the second. */
const RECONNECT_MS = 250
const MAX_RECONNECT_MS = 5_000

/**
 * The events of job `id` until it is done or has failed. A stream that breaks off is opened again; it begins with the present state,
 * so the same event may come twice. With a signed request to `follow` there is progress among them. Throws what the coordinator answers,
 * e.g. for an unknown job.
 */
export async function* jobEvents(
  http: Http,
  id: Digest,
  { signal, follow }: { signal?: AbortSignal | undefined; follow?: object | undefined } = {},
): AsyncGenerator<JobEvent | ProgressEvent> {
  for (let failures = 0; ;) {
    signal?.throwIfAborted()
    try {
      for await (const received of openEvents(http, id, { signal, body: follow })) {
        const event = parseJobEvent(received)
        if (event === undefined) continue
        failures = 0
        yield event
        if (event.event === 'done' || event.event === 'failed') return
      }
    } catch (error) {
      signal?.throwIfAborted()
      const known = error instanceof AppError ? error : new UnreachableError(http.url, error)
      if (known.kind !== 'unavailable' || failures + 1 === MAX_FAILURES) throw known
    }
    failures += 1
    await http.pause(Math.min(RECONNECT_MS * 2 ** (failures - 1), MAX_RECONNECT_MS), signal)
  }
}

async function* openEvents(
  http: Http,
  id: Digest,
  { signal, body }: { signal: AbortSignal | undefined; body: object | undefined },
): AsyncGenerator<ServerEvent> {
  const path = `/api/v1/jobs/${id}/events`
  const request = body === undefined ? {} : { method: 'POST' as const, body }
  const response = await http.open(path, { accept: 'text/event-stream', signal, ...request })
  const type = response.headers.get('content-type') ?? ''
  if (response.body === null || !type.startsWith('text/event-stream')) throw new AnswerError(path, 'is no event stream')
  yield* parseEvents(response.body)
}

/** An event that this client knows, or undefined: later coordinators may say more. */
function parseJobEvent({ event, data }: ServerEvent): JobEvent | ProgressEvent | undefined {
  if (!Object.hasOwn(EVENT_SCHEMAS, event)) return undefined
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch (cause) {
    throw new AnswerError('events', `holds an event "${event}" that is not JSON`, { cause })
  }
  const what = `event "${event}"`
  if (event === 'unit') return { event, ...parseAs(EVENT_SCHEMAS.unit, value, what) }
  if (event === 'dispute') return { event, ...parseAs(EVENT_SCHEMAS.dispute, value, what) }
  if (event === 'progress') return { event, ...parseAs(EVENT_SCHEMAS.progress, value, what) }
  if (event === 'done') return { event, ...parseAs(EVENT_SCHEMAS.done, value, what) }
  return { event: 'failed', ...parseAs(EVENT_SCHEMAS.failed, value, what) }
}
