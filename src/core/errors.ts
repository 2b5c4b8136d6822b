// Errors of the project: a stable name that survives worker, wire and bundle, and a kind that tells the caller what to do next.

/** `input` fix the call · `hostile` drop it and score the peer · `unavailable` back off and retry · `capacity` go smaller · `bug` report. */
export type ErrorKind = 'input' | 'hostile' | 'unavailable' | 'capacity' | 'bug'

/** An error as it crosses a worker boundary, the wire or an HTTP response. */
export type ErrorRecord = { name: string; kind: ErrorKind; message: string }

/** Base of every error the project throws. Subclasses live beside the code that throws them. */
export abstract class AppError extends Error {
  abstract override readonly name: string
  readonly kind: ErrorKind
  constructor(kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** An error that was thrown on the other side of a boundary, rebuilt from its record. */
export class RemoteError extends AppError {
  override readonly name: string
  constructor(record: ErrorRecord) {
    super(record.kind, record.message)
    this.name = record.name
  }
}

/** The record of any thrown value; what is not ours is a `bug`. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (error instanceof AppError) return { name: error.name, kind: error.kind, message: error.message }
  if (error instanceof Error) return { name: error.name, kind: 'bug', message: error.message }
  return { name: 'Error', kind: 'bug', message: String(error) }
}
