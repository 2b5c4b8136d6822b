// What a person reads about a model: one line in a list, a page on its own.
import type { FloatComparison } from '#model/convert/compare-floats.ts'
import type { ModelHeader } from '#model/exact-file.ts'
import type { RegisteredModel } from '#sdk/index.ts'

/** A model in one line. */
export function describeModel({ id, name, sizeBytes, shape }: RegisteredModel): string {
  return `${id}  ${name}, ${shape.layers} layers, context ${shape.maxPositions}, ${mebibytes(sizeBytes)}`
}

/** A model line by line, with what its own file says. */
export function modelPage(model: RegisteredModel, { card, shape }: ModelHeader): string[] {
  const { layers, width, hidden, heads, kvHeads, headDim, maxPositions, vocabulary } = shape
  const rows: [string, string][] = [
    ['Model', model.name],
    ['Id', model.id],
    ['Size', `${mebibytes(model.sizeBytes)} (${model.sizeBytes} bytes)`],
    ['Shape', `${card.architecture}, ${layers} layers, width ${width}, ${hidden} hidden`],
    ['Attention', `${heads} heads of ${headDim} over ${kvHeads} of keys and values, ${ropeWords(card.rope)}`],
    ['Context', `${maxPositions} tokens`],
    ['Tokenizer', `${card.tokenizer}, ${vocabulary} tokens${card.chatTemplate === '' ? '' : ', chats'}`],
    ['Ends at', card.endTokens.length === 0 ? 'no token of its own' : `token ${card.endTokens.join(', ')}`],
    ['Arithmetic', `W8A${shape.activationBits}, ${shape.keyBits}-bit keys, ${shape.fractionBits} fraction bits`],
    ...calibrationRows(card.calibration),
    ['Operations', `${model.tokenOps} a token, and ${model.pairOps} for each position it sees`],
    ...Object.entries(card.sources).map(([name, digest]): [string, string] => ['Source', `${digest}  ${name}`]),
  ]
  return rows.map(lineOf)
}

/** What converting a model to integers found and cost, line by line. */
export function calibrationLines({ card }: ModelHeader): string[] {
  return calibrationRows(card.calibration).map(lineOf)
}

function ropeWords(rope: Readonly<Record<string, string>>): string {
  const parts = Object.entries(rope).map(([name, value]) => `${name} ${value}`)
  return parts.length === 0 ? 'rotary' : `rotary with ${parts.join(', ')}`
}

/** What quantising a model cost, of one small enough to compare. */
export function comparisonLine({ positions, agreeing, floatBits, exactBits }: FloatComparison): string {
  const losses = `${exactBits.toFixed(4)} bits each where the source has ${floatBits.toFixed(4)}`
  return lineOf(['Floats', `the same first choice at ${agreeing} of ${positions} tokens, ${losses}`])
}

function calibrationRows(calibration: ModelHeader['card']['calibration']): [string, string][] {
  if (calibration === null) return [['Calibration', 'never run before it was written']]
  const { positions, milliBits, residualBits, saturated, weightErrors } = calibration
  const bits = `${Math.floor(milliBits / 1000)}.${String(milliBits % 1000).padStart(3, '0')}`
  const rows: [string, string][] = [
    [
      'Calibration',
      `${positions} tokens at ${bits} bits each, residual below 2^${residualBits}, ${saturated} values cut`,
    ],
  ]
  const [worst] = Object.entries(weightErrors).toSorted(([, a], [, b]) => b - a)
  if (worst !== undefined)
    rows.push([
      'Int8',
      `the weights of ${worst[0]} are off by ${(worst[1] / 10_000).toFixed(2)}% (RMS), all others by less`,
    ])
  if (saturated > 0) rows.push(['Warning', 'values are cut at their bounds: it may write worse than its source'])
  return rows
}

function lineOf([name, value]: [string, string]): string {
  return `${name.padEnd(12)}${value}`
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
