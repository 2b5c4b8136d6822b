import { describe, expect, test } from 'vitest'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import type { Certificate } from '#verify/certificate.ts'
import type { DrawRecord } from '#verify/draw-record.ts'
import { auditSentence, drawSentence } from './story-words.ts'

const key = (byte: string) => byte.repeat(32) as PublicKey
const root = 'ab'.repeat(32) as Digest
const draw: DrawRecord = {
  attempt: 1,
  epoch: 7,
  rosterRoot: root,
  rosterLeaf: 2,
  primary: key('cd'),
  drawn: [key('ef')],
  absent: [],
}

type Body = Certificate['body']

const facts = { auditMethod: 'prefill' } as const

function audited(by: PublicKey, absent: readonly PublicKey[] = []): Body {
  const audit = { task: { body: { auditor: by } }, absent }
  return { auditPpm: 50_000, audit } as unknown as Body
}

describe('draws', () => {
  test('default: who was chosen and on whom the draw fell', () => {
    expect(drawSentence(draw)).toBe(
      'Attempt 1. Node cdcdcd…cdcd was chosen for its speed. The draw of epoch 7 fell on efefef…efef.',
    )
  })

  test('behaviour: a later attempt chooses nobody, and says who was not there', () => {
    const lease = { body: { node: key('ef') } }
    const absent = [
      { lease, decline: null },
      { lease, decline: {} },
    ] as unknown as DrawRecord['absent']
    expect(drawSentence({ ...draw, attempt: 2, primary: null, drawn: [], absent })).toBe(
      'Attempt 2. Nobody was drawn. efefef…efef gave no answer. efefef…efef declined, and signed that it did.',
    )
  })
})

describe('audits', () => {
  test('default: the chance, and that the draw spared it', () => {
    expect(auditSentence({ auditPpm: 1_000_000, audit: null }, facts, undefined)).toBe(
      'The chance of an audit was 100%; the draw spared it.',
    )
    expect(auditSentence({ auditPpm: 52_500, audit: null }, facts, undefined)).toContain('5.3%')
  })

  test('behaviour: an auditor is a node, or the coordinator itself', () => {
    expect(auditSentence(audited(key('cd')), facts, key('ef'))).toBe(
      'The chance of an audit was 5%. Node cdcdcd…cdcd audited it and found it valid. Such an audit reads the whole text once more.',
    )
    const byItself = auditSentence(audited(key('ef'), [key('cd')]), null, key('ef'))
    expect(byItself).toContain('The coordinator itself audited it')
    expect(byItself).toContain('1 drawn node gave no report that holds.')
  })
})
