// The WebAuthn path in a real browser with a virtual authenticator: what the page signs is verified here, in Node.
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Frame, type Page, chromium, expect, test } from '@playwright/test'
import { verifyAuthenticationResponse } from '@simplewebauthn/server'
import { type ViteDevServer, createServer } from 'vite'
import { fromBase64url, fromHex, toBase64url, utf8 } from '#core/bytes.ts'
import { type Digest, digestOf } from '#core/digest.ts'
import { type PublicKey, signerFromSecret, verifyEd25519 } from '#core/ed25519.ts'
import type { Signed } from '#core/signed.ts'
import { type ChainPolicy, type ChainVerdict, verifyChain } from '#identity/chain.ts'
import { type Delegation, delegationDigest } from '#identity/delegation.ts'
import type { IdentityHarness } from './harness/identity.ts'

const network = digestOf('test-network', 1)
const root = digestOf('test-root', 0)
const context = { network, checkpoint: { size: 0, root } }

let server: ViteDevServer
let port = 0
let policy: ChainPolicy

test.beforeAll(async () => {
  server = await createServer({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL('harness', import.meta.url)),
    cacheDir: fileURLToPath(new URL('../../node_modules/.vite/harness', import.meta.url)),
    server: { host: '127.0.0.1', port: 0, fs: { allow: [fileURLToPath(new URL('../..', import.meta.url))] } },
    // Found while serving, they would reload the page in the middle of a test.
    optimizeDeps: { entries: ['identity.html', 'identity-worker.ts'] },
  })
  await server.listen()
  const address = server.httpServer?.address() as AddressInfo | null | undefined
  if (!address) throw new Error('The server has no port.')
  port = address.port
  policy = { network, rpId: 'localhost', origins: [`http://localhost:${port}`], topOrigins: [] }
})
test.afterAll(() => server.close())

/** Gives `target` an authenticator of its own, whose user agrees at once unless told otherwise. */
async function addAuthenticator(
  target: Page | Frame,
  options: { isSynced?: boolean; isUserVerified?: boolean; isUserThere?: boolean } = {},
): Promise<void> {
  const { isSynced = false, isUserVerified = true, isUserThere = true } = options
  const browserContext = 'context' in target ? target.context() : target.page().context()
  const session = await browserContext.newCDPSession(target)
  await session.send('WebAuthn.enable')
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified,
      automaticPresenceSimulation: isUserThere,
      defaultBackupEligibility: isSynced,
      defaultBackupState: isSynced,
    },
  })
}

async function visit(page: Page, host = 'localhost'): Promise<void> {
  await page.goto(`http://${host}:${port}/identity.html`)
  await page.waitForFunction(() => 'identityHarness' in window)
}

const state = (page: Page | Frame) => page.evaluate(() => window.identityHarness.state())
const createPasskey = (page: Page | Frame, ...parameters: Parameters<IdentityHarness['createPasskey']>) =>
  page.evaluate((given) => window.identityHarness.createPasskey(...given), parameters)
const makeDelegation = (page: Page | Frame) => page.evaluate((given) => window.identityHarness.delegate(given), context)
const sign = (page: Page | Frame): Promise<Signed> =>
  page.evaluate(([n, r]) => window.identityHarness.sign(n, r, { text: 'hello' }), [network, root] as const)

/** A page that has a passkey, a delegation and a message to show. */
async function identify(page: Page, isSynced = false): Promise<{ delegation: Delegation; message: Signed }> {
  await addAuthenticator(page, { isSynced })
  await visit(page)
  expect(await createPasskey(page, 'none')).toBeNull()
  expect(await makeDelegation(page)).toBeNull()
  return { delegation: delegationOf(await state(page)), message: await sign(page) }
}

function delegationOf({ delegation }: { delegation: Delegation | null }): Delegation {
  if (delegation === null) throw new Error('The page has no delegation.')
  return delegation
}

const walk = (
  message: unknown,
  delegation: unknown,
  nowMs = Date.now(),
  changes: Partial<ChainPolicy> = {},
): Promise<ChainVerdict> => verifyChain({ message, type: 'harness', delegation }, { ...policy, ...changes }, nowMs)

