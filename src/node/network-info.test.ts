import { describe, expect, test } from 'vitest'
import { signerFromSecret } from '#core/ed25519.ts'
import { EMPTY_ROOT } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import { signCheckpoint } from '#ledger/checkpoint.ts'
import { networkId } from '#ledger/genesis.ts'
import { openingNonce } from '#verify/commit.ts'
import { MAX_ANSWER_CHARS, fetchNetworkInfo } from './network-info.ts'

const random = seededRandom('network-info')
const signer = signerFromSecret(random.bytes(32))
const genesis = { name: 'test', coordinator: signer.publicKey, nonce: openingNonce(random) }
const network = networkId(genesis)
const signal = new AbortController().signal

async function answer(change: object = {}) {
  const checkpoint = await signCheckpoint(signer, network, { size: 3, root: EMPTY_ROOT })
  return { network, genesis, checkpoint, peerId: 'x', addresses: [], nodes: 0, ...change }
}

function ask(body: unknown, status = 200) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return fetchNetworkInfo('http://localhost:4747/some/page', async () => new Response(text, { status }), signal)
}

describe('fetchNetworkInfo', () => {
  test('default: dials the address that was asked, whatever path it had', async () => {
    const info = await ask(await answer())
    expect(info).toMatchObject({ network, coordinator: signer.publicKey, checkpoint: { size: 3, root: EMPTY_ROOT } })
    expect(info.addresses).toEqual([expect.stringMatching(/^\/dns\/localhost\/tcp\/4747\/ws\/p2p\/12D3/)])
  })

  test('error: NetworkMismatch for an id, or a checkpoint, of another network or key', async () => {
    const other = signerFromSecret(random.bytes(32))
    const foreign = await signCheckpoint(other, network, { size: 3, root: EMPTY_ROOT })
    for (const change of [{ network: EMPTY_ROOT }, { checkpoint: foreign }])
      await expect(ask(await answer(change))).rejects.toMatchObject({ name: 'node.NetworkMismatch', kind: 'hostile' })
  })

  test('error: Schema for an answer without its fields', async () => {
    await expect(ask({})).rejects.toMatchObject({ name: 'core.Schema' })
  })

  test('error: NoCoordinator for no answer, another status, no JSON and too much of it', async () => {
    const failing = fetchNetworkInfo('http://localhost:1', async () => Promise.reject(new TypeError('refused')), signal)
    await expect(failing).rejects.toThrow('There is no coordinator at http://localhost:1: it cannot be reached.')
    await expect(ask('', 503)).rejects.toThrow('it answered with status 503')
    await expect(ask('<html>')).rejects.toMatchObject({ name: 'node.NoCoordinator', kind: 'unavailable' })
    const padded = JSON.stringify(await answer())
    await expect(ask(padded.padEnd(MAX_ANSWER_CHARS))).resolves.toMatchObject({ network })
    await expect(ask(padded.padEnd(MAX_ANSWER_CHARS + 1))).rejects.toThrow('its answer has 65537 characters')
  })

  test('behaviour: an abort is the abort, not an error of ours', async () => {
    const aborted = AbortSignal.abort(new Error('stop'))
    await expect(fetchNetworkInfo('http://x', async () => Promise.reject(new Error('x')), aborted)).rejects.toThrow(
      'stop',
    )
  })
})
