// The leaderboard of the page's own coordinator, joined and left with this browser's key. The page loads this when the board comes into view.
import { systemClock } from '#core/clock.ts'
import { systemRandom } from '#core/random.ts'
import { pageKey } from '#node/page-key.ts'
import { fetchBoard, fetchTeams, stateOnBoard } from '#sdk/board.ts'
import { Http } from '#sdk/http.ts'
import type { BoardPort } from '#ui/record/board-port.ts'

const http = new Http(location.origin, {
  fetch: (url, init) => fetch(url, init),
  clock: systemClock,
  random: systemRandom,
})

/** Reads and states with the key of the moment: a first node may make one while the page is open. */
export const ownBoard: BoardPort = {
  account: async () => (await pageKey())?.publicKey ?? null,
  people: async (by) => fetchBoard(http, by, (await pageKey())?.publicKey ?? null),
  teams: (by) => fetchTeams(http, by),
  async state(shown) {
    const [signer, { fetchNetwork, signingContext }] = await Promise.all([pageKey(), import('#sdk/network.ts')])
    if (signer === null) return
    await stateOnBoard(http, signer, signingContext(await fetchNetwork(http, { tries: 1 })), shown)
  },
}
