// Rows that are quantised already, a word a value: a header of 16 bytes with the scale, then the values.
@group(0) @binding(0) var<storage, read> input: array<u32>;

/// Where the row begins whose scale is asked for.
var<private> inputFrom: u32;

fn openInput(row: u32) {
  inputFrom = row * (4u + 16u * params.words);
}

fn inputScale() -> Scale {
  return Scale(input[inputFrom], bitcast<i32>(input[inputFrom + 1u]));
}

/// Where the values of `row` begin.
fn valuesOf(row: u32) -> u32 {
  return row * (4u + 16u * params.words) + 4u;
}

fn valueAt(at: u32) -> u32 {
  return input[at];
}
