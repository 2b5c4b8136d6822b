// Trust by device: the credential that vouches for a node, or the node's own key where there is none. A new session key of the same device
// keeps its history.
import { type Digest, digestOf } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import type { Delegation } from '#identity/delegation.ts'
import { NO_TRUST, type Trust, trustAfterFault, trustAfterValid } from '#verify/trust.ts'
import type { Db } from './schema.ts'

/** A node and what vouches for it. */
export type Device = { readonly node: PublicKey; readonly delegation: Delegation | null }

/** Under what a device's trust is kept: never the credential itself. */
export function trustSubject({ node, delegation }: Device): Digest {
  return delegation === null
    ? digestOf('trust-node', node)
    : digestOf('trust-credential', delegation.credential.publicKey)
}

/** Trust of `devices`, in their order. */
export async function trustOf(db: Db, devices: readonly Device[]): Promise<Trust[]> {
  if (devices.length === 0) return []
  const subjects = devices.map((device) => trustSubject(device))
  const rows = await db.selectFrom('trust').selectAll().where('subject', 'in', subjects).execute()
  const known = new Map(rows.map(({ subject, streak }) => [subject, { streak: Number(streak) }]))
  return subjects.map((subject) => known.get(subject) ?? NO_TRUST)
}

/** A check that the device could not choose found its result valid. */
export async function countValid(tx: Db, device: Device): Promise<void> {
  const [trust = NO_TRUST] = await trustOf(tx, [device])
  await setTrust(tx, device, trustAfterValid(trust))
}

/** The device did something that costs its history. */
export async function resetTrust(tx: Db, device: Device): Promise<void> {
  await setTrust(tx, device, trustAfterFault())
}

async function setTrust(tx: Db, device: Device, { streak }: Trust): Promise<void> {
  await tx
    .insertInto('trust')
    .values({ subject: trustSubject(device), streak })
    .onConflict((conflict) => conflict.column('subject').doUpdateSet({ streak }))
    .execute()
}
