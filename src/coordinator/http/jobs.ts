// Jobs: quoting, admitting, watching, cancelling.
import { Hono } from 'hono'
import { AppError } from '#core/errors.ts'
import { jobBodySchema, jobSchema } from '#work/job.ts'
import { admit, quote } from '#coordinator/admission.ts'
import { cancelJob } from '#coordinator/job-end.ts'
import { FOLLOW_TYPE, UnknownJobError, jobRequestSchema, ownJob } from '#coordinator/job-request.ts'
import { type JobRecord, readJob } from '#coordinator/store/jobs.ts'
import { countUnits } from '#coordinator/store/units.ts'
import { digestParam, readJson } from './body.ts'
import type { HttpParts } from './context.ts'
import { streamJobEvents } from './job-events.ts'
import { jobCertificateText } from '#coordinator/job-certificate.ts'

/** `/api/v1/jobs`. */
export function jobRoutes(parts: HttpParts): Hono {
  const { grid, wake } = parts
  const app = new Hono()
  app.post('/', async (c) => {
    const { id, units, price, admissionLeaf, isNew } = await admit(grid, await readJson(c, jobSchema, 'job'))
    if (isNew) wake()
    return c.json({ id, units, price: price.toString(), admissionLeaf }, 201)
  })
  app.get('/:id', async (c) => {
    const job = await find(parts, digestParam(c, 'id'))
    return c.json(jobJson(job, await countUnits(grid.store.db, job.id)))
  })
  app.get('/:id/events', async (c) => streamJobEvents(c, grid, await find(parts, digestParam(c, 'id')), false))
  app.post('/:id/events', async (c) => {
    const request = await readJson(c, jobRequestSchema, 'request to follow')
    if (request.body.job !== digestParam(c, 'id')) throw new UnknownJobError(request.body.job)
    return streamJobEvents(c, grid, await ownJob(grid, request, FOLLOW_TYPE), true)
  })
  app.get('/:id/certificate', async (c) => {
    const job = await find(parts, digestParam(c, 'id'))
    if (job.state !== 'done') throw new NotYetDoneError(job)
    return c.body(await jobCertificateText(grid, job), 200, { 'content-type': 'application/json; charset=utf-8' })
  })
  app.delete('/:id', async (c) => {
    const request = await readJson(c, jobRequestSchema, 'cancel request')
    if (request.body.job !== digestParam(c, 'id')) throw new UnknownJobError(request.body.job)
    await cancelJob(grid, request)
    wake()
    const job = await find(parts, request.body.job)
    return c.json(jobJson(job, await countUnits(grid.store.db, job.id)))
  })
  return app
}

/** `POST /api/v1/quote`. */
export function quoteRoutes(): Hono {
  return new Hono().post('/', async (c) => {
    const { units, operations, price } = quote(await readJson(c, jobBodySchema, 'job'))
    return c.json({ operations: operations.toString(), units: units.length, price: price.toString() })
  })
}

async function find({ grid }: HttpParts, id: string): Promise<JobRecord> {
  const job = await readJob(grid.store.db, id)
  if (job === null) throw new UnknownJobError(id)
  return job
}

function jobJson(job: JobRecord, units: { total: number; done: number }) {
  const { id, state, price, result, error, stages, submittedMs, finishedMs } = job
  return { id, state, units, price: price.toString(), result, error, stages, submittedMs, finishedMs }
}

/** The job has no certificate yet, or never will. */
export class NotYetDoneError extends AppError {
  override readonly name = 'coordinator.NotYetDone'
  constructor({ id, state }: JobRecord) {
    super('input', `The job ${id} is ${state}: a certificate exists once it is done.`)
  }
}
