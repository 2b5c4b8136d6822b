// How a unit's result came about, told from its certificate in plain words. Pure functions of the certificate and the page's language.
import { msg, str } from '@lit/localize'
import type { UnitFacts } from '#sdk/explore/unit-lookup.ts'
import { byCount, formatCount, formatList, formatPercent, shortDigest } from '#ui/format.ts'
import type { Certificate } from '#verify/certificate.ts'
import type { DrawRecord } from '#verify/draw-record.ts'
import { paragraph } from './counts.ts'

type Body = Certificate['body']

const PPM = 1_000_000

/** What the assurance means. */
export function assuranceSentence({ assurance }: Pick<Body, 'assurance'>): string {
  switch (assurance) {
    case 'single':
      return msg('One node gave this result; the draw of an audit spared it.')
    case 'replicated-2':
      return msg('Two nodes computed it without seeing each other’s result, and agreed byte for byte.')
    case 'replicated-3':
      return msg('Three nodes computed it without seeing each other’s results, and agreed byte for byte.')
    case 'replicated-4':
      return msg('Four nodes computed it without seeing each other’s results, and agreed byte for byte.')
    case 'replicated-5':
      return msg('Five nodes computed it without seeing each other’s results, and agreed byte for byte.')
    case 'audited':
      return msg('It was checked once more after the nodes could no longer change it.')
    case 'freivalds':
      return msg('All of it was checked once more, with fresh randomness, after the nodes could no longer change it.')
    case 'tolerant':
      return msg('Float results that agree within the bounds of correct rounding, not to the byte.')
  }
}

/** How the replicas sealed their results. */
export function sealedSentence({ replicas }: Pick<Body, 'replicas'>): string {
  const nodes = formatCount(replicas.length)
  return byCount(replicas.length, {
    one: msg(str`${nodes} node sealed its result, and opened it only after the coordinator had closed the list.`),
    other: msg(str`${nodes} nodes sealed their result, and opened it only after the coordinator had closed the list.`),
  })
}

/** How the replicas' bytes met. */
export function transportSentence({ transport }: Pick<Body, 'transport'>): string {
  switch (transport) {
    case 'webrtc':
      return msg('Their bytes met directly, browser to browser.')
    case 'websocket':
      return msg('Their bytes met directly, over a server connection.')
    case 'relay':
      return msg('Their bytes met at least once through the coordinator’s relay.')
    case 'none':
      return msg('There was no other node whose bytes these could meet.')
  }
}

/** One attempt's draw. */
export function drawSentence({ attempt, primary, drawn, epoch, absent }: DrawRecord): string {
  const sentences = [msg(str`Attempt ${attempt}.`)]
  if (primary !== null) {
    const node = shortDigest(primary)
    sentences.push(msg(str`Node ${node} was chosen for its speed.`))
  }
  const shown = formatCount(epoch)
  const nodes = formatList(drawn.map((node) => shortDigest(node)))
  sentences.push(drawn.length === 0 ? msg('Nobody was drawn.') : msg(str`The draw of epoch ${shown} fell on ${nodes}.`))
  for (const { lease, decline } of absent) {
    const node = shortDigest(lease.body.node)
    sentences.push(
      decline === null ? msg(str`${node} gave no answer.`) : msg(str`${node} declined, and signed that it did.`),
    )
  }
  return paragraph(sentences)
}

/** What was drawn after the close. */
export function auditSentence(
  { audit, auditPpm }: Pick<Body, 'audit' | 'auditPpm'>,
  facts: Pick<UnitFacts, 'auditMethod'> | null,
  coordinator: string | undefined,
): string {
  const chance = formatPercent(auditPpm / PPM, 1)
  if (audit === null) return msg(str`The chance of an audit was ${chance}; the draw spared it.`)
  const { auditor } = audit.task.body
  const node = shortDigest(auditor)
  const sentences = [
    msg(str`The chance of an audit was ${chance}.`),
    auditor === coordinator
      ? msg('The coordinator itself audited it and found it valid.')
      : msg(str`Node ${node} audited it and found it valid.`),
  ]
  if (facts !== null) sentences.push(methodSentence(facts.auditMethod))
  if (audit.absent.length > 0) sentences.push(absentSentence(audit.absent.length))
  return paragraph(sentences)
}

function methodSentence(method: UnitFacts['auditMethod']): string {
  switch (method) {
    case 'prefill':
      return msg('Such an audit reads the whole text once more.')
    case 'freivalds':
      return msg('Such an audit is Freivalds’ check over the whole product.')
    case 'part':
      return msg('Such an audit computes one random part again.')
  }
}

function absentSentence(count: number): string {
  const nodes = formatCount(count)
  return byCount(count, {
    one: msg(str`${nodes} drawn node gave no report that holds.`),
    other: msg(str`${nodes} drawn nodes gave no report that holds.`),
  })
}
