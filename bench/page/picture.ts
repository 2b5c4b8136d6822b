// In the page: the picture of the grid while units come and go, or while nothing happens.
import '#ui/elements/grid-picture.ts'
import type { NodeState, UnitRecord } from '#node/state.ts'
import { nodeStates } from '../../test/support/node-states.ts'

/** What a unit goes through in the picture. */
const STAGES = ['computing', 'checking', 'agreed'] as const satisfies readonly UnitRecord['outcome'][]

/** What the picture's page is asked for. */
export type PictureRun = { readonly seconds: number; readonly unitsPerSecond: number }

/** Shows the picture with five peers for `seconds`, `unitsPerSecond` new units each. */
export async function run({ seconds, unitsPerSecond }: PictureRun): Promise<void> {
  const { working } = nodeStates(Date.now())
  const picture = document.createElement('cw-grid')
  const template = working.units[0]
  if (template === undefined) throw new Error('The working state has no unit.')
  picture.state = { ...working, units: [] }
  document.body.append(picture)
  await picture.updateComplete
  const steps = unitsPerSecond === 0 ? undefined : setInterval(step, 1000 / (unitsPerSecond * STAGES.length))
  let count = 0
  function step(): void {
    const outcome = STAGES[count % STAGES.length] ?? 'agreed'
    const startedMs = Math.floor(count / STAGES.length)
    const peers: NodeState['peers'] = working.peers.slice(startedMs % 3, (startedMs % 3) + 2)
    picture.state = { ...working, units: [{ ...(template as UnitRecord), startedMs, outcome, peers }] }
    count++
  }
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  clearInterval(steps)
  picture.remove()
}
