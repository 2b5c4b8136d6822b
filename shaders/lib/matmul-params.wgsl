// Sizes of one dispatch of a product C (rows, cols) = A (rows, inner) · B (inner, cols). For int8 kernels `inner` counts words of four.
// The dispatch computes the block of C that begins at (rowStart, colStart); `accumulate` adds to what C holds (later bands of k).
struct Params {
  rows: u32,
  cols: u32,
  inner: u32,
  rowStart: u32,
  colStart: u32,
  accumulate: u32,
}

@group(1) @binding(0) var<uniform> params: Params;
