// What the leaderboard's panel asks of its surroundings.
import type { PublicKey } from '#core/ed25519.ts'
import type { Board, BoardName, BoardSpan, TeamLine } from '#sdk/board.ts'

/** The board of one coordinator, and this browser's word on it. */
export interface BoardPort {
  /** The key that this browser works and signs with; null while it has none. */
  account(): Promise<PublicKey | null>
  people(by: BoardSpan): Promise<Board>
  teams(by: BoardSpan): Promise<readonly TeamLine[]>
  /** Puts this browser's account on the board as `shown`, or takes it off where that is null. Rejects with what the coordinator said. */
  state(shown: BoardName | null): Promise<void>
}

/** Loads it. */
export type OpenBoard = () => Promise<BoardPort>
