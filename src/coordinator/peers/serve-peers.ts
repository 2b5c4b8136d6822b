// Everything that nodes reach over libp2p, put together: hellos, leases, contents, beats. Errors of single peers end their channel only.
import { AppError } from '#core/errors.ts'
import type { CoordinatorPeer } from '#net/coordinator-peer.ts'
import { PeerIdError, publicKeyOf } from '#net/peer-identity.ts'
import { serveAccusations } from '#net/protocols/accuse/handler.ts'
import { serveBeats } from '#net/protocols/beat/handler.ts'
import { serveContent, takeContent } from '#net/protocols/blob/handler.ts'
import { serveHellos } from '#net/protocols/hello/handler.ts'
import { slotOf, SLOTS_PER_DAY } from '#liveness/slot.ts'
import { accusationJudge } from '#coordinator/accusations.ts'
import type { Grid } from '#coordinator/grid.ts'
import type { LiveNodes } from '#coordinator/live-nodes.ts'
import { Deliveries } from '#coordinator/matchmaker/deliveries.ts'
import { Matchmaker } from '#coordinator/matchmaker/matchmaker.ts'
import { deleteBeatsBefore } from '#coordinator/store/beats.ts'
import { voidLeases } from '#coordinator/store/units.ts'
import { beatKeeper } from './beat-keeper.ts'
import { helloJudge } from './hello-judge.ts'
import { openSelfTestJudge } from './self-test-judge.ts'

/** Old beats are forgotten this often. */
const BEAT_SWEEP_MS = 3_600_000

/** What is served to whom. */
export type PeersParts = {
  readonly grid: Grid
  readonly nodes: LiveNodes
  readonly peer: CoordinatorPeer
  readonly origins: readonly string[]
}

/** Serves nodes; returns the end of it. Leases of an earlier run are void: their units go back to the queue first. */
export async function servePeers({ grid, nodes, peer, origins }: PeersParts): Promise<() => Promise<void>> {
  await grid.store.transaction(voidLeases)
  const deliveries = new Deliveries(grid.blobs, () => grid.clock.nowMs())
  const matchmaker = new Matchmaker({ grid, nodes, peer, deliveries })
  const onError = (error: unknown) => {
    if (error instanceof AppError && error.kind === 'bug') grid.report(error)
  }
  const selfTests = openSelfTestJudge()
  const stops = [
    await serveHellos(peer, helloJudge({ grid, nodes, peer, origins, failed: selfTests.failed }), onError),
    await serveAccusations(
      peer,
      accusationJudge({
        grid,
        authority: { network: grid.network, coordinator: grid.signer.publicKey },
        commitmentUnder: (lease) => matchmaker.commitmentUnder(lease),
        onConvicted: (lease, fault) => matchmaker.expel(lease, fault),
      }),
      onError,
    ),
    await serveBeats(peer, beatKeeper(grid, nodes), onError),
    await serveContent(peer, deliveries.source(), (remote, id) => matchmaker.mayRead(remote, id)),
    await takeContent(peer, deliveries.sink()),
  ]
  const stopForgetting = forgetLeavers(peer, nodes)
  const stopSweeping = sweepBeats(grid)
  return async () => {
    stopSweeping()
    stopForgetting()
    await matchmaker.close()
    for (const stop of stops) await stop()
    await selfTests.close()
  }
}

function forgetLeavers(peer: CoordinatorPeer, nodes: LiveNodes): () => void {
  const onDisconnect = ({ detail }: { detail: Parameters<typeof publicKeyOf>[0] }) => {
    try {
      nodes.remove(publicKeyOf(detail))
    } catch (error) {
      if (!(error instanceof PeerIdError)) throw error // a peer of another kind was never admitted
    }
  }
  peer.libp2p.addEventListener('peer:disconnect', onDisconnect)
  return () => peer.libp2p.removeEventListener('peer:disconnect', onDisconnect)
}

function sweepBeats(grid: Grid): () => void {
  let cancel = () => {}
  const sweep = () => {
    const { epochMs, holdbackEpochs } = grid.config
    const heldMs = epochMs * (holdbackEpochs + 2)
    const kept = Math.max(SLOTS_PER_DAY, slotOf(heldMs))
    deleteBeatsBefore(grid.store.db, slotOf(grid.clock.nowMs()) - kept).catch(grid.report)
    cancel = grid.clock.after(BEAT_SWEEP_MS, sweep)
  }
  sweep()
  return () => cancel()
}
