// Signed notes, checkpoints and cosignatures against the examples of their specifications, and against everything that is none.
import { describe, expect, test } from 'vitest'
import { fromHex, toHex, utf8 } from '#core/bytes.ts'
import { digestOf } from '#core/digest.ts'
import { type PublicKey, signerFromSecret, verifyEd25519 } from '#core/ed25519.ts'
import { EMPTY_ROOT } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import {
  checkpointText,
  checkpointVerifierKey,
  openCheckpoint,
  openCheckpointNote,
  originOf,
  parseCheckpointText,
  signCheckpoint,
} from './checkpoint.ts'
import { MAX_COSIGNATURE_LINE, cosign, cosignaturesOf, openCosignature } from './cosignature.ts'
import {
  MAX_NOTE_CHARS,
  MAX_NOTE_SIGNATURES,
  NoteError,
  decodeNote,
  encodeNote,
  fromBase64,
  noteKeyId,
} from './note.ts'

const random = seededRandom('note')
const [coordinator, witness, other] = [0, 1, 2].map(() => signerFromSecret(random.bytes(32)))
if (coordinator === undefined || witness === undefined || other === undefined) throw new Error('no signers')
const network = digestOf('test', 'network')
const authority = { network, coordinator: coordinator.publicKey }
const checkpoint = { size: 7, root: digestOf('test', 'root') }

/** The examples of c2sp.org/signed-note and c2sp.org/tlog-cosignature. */
const SPEC_NOTE =
  'This is an example message.\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n'
const SPEC_VKEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
const SPEC_COSIGNED =
  'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n' +
  '\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n'

describe('notes', () => {
  test('vector: the example of the specification, its key id and its signature', () => {
    const note = decodeNote(SPEC_NOTE)
    expect(encodeNote(note)).toBe(SPEC_NOTE)
    const [name = '', id = '', material = ''] = SPEC_VKEY.split('+')
    const key = fromBase64(material)?.slice(1) ?? new Uint8Array()
    expect(toHex(noteKeyId(name, 1, key))).toBe(id)
    const [signature] = note.signatures
    expect(toHex(signature?.keyId ?? key)).toBe(id)
    expect(verifyEd25519(toHex(signature?.signature ?? key), utf8(note.text), toHex(key))).toBe(true)
  })

  test('vector: the checkpoint of the specification', () => {
    expect(parseCheckpointText(decodeNote(SPEC_COSIGNED).text)).toMatchObject({
      origin: 'example.com/behind-the-sofa',
      size: 20_852_163,
    })
  })

  test('limit: 64 signatures accepted, 65 refused; the longest note read, a longer one not', async () => {
    const { note } = openCheckpointNote(await signCheckpoint(coordinator, network, checkpoint), authority) ?? {}
    const [line] = note?.signatures ?? []
    if (note === undefined || line === undefined) throw new Error('no note')
    const of = (count: number) => encodeNote({ text: note.text, signatures: Array.from({ length: count }, () => line) })
    expect(decodeNote(of(MAX_NOTE_SIGNATURES)).signatures).toHaveLength(MAX_NOTE_SIGNATURES)
    expect(() => decodeNote(of(MAX_NOTE_SIGNATURES + 1))).toThrow('65 signatures')
    const padded = (length: number) => SPEC_NOTE.replace('.', '.'.repeat(length - SPEC_NOTE.length + 1))
    expect(() => decodeNote(padded(MAX_NOTE_CHARS))).not.toThrow()
    expect(() => decodeNote(padded(MAX_NOTE_CHARS + 1))).toThrow(`more than ${MAX_NOTE_CHARS}`)
  })

  test('error: Note for text that is no note', () => {
    for (const change of [
      () => '',
      () => 'a\n',
      () => 'a\n\n',
      (note: string) => note.trimEnd(),
      (note: string) => note.replace('\u2014', '-'),
      (note: string) => note.replace('foo ', 'foo  '),
      (note: string) => note.replace('foo ', 'fo+o '),
      (note: string) => note.replace('QM=', 'QN='),
      (note: string) => note.replace('QM=', 'QM'),
      (note: string) => note.replace('example m', '\u0000 m'),
      (note: string) => note.replace('example m', '\ud800 m'),
      () => 'a\n\n\u2014 n AAAAAA==\n',
    ])
      expect(() => decodeNote(change(SPEC_NOTE))).toThrow(NoteError)
  })
})

