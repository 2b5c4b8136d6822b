// Rows of i32 whose maxima are known, quantised as they are read.
@group(0) @binding(0) var<storage, read> input: array<vec4i>;

/// The row that is read.
var<private> inputRow: u32;
var<private> inputQuantiser: Quantiser;

fn openInput(row: u32) {
  inputRow = row;
  inputQuantiser = quantiserOf(atomicLoad(&status[params.inputMaxima + row]), 8u * PLANES);
}

fn inputScale() -> Scale {
  return quantisedScale(inputQuantiser, params.inputFractionBits);
}

fn inputAt(word: u32) -> Activations {
  let by = inputQuantiser;
  let at = inputRow * 4u * params.words + 4u * word;
  var planes: Activations;
  for (var i = 0u; i < 4u; i++) {
    let q = quantised4(input[at + i], by);
    if (PLANES == 2u) {
      let pair = packPlanes(q);
      planes.high[i] = pair.x;
      planes.low[i] = pair.y;
    } else {
      planes.high[i] = packBytes(q);
    }
  }
  return planes;
}
