// What the living picture of the grid costs a page's main thread: units come and go in it, and nothing else happens on the page.
import type { Bench, BenchRecord } from './lib/bench.ts'
import { runSeveralInPage } from './lib/page.ts'
import type { PictureRun } from './page/picture.ts'

const SECONDS = 10

/** New units each second. */
const UNITS = [0.2, 0.5, 1]

/** Most of the main thread that the picture may take. */
const LIMIT = 0.01

const ADAPTER = 'Chromium, drawing on the processor'

/** The share of a picture in which nothing happens is taken off. */
export const bench: Bench = {
  summary: `The picture of the grid with ${UNITS.join(', ')} units a second, ${SECONDS} s each: share of the page's main thread.`,
  async run() {
    const still: PictureRun = { seconds: SECONDS, unitsPerSecond: 0 }
    // The first one loads what all need.
    const runs = [still, still, ...UNITS.map((unitsPerSecond) => ({ ...still, unitsPerSecond }))]
    const [, idle, ...busy] = await runSeveralInPage('picture', runs)
    return busy.map(({ busyMs }, at): BenchRecord => {
      const share = (busyMs - (idle?.busyMs ?? 0)) / (SECONDS * 1000)
      const peer = `limit ${100 * LIMIT}%`
      return {
        name: `${UNITS[at] ?? 0} units a second`,
        value: 100 * share,
        unit: '%',
        peer,
        ratio: LIMIT / share,
        adapter: ADAPTER,
      }
    })
  },
}
