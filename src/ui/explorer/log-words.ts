// What the log's page says of the checkpoint and of the entries' proofs.
import { msg, str } from '@lit/localize'
import { type TemplateResult, html } from 'lit'
import type { Doubt, LogState } from '#sdk/explore/log-reader.ts'
import { byCount, formatCount } from '#ui/format.ts'

/** How many entries the coordinator signed. */
export function sizeWords(state: LogState | null): TemplateResult {
  const size = html`<span class="size figure" data-testid="size"
    >${state === null ? '–' : formatCount(state.size)}</span
  >`
  return byCount(state?.size ?? 0, {
    one: msg(html`${size} entry, signed by the coordinator`),
    other: msg(html`${size} entries, signed by the coordinator`),
  })
}

/** That all entries of a page are proven. */
export function provenWords(count: number): string {
  return byCount(count, {
    one: msg(str`${count} entry on this page, proven`),
    other: msg(str`${count} entries on this page, each proven`),
  })
}

/** That `refused` of them are not. */
export function refusedWords(refused: number, all: number): string {
  return byCount(refused, {
    one: msg(str`${refused} of ${all} is not proven to be in the log`),
    other: msg(str`${refused} of ${all} are not proven to be in the log`),
  })
}

/** That the log continues what was seen. */
export function continuesWords(remembered: number): string {
  const before = formatCount(remembered)
  return byCount(remembered, {
    one: msg(str`Continues the ${before} entry that you saw before.`),
    other: msg(str`Continues the ${before} entries that you saw before.`),
  })
}

/** Who cosigned it. */
export function witnessWords(count: number): string {
  if (count === 0) return msg('none has cosigned this one yet')
  const nodes = formatCount(count)
  return byCount(count, { one: msg(str`${nodes} node cosigned it`), other: msg(str`${nodes} nodes cosigned it`) })
}

/** How long an entry’s proof is. */
export function stepsWords(count: number): string {
  const steps = formatCount(count)
  return byCount(count, { one: msg(str`proven in ${steps} step`), other: msg(str`proven in ${steps} steps`) })
}

/** Why an entry is not proven. */
export function doubtSentence(doubt: Doubt): string {
  switch (doubt) {
    case 'withheld':
      return msg('The coordinator did not hand this entry out.')
    case 'no-entry':
      return msg('What was handed out cannot be an entry.')
    case 'not-in-log':
      return msg('Its digest does not lead to the signed root: this entry is not the one that is in the log.')
    case 'no-proof':
      return msg('The log does not give what proves it.')
  }
}
