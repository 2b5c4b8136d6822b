// Development page: the page or the widget's frame in a chosen state, without a coordinator. `/elements` lists the states;
// `?state=working` shows one, `&view=frame` as the widget's frame, `?next=working` waits for the click. Only the node is canned.
import { systemClock } from '#core/clock.ts'
import { RemoteError } from '#core/errors.ts'
import type { Contribution, NodeState } from '#node/state.ts'
import { ContributionSession, type StartContribution } from '#ui/session.ts'
import '#ui/elements/contributor-view.ts'
import '#widget/frame-view.ts'
import { nodeStates } from './node-states.ts'

const query = new URLSearchParams(location.search)
const states: Readonly<Record<string, NodeState>> = nodeStates(Date.now())
const next = query.get('next')
const name = next ?? query.get('state') ?? ''
const state = states[name]

if (state === undefined) list()
else await show(state)

function list(): void {
  const links = Object.keys(states).flatMap((key) => [`?state=${key}`, `?state=${key}&view=frame`])
  for (const href of links) {
    const link = document.createElement('a')
    link.href = href
    link.textContent = href
    const line = document.createElement('p')
    line.append(link)
    document.body.append(line)
  }
}

async function show(state: NodeState): Promise<void> {
  const session = new ContributionSession({
    start: canned(state),
    coordinator: new URL(location.href),
    clock: systemClock,
  })
  const isFrame = query.get('view') === 'frame'
  const view = document.createElement(isFrame ? 'cw-frame' : 'cw-contributor')
  Object.assign(view, { session, site: 'https://garden.example', store: null })
  document.body.append(view)
  if (name === 'off' || next !== null) return
  const started = session.start({ gpuShare: 0.5, expiresMs: Date.now() + 60_000, site: null })
  if (name === 'starting') return
  await started
  if (name === 'stopped') await session.stop()
}

function canned(state: NodeState): StartContribution {
  return async () => {
    if (name === 'starting') return new Promise<Contribution>(() => {})
    if (name === 'failed' && state.error !== null) throw new RemoteError(state.error)
    return {
      state,
      onChange: () => () => {},
      protectWithPasskey: () => Promise.reject(new DOMException('The request was refused.', 'NotAllowedError')),
      pause: () => {},
      resume: () => {},
      stop: () => Promise.resolve(),
    }
  }
}
