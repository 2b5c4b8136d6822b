// How a unit's result came about, told from its certificate in plain words. Pure.
import type { Certificate } from '#verify/certificate.ts'
import type { DrawRecord } from '#verify/draw-record.ts'
import type { UnitFacts } from '#sdk/explore/unit-lookup.ts'
import { plural, shortDigest } from '#ui/format.ts'

type Body = Certificate['body']

const ASSURANCE_WORDS: Readonly<Record<Body['assurance'], string>> = {
  single: 'One node gave this result; the draw of an audit spared it.',
  'replicated-2': 'Two nodes computed it without seeing each other’s result, and agreed byte for byte.',
  'replicated-3': 'Three nodes computed it without seeing each other’s results, and agreed byte for byte.',
  'replicated-4': 'Four nodes computed it without seeing each other’s results, and agreed byte for byte.',
  'replicated-5': 'Five nodes computed it without seeing each other’s results, and agreed byte for byte.',
  audited: 'It was checked once more after the nodes could no longer change it.',
  freivalds: 'All of it was checked once more, with fresh randomness, after the nodes could no longer change it.',
  tolerant: 'Float results that agree within the bounds of correct rounding, not to the byte.',
}

const METHOD_WORDS = {
  prefill: 'by reading the whole text once more',
  freivalds: 'by Freivalds’ check over the whole product',
  part: 'by computing one random part again',
} as const

const TRANSPORT_WORDS: Readonly<Record<Body['transport'], string>> = {
  webrtc: 'directly, browser to browser',
  websocket: 'directly, over a server connection',
  relay: 'at least once through the coordinator’s relay',
  none: 'not at all: there was one node',
}

/** What the assurance means. */
export function assuranceSentence({ assurance }: Body): string {
  return ASSURANCE_WORDS[assurance]
}

/** How the replicas' bytes met. */
export function transportWords({ transport }: Body): string {
  return TRANSPORT_WORDS[transport]
}

/** One attempt's draw. */
export function drawSentence({ attempt, primary, drawn, epoch, absent }: DrawRecord): string {
  const chosen = primary === null ? '' : ` Node ${shortDigest(primary)} was chosen for its speed.`
  const fell = drawn.length === 0 ? ' Nobody was drawn.' : ` The draw of epoch ${epoch} fell on ${listed(drawn)}.`
  const missing = absent.map(({ lease, decline }) => {
    const node = shortDigest(lease.body.node)
    return decline === null ? ` ${node} gave no answer.` : ` ${node} declined, and signed that it did.`
  })
  return `Attempt ${attempt}.${chosen}${fell}${missing.join('')}`
}

/** What was drawn after the close. */
export function auditSentence(
  { audit, auditPpm }: Body,
  facts: Pick<UnitFacts, 'auditMethod'> | null,
  coordinator: string | undefined,
): string {
  const chance = `${(auditPpm / 10_000).toFixed(auditPpm % 10_000 === 0 ? 0 : 1)} %`
  if (audit === null) return `The chance of an audit was ${chance}; the draw spared it.`
  const { auditor } = audit.task.body
  const who = auditor === coordinator ? 'the coordinator itself' : `node ${shortDigest(auditor)}`
  const absent =
    audit.absent.length === 0 ? '' : ` ${plural(audit.absent.length, 'drawn node')} gave no report that holds.`
  const how = facts === null ? '' : `, ${METHOD_WORDS[facts.auditMethod]},`
  return `The chance of an audit was ${chance}. It was audited by ${who}${how} and found valid.${absent}`
}

function listed(nodes: readonly string[]): string {
  return nodes.map((node) => shortDigest(node)).join(' and ')
}
