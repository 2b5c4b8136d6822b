// Beacons from a coordinator: what a certificate's draws are checked with once their epochs are over. They are verified with the certificate.
import type { Http } from './http.ts'
import { type Beacon, beaconSchema } from '#ledger/beacon.ts'
import { AppError } from '#core/errors.ts'

/** The beacons that reveal `epochs`, as far as there are any yet; one of a later epoch may serve earlier ones too. */
export async function fetchBeacons(
  http: Http,
  epochs: readonly number[],
  signal: AbortSignal | undefined,
): Promise<Beacon[]> {
  const beacons: Beacon[] = []
  for (const epoch of epochs.toSorted((a, b) => b - a)) {
    if (beacons.some(({ chain, secret }) => chain.entry.first <= epoch && epoch <= secret.entry.epoch)) continue
    try {
      beacons.push(await http.json(`/api/v1/beacons/${epoch}`, beaconSchema, { signal }))
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
  return beacons
}

function isNotFound(error: unknown): boolean {
  return error instanceof AppError && error.name === 'coordinator.NotFound'
}
