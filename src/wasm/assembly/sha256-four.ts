// SHA-256 (FIPS 180-4) of four messages of one length at once, a message a lane.
import { INITIAL, ROUND } from './sha256'

/** Bytes of `work`: four last blocks, the state and the schedule. */
export const FOUR_BYTES: i32 = 256 + 128 + 1024

/** SHA-256 of `sizeBytes` bytes at each of four places to 32 bytes at each of four others. */
export function sha256Four(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  sizeBytes: i32,
  toA: usize,
  toB: usize,
  toC: usize,
  toD: usize,
  work: usize,
): void {
  const state = work + 256
  const schedule = state + 128
  for (let i: usize = 0; i < 8; i++) v128.store(state + (i << 4), v128.load_splat<u32>(INITIAL + (i << 2)))
  const whole = <usize>(sizeBytes & ~63)
  for (let at: usize = 0; at < whole; at += 64) compressFour(a + at, b + at, c + at, d + at, state, schedule)

  const rest = <usize>sizeBytes - whole
  lastBlock(a + whole, rest, sizeBytes, work)
  lastBlock(b + whole, rest, sizeBytes, work + 64)
  lastBlock(c + whole, rest, sizeBytes, work + 128)
  lastBlock(d + whole, rest, sizeBytes, work + 192)
  compressFour(work, work + 64, work + 128, work + 192, state, schedule)
  if (rest >= 56) {
    lengthBlock(sizeBytes, work)
    compressFour(work, work, work, work, state, schedule)
  }
  for (let half: usize = 0; half < 32; half += 16) {
    const from = state + (half << 2)
    const p = swapped(v128.load(from))
    const q = swapped(v128.load(from, 16))
    const r = swapped(v128.load(from, 32))
    const s = swapped(v128.load(from, 48))
    const pq = v128.shuffle<i32>(p, q, 0, 4, 1, 5)
    const rs = v128.shuffle<i32>(r, s, 0, 4, 1, 5)
    const pqBeyond = v128.shuffle<i32>(p, q, 2, 6, 3, 7)
    const rsBeyond = v128.shuffle<i32>(r, s, 2, 6, 3, 7)
    v128.store(toA + half, v128.shuffle<i64>(pq, rs, 0, 2))
    v128.store(toB + half, v128.shuffle<i64>(pq, rs, 1, 3))
    v128.store(toC + half, v128.shuffle<i64>(pqBeyond, rsBeyond, 0, 2))
    v128.store(toD + half, v128.shuffle<i64>(pqBeyond, rsBeyond, 1, 3))
  }
}

/** The `rest` bytes at `data` with the padding behind them; the length too where it has room. */
function lastBlock(data: usize, rest: usize, sizeBytes: i32, block: usize): void {
  memory.fill(block, 0, 64)
  memory.copy(block, data, rest)
  store<u8>(block + rest, 0x80)
  if (rest < 56) store<u64>(block, bswap<u64>((<u64>sizeBytes) << 3), 56)
}

function lengthBlock(sizeBytes: i32, block: usize): void {
  memory.fill(block, 0, 64)
  store<u64>(block, bswap<u64>((<u64>sizeBytes) << 3), 56)
}

/** The bytes of every word turned about. */
function swapped(words: v128): v128 {
  return v128.shuffle<i8>(words, words, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)
}

function turned(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shr_u(x, bits), i32x4.shl(x, 32 - bits))
}

/** One block of 64 bytes of each message into the state (8, 4); `schedule` holds 64 words of each. */
function compressFour(p: usize, q: usize, r: usize, s: usize, state: usize, schedule: usize): void {
  for (let t: usize = 0; t < 64; t += 16) {
    const w = swapped(v128.load(p + t))
    const x = swapped(v128.load(q + t))
    const y = swapped(v128.load(r + t))
    const z = swapped(v128.load(s + t))
    const wx = v128.shuffle<i32>(w, x, 0, 4, 1, 5)
    const yz = v128.shuffle<i32>(y, z, 0, 4, 1, 5)
    const wxBeyond = v128.shuffle<i32>(w, x, 2, 6, 3, 7)
    const yzBeyond = v128.shuffle<i32>(y, z, 2, 6, 3, 7)
    const to = schedule + (t << 2)
    v128.store(to, v128.shuffle<i64>(wx, yz, 0, 2))
    v128.store(to, v128.shuffle<i64>(wx, yz, 1, 3), 16)
    v128.store(to, v128.shuffle<i64>(wxBeyond, yzBeyond, 0, 2), 32)
    v128.store(to, v128.shuffle<i64>(wxBeyond, yzBeyond, 1, 3), 48)
  }
  for (let at = schedule + 256; at < schedule + 1024; at += 16) {
    const before15 = v128.load(at - 240)
    const before2 = v128.load(at - 32)
    const s0 = v128.xor(v128.xor(turned(before15, 7), turned(before15, 18)), i32x4.shr_u(before15, 3))
    const s1 = v128.xor(v128.xor(turned(before2, 17), turned(before2, 19)), i32x4.shr_u(before2, 10))
    v128.store(at, i32x4.add(i32x4.add(v128.load(at - 256), s0), i32x4.add(v128.load(at - 112), s1)))
  }
  let a = v128.load(state)
  let b = v128.load(state, 16)
  let c = v128.load(state, 32)
  let d = v128.load(state, 48)
  let e = v128.load(state, 64)
  let f = v128.load(state, 80)
  let g = v128.load(state, 96)
  let h = v128.load(state, 112)
  for (let t: usize = 0; t < 256; t += 4) {
    const s1 = v128.xor(v128.xor(turned(e, 6), turned(e, 11)), turned(e, 25))
    const chosen = v128.xor(g, v128.and(e, v128.xor(f, g)))
    const known = i32x4.add(v128.load_splat<u32>(ROUND + t), v128.load(schedule + (t << 2)))
    const first = i32x4.add(i32x4.add(h, s1), i32x4.add(chosen, known))
    const s0 = v128.xor(v128.xor(turned(a, 2), turned(a, 13)), turned(a, 22))
    const second = i32x4.add(s0, v128.xor(v128.and(a, v128.xor(b, c)), v128.and(b, c)))
    h = g
    g = f
    f = e
    e = i32x4.add(d, first)
    d = c
    c = b
    b = a
    a = i32x4.add(first, second)
  }
  v128.store(state, i32x4.add(v128.load(state), a))
  v128.store(state, i32x4.add(v128.load(state, 16), b), 16)
  v128.store(state, i32x4.add(v128.load(state, 32), c), 32)
  v128.store(state, i32x4.add(v128.load(state, 48), d), 48)
  v128.store(state, i32x4.add(v128.load(state, 64), e), 64)
  v128.store(state, i32x4.add(v128.load(state, 80), f), 80)
  v128.store(state, i32x4.add(v128.load(state, 96), g), 96)
  v128.store(state, i32x4.add(v128.load(state, 112), h), 112)
}
