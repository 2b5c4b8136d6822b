// What the page says lending costs, held to the sizes that units have.
import { describe, expect, test } from 'vitest'
import { TILE } from '#core/content.ts'
import { MAX_UNIT_INPUT_BYTES } from '#work/kinds/matmul/product.ts'
import { PRODUCT_MEGABYTES, estimatedWatts } from '#ui/cost-estimate.ts'

describe('cost estimates', () => {
  test.each([
    ['gpu', 'desktop', 1, 200],
    ['gpu', 'desktop', 0.5, 100],
    ['gpu', 'laptop', 0.3, 10],
    ['gpu', 'phone', 0.5, 2.5],
    ['gpu', 'phone', 0.05, 0.5],
    ['processor', 'desktop', 0.5, 45],
  ] as const)('default: %s of a %s at a share of %d: %d W', (lent, sort, share, watts) => {
    expect(estimatedWatts(lent, sort, share)).toBe(watts)
  })

  test('behaviour: the megabytes of a product follow from its sizes', () => {
    const side = 4 * TILE
    const [factors, result] = [2 * side * side, 4 * side * side]
    const megabytes = (bytes: number) => bytes / 1e6
    expect(megabytes(factors + result)).toBeGreaterThan(PRODUCT_MEGABYTES.least)
    expect(megabytes(factors + 3 * result)).toBeLessThan(PRODUCT_MEGABYTES.most)
    expect(megabytes(MAX_UNIT_INPUT_BYTES + 3 * result)).toBeLessThan(PRODUCT_MEGABYTES.largest)
  })
})
