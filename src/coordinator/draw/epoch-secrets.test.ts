// Chains of epoch secrets from one to the next: what was drawn and closed under the last can still be audited, and everyone can check it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Clock } from '#core/clock.ts'
import type { Digest } from '#core/digest.ts'
import { toHex } from '#core/bytes.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { secretsOf, verifyBeacon } from '#ledger/beacon.ts'
import { networkId } from '#ledger/genesis.ts'
import { TransparencyLog } from '#coordinator/log/transparency-log.ts'
import { openStore } from '#coordinator/store/store.ts'
import { beaconOf } from './beacon.ts'
import { CHAIN_EPOCHS, EpochSecrets } from './epoch-secrets.ts'

const PERIOD_MS = 60_000
const FIRST_EPOCH = 30_000_000

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A coordinator's secrets in a world of its own, which opens them again as a restart would; `now` is the epoch. */
async function openWorld() {
  const random = seededRandom('epoch secrets')
  const dataDir = await mkdtemp(join(tmpdir(), 'secrets-'))
  closers.push(() => rm(dataDir, { recursive: true }))
  const store = await openStore()
  closers.push(() => store.close())
  const signer = signerFromSecret(random.bytes(32))
  const genesis = { name: 'test', coordinator: signer.publicKey, nonce: toHex(random.bytes(32)) as Digest }
  const network = networkId(genesis)
  const bugs: unknown[] = []
  const report = (error: unknown) => void bugs.push(error)
  closers.push(async () => expect(bugs).toEqual([]))
  let now = FIRST_EPOCH
  // Timers are for the end of an epoch; these worlds ask before it.
  const clock: Clock = { nowMs: () => now * PERIOD_MS, after: () => () => {} }
  const log = await TransparencyLog.open({ store, signer, network, clock, report }, { type: 'genesis', genesis })
  closers.push(() => log.close())
  const open = (periodMs = PERIOD_MS) => EpochSecrets.open({ dataDir, store, log, clock, random, periodMs, report })
  const secretSaidOf = async (epoch: number) => {
    const beacon = await beaconOf({ store, log }, epoch)
    if (beacon === null) return null
    expect(verifyBeacon(beacon, { network, coordinator: signer.publicKey })).toMatchObject({ ok: true })
    return secretsOf([beacon])(epoch)?.secret ?? null
  }
  return { open, secretSaidOf, goTo: (epoch: number) => void (now = epoch) }
}

const LAST_EPOCH = FIRST_EPOCH + CHAIN_EPOCHS - 1

describe('epoch secrets at the end of their chain', () => {
  test('behaviour: what was closed in the last epoch keeps its secret when the next chain has begun', async () => {
    const { open, goTo } = await openWorld()
    const secrets = await open()
    goTo(LAST_EPOCH)
    const { secret } = await secrets.current()
    goTo(LAST_EPOCH + 1)
    expect((await secrets.current()).secret).not.toBe(secret)
    expect(await secrets.secretOf(LAST_EPOCH)).toBe(secret)
    await secrets.close()
  })

  test('behaviour: the last secret is revealed before the next chain begins', async () => {
    const { open, secretSaidOf, goTo } = await openWorld()
    const secrets = await open()
    goTo(LAST_EPOCH)
    const { secret } = await secrets.current()
    expect(await secretSaidOf(LAST_EPOCH)).toBeNull()
    goTo(LAST_EPOCH + 1)
    await secrets.current()
    expect(await secretSaidOf(LAST_EPOCH)).toBe(secret)
    await secrets.close()
  })

  test('behaviour: a coordinator that was away at the end of a chain reveals it when it is back', async () => {
    const { open, secretSaidOf, goTo } = await openWorld()
    const before = await open()
    const { secret } = await before.current()
    await before.close()
    goTo(LAST_EPOCH + 10)
    const after = await open()
    expect(await secretSaidOf(FIRST_EPOCH)).toBe(secret)
    expect((await after.current()).epoch).toBe(LAST_EPOCH + 10)
    expect(await secretSaidOf(LAST_EPOCH + 10)).toBeNull()
    await after.close()
  })

  test('behaviour: with another length of epochs the chain is given up, and what was drawn by it can be checked', async () => {
    const { open, secretSaidOf } = await openWorld()
    const before = await open()
    const { secret } = await before.current()
    await before.close()
    const after = await open(2 * PERIOD_MS)
    expect(await secretSaidOf(FIRST_EPOCH)).toBe(secret)
    expect((await after.current()).epoch).toBe(FIRST_EPOCH / 2)
    await after.close()
  })

  test('behaviour: within its chain a restart goes on with it', async () => {
    const { open, secretSaidOf } = await openWorld()
    const before = await open()
    const { secret } = await before.current()
    await before.close()
    const after = await open()
    expect(await after.current()).toEqual({ epoch: FIRST_EPOCH, secret })
    expect(await secretSaidOf(FIRST_EPOCH)).toBeNull()
    await after.close()
  })
})
