// Errors as HTTP answers: the kind gives the status, some names a more telling one. A bug's message stays here; the rest is for the caller.
import type { Context as HonoContext } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { AppError, type ErrorKind, toErrorRecord } from '#core/errors.ts'

const STATUS_BY_KIND: Readonly<Record<ErrorKind, ContentfulStatusCode>> = {
  input: 400,
  hostile: 400,
  unavailable: 503,
  capacity: 413,
  bug: 500,
}

const STATUS_BY_NAME: Readonly<Record<string, ContentfulStatusCode>> = {
  'coordinator.NotFound': 404,
  'coordinator.UnknownJob': 404,
  'coordinator.UnknownContent': 404,
  'coordinator.UnknownModel': 404,
  'coordinator.MissingPart': 404,
  'coordinator.CannotPay': 402,
  'coordinator.IncompleteInput': 409,
  'coordinator.NotYetDone': 409,
  'coordinator.NotYours': 403,
  'coordinator.RateLimited': 429,
  'coordinator.TooManyListeners': 429,
}

/** The answer to whatever was thrown; `report` is told of bugs. */
export function errorResponse(c: HonoContext, error: unknown, report: (error: unknown) => void): Response {
  const record = toErrorRecord(error)
  if (record.kind !== 'bug')
    return c.json({ error: record }, STATUS_BY_NAME[record.name] ?? STATUS_BY_KIND[record.kind])
  report(error)
  const message = 'Something went wrong here; the operator finds it in the log.'
  return c.json({ error: { name: record.name, kind: 'bug', message } }, 500)
}

/** There is nothing under this id or path. */
export class NotFoundError extends AppError {
  override readonly name = 'coordinator.NotFound'
  constructor(what: string) {
    super('input', `There is no ${what}.`)
  }
}
