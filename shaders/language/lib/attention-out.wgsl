// The values a head attended to, a pair of channels a lane, and the largest of a row. A barrier inside.
var<workgroup> largestOut: atomic<u32>;

fn emitPair(a: vec2u, b: vec2u, total: vec2u, row: u32, head: u32, lane: u32) {
  if (lane < params.headDim / 2u) {
    var largest = 0u;
    let to = row * params.stride + head * params.headDim + 2u * lane;
    for (var i = 0u; i < 2u; i++) {
      let mean = weightedMean(select(a, b, i == 1u), total);
      output[to + i] = mean;
      largest = max(largest, magnitude(mean));
    }
    atomicMax(&largestOut, largest);
  }
  workgroupBarrier();
  if (lane == 0u) {
    atomicMax(&status[params.maxima + row], atomicLoad(&largestOut));
  }
}
