// Beacons from a coordinator: what a certificate's draws are checked with once their epochs are over. They are verified with the certificate.
import type { Http } from './http.ts'
import { type Beacon, beaconSchema } from '#ledger/beacon.ts'
import { AppError } from '#core/errors.ts'

/** How to ask. `waitMs` is how long to go on asking for secrets of epochs that are not over; zero asks once. */
export type BeaconOptions = { readonly waitMs?: number | undefined; readonly signal?: AbortSignal | undefined }

/** Pause between two questions for a secret that is not revealed yet. */
const ASK_AGAIN_MS = 1_000

/** The beacons that reveal `epochs`, as far as there are any by then; one of a later epoch may serve earlier ones too. */
export async function fetchBeacons(
  http: Http,
  epochs: readonly number[],
  { waitMs = 0, signal }: BeaconOptions = {},
): Promise<Beacon[]> {
  const beacons: Beacon[] = []
  const untilMs = http.clock.nowMs() + waitMs
  for (const epoch of epochs.toSorted((a, b) => b - a)) {
    if (beacons.some(({ chain, secret }) => chain.entry.first <= epoch && epoch <= secret.entry.epoch)) continue
    const beacon = await revealed(http, epoch, untilMs, signal)
    if (beacon !== undefined) beacons.push(beacon)
  }
  return beacons
}

async function revealed(http: Http, epoch: number, untilMs: number, signal?: AbortSignal): Promise<Beacon | undefined> {
  for (;;) {
    try {
      return await http.json(`/api/v1/beacons/${epoch}`, beaconSchema, { signal })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    const leftMs = untilMs - http.clock.nowMs()
    if (leftMs <= 0) return undefined
    await http.pause(Math.min(leftMs, ASK_AGAIN_MS), signal)
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof AppError && error.name === 'coordinator.NotFound'
}
