// The one door from the page to a node: nothing of #node, libp2p or the worker is fetched before this is called.
import type { StartContribution } from '#ui/session.ts'

/** Loads the node's code and starts it. */
export const startNode: StartContribution = async (options) => {
  const { startContribution } = await import('#node/browser.ts')
  return await startContribution(options)
}
