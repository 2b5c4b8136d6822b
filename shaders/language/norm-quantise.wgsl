// RMSNorm of a row by one workgroup, quantised: the exact sum of squares in 96 bits, Newton's inverse root, then two passes over the row.
override BITS: u32 = 16u;
/// Values are written a word each, not as bytes in planes.
override WHOLE: u32 = 0u;
/// A power of two, at most 128.
override LANES: u32 = 128u;

struct Params {
  width: u32,
  /// Words of 16 columns in a plane of the output.
  words: u32,
  epsilonLow: u32,
  epsilonHigh: u32,
  gainM: u32,
  gainE: i32,
}

@group(0) @binding(0) var<storage, read> residual: array<i32>;
@group(0) @binding(1) var<storage, read> gain: array<i32>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

var<workgroup> sums: array<vec3u, LANES>;
var<workgroup> largestX: atomic<u32>;
var<workgroup> largestY: atomic<u32>;

fn writeWhole(at: u32, q: vec4i) {
  output[at] = bitcast<u32>(q.x);
  output[at + 1u] = bitcast<u32>(q.y);
  output[at + 2u] = bitcast<u32>(q.z);
  output[at + 3u] = bitcast<u32>(q.w);
}

fn scaled(x: i32, up: u32, column: u32) -> i32 {
  return mulShift(x << up, gain[column], 30);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let start = group.x * params.width;
  var sum = vec3u();
  var largest = 0u;
  for (var i = lane; i < params.width; i += LANES) {
    let size = magnitude(residual[start + i]);
    sum = add96(sum, vec3u(multiplyUnsigned(size, size), 0u));
    largest = max(largest, size);
  }
  sums[lane] = sum;
  atomicMax(&largestX, largest);
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (lane < half) {
      sums[lane] = add96(sums[lane], sums[lane + half]);
    }
    workgroupBarrier();
  }
  let up = 30u - bitLength(atomicLoad(&largestX));
  largest = 0u;
  for (var i = lane; i < params.width; i += LANES) {
    largest = max(largest, magnitude(scaled(residual[start + i], up, i)));
  }
  atomicMax(&largestY, largest);
  workgroupBarrier();
  let by = quantiserOf(atomicLoad(&largestY), BITS);
  let planes = select(BITS / 8u, 4u, WHOLE == 1u);
  let to = group.x * 4u * (1u + planes * params.words);
  for (var word = lane; word < (params.width + 3u) / 4u; word += LANES) {
    var y: vec4i;
    for (var i = 0u; i < min(4u, params.width - 4u * word); i++) {
      let column = 4u * word + i;
      y[i] = scaled(residual[start + column], up, column);
    }
    let q = quantised4(y, by);
    let at = to + 4u + word;
    if (WHOLE == 1u) {
      writeWhole(to + 4u + 4u * word, q);
    } else if (BITS == 16u) {
      let planes = packPlanes(q);
      output[at] = planes.x;
      output[at + 4u * params.words] = planes.y;
    } else {
      output[at] = packBytes(q);
    }
  }
  if (lane == 0u) {
    let total = add96(sums[0], vec3u(params.epsilonLow, params.epsilonHigh, 0u));
    let root = inverseRootScale(total);
    let scale = mulScale(mulScale(quantisedScale(by, 0), root), Scale(params.gainM, params.gainE));
    output[to] = scale.m;
    output[to + 1u] = bitcast<u32>(scale.e + i32(up));
  }
}
