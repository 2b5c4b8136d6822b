// What a person reads about a model: one line in a list, a page on its own.
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
    ['Calibration', calibrationWords(card.calibration)],
    ['Operations', `${model.tokenOps} a token, and ${model.pairOps} for each position it sees`],
    ...Object.entries(card.sources).map(([name, digest]): [string, string] => ['Source', `${digest}  ${name}`]),
  ]
  return rows.map(([name, value]) => `${name.padEnd(12)}${value}`)
}

function ropeWords(rope: Readonly<Record<string, string>>): string {
  const parts = Object.entries(rope).map(([name, value]) => `${name} ${value}`)
  return parts.length === 0 ? 'rotary' : `rotary with ${parts.join(', ')}`
}

function calibrationWords(calibration: ModelHeader['card']['calibration']): string {
  if (calibration === null) return 'never run before it was written'
  const { positions, milliBits, saturated } = calibration
  const bits = `${Math.floor(milliBits / 1000)}.${String(milliBits % 1000).padStart(3, '0')}`
  return `${positions} tokens at ${bits} bits each, ${saturated} values cut at their bounds`
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
