// Writes ed25519.json: signatures that lax verifiers take, one by one for each rule of src/core/ed25519.ts.
// Run with `node test/vectors/ed25519.generate.ts`; the output depends on nothing but this file.
import { writeFileSync } from 'node:fs'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'

type Vector = { name: string; key: string; message: string; signature: string; valid: boolean }

const { Point } = ed25519
const { Fn, Fp, BASE } = Point
type EdPoint = typeof BASE

const vectors: Vector[] = []
const secret = sha512(utf8ToBytes('commonwatt ed25519 vectors')).slice(0, 32)
const { scalar } = ed25519.utils.getExtendedPublicKey(secret)
const key = ed25519.getPublicKey(secret)
const nonce = Fn.create(littleEndian(sha512(utf8ToBytes('a fixed nonce'))))
const torsion = Array.from({ length: 8 }, (_, i) => multiply(generatorOfTorsion(), BigInt(i)))

for (const length of [0, 1, 31, 32, 64, 127, 128, 1000]) {
  const message = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 255)
  add(`valid: message of ${length} bytes`, key, message, ed25519.sign(message, secret), true)
}
addScalars()
addFlips()
addSizes()
addSmallOrderKeys()
addSmallOrderCommitments()
addMixedOrder()
addEncodings()
writeFileSync(new URL('ed25519.json', import.meta.url), `${JSON.stringify(vectors, null, 1)}\n`)

/** s is a number below L: anything else is a second signature over the same message. */
function addScalars(): void {
  const message = utf8ToBytes('scalars')
  const signature = ed25519.sign(message, secret)
  const s = littleEndian(signature.subarray(32))
  for (const [name, value] of [
    ['s + L', s + Fn.ORDER],
    ['s + 2L', s + 2n * Fn.ORDER],
    ['s + 15L', s + 15n * Fn.ORDER],
    ['s = L', Fn.ORDER],
    ['s = L - 1', Fn.ORDER - 1n],
    ['s = 0', 0n],
    ['s = -s', Fn.ORDER - s],
    ['s with its top bit set', s + (1n << 255n)],
    ['s = 2^256 - 1', (1n << 256n) - 1n],
  ] as const)
    if (value < 1n << 256n)
      add(`scalar: ${name}`, key, message, concatBytes(signature.subarray(0, 32), encode(value)), false)
}

function addFlips(): void {
  const message = utf8ToBytes('one bit')
  const signature = ed25519.sign(message, secret)
  for (const at of [0, 1, 31, 32, 33, 62, 63])
    for (const bit of [0, 7]) add(`flip: bit ${bit} of signature byte ${at}`, key, message, flip(signature, at, bit), false)
  for (const at of [0, 30, 31]) add(`flip: bit 0 of key byte ${at}`, flip(key, at, 0), message, signature, false)
  add('flip: sign of the key', flip(key, 31, 7), message, signature, false)
  add('flip: bit 0 of the message', key, flip(message, 0, 0), signature, false)
}

function addSizes(): void {
  const message = utf8ToBytes('sizes')
  const signature = ed25519.sign(message, secret)
  for (const length of [0, 31, 32, 63]) add(`size: signature of ${length} bytes`, key, message, signature.slice(0, length), false)
  add('size: signature of 65 bytes', key, message, concatBytes(signature, Uint8Array.of(0)), false)
  for (const length of [0, 31]) add(`size: key of ${length} bytes`, key.slice(0, length), message, signature, false)
  add('size: key of 33 bytes', concatBytes(key, Uint8Array.of(0)), message, signature, false)
}

/** Under a key of order 1, 2, 4 or 8 anyone signs: with k divisible by 8, or with the cofactor, the key drops out of the equation. */
function addSmallOrderKeys(): void {
  const commitment = BASE.multiply(nonce).toBytes()
  torsion.forEach((point, i) => {
    const message = findMessage(commitment, point.toBytes(), (k) => k % 8n === 0n)
    add(`small order: key ${i} of 8`, point.toBytes(), message, concatBytes(commitment, encode(nonce)), false)
  })
}

