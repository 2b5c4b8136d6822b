// The identity module in a bare page, for test/e2e/identity.spec.ts to drive. Nothing happens before it is asked to.
import type { Digest } from '#core/digest.ts'
import { type ErrorRecord, toErrorRecord } from '#core/errors.ts'
import { systemRandom } from '#core/random.ts'
import { type PlainValue, type Signed, type SigningContext, signMessage } from '#core/signed.ts'
import { createCredential, openCredential } from '#identity/credential.ts'
import { type Delegation, delegate } from '#identity/delegation.ts'
import { type Session, type SessionStore, obtainSession, openSessionStore } from '#identity/session-store.ts'

/** What the page knows of itself. */
export type HarnessState = {
  publicKey: string
  isPersistent: boolean
  isExtractable: boolean
  credentialId: string | null
  delegation: Delegation | null
}

let store: SessionStore | undefined
let session: Session | undefined

async function open(): Promise<{ store: SessionStore; session: Session }> {
  store ??= await openSessionStore()
  session = await obtainSession(store)
  return { store, session }
}

const harness = {
  /** Opens the identity; the same after each reload. */
  async state(): Promise<HarnessState> {
    const { store, session } = await open()
    const { pair, credential, delegation } = session.record
    return {
      publicKey: session.signer.publicKey,
      isPersistent: store.isPersistent,
      isExtractable: pair.privateKey.extractable,
      credentialId: credential?.id ?? null,
      delegation,
    }
  },

  /** Makes a passkey and keeps it. */
  async createPasskey(attestation: 'none' | 'direct', abortAfterMs?: number): Promise<ErrorRecord | null> {
    const { store } = await open()
    const signal = abortAfterMs === undefined ? {} : { signal: AbortSignal.timeout(abortAfterMs) }
    const request = { rpId: location.hostname, rpName: 'Commonwatt', userName: 'This device', attestation, ...signal }
    return recordOf(async () => {
      await store.update({ credential: await createCredential(request, systemRandom) })
    })
  },

  /** Has the kept passkey delegate to the session key, and keeps the delegation. */
  async delegate(context: SigningContext): Promise<ErrorRecord | null> {
    const { store, session } = await open()
    const { credential } = session.record
    if (credential === null) throw new Error('Create a passkey first.')
    const device = openCredential(credential, { rpId: location.hostname })
    const place = { rpId: location.hostname, origin: location.origin }
    const request = { context, sessionKey: session.signer.publicKey, ...place }
    return recordOf(async () => {
      await store.update({ delegation: await delegate(device, request, Date.now(), systemRandom) })
    })
  },

  /** A message signed with the session key. */
  async sign(network: Digest, root: Digest, body: PlainValue): Promise<Signed> {
    const { session } = await open()
    return signMessage(session.signer, 'harness', { network, checkpoint: { size: 0, root } }, body)
  },

  /** Whether the private half can be exported in any way. */
  async canExport(): Promise<boolean> {
    const { session } = await open()
    const attempts = ['pkcs8', 'jwk'] as const
    const results = await Promise.allSettled(
      attempts.map((format) => crypto.subtle.exportKey(format, session.record.pair.privateKey)),
    )
    return results.some(({ status }) => status === 'fulfilled')
  },

  /** Makes every later write to IndexedDB fail, as a full disk would. */
  breakWrites(): void {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('The disk is full.', 'QuotaExceededError')
    }
  },

  /** The session key in the hands of a worker: what it signs there. */
  async signInWorker(): Promise<string> {
    const { session } = await open()
    const worker = new Worker(new URL('./identity-worker.ts', import.meta.url), { type: 'module' })
    const answer = new Promise<string>((resolve, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<string>) => resolve(data), { once: true })
      worker.addEventListener('error', ({ message }) => reject(new Error(message)), { once: true })
    })
    worker.postMessage(session.record.pair)
    return answer.finally(() => worker.terminate())
  },

  async clear(): Promise<void> {
    const { store } = await open()
    await store.clear()
  },
}

/** The harness as a test sees it. */
export type IdentityHarness = typeof harness

declare global {
  interface Window {
    identityHarness: IdentityHarness
  }
}

window.identityHarness = harness

// A frame of another site may create a passkey only on a click inside it.
document.querySelector('#create')?.addEventListener('click', () => {
  const output = document.querySelector('output')
  void show(output)
})

async function show(output: HTMLOutputElement | null): Promise<void> {
  const error = await harness.createPasskey('none')
  if (output) output.textContent = error?.name ?? 'created'
}

async function recordOf(action: () => Promise<void>): Promise<ErrorRecord | null> {
  try {
    await action()
    return null
  } catch (error) {
    return toErrorRecord(error)
  }
}
