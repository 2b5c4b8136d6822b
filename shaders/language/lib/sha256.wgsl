// SHA-256 (FIPS 180-4) of blocks of sixteen big-endian words; `schedule` holds the block and becomes its message schedule.
const ROUND_CONSTANTS = array<u32, 64>(
  0x428a2f98u, 0x71374491u, 0xb5c0fbcfu, 0xe9b5dba5u, 0x3956c25bu, 0x59f111f1u, 0x923f82a4u, 0xab1c5ed5u,
  0xd807aa98u, 0x12835b01u, 0x243185beu, 0x550c7dc3u, 0x72be5d74u, 0x80deb1feu, 0x9bdc06a7u, 0xc19bf174u,
  0xe49b69c1u, 0xefbe4786u, 0x0fc19dc6u, 0x240ca1ccu, 0x2de92c6fu, 0x4a7484aau, 0x5cb0a9dcu, 0x76f988dau,
  0x983e5152u, 0xa831c66du, 0xb00327c8u, 0xbf597fc7u, 0xc6e00bf3u, 0xd5a79147u, 0x06ca6351u, 0x14292967u,
  0x27b70a85u, 0x2e1b2138u, 0x4d2c6dfcu, 0x53380d13u, 0x650a7354u, 0x766a0abbu, 0x81c2c92eu, 0x92722c85u,
  0xa2bfe8a1u, 0xa81a664bu, 0xc24b8b70u, 0xc76c51a3u, 0xd192e819u, 0xd6990624u, 0xf40e3585u, 0x106aa070u,
  0x19a4c116u, 0x1e376c08u, 0x2748774cu, 0x34b0bcb5u, 0x391c0cb3u, 0x4ed8aa4au, 0x5b9cca4fu, 0x682e6ff3u,
  0x748f82eeu, 0x78a5636fu, 0x84c87814u, 0x8cc70208u, 0x90befffau, 0xa4506cebu, 0xbef9a3f7u, 0xc67178f2u,
);

var<private> digest: array<u32, 8>;
var<private> schedule: array<u32, 16>;

fn turned(x: u32, n: u32) -> u32 {
  return (x >> n) | (x << (32u - n));
}

fn swapBytes(x: u32) -> u32 {
  return (x << 24u) | ((x & 0xff00u) << 8u) | ((x >> 8u) & 0xff00u) | (x >> 24u);
}

fn openDigest() {
  digest = array<u32, 8>(
    0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au, 0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u,
  );
}

fn absorb() {
  var a = digest[0];
  var b = digest[1];
  var c = digest[2];
  var d = digest[3];
  var e = digest[4];
  var f = digest[5];
  var g = digest[6];
  var h = digest[7];
  for (var i = 0u; i < 64u; i++) {
    let slot = i & 15u;
    if (i >= 16u) {
      let early = schedule[(i + 1u) & 15u];
      let late = schedule[(i + 14u) & 15u];
      let s0 = turned(early, 7u) ^ turned(early, 18u) ^ (early >> 3u);
      let s1 = turned(late, 17u) ^ turned(late, 19u) ^ (late >> 10u);
      schedule[slot] += s0 + schedule[(i + 9u) & 15u] + s1;
    }
    let choice = (e & f) ^ (~e & g);
    let first = h + (turned(e, 6u) ^ turned(e, 11u) ^ turned(e, 25u)) + choice + ROUND_CONSTANTS[i] + schedule[slot];
    let majority = (a & b) ^ (a & c) ^ (b & c);
    let second = (turned(a, 2u) ^ turned(a, 13u) ^ turned(a, 22u)) + majority;
    h = g;
    g = f;
    f = e;
    e = d + first;
    d = c;
    c = b;
    b = a;
    a = first + second;
  }
  digest[0] += a;
  digest[1] += b;
  digest[2] += c;
  digest[3] += d;
  digest[4] += e;
  digest[5] += f;
  digest[6] += g;
  digest[7] += h;
}
