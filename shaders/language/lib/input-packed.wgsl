// Rows that are quantised already: a header of 16 bytes with the scale, then the planes.
@group(0) @binding(0) var<storage, read> input: array<vec4u>;

/// Where the row that is read begins.
var<private> inputFrom: u32;

fn openInput(row: u32) {
  inputFrom = row * (1u + PLANES * params.words);
}

fn inputScale() -> Scale {
  let header = input[inputFrom];
  return Scale(header.x, bitcast<i32>(header.y));
}

fn inputAt(word: u32) -> Activations {
  let at = inputFrom + 1u + word;
  if (PLANES == 2u) {
    return Activations(input[at], input[at + params.words]);
  }
  return Activations(input[at], vec4u());
}