test('default: create, delegate, reload, and the chain holds in Node', async ({ page }) => {
  const { delegation, message } = await identify(page)
  const before = await state(page)
  expect(before).toMatchObject({ isPersistent: true, isExtractable: false })
  expect(await page.evaluate(() => window.identityHarness.canExport())).toBe(false)
  expect(before.publicKey).toBe(message.signer)

  await page.reload()
  await page.waitForFunction(() => 'identityHarness' in window)
  expect(await state(page)).toEqual(before)

  const afterReload = await sign(page)
  for (const signed of [message, afterReload])
    expect(await walk(signed, JSON.parse(JSON.stringify(delegation)))).toMatchObject({
      ok: true,
      tier: 'T2',
      sessionKey: before.publicKey,
      payee: before.publicKey,
      expiresMs: delegation.body.expiresMs,
    })
  expect(delegation.body).toMatchObject({ rpId: 'localhost', origin: `http://localhost:${port}` })
})

test('vector: @simplewebauthn/server agrees on the assertion', async ({ page }) => {
  const { delegation } = await identify(page)
  const { credentialId } = await state(page)
  const id = credentialId ?? ''
  const { verified } = await verifyAuthenticationResponse({
    response: { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response: delegation.assertion },
    expectedChallenge: toBase64url(fromHex(delegationDigest(delegation.body))),
    expectedOrigin: [...policy.origins],
    expectedRPID: policy.rpId,
    credential: { id, publicKey: fromBase64url(delegation.credential.publicKey), counter: 0 },
    requireUserVerification: true,
  })
  expect(verified).toBe(true)
})

test('behaviour: a tampered peer id, expiry or signature is refused', async ({ page }) => {
  const { delegation, message } = await identify(page)
  const { body } = delegation
  const thief = signerFromSecret(new Uint8Array(32).fill(9)).publicKey
  const refused = async (verdict: Promise<ChainVerdict>, check: string) =>
    expect(await verdict).toMatchObject({ ok: false, check })

  const otherPeer = { ...delegation, body: { ...body, sessionKey: thief } }
  await refused(walk(message, otherPeer), 'peer-id')
  await refused(walk({ ...message, signer: thief }, delegation), 'signature')
  const longer = { ...delegation, body: { ...body, expiresMs: body.expiresMs - 1 } }
  await refused(walk(message, longer), 'challenge')
  await refused(walk(message, { ...delegation, body: { ...body, payee: thief } }), 'challenge')
  await refused(walk(message, delegation, body.expiresMs), 'expiry')
  expect((await walk(message, delegation, body.expiresMs - 1)).ok).toBe(true)
  await refused(walk({ ...message, signature: flipHex(message.signature) }, delegation), 'signature')
  const forged = { ...delegation.assertion, signature: flipBase64url(delegation.assertion.signature) }
  await refused(walk(message, { ...delegation, assertion: forged }), 'assertion-signature')
  await refused(walk(message, delegation, Date.now(), { origins: ['https://commonwatt.example'] }), 'origin')
})

test('behaviour: a synced passkey is T1, and nothing at all is T0', async ({ page }) => {
  const { delegation, message } = await identify(page, true)
  expect(await walk(message, delegation)).toMatchObject({ ok: true, tier: 'T1' })
  expect(await walk(message, null)).toMatchObject({ ok: true, tier: 'T0', credential: null })
})

test('option: an attestation, when asked for, speaks of the same credential', async ({ page }) => {
  await addAuthenticator(page)
  await visit(page)
  expect(await createPasskey(page, 'direct')).toBeNull()
  expect(await makeDelegation(page)).toBeNull()
  const delegation = delegationOf(await state(page))
  expect(delegation.credential.attestation).not.toBeNull()
  expect(await walk(await sign(page), delegation)).toMatchObject({ ok: true, tier: 'T2' })
})

test('behaviour: a worker signs with the same key', async ({ page }) => {
  await visit(page)
  const { publicKey } = await state(page)
  const signature = await page.evaluate(() => window.identityHarness.signInWorker())
  expect(verifyEd25519(signature, utf8('from a worker'), publicKey as PublicKey)).toBe(true)
})

test('behaviour: two tabs that open at once are one identity', async ({ context: browserContext }) => {
  const pages = await Promise.all(Array.from({ length: 4 }, () => browserContext.newPage()))
  for (const page of pages) await visit(page)
  const keys = await Promise.all(pages.map(async (page) => (await state(page)).publicKey))
  expect(new Set(keys).size).toBe(1)
})

