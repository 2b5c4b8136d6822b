// What a real page sees of itself: the signals that the worker's rules look at.
import { expect, onTestFinished, test } from 'vitest'
import { watchPage } from '#node/guest/page-signals.ts'
import type { GuestSignals } from '#node/guest/signals.ts'

test('default: a visible page tells at once, then its input and its frames, and nothing after the end', async () => {
  const told: GuestSignals[] = []
  const stop = watchPage((signals) => told.push(signals))
  onTestFinished(stop)
  expect(told[0]).toMatchObject({
    isVisible: true,
    isDataSaved: false,
    isCellular: false,
    lastInputMs: 0,
    frames: null,
  })
  const beforeMs = Date.now()
  document.dispatchEvent(new PointerEvent('pointerdown'))
  document.dispatchEvent(new PointerEvent('pointerdown'))
  const inputs = told.filter(({ lastInputMs }) => lastInputMs > 0)
  expect(inputs).toHaveLength(1)
  expect(inputs[0]?.lastInputMs).toBeGreaterThanOrEqual(beforeMs)
  await expect
    .poll(() => told.some(({ frames }) => frames !== null && frames.shown > 0), { timeout: 20_000 })
    .toBe(true)
  stop()
  const count = told.length
  document.dispatchEvent(new KeyboardEvent('keydown'))
  expect(told).toHaveLength(count)
})
