// What lending costs, estimated before anything runs: a browser measures neither watts nor what others will ask for. Figures are round on
// purpose, and the page says what they are made of.

/** Kinds of device that people know theirs by. */
export type DeviceSort = 'phone' | 'laptop' | 'desktop'

/**
 * Watts that the lent part typically draws at full load, above a device at rest: makers' power limits of common parts (graphics of phone
 * chips, laptop graphics, desktop cards of the middle class; processors of the same devices).
 */
export const FULL_LOAD_WATTS = {
  gpu: { phone: 5, laptop: 40, desktop: 200 },
  processor: { phone: 4, laptop: 25, desktop: 90 },
} as const satisfies Readonly<Record<string, Readonly<Record<DeviceSort, number>>>>

/**
 * Traffic of one product of matrices in megabytes. The usual one is 1,024 × 1,024 numbers: 2 MB of factors, and 4 MB of result each time it is
 * handed on or compared. The largest has 64 MiB of factors.
 */
export const PRODUCT_MEGABYTES = { least: 5, most: 15, largest: 80 } as const

/** Watts at `share` of `lent`, rounded to what an estimate can tell: below 10 to halves, above to fives. */
export function estimatedWatts(lent: keyof typeof FULL_LOAD_WATTS, sort: DeviceSort, share: number): number {
  const watts = FULL_LOAD_WATTS[lent][sort] * share
  const step = watts < 10 ? 0.5 : 5
  return Math.max(0.5, Math.round(watts / step) * step)
}
