// Server-sent events of one job. A listener is subscribed before the present state is read, so that nothing falls between the two.
import type { Context as HonoContext } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import { toHex } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import type { JobEvent, ProgressEvent } from '#coordinator/events.ts'
import type { Grid } from '#coordinator/grid.ts'
import { type JobRecord, readJob } from '#coordinator/store/jobs.ts'
import { countUnits } from '#coordinator/store/units.ts'
import { jobCertificateId } from '#coordinator/job-certificate.ts'
import type { ClaimedProgress } from '#verify/progress.ts'
import { leaseId } from '#work/lease.ts'

/** A comment is sent this often, so that proxies keep the connection and a dead one is noticed. */
export const SSE_HEARTBEAT_MS = 15_000

/** Events that may wait for one slow reader; past it the connection is cut and the reader comes back for the present state. */
export const MAX_WAITING_EVENTS = 1_000

/** Streams the events of `job`, beginning with its present state, until it ends; to its requester, who `isFollowing`, with its progress. */
export function streamJobEvents(c: HonoContext, grid: Grid, job: JobRecord, isFollowing: boolean): Response {
  const waiting: (JobEvent | ProgressEvent)[] = []
  let wake = () => {}
  const onEvent = (event: JobEvent | ProgressEvent) => {
    // Progress that still waits is told as it is by then.
    if (event.event === 'progress' && waiting.some(({ data }) => data === event.data)) return
    waiting.push(event)
    wake()
  }
  const { events } = grid
  const unsubscribe = isFollowing ? events.follow(job.id, onEvent) : events.subscribe(job.id, onEvent)
  return streamSSE(c, async (stream) => {
    stream.onAbort(() => wake())
    const stopHeartbeat = beatHeart(grid, stream)
    const told = new Map<Digest, number>()
    try {
      for (const event of await presentState(grid, job)) waiting.unshift(event)
      for (;;) {
        const event = waiting.shift()
        if (stream.aborted || stream.closed || waiting.length > MAX_WAITING_EVENTS) return
        if (event === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve
            if (stream.aborted) resolve()
          })
          continue
        }
        const data = event.event === 'progress' ? progressData(event.data, told) : event.data
        if (data !== null) await stream.writeSSE({ event: event.event, data: JSON.stringify(data) })
        if (event.event === 'done' || event.event === 'failed') return
      }
    } finally {
      unsubscribe()
      stopHeartbeat()
    }
  })
}

/** What a listener has not been told yet, with the node's last message, which signs all of it; the lease comes with its first. */
function progressData({ lease, bytes, latest }: ClaimedProgress, told: Map<Digest, number>) {
  const id = leaseId(lease)
  const from = told.get(id) ?? 0
  if (latest === undefined || from >= bytes.length) return null
  told.set(id, bytes.length)
  const skipped = toHex(bytes.subarray(from, Math.max(from, latest.body.offset)))
  return { unit: lease.body.unit, lease: from === 0 ? lease : null, skipped, progress: latest }
}

/** The present state as events, the last one first. */
async function presentState(grid: Grid, { id }: JobRecord): Promise<JobEvent[]> {
  const { db } = grid.store
  const units = await countUnits(db, id)
  const job = await readJob(db, id)
  const events: JobEvent[] = [{ event: 'unit', data: { ...units, unit: null, nodes: [] } }]
  if (job?.state === 'done' && job.result !== null)
    events.unshift({ event: 'done', data: { result: job.result, certificate: await jobCertificateId(grid, job) } })
  if (job?.state === 'failed' && job.error !== null) events.unshift({ event: 'failed', data: { error: job.error } })
  return events
}

function beatHeart({ clock }: Grid, stream: SSEStreamingApi): () => void {
  let cancel = () => {}
  const arm = () => {
    cancel = clock.after(SSE_HEARTBEAT_MS, () => {
      stream.write(': here\n\n').catch(() => undefined)
      arm()
    })
  }
  arm()
  return () => cancel()
}
