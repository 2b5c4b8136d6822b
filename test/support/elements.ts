// Development page: the page or the widget's frame in a chosen state, without a coordinator. `/elements` lists the states;
// `?state=working` shows one, `?panel=lapse` an element alone, `&view=frame` as the widget's frame, `?next=working` waits for the click; `&record` is a browser that has
// a history, `&record=none` one whose history is empty, `&record=kept` one as it was left. Only the node is canned.
import { systemClock } from '#core/clock.ts'
import { RemoteError } from '#core/errors.ts'
import type { Contribution, NodeState } from '#node/state.ts'
import { ContributionSession, type StartContribution } from '#ui/session.ts'
import { browserStore } from '#ui/settings.ts'
import type { DeviceRecord } from '#ui/record/open-record.ts'
import '#ui/elements/contributor-view.ts'
import { openLanguage } from '#ui/languages/language.ts'
import { pageSentences } from '#ui/languages/page-sentences.ts'
import type { FrameBox } from '#widget/frame-box.ts'
import { nodeStates } from './node-states.ts'
import { cannedBoard } from './canned-board.ts'
import { EXPLORER_PANELS, PANELS } from './panel-names.ts'
import { showPanel } from './panels.ts'

const query = new URLSearchParams(location.search)
const states: Readonly<Record<string, NodeState>> = nodeStates(Date.now())
const next = query.get('next')
const name = next ?? query.get('state') ?? ''
const state = states[name]

await openLanguage(pageSentences)
const panel = query.get('panel')
if (panel !== null) await showPanel(panel)
else if (state === undefined) list()
else await show(state)

function list(): void {
  const links = Object.keys(states).flatMap((key) => [
    `?state=${key}`,
    `?state=${key}&record`,
    `?state=${key}&view=frame`,
  ])
  links.push(...[...PANELS, ...EXPLORER_PANELS].map((name) => `?panel=${name}`))
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
  if (query.get('view') === 'frame') document.body.append(await frameOf(session))
  else {
    const view = document.createElement('cw-contributor')
    const record = query.get('record')
    if (record !== null) view.record = await recordOf(record)
    if (record !== null) view.board = cannedBoard(record)
    Object.assign(view, { session, store: null })
    document.body.append(view)
  }
  if (name === 'off' || next !== null) return
  const started = session.start({ gpuShare: 0.5, expiresMs: Date.now() + 60_000, site: null })
  if (name === 'starting') return
  await started
  if (name === 'stopped') await session.stop()
}

/** A real history in this browser, filled anew or left as it was. */
async function recordOf(how: string): Promise<DeviceRecord> {
  const [{ openHistoryStore }, { sampleHistory }] = await Promise.all([
    import('#ui/record/history-store.ts'),
    import('./sample-history.ts'),
    import('#ui/record/record-view.ts'),
  ])
  const history = await openHistoryStore('commonwatt-history-elements')
  if (how !== 'kept') await history.clear()
  if (how === '') await history.add(sampleHistory(Date.now()))
  return { history, settings: browserStore() }
}

/** The widget's box around `session`, as in its frame; `?theme=`, `?size=`, `?share=`, and `?offer=phone` or `?refused` change it. */
async function frameOf(session: ContributionSession): Promise<FrameBox> {
  await import('#widget/frame.css')
  const [{ FrameBox }, { parseHostOptions }, { workingOf }] = await Promise.all([
    import('#widget/frame-box.ts'),
    import('#widget/host-options.ts'),
    import('#widget/open-working.ts'),
  ])
  const { openFrameWords } = await import('#widget/frame-words.ts')
  await openFrameWords()
  const site = 'https://garden.example'
  const options = parseHostOptions((name) => query.get(name))
  const offer = query.get('offer')
  document.documentElement.dataset['theme'] = options.theme
  const box = new FrameBox()
  box.parts = {
    site,
    options,
    offer: offer === 'phone' || offer === 'less-data' ? offer : 'ask',
    hasGpu: true,
    store: query.has('refused') ? { getItem: () => String(Date.now() + 1_000_000_000), setItem: () => {} } : null,
    toldRefusedUntilMs: 0,
    nowMs: () => Date.now(),
    confirm: () => Promise.resolve('blocked'),
    openWorking: () => Promise.resolve(workingOf(session, site)),
    tell: () => {},
  }
  if (name !== 'off') box.adopt(workingOf(session, site))
  return box
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
      changeConsent: async () => {},
      stop: () => Promise.resolve(),
    }
  }
}
