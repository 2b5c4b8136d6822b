// Where keys lie: rows of token, position, where the pages of the sequence begin; then the pages.
@group(0) @binding(0) var<storage, read> rows: array<u32>;

/// The place in the arena of key `u` of a row.
fn slotOf(row: u32, u: u32) -> u32 {
  return rows[rows[4u * row + 2u] + u / PAGE] * PAGE + u % PAGE;
}
