// How far exact logits are from float64 logits of the same tokens: first choices, divergence, loss.
import { forward } from '#model/transformer.ts'
import type { DeviceModel } from '#tensor/language-backend.ts'
import { type FloatModel, floatLogits } from '#model/convert/float-forward.ts'

/** What one position adds to the sums. */
export type Position = {
  readonly agrees: boolean
  /** How far the reference's first choice is ahead of its second. */
  readonly gap: number
  readonly divergence: number
  readonly lossExact: number
  readonly lossFloat: number
}

/** Feeds `tokens` to both models; `targets` are what follows each of them. */
export async function comparePositions(
  device: DeviceModel,
  float: FloatModel,
  tokens: readonly number[],
  targets: ArrayLike<number>,
): Promise<{ positions: Position[]; saturated: number }> {
  const cache = device.openCache(tokens.length)
  const { logits, saturated } = await forward(device, [{ cache, tokens }], 'all')
  cache.close()
  const positions = floatLogits(float, tokens).map((expected, i) => {
    const exact = Float64Array.from(logits[i] ?? new Int32Array(0), (z) => z / 65_536)
    return comparePosition(exact, expected, targets[i] ?? 0)
  })
  return { positions, saturated }
}

/** Means over positions. */
export function summary(all: readonly Position[]) {
  const mean = (of: (position: Position) => number) => all.reduce((sum, position) => sum + of(position), 0) / all.length
  const wrong = all.filter(({ agrees }) => !agrees)
  const lossFloat = mean((position) => position.lossFloat)
  const lossExact = mean((position) => position.lossExact)
  return {
    positions: all.length,
    topOneAgreement: round(1 - wrong.length / all.length),
    widestGapOfADisagreement: round(Math.max(0, ...wrong.map(({ gap }) => gap))),
    klDivergence: round(mean((position) => position.divergence)),
    lossFloat64: round(lossFloat),
    lossExact: round(lossExact),
    lossChange: round(lossExact / lossFloat - 1),
  }
}

/** Five significant digits. */
export function round(value: number): number {
  return Number(value.toPrecision(5))
}

function comparePosition(exact: Float64Array, float: Float64Array, target: number): Position {
  const [e, f] = [logSoftmax(exact), logSoftmax(float)]
  const ranked = f.toSorted((a, b) => b - a)
  return {
    agrees: exact.indexOf(Math.max(...exact)) === float.indexOf(Math.max(...float)),
    gap: (ranked[0] ?? 0) - (ranked[1] ?? 0),
    divergence: f.reduce((sum, logp, i) => sum + Math.exp(logp) * (logp - (e[i] ?? 0)), 0),
    lossExact: -(e[target] ?? 0),
    lossFloat: -(f[target] ?? 0),
  }
}

function logSoftmax(logits: Float64Array): Float64Array {
  const top = Math.max(...logits)
  const total = Math.log(logits.reduce((sum, z) => sum + Math.exp(z - top), 0))
  return logits.map((z) => z - top - total)
}