describe('checkpoints', () => {
  test('default: what was signed is opened, and its verifier key names origin and key', async () => {
    const note = await signCheckpoint(coordinator, network, checkpoint)
    expect(openCheckpoint(note, authority)).toEqual(checkpoint)
    expect(checkpointVerifierKey(authority)).toMatch(new RegExp(`^commonwatt/${network}\\+[0-9a-f]{8}\\+AQ?`))
    for (const size of [0, Number.MAX_SAFE_INTEGER]) {
      const edge = { size, root: EMPTY_ROOT }
      expect(openCheckpoint(await signCheckpoint(coordinator, network, edge), authority)).toEqual(edge)
    }
  })

  test('behaviour: forged, foreign and changed notes are not opened', async () => {
    const note = await signCheckpoint(coordinator, network, checkpoint)
    const forged = await signCheckpoint(other, network, checkpoint)
    const renamed = forged.replace(
      / (\S+)\n$/,
      ` ${note.split(' ').at(-1)?.slice(0, 6) ?? ''}${forged.split(' ').at(-1)?.slice(6) ?? ''}`,
    )
    const elsewhere = await signCheckpoint(coordinator, digestOf('test', 'elsewhere'), checkpoint)
    for (const bad of [
      forged,
      renamed,
      elsewhere,
      note.replace('\n7\n', '\n8\n'),
      note.replace('\n7\n', '\n07\n'),
      'x',
    ])
      expect(openCheckpoint(bad, authority)).toBeUndefined()
    // Lines of unknown keys are ignored; a second line of the known key must hold too.
    const line = forged.split('\n\n')[1] ?? ''
    expect(openCheckpoint(note + line, authority)).toEqual(checkpoint)
    const doubled = decodeNote(note)
    const [own] = doubled.signatures
    if (own === undefined) throw new Error('no signature')
    const broken = { ...own, signature: own.signature.map((byte) => byte ^ 1) }
    expect(openCheckpoint(encodeNote({ ...doubled, signatures: [own, broken] }), authority)).toBeUndefined()
  })

  test('error: Note for text that is no checkpoint', () => {
    const text = checkpointText(network, checkpoint)
    const [, , root] = text.split('\n')
    for (const bad of [
      '',
      `${text}extension\n`,
      `\n7\n${root}\n`,
      `o\n-1\n${root}\n`,
      `o\n9007199254740992\n${root}\n`,
      'o\n1\nAAAA\n',
    ])
      expect(() => parseCheckpointText(bad)).toThrow(NoteError)
  })
})

describe('cosignatures', () => {
  const text = checkpointText(network, checkpoint)

  test('default: a witness cosigns, in the format that the specification gives', async () => {
    const line = await cosign(witness, text, 1_679_315_147)
    expect(openCosignature(line, text)).toEqual({ witness: witness.publicKey, time: 1_679_315_147, line })
    const signature = decodeNote(`a\n\n${line}`).signatures[0]?.signature ?? new Uint8Array()
    const message = utf8(`cosignature/v1\ntime 1679315147\n${originOf(network)}\n7\n${text.split('\n')[2]}\n`)
    expect(verifyEd25519(toHex(signature.slice(8)), message, witness.publicKey)).toBe(true)
    const note = decodeNote((await signCheckpoint(coordinator, network, checkpoint)) + line)
    expect(cosignaturesOf(note).map((each) => each.witness)).toEqual([witness.publicKey])
  })

  test('behaviour: of another size, root, time, key or form it is none', async () => {
    const line = await cosign(witness, text, 5)
    const name = (key: PublicKey) => line.replace(witness.publicKey, key)
    expect(openCosignature(line, checkpointText(network, { ...checkpoint, size: 8 }))).toBeUndefined()
    expect(openCosignature(line, checkpointText(network, { ...checkpoint, root: EMPTY_ROOT }))).toBeUndefined()
    for (const bad of [
      name(other.publicKey),
      name(toHex(new Uint8Array(32)) as string as PublicKey),
      line.trimEnd(),
      `${line}\n`,
      '',
    ])
      expect(openCosignature(bad, text)).toBeUndefined()
    expect(openCosignature(line.padStart(MAX_COSIGNATURE_LINE + 1, '\u2014'), text)).toBeUndefined()
    expect(line.length).toBeLessThanOrEqual(MAX_COSIGNATURE_LINE)
    expect(fromHex(witness.publicKey)).toHaveLength(32)
  })
})