/** R of small order needs no nonce: s = ka. */
function addSmallOrderCommitments(): void {
  torsion.forEach((point, i) => {
    const commitment = point.toBytes()
    const message = utf8ToBytes(`commitment ${i}`)
    const s = Fn.mul(challenge(commitment, key, message), scalar)
    add(`small order: commitment ${i} of 8`, key, message, concatBytes(commitment, encode(s)), false)
  })
}

/** A key or commitment with a torsion part: with and without the cofactor verifiers disagree unless the part drops out by itself. */
function addMixedOrder(): void {
  const generator = generatorOfTorsion()
  const mixedKey = BASE.multiply(scalar).add(generator).toBytes()
  const commitment = BASE.multiply(nonce).toBytes()
  for (const [name, wanted] of [
    ['mixed order: key, its torsion part left over', false],
    ['mixed order: key, its torsion part cancelled', true],
  ] as const) {
    const message = findMessage(commitment, mixedKey, (k) => (k % 8n === 0n) === wanted)
    const s = Fn.add(nonce, Fn.mul(challenge(commitment, mixedKey, message), scalar))
    add(name, mixedKey, message, concatBytes(commitment, encode(s)), wanted)
  }
  const mixedCommitment = BASE.multiply(nonce).add(generator).toBytes()
  const message = utf8ToBytes('mixed commitment')
  const s = Fn.add(nonce, Fn.mul(challenge(mixedCommitment, key, message), scalar))
  add('mixed order: commitment', key, message, concatBytes(mixedCommitment, encode(s)), false)
}

/** Second encodings: y + p for the few y below 19, and a sign on x = 0. */
function addEncodings(): void {
  const message = utf8ToBytes('encodings')
  const signature = ed25519.sign(message, secret)
  for (let y = 0n; y < 19n; y++)
    for (const sign of [0n, 1n]) {
      const encoded = encode(y + Fp.ORDER + (sign << 255n))
      const name = `encoding: y = p + ${y}, sign ${sign}`
      add(`${name}, as key`, encoded, message, signature, false)
      add(`${name}, as commitment`, key, message, concatBytes(encoded, signature.subarray(32)), false)
    }
  for (const [name, y] of [
    ['y = 1', 1n],
    ['y = -1', Fp.ORDER - 1n],
  ] as const)
    add(`encoding: minus zero, ${name}`, encode(y + (1n << 255n)), message, signature, false)
  add('encoding: no point has y = 2', encode(2n), message, signature, false)
}

function add(name: string, publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array, valid: boolean): void {
  const hex = { key: bytesToHex(publicKey), message: bytesToHex(message), signature: bytesToHex(signature) }
  vectors.push({ name, ...hex, valid })
}

function findMessage(commitment: Uint8Array, publicKey: Uint8Array, fits: (k: bigint) => boolean): Uint8Array {
  for (let i = 0; ; i++) {
    const message = utf8ToBytes(`message ${i}`)
    if (fits(challenge(commitment, publicKey, message))) return message
  }
}

function challenge(commitment: Uint8Array, publicKey: Uint8Array, message: Uint8Array): bigint {
  return Fn.create(littleEndian(sha512(concatBytes(commitment, publicKey, message))))
}

/** A point of order 8: L times any point that has one. */
function generatorOfTorsion(): EdPoint {
  for (let y = 2n; ; y++) {
    const point = decodeOrUndefined(encode(y))
    const image = point && multiply(point, Fn.ORDER)
    if (image && !multiply(image, 4n).is0()) return image
  }
}

function decodeOrUndefined(bytes: Uint8Array): EdPoint | undefined {
  try {
    return Point.fromBytes(bytes)
  } catch {
    return undefined
  }
}

/** Double and add: the library's own multiplication takes scalars below L only. */
function multiply(point: EdPoint, times: bigint): EdPoint {
  let sum = Point.ZERO
  for (let bit = BigInt(times.toString(2).length) - 1n; bit >= 0n; bit--) {
    sum = sum.double()
    if ((times >> bit) & 1n) sum = sum.add(point)
  }
  return sum
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(bytes.toReversed())}`)
}

function encode(value: bigint): Uint8Array {
  return hexToBytes(value.toString(16).padStart(64, '0')).reverse()
}

function flip(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte))
}
