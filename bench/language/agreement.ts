// How far two sides agree on the next token, position by position, and what separates the candidates where they do not.

/** A candidate for the next token. */
export type Candidate = { readonly token: number; readonly logProbability: number }

/** Positions compared. */
export type Agreement = {
  readonly positions: number
  readonly agreeing: number
  /** Root mean square of the differences in log-probability of the peer's first choice, where both choose the same. */
  readonly error: number
  /** Where they differ: how far the peer's first choice is ahead of ours in the peer's own log-probabilities. */
  readonly gaps: readonly number[]
}

/** Compares our logits (Q16, by position) with the peer's best candidates at the same positions. */
export function compareChoices(ours: readonly Int32Array[], peers: readonly (readonly Candidate[])[]): Agreement {
  const gaps: number[] = []
  const differences: number[] = []
  for (const [position, logits] of ours.entries()) {
    const candidates = peers[position] ?? []
    const [best] = candidates
    if (best === undefined) throw new RangeError(`The peer has no candidate at position ${position}.`)
    const chosen = logits.indexOf(logits.reduce((a, b) => Math.max(a, b)))
    if (chosen === best.token) {
      differences.push(logProbabilityOf(logits, chosen) - best.logProbability)
      continue
    }
    const behind = candidates.find(({ token }) => token === chosen)?.logProbability ?? Number.NEGATIVE_INFINITY
    gaps.push(best.logProbability - behind)
  }
  const squares = differences.reduce((sum, difference) => sum + difference * difference, 0)
  return {
    positions: ours.length,
    agreeing: differences.length,
    error: Math.sqrt(squares / Math.max(1, differences.length)),
    gaps,
  }
}

/** Logarithm of the probability of `token` by logits in Q16. */
export function logProbabilityOf(logits: Int32Array, token: number): number {
  const top = logits.reduce((a, b) => Math.max(a, b))
  const sum = logits.reduce((total, logit) => total + Math.exp((logit - top) / 65_536), 0)
  return ((logits[token] ?? 0) - top) / 65_536 - Math.log(sum)
}
