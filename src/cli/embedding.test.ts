// How texts are cut into jobs.
import { expect, test } from 'vitest'
import { BATCH_TEXTS, BATCH_TOKENS, batchesOf } from './embedding.ts'

const text = (length: number) => Array.from({ length }, () => 1)
const lengths = (texts: readonly (readonly number[])[]) =>
  batchesOf(texts).map((batch) => batch.map((own) => own.length))

test('default: texts stay together and in order', () => {
  expect(lengths([text(3), text(1), text(2)])).toEqual([[3, 1, 2]])
  expect(lengths([])).toEqual([])
})

test(`limit: ${BATCH_TEXTS} texts in one job, one more begins another`, () => {
  const texts = Array.from({ length: BATCH_TEXTS + 1 }, () => text(1))
  expect(lengths(texts).map((batch) => batch.length)).toEqual([BATCH_TEXTS, 1])
})

test(`limit: ${BATCH_TOKENS} tokens in one job, one more begins another, and a longer text has one alone`, () => {
  expect(lengths([text(BATCH_TOKENS - 1), text(1), text(1)])).toEqual([[BATCH_TOKENS - 1, 1], [1]])
  expect(lengths([text(1), text(BATCH_TOKENS + 5), text(2)])).toEqual([[1], [BATCH_TOKENS + 5], [2]])
})
