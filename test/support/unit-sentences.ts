// What units are called and why they were credited or not, in the words of the kinds and of the node, for states and histories to look at.

/** Three kinds of work, by turns. */
export function unitWhat(i: number): string {
  const side = i % 2 === 0 ? 256 : 512
  const matmul = `Multiplied a ${side} x ${side} part of a 4096 x 2048 and a 2048 x 4096 matrix`
  const whats = [
    matmul,
    matmul,
    `Wrote up to 96 tokens after a prompt of ${41 + i}`,
    matmul,
    `Turned 12 texts of ${600 + i} tokens into vectors`,
  ]
  return whats[i % whats.length] ?? matmul
}

/** Why `what` ended as it did. */
export function unitReason(outcome: 'agreed' | 'rejected' | 'lost', what: string): string {
  if (outcome === 'agreed') return `${what}; 2 nodes agreed.`
  return outcome === 'rejected'
    ? 'Part 3 of the result is wrong; the reference proves it.'
    : 'The lease ran out before the unit was settled.'
}
