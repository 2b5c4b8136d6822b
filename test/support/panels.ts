// Single elements of the page in a state that is hard to reach, for the development page: `/elements?panel=lapse`. Never part of a build.
import type { Digest } from '#core/digest.ts'
import type { ModelsPort } from '#ui/elements/this-device.ts'
import { explorerPanels } from './explorer-panels.ts'
import { nodeStates } from './node-states.ts'

const MIB = 2 ** 20

/** Models as a browser may keep them: one in use, one that the coordinator names no more. */
function cannedModels(nowMs: number): ModelsPort {
  let models = [
    { id: 'a1'.repeat(32) as Digest, sizeBytes: 84 * MIB, usedMs: nowMs - 40_000, isInUse: true },
    { id: 'b2'.repeat(32) as Digest, sizeBytes: 7 * MIB, usedMs: nowMs - 3 * 86_400_000, isInUse: false },
    { id: 'c3'.repeat(32) as Digest, sizeBytes: 640_000, usedMs: nowMs - 9 * 86_400_000, isInUse: false },
  ]
  return {
    open: async () => ({
      list: async () => models,
      async remove(id) {
        const isFree = models.find((model) => model.id === id)?.isInUse !== true
        if (isFree) models = models.filter((model) => model.id !== id)
        return isFree
      },
      storage: async () => ({ usedBytes: 96 * MIB, maxBytes: 120_000 * MIB }),
    }),
    names: async () =>
      new Map([
        ['a1'.repeat(32), 'smollm2-135m-instruct-exact-with-a-name-that-is-rather-long'],
        ['b2'.repeat(32), 'tiny-stories'],
      ]),
  }
}

/** Shows one panel by its name; false when there is none of that name. */
export async function showPanel(name: string): Promise<boolean> {
  await Promise.all([
    import('#ui/elements/contributor-view.ts'),
    import('#ui/elements/update-note.ts'),
    import('#ui/panels/models-panel.ts'),
    import('#ui/panels/device-panel.ts'),
    import('#ui/panels/first-tour.ts'),
    import('#ui/explorer/log-view.ts'),
    import('#ui/explorer/unit-view.ts'),
    import('#ui/sites/earnings-view.ts'),
  ])
  const nowMs = Date.now()
  const states = nodeStates(nowMs)
  const make: Record<string, () => HTMLElement> = {
    ...explorerPanels(nowMs),
    lapse: () => Object.assign(document.createElement('cw-lapse'), { consentMs: nowMs + 20 * 60_000 }),
    'lapse-passkey': () => Object.assign(document.createElement('cw-lapse'), { delegatedUntilMs: nowMs + 20 * 60_000 }),
    'lapse-later': () =>
      Object.assign(document.createElement('cw-lapse'), {
        consentMs: nowMs + 24 * 3_600_000,
        delegatedUntilMs: nowMs + 2 * 3_600_000,
        protect: () => Promise.reject(new DOMException('The request was refused.', 'NotAllowedError')),
      }),
    'tour-start': () => document.createElement('cw-tour'),
    'tour-end': () =>
      Object.assign(document.createElement('cw-tour'), {
        state: {
          nodes: 2,
          job: { kind: 'matmul', replication: 2 },
          certified: { unit: 'ab'.repeat(32), nodes: 2 },
        },
      }),
    update: () => Object.assign(document.createElement('cw-update'), { takeOver: () => {}, isRunning: true }),
    'update-free': () => Object.assign(document.createElement('cw-update'), { takeOver: () => {}, isRunning: false }),
    models: () => Object.assign(document.createElement('cw-models'), { port: cannedModels(nowMs) }),
    'models-none': () =>
      Object.assign(document.createElement('cw-models'), {
        port: { open: async () => ({ list: async () => [], storage: async () => null }), names: async () => new Map() },
      }),
    device: () => Object.assign(document.createElement('cw-device'), { state: states.working }),
    'device-reference': () => Object.assign(document.createElement('cw-device'), { state: states.reference }),
    'device-off': () => Object.assign(document.createElement('cw-device'), { state: states.off }),
  }
  const element = make[name]?.()
  if (element === undefined) return false
  // Whole pages have a `main` of their own.
  const main = document.createElement(/^(?:log|unit|earnings)/.test(name) ? 'div' : 'main')
  main.id = 'panel'
  // As wide as the page gives each of them.
  main.style.maxWidth = /^(?:tour|log|unit|earnings)/.test(name) ? '' : '720px'
  main.style.margin = '24px auto'
  main.append(element)
  document.body.append(main)
  return true
}
