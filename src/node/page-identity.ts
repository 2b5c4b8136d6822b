// Who a page's node is: the session that this browser keeps, vouched for by a passkey if the person wants. One tab at a time may be it,
// since two nodes with one key would take each other's connections.
import { AppError } from '#core/errors.ts'
import { systemClock } from '#core/clock.ts'
import { systemRandom } from '#core/random.ts'
import type { SigningContext } from '#core/signed.ts'
import { createCredential, openCredential } from '#identity/credential.ts'
import { type Delegation, delegate } from '#identity/delegation.ts'
import { type Session, type SessionStore, obtainSession, openSessionStore } from '#identity/session-store.ts'
import type { NodeIdentity } from './identity.ts'

/** Name of the lock that the contributing tab holds. */
const LOCK = 'commonwatt-node'

/** A node that was just stopped still says goodbye; whoever holds the lock longer is another tab. */
const LOCK_WAIT_MS = 4_000

/** The page's identity, made on the first visit. Throws {@link OtherTabError} while another tab is it. */
export async function obtainPageIdentity(): Promise<NodeIdentity> {
  const unlock = await lock()
  try {
    const store = await openSessionStore()
    return new PageIdentity(store, await obtainSession(store), unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

class PageIdentity implements NodeIdentity {
  readonly signer
  readonly beatKey
  readonly #store: SessionStore
  readonly #unlock: () => void
  #delegation: Delegation | null

  constructor(store: SessionStore, { signer, record }: Session, unlock: () => void) {
    this.signer = signer
    this.beatKey = record.pair
    this.#store = store
    this.#unlock = unlock
    this.#delegation = record.delegation
  }

  get isPersistent(): boolean {
    return this.#store.isPersistent
  }

  delegation(nowMs: number): Delegation | null {
    return this.#delegation !== null && nowMs < this.#delegation.body.expiresMs ? this.#delegation : null
  }

  async protect(context: SigningContext): Promise<void> {
    const { hostname: rpId, origin } = globalThis.location
    const known = (await this.#store.load())?.credential ?? null
    const credential =
      known ?? (await createCredential({ rpId, rpName: 'Commonwatt', userName: 'This device' }, systemRandom))
    if (known === null) await this.#store.update({ credential })
    const device = openCredential(credential, { rpId })
    const request = { context, sessionKey: this.signer.publicKey, rpId, origin }
    this.#delegation = await delegate(device, request, systemClock.nowMs(), systemRandom)
    await this.#store.update({ delegation: this.#delegation })
  }

  close(): void {
    this.#store.close()
    this.#unlock()
  }
}

/** Takes the lock of this origin; returns its release. Where the browser has no locks for us, nothing is locked. */
async function lock(): Promise<() => void> {
  const { locks } = globalThis.navigator as { locks?: LockManager }
  if (locks === undefined) return () => {}
  const { promise: held, resolve: unlock } = Promise.withResolvers<void>()
  return new Promise((resolve, reject) => {
    const onGrant = async () => {
      resolve(unlock)
      await held
    }
    locks.request(LOCK, { signal: AbortSignal.timeout(LOCK_WAIT_MS) }, onGrant).catch((error: unknown) => {
      const isTaken = error instanceof DOMException && ['AbortError', 'TimeoutError'].includes(error.name)
      if (isTaken) reject(new OtherTabError())
      else resolve(unlock)
    })
  })
}

/** Another tab of this browser is contributing. */
export class OtherTabError extends AppError {
  override readonly name = 'node.OtherTab'
  constructor() {
    super('input', 'Another tab of this browser contributes already. Stop it there, or let it go on.')
  }
}
