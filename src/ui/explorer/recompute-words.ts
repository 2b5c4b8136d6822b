// What "Compute it again" says: the invitation, the device, and how it goes and ends.
import { msg, str } from '@lit/localize'
import type { DeviceFacts } from '#sdk/explore/recompute-unit.ts'
import type { UnitFacts } from '#sdk/explore/unit-lookup.ts'
import { byCount, formatBytes, formatCount } from '#ui/format.ts'
import { paragraph, partCount } from './counts.ts'
import type { PartState } from './part-cells.ts'

/** What the button does, and what that costs. */
export function invitation({ operations, inputs, parts }: UnitFacts): string {
  const bytes = formatBytes(inputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
  const count = formatCount(BigInt(operations))
  const shown = formatCount(parts)
  return paragraph([
    byCount(parts, {
      one: msg('Your own device fetches the inputs, checks them against their names and compares the result.'),
      other: msg(
        str`Your own device fetches the inputs, checks them against their names and compares all ${shown} parts of the result.`,
      ),
    }),
    msg(str`That is ${count} operations on inputs of ${bytes}.`),
    msg('Nothing leaves your browser.'),
  ])
}

/** What computes. */
export function deviceSentence({ backend, adapter, isSoftware }: DeviceFacts): string {
  if (backend !== 'webgpu') return msg(str`On this processor (${adapter}).`)
  return isSoftware ? msg(str`On WebGPU on this processor (${adapter}).`) : msg(str`On this GPU (${adapter}).`)
}

/** How much was fetched. */
export function fetchedSentence(count: number): string {
  const bytes = formatBytes(count)
  return msg(str`${bytes} fetched and checked.`)
}

/** How far it is. */
export function comparedWords(done: number, all: number): string {
  return byCount(all, {
    one: msg(str`${done} of ${all} part compared`),
    other: msg(str`${done} of ${all} parts compared`),
  })
}

/** The end when `count` of `all` parts differ, `first` before the others. */
export function differentSentence(count: number, all: number, first: number): string {
  return byCount(all, {
    one: msg('The one part came out differently: the certified result is wrong.'),
    other: msg(str`${count} of ${all} parts came out differently, part ${first} first: the certified result is wrong.`),
  })
}

/** The end when all are the same. */
export function sameSentence(count: number): string {
  return byCount(count, {
    one: msg('The one part is the same, byte for byte.'),
    other: msg(str`All ${count} parts are the same, byte for byte.`),
  })
}

/** The end when all are as near as a kind of floats asks for. */
export function boundsSentence(count: number): string {
  return byCount(count, {
    one: msg('The one part is within the bounds of correct rounding.'),
    other: msg(str`All ${count} parts are within the bounds of correct rounding.`),
  })
}

/** The picture of the parts in words. */
export function cellsWords(parts: readonly PartState[]): string {
  const count = (state: PartState) => formatCount(parts.filter((each) => each === state).length)
  const [all, same, different, open] = [partCount(parts.length), count('same'), count('different'), count('open')]
  return msg(str`${all}: ${same} the same, ${different} different, ${open} not compared`)
}
