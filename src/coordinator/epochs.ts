// The ledger's epochs: the log ticks before anything is earned in a new one, and while anything is pending, so that it matures in time.
// A clock that is set back makes no tick; one that jumps ahead makes one.
import { epochOf } from '#ledger/pending.ts'
import type { Grid } from './grid.ts'
import { logBeats } from './node-entries.ts'
import type { Append } from './log/transparency-log.ts'
import { beginEpoch, readEpoch, totalPending } from './store/pending.ts'
import type { Db } from './store/schema.ts'

/** Ticks when the log's epoch is over, within the transaction at hand; returns the epoch that it is in. */
export async function tickEpoch(
  { clock, config }: Pick<Grid, 'clock' | 'config'>,
  { tx, append }: { readonly tx: Db; readonly append: Append },
): Promise<number> {
  const now = epochOf(clock.nowMs(), config.epochMs)
  const known = await readEpoch(tx)
  if (now <= known.epoch) return known.epoch
  const holdback = known.epoch === 0 ? config.holdbackEpochs : known.holdback
  await append({ type: 'epoch', epoch: now, holdback })
  await beginEpoch(tx, now, holdback)
  return now
}

/** Ticks at every epoch's end while anything is pending, until the returned function is called. */
export function keepEpochs(grid: Grid): () => Promise<void> {
  const { clock, config } = grid
  let cancel = () => {}
  let ticking = Promise.resolve()
  const tick = () => {
    ticking = matureEarnings(grid)
      .then(() => logBeats(grid))
      .catch(grid.report)
    const leftMs = config.epochMs - (clock.nowMs() % config.epochMs)
    cancel = clock.after(leftMs, tick)
  }
  tick()
  return async () => {
    cancel()
    await ticking
  }
}

/** Ticks if the epoch is over and anything is pending. */
export async function matureEarnings(grid: Grid): Promise<void> {
  if ((await totalPending(grid.store.db)) === 0n) return
  if ((await readEpoch(grid.store.db)).epoch >= epochOf(grid.clock.nowMs(), grid.config.epochMs)) return
  await grid.log.transaction((tx, append) => tickEpoch(grid, { tx, append }))
}