test('behaviour: the key outlives the browser', async ({ browserName, launchOptions }) => {
  expect(browserName).toBe('chromium')
  const folder = mkdtempSync(join(tmpdir(), 'commonwatt-identity-'))
  try {
    const keys: string[] = []
    for (let run = 0; run < 2; run++) {
      const browserContext = await chromium.launchPersistentContext(folder, launchOptions)
      const page = await browserContext.newPage()
      await visit(page)
      keys.push((await state(page)).publicKey)
      await browserContext.close()
    }
    expect(keys[1]).toBe(keys[0])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('behaviour: a cleared store makes a new identity', async ({ page }) => {
  await visit(page)
  const { publicKey } = await state(page)
  await page.evaluate(() => window.identityHarness.clear())
  expect((await state(page)).publicKey).not.toBe(publicKey)
})

test('behaviour: without IndexedDB the key lives in memory, and the page knows', async ({ page }) => {
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('Storage is disabled.', 'SecurityError')
    }
  })
  const { delegation, message } = await identify(page)
  const before = await state(page)
  expect(before.isPersistent).toBe(false)
  expect(await walk(message, delegation)).toMatchObject({ ok: true, tier: 'T2' })
  await page.reload()
  await page.waitForFunction(() => 'identityHarness' in window)
  expect((await state(page)).publicKey).not.toBe(before.publicKey)
})

test('behaviour: when writes begin to fail the identity stays and stops claiming to be kept', async ({ page }) => {
  await addAuthenticator(page)
  await visit(page)
  const before = await state(page)
  await page.evaluate(() => window.identityHarness.breakWrites())
  expect(await createPasskey(page, 'none')).toBeNull()
  const after = await state(page)
  expect(after).toMatchObject({ isPersistent: false, publicKey: before.publicKey })
  expect(after.credentialId).not.toBeNull()
})

test.describe('errors', () => {
  test('error: CredentialDeclined when the user does not verify', async ({ page }) => {
    await addAuthenticator(page, { isUserVerified: false })
    await visit(page)
    const error = await createPasskey(page, 'none')
    expect(error).toMatchObject({ name: 'identity.CredentialDeclined', kind: 'unavailable' })
  })

  test('behaviour: an abort closes the prompt with its own reason', async ({ page }) => {
    await addAuthenticator(page, { isUserThere: false })
    await visit(page)
    expect(await createPasskey(page, 'none', 300)).toMatchObject({ name: 'TimeoutError' })
  })

  test('error: CredentialOrigin at an IP address', async ({ page }) => {
    await visit(page, '127.0.0.1')
    const error = await createPasskey(page, 'none')
    expect(error).toMatchObject({ name: 'identity.CredentialOrigin', kind: 'input' })
    expect(error?.message).toContain('127.0.0.1')
  })

  test('error: CredentialUnsupported without WebAuthn', async ({ page }) => {
    await page.addInitScript(() => Reflect.deleteProperty(window, 'PublicKeyCredential'))
    await visit(page)
    expect(await createPasskey(page, 'none')).toMatchObject({
      name: 'identity.CredentialUnsupported',
      kind: 'capacity',
    })
  })
})

test('behaviour: in a frame of another site the passkey names the site, and the policy decides', async ({ page }) => {
  // 127.0.0.1 and localhost are two sites of one server.
  await page.goto(`http://127.0.0.1:${port}/identity.html`)
  await page.evaluate((source) => {
    const frame = document.createElement('iframe')
    frame.allow = 'publickey-credentials-get; publickey-credentials-create'
    frame.src = source
    document.body.append(frame)
  }, `http://localhost:${port}/identity.html`)
  const frame = await frameAt(page, `http://localhost:${port}/`)
  await frame.waitForFunction(() => 'identityHarness' in window)
  await addAuthenticator(frame)
  await frame.locator('#create').click()
  await expect(frame.locator('output')).toHaveText('created')
  expect(await makeDelegation(frame)).toBeNull()
  const delegation = delegationOf(await state(frame))
  const message = await sign(frame)
  const site = `http://127.0.0.1:${port}`
  expect(await walk(message, delegation)).toMatchObject({ ok: false, check: 'top-origin' })
  expect(await walk(message, delegation, Date.now(), { topOrigins: [site] })).toMatchObject({ ok: true, tier: 'T2' })
  expect(await walk(message, delegation, Date.now(), { topOrigins: 'any' })).toMatchObject({ ok: true })
})

async function frameAt(page: Page, prefix: string): Promise<Frame> {
  const find = () => page.frames().find((frame) => frame.url().startsWith(prefix))
  await expect.poll(() => find() !== undefined).toBe(true)
  const frame = find()
  if (frame === undefined) throw new Error(`No frame at ${prefix}.`)
  return frame
}

function flipHex(text: string): Digest {
  return text.replace(/.$/, (last) => (last === '0' ? '1' : '0')) as Digest
}

function flipBase64url(text: string): string {
  const bytes = fromBase64url(text)
  return toBase64url(bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1))
}
