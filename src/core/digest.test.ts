import { expect, test } from 'vitest'
import { toHex, utf8 } from './bytes.ts'
import { encodeCbor } from './cbor.ts'
import { digestBytes, digestOf, domain, sha256 } from './digest.ts'

test('vector: FIPS 180-4, SHA-256', () => {
  expect(digestBytes(utf8('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect(digestBytes()).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})

test('behaviour: parts are joined, whatever their borders', async () => {
  const message = utf8('a message in several parts')
  const platform = new Uint8Array(await crypto.subtle.digest('SHA-256', message))
  for (let cut = 0; cut <= message.length; cut++)
    expect(sha256(message.subarray(0, cut), message.subarray(cut))).toEqual(platform)
})

test('default', () => {
  const bytes = Uint8Array.from([...utf8('commonwatt/job/v1\0'), ...encodeCbor({ a: 1 })])
  expect(digestOf('job', { a: 1 })).toBe(toHex(sha256(bytes)))
})

test('behaviour: the type, the version and the value are bound, the order of keys is not', () => {
  expect(domain('job')).toBe('commonwatt/job/v1')
  const base = digestOf('job', { a: 1, b: 2 })
  expect(digestOf('job', { b: 2, a: 1 })).toBe(base)
  for (const other of [
    digestOf('unit', { a: 1, b: 2 }),
    digestOf('job', { a: 1, b: 2 }, 2),
    digestOf('job', { a: 1, b: '2' }),
    digestOf('job', { a: 1, b: 2, c: null }),
  ])
    expect(other).not.toBe(base)
})

test('behaviour: a digest and its bytes are different values', () => {
  expect(digestOf('job', '00')).not.toBe(digestOf('job', Uint8Array.of(0)))
})
