// What the leaderboard's panel says: places, and why a name was not taken.
import { msg, str } from '@lit/localize'
import type { ErrorRecord } from '#core/errors.ts'
import type { Board, BoardSpan } from '#sdk/board.ts'
import { byCount, formatCount } from '#ui/format.ts'
import { toldWords } from '#ui/told-words.ts'

/** Spans that the panel offers. */
export type ShownSpan = Exclude<BoardSpan, 'day'>

/** "Place 12 this week." */
export function placeWords(by: ShownSpan, { place }: NonNullable<Board['own']>): string {
  if (place === null)
    return by === 'week' ? msg('No place this week yet: it comes with the next unit.') : msg('No place yet.')
  const shown = formatCount(place)
  return by === 'week' ? msg(str`Place ${shown} this week.`) : msg(str`Place ${shown} in total.`)
}

/** "3 members". */
export function memberCount(count: number): string {
  const shown = formatCount(count)
  return byCount(count, { one: msg(str`${shown} member`), other: msg(str`${shown} members`) })
}

/** Why what the person asked for did not happen: what it was, what was not lost, what to do next. */
export function refusalWords({ name, kind, message }: ErrorRecord): string {
  switch (name) {
    case 'coordinator.NameTaken':
      return msg('Somebody else has this name, or one that looks like it. Nothing was changed: choose another.')
    case 'coordinator.BoardName':
      return msg(
        'This name cannot be shown. A name has 2 to 24 letters and digits of one script, and between them single spaces, hyphens, dots or apostrophes. Nothing was changed: choose another.',
      )
    case 'coordinator.NothingEarned':
      return msg(
        'Your key has not earned anything here yet. Nothing was changed: a place comes with the first unit that is confirmed.',
      )
    case 'coordinator.StaleStatement':
      return msg(
        'Your clock and the coordinator’s are more than five minutes apart, or another tab was faster. Nothing was changed: look at your clock, then try again.',
      )
    default:
      // What the coordinator itself says, as that it was asked too often, is told in its words.
      return kind === 'unavailable' && name.startsWith('sdk.')
        ? msg(
            'The coordinator does not answer, so nothing is known to have changed. Check your connection, then try again.',
          )
        : msg(
            str`The coordinator did not take it: ${toldWords(message)} Your credit is untouched. Reload the page and try again.`,
          )
  }
}
