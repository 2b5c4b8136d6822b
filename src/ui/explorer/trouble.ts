// Errors of the explorer as a visitor needs them: what happened, what it means, what to do next.
import { msg } from '@lit/localize'
import { type ErrorRecord, toErrorRecord } from '#core/errors.ts'

/** What was asked for when something went wrong. */
export type Asked = 'log' | 'unit' | 'recompute'

/** What went wrong. Its words are made when they are drawn: the language may change meanwhile. */
export type Trouble = { readonly error: ErrorRecord; readonly asked: Asked }

/** Three sentences, and below them what a report needs: the error's own words, in English, where the sentences do not say it all. */
export type TroubleWords = {
  readonly what: string
  readonly means: string
  readonly next: string
  readonly detail: string
}

/** What `error` is for who asked. */
export function troubleOf(error: unknown, asked: Asked): Trouble {
  return { error: toErrorRecord(error), asked }
}

/** The sentences for it. */
export function troubleWords({ error, asked }: Trouble): TroubleWords {
  const { name, kind, message } = error
  if (name === 'sdk.Unreachable') return { ...unreachable(asked), detail: '' }
  if (asked === 'recompute' && (name === 'coordinator.UnknownContent' || name === 'coordinator.MissingPart'))
    return { ...noInputs(), detail: '' }
  return { ...byKind(kind), detail: message }
}

type Sentences = Omit<TroubleWords, 'detail'>

function unreachable(asked: Asked): Sentences {
  return {
    what: msg('The coordinator does not answer.'),
    means: msg('What was checked before still holds: it was proven here, not believed.'),
    next: asked === 'log' ? msg('This page asks again by itself.') : msg('Check your connection, then try again.'),
  }
}

function noInputs(): Sentences {
  return {
    what: msg('The coordinator no longer keeps the inputs.'),
    means: msg('Inputs and results that nobody uses are deleted after a week. The certificate and the log stay.'),
    next: msg('Who has the inputs can still compute it again: commonwatt verify FILE --recompute --inputs A B'),
  }
}

function byKind(kind: ErrorRecord['kind']): Sentences {
  switch (kind) {
    case 'hostile':
      return {
        what: msg('What the coordinator handed out is not what it should be.'),
        means: msg('So nothing of it is shown as true.'),
        next: msg(
          'Try again. If it stays so, keep the certificates you have: others can check them without this coordinator.',
        ),
      }
    case 'capacity':
      return {
        what: msg('This device cannot hold the unit.'),
        means: msg('That says nothing about the result.'),
        next: msg('Close other tabs and try again, or open this page on a larger device.'),
      }
    case 'unavailable':
      return {
        what: msg('Something that this needs cannot be had right now.'),
        means: msg('Nothing is known to be wrong.'),
        next: msg('Try again in a moment.'),
      }
    case 'input':
    case 'bug':
      return {
        what: msg('This page could not go on.'),
        means: msg('That says nothing about the log or the unit.'),
        next: msg('Reload the page. If it happens again, the text below is what a report needs.'),
      }
  }
}
