// Both sides of the audit. Whom to ask and what the answer is worth is the coordinator's business.
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import type { Peer } from '#net/peer.ts'
import { handleProtocol, openChannel } from '#net/protocol.ts'
import { AUDIT_PROTOCOL, AUDIT_TIMEOUT_MS } from './constants.ts'
import { type AuditAnswer, type AuditRequest, auditAnswerSchema, auditRequestSchema } from './messages.ts'

/** Asks the node `to`. Throws UnreachablePeerError, a TimeoutError or the signal's reason. */
export async function askAuditor(
  peer: Peer,
  to: PublicKey,
  request: AuditRequest,
  signal: AbortSignal,
): Promise<AuditAnswer> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(AUDIT_TIMEOUT_MS)])
  const channel = await openChannel(peer, to, AUDIT_PROTOCOL, { signal: limit })
  try {
    await channel.send(request, { signal: limit })
    return await channel.receive(auditAnswerSchema, 'audit report', { signal: limit })
  } finally {
    void channel.close()
  }
}

/** Audits for `coordinator` and for nobody else; returns the end of it. */
export function serveAudits(
  peer: Peer,
  coordinator: PublicKey,
  answer: (request: AuditRequest, signal: AbortSignal) => Promise<AuditAnswer>,
): Promise<() => Promise<void>> {
  return handleProtocol(peer, AUDIT_PROTOCOL, async (channel, remote) => {
    if (remote.publicKey !== coordinator) throw new ForeignAuditError(remote.publicKey)
    const request = await channel.receive(auditRequestSchema, 'request for an audit', { timeoutMs: AUDIT_TIMEOUT_MS })
    await channel.send(await answer(request, channel.ended))
  })
}

/** Somebody who is not the coordinator asked for an audit. */
export class ForeignAuditError extends AppError {
  override readonly name = 'net.ForeignAudit'
  constructor(remote: PublicKey) {
    super('hostile', `The peer ${remote} asked for an audit, but only the coordinator may.`)
  }
}
