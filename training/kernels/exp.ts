// e^x for four lanes: 2^n times a polynomial of degree 6 on ±ln 2 / 2 (relative error about 1e-7), by adds and multiplies alone.

/** e^x, x clamped to ±87. */
export function exp4(x: v128): v128 {
  const clamped = f32x4.max(f32x4.min(x, f32x4.splat(87)), f32x4.splat(-87))
  const n = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(1.44269504)))
  let r = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(0.693359375)))
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-0.00021219444)))
  let p = f32x4.splat(0.00138888889)
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.00833333333))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.0416666667))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.166666667))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.5))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1))
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23)
  return f32x4.mul(p, power)
}

/** Sum of the lanes, left to right. */
export function lanes(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3)
}
