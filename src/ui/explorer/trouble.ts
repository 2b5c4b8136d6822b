// Errors of the explorer as a visitor needs them: what happened, what it means, what to do next.
import { type ErrorRecord, toErrorRecord } from '#core/errors.ts'

/** Three sentences and the name that a report needs. */
export type Trouble = { readonly what: string; readonly means: string; readonly next: string; readonly name: string }

/** What was asked for when something went wrong. */
export type Asked = 'log' | 'unit' | 'recompute'

/** The sentences for an error. */
export function troubleOf(error: unknown, asked: Asked): Trouble {
  const record = toErrorRecord(error)
  return { ...sentences(record, asked), name: record.name }
}

function sentences({ name, kind, message }: ErrorRecord, asked: Asked): Omit<Trouble, 'name'> {
  if (name === 'sdk.Unreachable') {
    return {
      what: 'The coordinator does not answer.',
      means: 'What was checked before still holds: it was proven here, not believed.',
      next: asked === 'log' ? 'This page asks again by itself.' : 'Check your connection, then try again.',
    }
  }
  if (asked === 'recompute' && (name === 'coordinator.UnknownContent' || name === 'coordinator.MissingPart')) {
    return {
      what: 'The coordinator no longer keeps the inputs.',
      means: 'Inputs and results that nobody uses are deleted after a week. The certificate and the log stay.',
      next: 'Who has the inputs can still compute it again: commonwatt verify FILE --recompute --inputs A B',
    }
  }
  switch (kind) {
    case 'hostile':
      return {
        what: message,
        means: 'What the coordinator handed out is not what it should be, so nothing of it is shown as true.',
        next: 'Try again. If it stays so, keep the certificates you have: others can check them without this coordinator.',
      }
    case 'capacity':
      return {
        what: message,
        means: 'This device cannot hold the unit. That says nothing about the result.',
        next: 'Close other tabs and try again, or open this page on a larger device.',
      }
    case 'unavailable':
      return { what: message, means: 'Nothing is known to be wrong.', next: 'Try again in a moment.' }
    case 'input':
    case 'bug':
      return {
        what: message,
        means: 'That says nothing about the log or the unit.',
        next: 'Reload the page. If it happens again, this text is what a report needs.',
      }
  }
}
