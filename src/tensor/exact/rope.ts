// Rotary position embedding from two-level Q30 tables, combined and rounded once to Q15.
import type { RopeTables } from './tables.ts'

/** cos and sin of every pair at one position, Q15, |.| <= 32768. */
export type Angles = { readonly cos: Int32Array<ArrayBuffer>; readonly sin: Int32Array<ArrayBuffer> }

/** cos and sin (Q15) of the sum of two angles given in Q30, each rounded once, half up. */
export function combineAngles(
  cosHigh: number,
  sinHigh: number,
  cosLow: number,
  sinLow: number,
): { cos: number; sin: number } {
  const [ch, sh, cl, sl] = [BigInt(cosHigh), BigInt(sinHigh), BigInt(cosLow), BigInt(sinLow)]
  const half = 1n << 44n
  return { cos: Number((ch * cl - sh * sl + half) >> 45n), sin: Number((sh * cl + ch * sl + half) >> 45n) }
}

/** The angles of one position = 256·high + low. */
export function anglesAt(tables: RopeTables, position: number): Angles {
  const { pairs, high, low } = tables
  const h = Math.floor(position / 256) * pairs
  const l = (position % 256) * pairs
  const cos = new Int32Array(pairs)
  const sin = new Int32Array(pairs)
  for (let j = 0; j < pairs; j++) {
    const angle = combineAngles(high.cos[h + j] ?? 0, high.sin[h + j] ?? 0, low.cos[l + j] ?? 0, low.sin[l + j] ?? 0)
    cos[j] = angle.cos
    sin[j] = angle.sin
  }
  return { cos, sin }
}

/** Rotates one int16 head (hd); pair j is the values j and j + hd/2. |out| <= 65,534: no longer int16. */
export function rotate(head: Int32Array, { cos, sin }: Angles): Int32Array<ArrayBuffer> {
  const pairs = head.length / 2
  const out = new Int32Array(head.length)
  for (let j = 0; j < pairs; j++) {
    const a = head[j] ?? 0
    const b = head[j + pairs] ?? 0
    const c = cos[j] ?? 0
    const s = sin[j] ?? 0
    out[j] = (a * c - b * s + 16_384) >> 15
    out[j + pairs] = (b * c + a * s + 16_384) >> 15
  }
  return out
}
