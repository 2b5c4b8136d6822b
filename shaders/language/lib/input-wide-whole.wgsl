// Rows of i32 whose maxima are known, quantised as they are read, a word a value.
@group(0) @binding(0) var<storage, read> input: array<i32>;

/// Of the row that was opened.
var<private> inputQuantiser: Quantiser;

fn openInput(row: u32) {
  inputQuantiser = quantiserOf(atomicLoad(&status[params.inputMaxima + row]), 8u * PLANES);
}

fn inputScale() -> Scale {
  return quantisedScale(inputQuantiser, params.inputFractionBits);
}

/// Where the values of `row` begin.
fn valuesOf(row: u32) -> u32 {
  return row * 16u * params.words;
}

fn valueAt(at: u32) -> u32 {
  return bitcast<u32>(quantised(input[at], inputQuantiser));
}
