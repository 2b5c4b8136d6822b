import { describe, expect, test } from 'vitest'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import type { LogEntry } from '#ledger/entry.ts'
import { formatDayAndTime } from '#ui/format.ts'
import { entrySentence } from './entry-words.ts'

const digest = 'ab'.repeat(32) as Digest
const node = 'cd'.repeat(32) as PublicKey
const account = 'ef'.repeat(32) as PublicKey
const amount = (2n * 10n ** 18n).toString()

/** Every type of entry once, with its sentence. */
const SENTENCES: Readonly<Record<LogEntry['type'], readonly [LogEntry, string]>> = {
  genesis: [
    { type: 'genesis', genesis: { name: 'test', coordinator: node, nonce: digest } },
    'The network “test” began, under the key cdcdcd…cdcd of its coordinator.',
  ],
  grant: [{ type: 'grant', account, amount }, 'Account efefef…efef was granted 2 credits to begin with.'],
  roster: [{ type: 'roster', root: digest, size: 1 }, 'A list of 1 node, from which checkers are drawn.'],
  'secret-chain': [
    { type: 'secret-chain', anchor: digest, first: 1, length: 1440, periodMs: 60_000 },
    'The coordinator committed to the secrets of 1,440 draw epochs to come, 1 min each.',
  ],
  'epoch-secret': [
    { type: 'epoch-secret', epoch: 12, secret: digest },
    'The secret of draw epoch 12: whoever was drawn in it can be drawn again now.',
  ],
  delegation: [{ type: 'delegation', delegation: digest, tier: 2 }, 'A passkey vouched for a node (tier 2).'],
  beats: [{ type: 'beats', epoch: 9, root: digest, nodes: 3 }, '3 nodes gave signs of life in epoch 9.'],
  admission: [
    { type: 'admission', job: digest, account, escrow: amount },
    'A job came in; 2 credits of account efefef…efef were set aside for it.',
  ],
  receipt: [
    {
      type: 'receipt',
      admissionLeaf: 1,
      unit: digest,
      certificate: digest,
      payments: [node, account].map((each) => ({ node: each, account, amount })),
      audited: [],
    },
    'A unit was checked and agreed on; 2 nodes earned 4 credits for it.',
  ],
  epoch: [
    { type: 'epoch', epoch: 498_873, holdback: 72 },
    `Epoch 498,873 began (${formatDayAndTime(Date.UTC(2026, 10, 29, 9))}). What is older than 72 epochs is no longer pending.`,
  ],
  fault: [
    { type: 'fault', admissionLeaf: 1, node, cause: 'false-tag', proof: digest, earlier: null },
    'Node cdcdcd…cdcd was proven wrong: it did not compute from the inputs, it looked the result up.',
  ],
  forfeit: [
    { type: 'forfeit', node, fault: 7, amount },
    'Node cdcdcd…cdcd lost 2 credits that it had pending, for the fault in entry 7.',
  ],
  refund: [{ type: 'refund', admissionLeaf: 3, amount }, '2 credits of the job in entry 3 went back to its requester.'],
}

describe('sentences', () => {
  for (const [type, [entry, sentence]] of Object.entries(SENTENCES))
    test(`default: ${type}`, () => expect(entrySentence(entry)).toBe(sentence))

  test('behaviour: a receipt says of an audited unit that it was', () => {
    const payments = [{ node, account, amount }]
    const entry = { type: 'receipt', admissionLeaf: 1, unit: digest, certificate: digest, payments } as const
    expect(entrySentence({ ...entry, audited: [node] })).toBe(
      'A unit was checked and agreed on; 1 node earned 2 credits for it. An audit found it right.',
    )
  })

  test('behaviour: epochs that are not hours are not dated', () => {
    expect(entrySentence({ type: 'epoch', epoch: 5, holdback: 1 })).toBe(
      'Epoch 5 began. What is older than 1 epoch is no longer pending.',
    )
  })
})
