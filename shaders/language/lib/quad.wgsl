// Sums that a quad keeps without planes, and what follows them.

/// Steps of four values whose products with int8 cannot leave an i32: 512 of 127·32,639.
const STEPS: u32 = 128u;

/// Sums of four columns as `finished` wants them: 256·high + low for A16, high alone for A8.
struct Sums {
  high: vec4i,
  low: vec4i,
}

fn addSums(sums: Sums, part: vec4u) -> Sums {
  let more = bitcast<vec4i>(part);
  if (PLANES == 2u) {
    return Sums(sums.high + (more >> vec4u(8u)), sums.low + (more & vec4i(255)));
  }
  return Sums(sums.high + more, sums.low);
}

/// A loop, so that what follows a sum is compiled once: compilers of emulated adapters are slow.
fn finished4(sums: Sums, scale: Scale, column: u32) -> vec4i {
  var y: vec4i;
  for (var i = 0u; i < 4u; i++) {
    y[i] = finished(sums.high[i], sums.low[i], scale, column + i);
  }
  return y;
}
