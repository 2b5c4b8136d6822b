// Secrets of draw epochs: a hash chain whose end is in the log before its first epoch begins. Each secret is revealed when its epoch is
// over, hashes to those of all earlier epochs, and so cannot be chosen after anything that it is mixed with is known.
import { DIGEST_BYTES, type Digest, digestOf } from '#core/digest.ts'
import { toHex } from '#core/bytes.ts'
import type { Random } from '#core/random.ts'

/** A chain as the log holds it: the secret of epoch `first + i` is a preimage of `anchor` by `i + 1` steps. Epochs last `periodMs`. */
export type SecretChain = {
  readonly anchor: Digest
  readonly first: number
  readonly length: number
  readonly periodMs: number
}

/** A secret and the draw epoch that it belongs to. */
export type EpochSecret = { readonly epoch: number; readonly secret: Digest }

/** Longest chain: 45 days of minutes, and the most steps that a verifier takes. */
export const MAX_CHAIN_LENGTH = 65_536

/** How long a draw epoch is where nothing else is configured: a draw can be checked this long after it was made. */
export const DRAW_EPOCH_MS = 60_000

/** The draw epoch of a moment, counted from 1970 in periods of the chain. */
export function drawEpochOf(nowMs: number, { periodMs }: Pick<SecretChain, 'periodMs'>): number {
  return Math.floor(nowMs / periodMs)
}

/** A fresh seed: the secret of a chain's last epoch, from which all the others follow. Whoever has it knows every draw to come. */
export function chainSeed(random: Random): Digest {
  return toHex(random.bytes(DIGEST_BYTES)) as Digest
}

/** The chain that ends in `seed`. */
export function chainOf(seed: Digest, at: Omit<SecretChain, 'anchor'>): SecretChain {
  return { ...at, anchor: stepBack(seed, at.length) }
}

/** The secret of `epoch` in the chain that ends in `seed`. Throws a RangeError outside of it. */
export function secretOf(seed: Digest, chain: Omit<SecretChain, 'anchor'>, epoch: number): Digest {
  const last = chain.first + chain.length - 1
  if (!Number.isSafeInteger(epoch) || epoch < chain.first || epoch > last)
    throw new RangeError(`Epoch ${epoch} is not among ${chain.first} to ${last} of the chain.`)
  return stepBack(seed, last - epoch)
}

/** The secret of the earlier `epoch` that `revealed` hashes to. Throws a RangeError for a later one, or one that is too far away. */
export function earlierSecret(revealed: EpochSecret, epoch: number): Digest {
  const steps = revealed.epoch - epoch
  if (!Number.isSafeInteger(steps) || steps < 0 || steps >= MAX_CHAIN_LENGTH)
    throw new RangeError(`The secret of epoch ${epoch} does not follow from that of ${revealed.epoch}.`)
  return stepBack(revealed.secret, steps)
}

/** Whether `revealed` belongs to `chain`. */
export function verifyEpochSecret({ epoch, secret }: EpochSecret, { anchor, first, length }: SecretChain): boolean {
  if (!Number.isSafeInteger(epoch) || length > MAX_CHAIN_LENGTH || epoch < first || epoch >= first + length)
    return false
  return stepBack(secret, epoch - first + 1) === anchor
}

function stepBack(secret: Digest, steps: number): Digest {
  let value = secret
  for (let step = 0; step < steps; step++) value = digestOf('epoch-secret', value)
  return value
}
