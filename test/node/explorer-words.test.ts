// The explorer's words: in English those of the command line and the documentation, in the other languages none of them.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { utf8 } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import type { LogEntry } from '#ledger/entry.ts'
import { causeClause, causeSentence } from '#ui/explorer/cause-words.ts'
import { checkWords } from '#ui/explorer/check-words.ts'
import { entrySentence } from '#ui/explorer/entry-words.ts'
import { chooseLanguage, openLanguage } from '#ui/languages/language.ts'
import { pageSentences } from '#ui/languages/page-sentences.ts'
import { toldWords } from '#ui/told-words.ts'
import { FAULTS, PROVEN_CAUSES } from '#verify/faults.ts'
import { CHECKS, type CheckName } from '#verify/verdict.ts'
import type { JobTask } from '#work/kind.ts'
import { KINDS, kindOf } from '#work/kinds.ts'
import { batchBytes, embedParams } from '#work/kinds/embed/task.ts'
import { generateParams, tokenBytes } from '#work/kinds/generate/task.ts'
import { TINY_CONFIG, holdBlob, tinyModelFile } from '../support/tiny-model.ts'

const checks = Object.keys(CHECKS) as CheckName[]
const digest = 'ab'.repeat(32) as Digest
const key = 'cd'.repeat(32) as PublicKey
const amount = (1234n * 10n ** 18n).toString()

const PAYMENT = { node: key, account: key, amount }
const ENTRIES: readonly LogEntry[] = [
  { type: 'genesis', genesis: { name: 'N', coordinator: key, nonce: digest } },
  { type: 'grant', account: key, amount },
  { type: 'roster', root: digest, size: 3 },
  { type: 'secret-chain', anchor: digest, first: 1, length: 1440, periodMs: 60_000 },
  { type: 'epoch-secret', epoch: 12, secret: digest },
  { type: 'delegation', delegation: digest, tier: 2 },
  { type: 'beats', epoch: 9, root: digest, nodes: 3 },
  { type: 'admission', job: digest, account: key, escrow: amount },
  { type: 'receipt', admissionLeaf: 1, unit: digest, certificate: digest, payments: [PAYMENT], audited: [key] },
  { type: 'epoch', epoch: 5, holdback: 72 },
  ...PROVEN_CAUSES.map(
    (cause) => ({ type: 'fault', admissionLeaf: 1, node: key, cause, proof: digest, earlier: null }) as const,
  ),
  { type: 'forfeit', node: key, fault: 7, amount },
  { type: 'refund', admissionLeaf: 3, amount },
]

const SHAPE = { ...TINY_CONFIG, fractionBits: 16, activationBits: 16, keyBits: 8, hasHeadNorms: false } as const

/** What every kind says of a unit of its own. */
async function descriptions(): Promise<string[]> {
  const model = holdBlob(await tinyModelFile('words')).ref
  const texts = [[...utf8('a text')], [...utf8('another')]]
  const matrix = (rows: number, cols: number) =>
    ({ id: digest, layout: { form: 'matrix', dtype: 'i8', rows, cols } }) as const
  const tasks: Readonly<Record<string, readonly JobTask[]>> = {
    matmul: [
      { params: {}, inputs: [matrix(300, 40), matrix(40, 20)] },
      { params: {}, inputs: [matrix(3000, 40), matrix(40, 20)] },
    ],
    generate: [{ params: generateParams(SHAPE, 20), inputs: [model, holdBlob(tokenBytes([...utf8('Once')])).ref] }],
    embed: [1, 2].map((count) => {
      const given = texts.slice(0, count)
      return { params: embedParams(SHAPE, given), inputs: [model, holdBlob(batchBytes(given)).ref] }
    }),
  }
  return KINDS.flatMap(({ name, version }) => {
    const kind = kindOf(name, version)
    return (tasks[name] ?? []).map((task) => {
      const [unit] = kind.split(task)
      if (unit === undefined) throw new Error('no unit')
      return kind.describe(unit)
    })
  })
}

describe('English', () => {
  test('default: a check means what the command line says that it means', () => {
    for (const check of checks) expect(checkWords(check)).toBe(CHECKS[check])
  })

  test('default: a cause is what the documentation says that it is, and no two are told alike', () => {
    for (const cause of PROVEN_CAUSES) expect(causeSentence(cause)).toBe(FAULTS[cause].says)
    expect(new Set(PROVEN_CAUSES.map(causeClause)).size).toBe(PROVEN_CAUSES.length)
  })

  test('default: a unit is described as its kind describes it, and what no kind says is left as it is', async () => {
    const said = await descriptions()
    expect(said.map(toldWords)).toEqual(said)
    expect(toldWords('Painted a fence')).toBe('Painted a fence')
  })
})

describe.each(['pt-BR', 'zh-Hans'] as const)('%s', (language) => {
  // Node has no page: the two places where a choice is announced and shown stand in for one, once the tables are there.
  beforeAll(async () => {
    await pageSentences(language)
    vi.stubGlobal('window', new EventTarget())
    vi.stubGlobal('document', { documentElement: { lang: '' } })
    await openLanguage(pageSentences, null)
    await chooseLanguage(language, null)
  })
  afterAll(async () => {
    await chooseLanguage('en', null)
    vi.unstubAllGlobals()
  })

  test('default: what every kind says of its units is known, with all its numbers', async () => {
    const said = await descriptions()
    expect(new Set(said).size).toBe(5)
    for (const description of said) {
      const words = toldWords(description)
      expect(words).not.toBe(description)
      expect(words).not.toMatch(/matrix|wrote|turned/i)
      expect(words.match(/\d+/g)?.toSorted()).toEqual(description.match(/\d+/g)?.toSorted())
    }
  })

  test('default: entries and checks say the same with other words', () => {
    const words = [...ENTRIES.map(entrySentence), ...checks.map(checkWords), ...PROVEN_CAUSES.map(causeSentence)]
    expect(new Set(words).size).toBe(ENTRIES.length + checks.length + PROVEN_CAUSES.length)
    for (const each of words) expect(each).not.toMatch(/\b(?:the|was|is|are|node|of)\b/i)
  })

  test('behaviour: amounts are written as the language writes them', () => {
    const [grant] = ENTRIES.filter(({ type }) => type === 'grant').map(entrySentence)
    expect(grant).toContain(new Intl.NumberFormat(language).format(1234))
  })
})
