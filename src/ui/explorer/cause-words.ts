// What a proven fault was: in a clause for the log, and in a sentence for a unit's page. In English the sentences are those of the documentation.
import { msg } from '@lit/localize'
import type { ProvenCause } from '#verify/faults.ts'

/** What was proven, to be read after "Node … was proven wrong:". */
export function causeClause(cause: ProvenCause): string {
  switch (cause) {
    case 'wrong-part':
      return msg('a part of its result is not what the reference computes')
    case 'wrong-part-again':
      return msg('a part of its result is not what the reference computes, for the second time')
    case 'equivocation':
      return msg('it signed two different commitments to one unit')
    case 'broken-claim':
      return msg('what it streamed is not how its result begins')
    case 'false-tag':
      return msg('it did not compute from the inputs, it looked the result up')
  }
}

/** The same at length. */
export function causeSentence(cause: ProvenCause): string {
  switch (cause) {
    case 'wrong-part':
      return msg(
        'A part of an exact result is not what the reference computes: a driver may do this, and then to other results that nobody checked.',
      )
    case 'wrong-part-again':
      return msg(
        'A second wrong part of the same kind of work, under a lease given after the first was in the log and the self-test was passed again.',
      )
    case 'equivocation':
      return msg('Two different commitments under one lease, both signed.')
    case 'broken-claim':
      return msg(
        'What the node signed of its result while it computed it is not how the result begins that it then revealed.',
      )
    case 'false-tag':
      return msg(
        'The possession tag that it revealed is not of the inputs, for a kind whose tags need no device: the result was looked up.',
      )
  }
}
