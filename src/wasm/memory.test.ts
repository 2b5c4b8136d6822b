// Regions of linear memory: taken, released, joined, and refused past what wasm32 addresses.
import { describe, expect, test } from 'vitest'
import { MAX_MEMORY_BYTES, Memory, WasmMemoryError } from './memory.ts'

describe('Memory', () => {
  test('default: regions are aligned and do not overlap', () => {
    const memory = new Memory()
    const first = memory.take(5)
    const second = memory.take(17)
    expect(first.at % 16).toBe(0)
    expect(second.at).toBe(first.at + 16)
    expect(second.sizeBytes).toBe(32)
    expect(memory.bytes(second.at, 32)).toHaveLength(32)
  })

  test('behaviour: released neighbours join, whatever the order, and are used again', () => {
    const memory = new Memory()
    const regions = [memory.take(64), memory.take(64), memory.take(64), memory.take(64)] as const
    const { sizeBytes } = memory
    memory.release(regions[2])
    memory.release(regions[0])
    memory.release(regions[1])
    expect(memory.take(192).at).toBe(regions[0].at)
    expect(memory.sizeBytes).toBe(sizeBytes)
  })

  test('behaviour: what is left of a larger region is used as well', () => {
    const memory = new Memory()
    const region = memory.take(128)
    const { sizeBytes } = memory
    memory.release(region)
    expect([memory.take(32).at, memory.take(96).at]).toEqual([region.at, region.at + 32])
    expect(memory.sizeBytes).toBe(sizeBytes)
  })

  test('error: Memory, past 4 GiB', () => {
    const memory = new Memory()
    memory.take(16)
    expect(() => memory.take(MAX_MEMORY_BYTES)).toThrow(WasmMemoryError)
    expect(memory.take(16).at).toBeGreaterThan(0)
  })
})
