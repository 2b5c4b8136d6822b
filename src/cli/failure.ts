// What a person reads when a command fails: one sentence on what is wrong and one on what to do, never a stack trace by default.
import { inspect } from 'node:util'
import { AppError, type ErrorKind, type ErrorRecord, toErrorRecord } from '#core/errors.ts'

/** Exit codes of every command. */
export const EXIT_DONE = 0
export const EXIT_FAILED = 1
export const EXIT_USAGE = 2

/** Codes of Node's file and network errors that people meet, in words. */
const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
  EADDRINUSE: 'another program listens on that address',
  EADDRNOTAVAIL: 'this machine has no such address',
}

/** What to do next, by kind. */
const ADVICE: Readonly<Record<ErrorKind, string>> = {
  input: '',
  hostile: 'Do not trust what this coordinator says before this is explained.',
  unavailable: 'Is the coordinator running? Try again in a moment.',
  capacity: 'Try with smaller inputs.',
  bug: 'This is a bug: please report it, with COMMONWATT_DEBUG=1 for the details.',
}

/** Errors that are not about a coordinator, and say themselves what to do. */
const WITHOUT_ADVICE = new Set(['cli.Hub'])

/** The record of any thrown value; errors of the system become sentences of ours. */
export function failureOf(error: unknown): ErrorRecord {
  if (error instanceof AppError || !(error instanceof Error)) return toErrorRecord(error)
  if (error.name === 'AbortError') return { name: 'cli.Interrupted', kind: 'input', message: 'Interrupted.' }
  if (error.name === 'TimeoutError') return { name: 'cli.Timeout', kind: 'unavailable', message: error.message }
  const { code, path, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  const words = code === undefined ? undefined : SYSTEM_ERRORS[code]
  if (words === undefined) return toErrorRecord(error)
  const where = path ?? (address === undefined ? undefined : `${address}:${port}`)
  return { name: `system.${code}`, kind: 'input', message: `${where ?? 'The system refused'}: ${words}.` }
}

/** The lines for a person. */
export function describeFailure(error: unknown): string {
  const { name, kind, message } = failureOf(error)
  const advice = WITHOUT_ADVICE.has(name) ? '' : ADVICE[kind]
  const lines = [`Error: ${message}`, ...(advice === '' ? [] : [advice])]
  if (process.env['COMMONWATT_DEBUG']) lines.push('', inspect(error))
  return lines.join('\n')
}

/** A command cannot be carried out as it was called: exit code 2. */
export class UsageError extends AppError {
  override readonly name = 'cli.Usage'
  constructor(message: string) {
    super('input', message)
  }
}
