// Randomness as a port: the platform's for secrets, a seeded one for draws and tests.
import { concat, utf8 } from './bytes.ts'
import { sha256 } from './digest.ts'

/** A source of random bytes. */
export interface Random {
  bytes(length: number): Uint8Array<ArrayBuffer>
}

/** Cryptographic randomness of the platform. */
export const systemRandom: Random = {
  bytes(length) {
    const out = new Uint8Array(length)
    // WebCrypto fills at most 65,536 bytes a call.
    for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(out.subarray(at, at + 65_536))
    return out
  },
}

/** Deterministic bytes from `seed`: SHA-256(domain ‖ seed ‖ counter), block after block. */
export function seededRandom(seed: Uint8Array | string): Random {
  const key = typeof seed === 'string' ? utf8(seed) : seed
  let counter = 0
  let pool = new Uint8Array(0)
  return {
    bytes(length) {
      const out = new Uint8Array(length)
      let filled = 0
      while (filled < length) {
        if (pool.length === 0) {
          const index = new Uint8Array(8)
          new DataView(index.buffer).setBigUint64(0, BigInt(counter++))
          pool = new Uint8Array(sha256(utf8('commonwatt/random/v1\0'), sha256(key), index))
        }
        const take = pool.subarray(0, length - filled)
        out.set(take, filled)
        filled += take.length
        pool = pool.subarray(take.length)
      }
      return out
    },
  }
}

/** A uniform integer in [0, bound), 1 <= bound <= 2^32, by rejection. Throws a RangeError on any other bound. */
export function randomInt(random: Random, bound: number): number {
  if (!Number.isSafeInteger(bound) || bound < 1 || bound > 2 ** 32)
    throw new RangeError(`A random integer needs a bound in 1..2^32, not ${bound}.`)
  const limit = 2 ** 32 - (2 ** 32 % bound)
  for (;;) {
    const bytes = random.bytes(4)
    const value = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
    if (value < limit) return value % bound
  }
}

/** A copy of `items` in random order: sorted by a random 128-bit key each. */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const keyed = items.map((item) => ({ item, key: concat(random.bytes(16)) }))
  keyed.sort((a, b) => compareBytes(a.key, b.key))
  return keyed.map(({ item }) => item)
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
