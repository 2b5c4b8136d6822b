// The generated world: its split, its repeatability, and the rows a batch marks as answers.
import { expect, test } from 'vitest'
import { fromUtf8 } from '#core/bytes.ts'
import { seededRandom } from '#core/random.ts'
import { fillBatch } from '../../training/batches.ts'
import { FACTS, TASKS, drawLine, lineText, splitOf } from '../../training/world.ts'

test.each(TASKS.filter((task) => task !== 'greeting'))('behaviour: no question of %s is on both sides', (task) => {
  const sides = (['train', 'heldOut'] as const).map((split) => {
    const random = seededRandom(`world ${task} ${split}`)
    return new Set(Array.from({ length: 300 }, () => drawLine(random, split, task).question))
  })
  expect([...(sides[0] ?? [])].filter((question) => sides[1]?.has(question))).toEqual([])
})

test('behaviour: every fact is training text in its plainest wording', () => {
  for (const { questions, answer } of FACTS)
    expect(splitOf({ task: 'fact', question: questions[0], answer })).toBe('train')
})

test('behaviour: the same seed gives the same lines', () => {
  const draw = () => {
    const random = seededRandom('again')
    return Array.from({ length: 50 }, () => lineText(drawLine(random, 'train')))
  }
  expect(draw()).toEqual(draw())
})

test('default: placed rows predict the answer and the end of its line', () => {
  const [rows, windowTokens] = [192, 96]
  const batch = {
    tokens: new Int32Array(rows),
    targets: new Int32Array(rows),
    weights: new Float32Array(rows),
    first: new Int32Array(rows),
  }
  const placed = fillBatch(seededRandom('batch'), 'train', batch, windowTokens, 0)
  expect(placed.length).toBeGreaterThan(4)
  for (const { line, from, to } of placed) {
    expect(fromUtf8(Uint8Array.from(batch.targets.slice(from, to)))).toBe(` ${line.answer}\n`)
    expect(batch.weights.slice(from, to)).toEqual(new Float32Array(to - from).fill(1))
  }
  for (let row = 1; row < windowTokens; row++) expect(batch.tokens[row]).toBe(batch.targets[row - 1])
})
