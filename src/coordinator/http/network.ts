// What the network is and how it does: the first thing a node and a requester ask.
import { Hono } from 'hono'
import { ATTO_PER_OPERATION } from '#ledger/price.ts'
import { countFaults } from '#coordinator/store/certificates.ts'
import { countJobs } from '#coordinator/store/jobs.ts'
import { countPending } from '#coordinator/store/units.ts'
import type { HttpParts } from './context.ts'

/** `GET /api/v1/network`. */
export function networkRoutes({ grid, nodes, peer }: HttpParts): Hono {
  return new Hono().get('/', async (c) =>
    c.json({
      network: grid.network,
      genesis: grid.genesis,
      checkpoint: (await grid.log.signed()).note,
      peerId: peer.libp2p.peerId.toString(),
      addresses: peer.multiaddrs,
      nodes: nodes.size,
      price: { attoPerOperation: ATTO_PER_OPERATION.toString() },
    }),
  )
}

/** `GET /healthz` and `GET /metrics`. */
export function healthRoutes({ grid, nodes, peer }: HttpParts): Hono {
  const app = new Hono()
  app.get('/healthz', async (c) => {
    await countPending(grid.store.db)
    return c.json({ ok: peer.libp2p.status === 'started' }, peer.libp2p.status === 'started' ? 200 : 503)
  })
  app.get('/metrics', async (c) => {
    const { db } = grid.store
    const jobs = await countJobs(db)
    const metrics: [string, string, number][] = [
      ['commonwatt_nodes', 'Admitted nodes connected now.', nodes.size],
      ['commonwatt_leases', 'Leases held now.', nodes.all().reduce((sum, node) => sum + node.leases, 0)],
      ['commonwatt_units_pending', 'Units that wait for a node.', await countPending(db)],
      ['commonwatt_faults_total', 'Faults proven.', await countFaults(db)],
      ['commonwatt_log_size', 'Entries in the log.', grid.log.checkpoint.size],
      ['commonwatt_listeners', 'Connections that listen for events.', grid.events.count],
      ['commonwatt_relayed_bytes_total', 'Bytes the relay carried.', peer.relayed.bytes()],
    ]
    for (const state of ['running', 'done', 'failed'])
      metrics.push([`commonwatt_jobs{state="${state}"}`, 'Jobs by state.', jobs.get(state) ?? 0])
    return c.text(metricsText(metrics), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
  })
  return app
}

function metricsText(metrics: readonly [name: string, help: string, value: number][]): string {
  const seen = new Set<string>()
  let text = ''
  for (const [name, help, value] of metrics) {
    const family = name.split('{', 1)[0] ?? name
    const type = family.endsWith('_total') ? 'counter' : 'gauge'
    if (!seen.has(family)) text += `# HELP ${family} ${help}\n# TYPE ${family} ${type}\n`
    seen.add(family)
    text += `${name} ${value}\n`
  }
  return text
}
