// What a unit's page says of the unit and of its checks.
import { msg, str } from '@lit/localize'
import type { UnitRecord } from '#sdk/explore/unit-lookup.ts'
import { byCount, formatCount, formatList } from '#ui/format.ts'
import { toldWords } from '#ui/told-words.ts'

/** What the unit did, as the page's title. */
export function unitTitle({ facts, certificate }: UnitRecord): string {
  if (facts !== null) return toldWords(facts.what)
  return certificate === null ? msg('A unit without a certificate') : msg('A unit of an unknown kind')
}

/** That all of `count` checks passed. */
export function passedWords(count: number): string {
  const checks = formatCount(count)
  return byCount(count, {
    one: msg(str`${checks} check made here, and passed.`),
    other: msg(str`${checks} checks made here, all passed.`),
  })
}

/** Which draws cannot be checked yet, and when they can. */
export function pendingWords(pending: readonly number[]): string {
  const epochs = formatList(pending.map((epoch) => formatCount(epoch)))
  return msg(
    str`The secret of draw epoch ${epochs} is not revealed yet. It is within a minute or two, and then whom the draw fell on is checked here by itself.`,
  )
}

/** How a unit without a certificate stands, and what comes next. */
export function stateWords(state: UnitRecord['state']): [what: string, next: string] {
  switch (state) {
    case 'waiting':
      return [
        msg('It waits for a node.'),
        msg('When nodes have computed it and agree, its certificate appears here by itself.'),
      ]
    case 'computing':
      return [msg('Nodes are at work on it.'), msg('When they agree, its certificate appears here by itself.')]
    case 'failed':
      return [
        msg('It was never certified: every job that asked for it ended without a result.'),
        msg('Nothing was paid for it. What was proven on the way, if anything, is below.'),
      ]
    case 'done':
      return [msg('It is done, and its certificate is not in the log yet.'), msg('Look again in a moment.')]
  }
}
