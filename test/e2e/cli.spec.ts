// The whole command line against a real grid: `up` with its nodes in Chromium, a product through them, its certificate, what happens to
// changed bytes, and what people are told when something is wrong.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { type Ended, type Running, npyFile, runCommandLine, startCommandLine } from '../support/command-line.ts'

/** Positions changed in the certificate and in the result, spread over each; test/node/job-certificate.test.ts changes thousands. */
const SAMPLES = 10

const [M, K, N] = [300, 200, 257]

let folder = ''
let home = ''
let grid: Running
let url = ''
let gridNetwork = ''
/** What the first job and the first text of the grid cost, in atto-credit. */
let firstCosts = 0n

test.describe.configure({ mode: 'serial', timeout: 180_000 })

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'commonwatt-cli-'))
  home = join(folder, 'home')
  await writeFile(path('A.npy'), npyFile('|i1', `(${M}, ${K})`, int8(M * K, 1)))
  await writeFile(path('B.npy'), npyFile('|i1', `(${K}, ${N})`, int8(K * N, 2)))
})

test.afterAll(async () => {
  grid?.kill()
  await grid?.ended
  // A browser that was killed with its grid may still be writing its profile.
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
})

test('default: up runs a first job through headless nodes and stays up', async () => {
  grid = startCommandLine(['up', '--port', '0', '--data', path('data'), '--json'], home)
  const said = await grid.ready
  expect(said).toMatchObject({
    nodes: { count: 2, kind: 'browser' },
    firstJob: { size: 512, replicas: 2, transports: ['webrtc'], paid: '536870912000000' },
  })
  url = String(said['url'])
  gridNetwork = String(said['network'])
  const { firstJob, firstText } = said as { firstJob: { paid: string }; firstText: { paid: string } }
  firstCosts = BigInt(firstJob.paid) + BigInt(firstText.paid)
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
})

test('default: run matmul gives the exact product and its certificate', async () => {
  const ended = await cli('run', 'matmul', path('A.npy'), path('B.npy'), ...product(), '--coordinator', url, '--json')
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(ended.stdout)).toMatchObject({ replication: 2, transports: ['webrtc'], units: 1 })
  const [a, b] = [new Int8Array(int8(M * K, 1).buffer), new Int8Array(int8(K * N, 2).buffer)]
  const file = await readFile(path('C.npy'))
  expect(file.length).toBe(128 + 4 * M * N)
  for (let row = 0; row < M; row += 23)
    for (let col = 0; col < N; col++) {
      let sum = 0
      for (let k = 0; k < K; k++) sum += (a[row * K + k] ?? 0) * (b[k * N + col] ?? 0)
      if (file.readInt32LE(128 + 4 * (row * N + col)) !== sum) throw new Error(`C[${row}, ${col}] is not ${sum}`)
    }
})

test('default: verify says what it checked, offline and with the coordinator', async () => {
  const certificate = path('cert.json')
  const network = ['--network', gridNetwork]
  const inputs = ['--inputs', path('A.npy'), path('B.npy')]
  const offline = await cli('verify', certificate, '--result', path('C.npy'), '--recompute', ...network, ...inputs)
  expect(offline).toMatchObject({ code: 0, stderr: '' })
  for (const check of ['form', 'replicas', 'receipt', 'bytes', 'input', 'possession', 'recompute'])
    expect(offline.stdout).toMatch(new RegExp(`^${check} `, 'm'))
  expect(offline.stdout).toContain(`is valid: ${M} x ${N} int32`)
  const online = await cli('verify', certificate, '--recompute', '--coordinator', url, '--json')
  expect(online.code).toBe(0)
  expect(JSON.parse(online.stdout)).toMatchObject({ ok: true })
})

test('error: a certificate with any byte changed exits 1 and names the check', async () => {
  const original = await readFile(path('cert.json'))
  for (const at of samples(original.length)) {
    await writeFile(path('changed.json'), flipped(original, at))
    expectRefused(await cli('verify', path('changed.json'), '--json'), `byte ${at}`)
  }
})

test('error: a result with any byte changed exits 1 and names the check', async () => {
  const original = await readFile(path('C.npy'))
  for (const at of [0, 100, ...samples(original.length)]) {
    await writeFile(path('changed.npy'), flipped(original, at))
    const ended = await cli('verify', path('cert.json'), '--result', path('changed.npy'), '--json')
    expectRefused(ended, `byte ${at}`, 'bytes')
  }
  await writeFile(path('changed.npy'), original.subarray(0, -1))
  expectRefused(await cli('verify', path('cert.json'), '--result', path('changed.npy'), '--json'), 'shorter', 'bytes')
})

test('error: the words of a refusal', async () => {
  const ended = await cli('verify', path('cert.json'), '--result', path('A.npy'))
  expect(ended.code).toBe(1)
  expect(ended.stdout).toContain('is NOT valid')
  expect(ended.stdout).toContain('The check "bytes" fails')
  const other = await cli('verify', path('cert.json'), '--network', 'ab'.repeat(32))
  expect(other.stdout).toContain('The check "network" fails')
})

const longHeader = Uint8Array.from([0x93, ...Buffer.from('NUMPY'), 2, 0, 0xff, 0xff, 0xff, 0xff, 0x20])
const BAD_FILES: readonly [name: string, file: Uint8Array, sentence: RegExp][] = [
  ['a shape that does not fit', npyFile('|i1', '(5, 4)', new Uint8Array(20)), /A is 5 x 4 and B is 200 x 257/],
  ['another dtype', npyFile('<i2', '(5, 200)', new Uint8Array(2000)), /dtype "<i2"; convert them to int8 or float32/],
  ['int8 times float32', npyFile('<f4', '(5, 200)', new Uint8Array(4000)), /f32|float32/],
  ['a truncated file', npyFile('|i1', '(5, 200)', new Uint8Array(999)), /has 1127 bytes; .* has 1128/],
  ['a truncated header', npyFile('|i1', '(5, 200)', new Uint8Array(0)).subarray(0, 40), /ends within its header/],
  ['a huge header', longHeader, /claims a header of 4294967295 bytes/],
  ['pickled objects', npyFile('|O', '(5, 200)', new Uint8Array(1000)), /pickled Python objects, which are never read/],
  ['three dimensions', npyFile('|i1', '(5, 200, 1)', new Uint8Array(1000)), /of 3 dimensions; a matrix has two/],
  ['an absurd shape', npyFile('|i1', '(4611686018427387904, 200)', new Uint8Array(8)), /dimension/],
  ['no matrix at all', Buffer.from('hello, world'), /does not begin as a \.npy file does/],
  ['an empty file', new Uint8Array(0), /ends|begin/],
]

test('error: bad files are refused in one sentence that names them', async () => {
  for (const [name, file, sentence] of BAD_FILES) {
    await writeFile(path('bad.npy'), file)
    const ended = await cli(
      'run',
      'matmul',
      path('bad.npy'),
      path('B.npy'),
      '--out',
      path('D.npy'),
      '--coordinator',
      url,
    )
    expect(ended.code, name).toBe(1)
    expect(ended.stdout, name).toBe('')
    expect(ended.stderr, name).toMatch(sentence)
    expect(ended.stderr.trimEnd().split('\n'), name).toHaveLength(1)
  }
})

test('error: NaN in a float matrix is named with its place', async () => {
  const values = new Float32Array(5 * 200)
  values[3 * 200 + 7] = Number.NaN
  await writeFile(path('nan.npy'), npyFile('<f4', '(5, 200)', new Uint8Array(values.buffer)))
  await writeFile(path('f32.npy'), npyFile('<f4', '(200, 5)', new Uint8Array(4000)))
  const ended = await cli('run', 'matmul', path('nan.npy'), path('f32.npy'), ...product('D'), '--coordinator', url)
  expect(ended.code).toBe(1)
  expect(ended.stderr).toContain('NaN at row 3, column 7')
})

test('error: over budget, before anything is uploaded', async () => {
  const ceiling = ['--max-price', '0.000001']
  const ended = await cli(
    'run',
    'matmul',
    path('A.npy'),
    path('B.npy'),
    ...product('D'),
    ...ceiling,
    '--coordinator',
    url,
  )
  expect(ended).toMatchObject({ code: 1, stdout: '' })
  expect(ended.stderr).toBe('Error: The job costs 0.00006168 credits, more than the 0.000001 allowed.\n')
})

test('error: an unknown job', async () => {
  const answer = await fetch(`${url}/api/v1/jobs/${'ab'.repeat(32)}`)
  expect(answer.status).toBe(404)
  expect(await answer.json()).toMatchObject({ error: { kind: 'input', message: expect.stringContaining('no job') } })
})

test('error: missing files, unreachable coordinators, with --json too', async () => {
  const missing = await cli('run', 'matmul', path('none.npy'), path('B.npy'), ...product('D'), '--coordinator', url)
  expect(missing).toMatchObject({ code: 1, stderr: `Error: ${path('none.npy')}: there is no such file or folder.\n` })
  const away = await cli('account', 'balance', '--coordinator', 'http://127.0.0.1:9', '--json')
  expect(away).toMatchObject({ code: 1, stderr: '' })
  expect(JSON.parse(away.stdout)).toMatchObject({ error: { name: 'sdk.Unreachable', kind: 'unavailable' } })
})

test('error: wrong usage exits 2', async () => {
  for (const args of [
    ['run', 'matmul', path('A.npy'), path('B.npy')],
    ['run', 'matmul', path('A.npy'), path('B.npy'), '--out', 'C.npy', '--replication', '9'],
    ['run', 'matmul', path('A.npy'), path('B.npy'), '--out', 'C.npy', '--max-price', '-1'],
    ['up', '--port', '99999'],
    ['verify', path('cert.json'), '--network', 'abc'],
    ['nonsense'],
  ])
    expect(await cli(...args), args.join(' ')).toMatchObject({ code: 2, stdout: '' })
})

test('default: every command has --help', async () => {
  for (const args of [
    [],
    ['up'],
    ['node'],
    ['run', 'matmul'],
    ['quote', 'matmul'],
    ['verify'],
    ['account', 'create'],
  ]) {
    const ended = await cli(...args, '--help')
    expect(ended.code, args.join(' ')).toBe(0)
    expect(ended.stdout).toContain(`Usage: ${['commonwatt', ...args].join(' ')}`)
  }
})

test('default: quote and account', async () => {
  const quote = await cli('quote', 'matmul', path('A.npy'), path('B.npy'), '--coordinator', url, '--json')
  expect(JSON.parse(quote.stdout)).toEqual({
    operations: String(2 * M * K * N),
    units: 1,
    replication: 2,
    price: String(2n * 2n * BigInt(M * K * N) * 1_000_000n),
  })
  const balance = await cli('account', 'balance', '--coordinator', url, '--json')
  const { account, grant, escrowed, balance: left } = JSON.parse(balance.stdout) as Record<string, string>
  expect({ grant, escrowed }).toEqual({ grant: '1000000000000000000000', escrowed: '0' })
  expect(BigInt(left ?? '')).toBe(10n ** 21n - firstCosts - 61_680_000_000_000n)
  const created = await cli('account', 'create', '--coordinator', url, '--json')
  expect(JSON.parse(created.stdout)).toMatchObject({ account, balance: left })
})

test('default: run generate prints a text as the browsers write it, and verifies it', async () => {
  const ask = (...args: string[]) =>
    cli('run', 'generate', '--model', 'commonwatt-tiny', '--prompt', 'Q: 23+45=? A:', '--coordinator', url, ...args)
  const streamed = await ask('--stream', '--certificate', path('text.json'))
  expect(streamed).toMatchObject({ code: 0, stdout: expect.stringContaining('68') })
  const whole = await ask()
  expect(whole).toMatchObject({ code: 0, stdout: streamed.stdout })
  expect(whole.stderr).toContain('certified for an earlier job')
  expect(streamed.stderr).toMatch(/the first after .*compared|compared.*the first after/s)
  const verified = await cli('verify', path('text.json'), '--recompute', '--coordinator', url)
  expect(verified.code).toBe(0)
  expect(`${verified.stdout}${verified.stderr}`).toMatch(
    /compute it again in a browser: http\S+\/explorer\/unit\/[0-9a-f]{64}\n/,
  )
})

test('error: a second grid on the same data or the same port says so', async () => {
  const sameData = await cli('up', '--port', '0', '--data', path('data'), '--nodes', '0')
  expect(sameData.code).toBe(1)
  expect(sameData.stderr).toMatch(/data is in use by process \d+/)
  const samePort = await cli('up', '--port', new URL(url).port, '--data', path('other'), '--nodes', '0')
  expect(samePort.code).toBe(1)
  expect(samePort.stderr).toContain('it is in use: stop what uses it or choose another with --port')
})

test('default: node joins from elsewhere, as Node processes too, and leaves on Ctrl-C', async () => {
  const before = await nodesOnline()
  const nodes = startCommandLine(
    ['node', '--coordinator', url, '--count', '1', '--no-browser', '--data', path('elsewhere'), '--json'],
    home,
  )
  expect(await nodes.ready).toEqual({ coordinator: url, count: 1, kind: 'process' })
  await expect.poll(nodesOnline).toBe(before + 1)
  nodes.interrupt()
  expect(await nodes.ended).toMatchObject({ code: 0 })
  await expect.poll(nodesOnline).toBe(before)
})

test('behaviour: Ctrl-C stops everything, the next start takes up where it left', async () => {
  const { port } = new URL(url)
  grid.interrupt()
  expect(await grid.ended).toMatchObject({ code: 0 })
  await expect(fetch(`${url}/healthz`)).rejects.toThrow()
  grid = startCommandLine(['up', '--port', port, '--data', path('data'), '--nodes', '0', '--json'], home)
  expect(await grid.ready).toMatchObject({ url, network: gridNetwork, firstJob: null })
  const again = await cli('verify', path('cert.json'), '--recompute', '--coordinator', url, '--json')
  expect(again.code).toBe(0)
  const balance = await cli('account', 'balance', '--coordinator', url, '--json')
  expect(JSON.parse(balance.stdout)).toMatchObject({ escrowed: '0', grant: '1000000000000000000000' })
})

test('error: another network at a known address is refused', async () => {
  const { port } = new URL(url)
  grid.interrupt()
  await grid.ended
  const stranger = ['up', '--port', port, '--data', path('stranger'), '--nodes', '0', '--json']
  grid = startCommandLine(stranger, join(folder, 'another-home'))
  await grid.ready
  const ended = await cli('account', 'balance', '--coordinator', url)
  expect(ended.code).toBe(1)
  expect(ended.stderr).toContain(`was network ${gridNetwork} before`)
  expect(ended.stderr).toContain('networks.json')
})

function path(name: string): string {
  return join(folder, name)
}

function product(name = 'C'): string[] {
  return ['--out', path(`${name}.npy`), '--certificate', path(name === 'C' ? 'cert.json' : `${name}.json`)]
}

function cli(...args: string[]): Promise<Ended> {
  return runCommandLine(args, home)
}

async function nodesOnline(): Promise<number> {
  const answer = await fetch(`${url}/api/v1/network`)
  return ((await answer.json()) as { nodes: number }).nodes
}

/** Deterministic bytes: a linear congruential generator (Numerical Recipes), its high byte. */
function int8(length: number, seed: number): Uint8Array<ArrayBuffer> {
  let state = seed
  return new Uint8Array(length).map(() => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 24
  })
}

function samples(length: number): number[] {
  return Array.from({ length: SAMPLES }, (_, index) => Math.floor(((index + 0.5) * length) / SAMPLES))
}

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}

function expectRefused(ended: Ended, what: string, check?: string): void {
  expect(ended.code, what).toBe(1)
  const said = JSON.parse(ended.stdout) as { ok: boolean; check: string; reason: string }
  expect(said, what).toMatchObject({ ok: false, check: check ?? expect.stringMatching(/^[a-z-]+$/) })
  expect(said.reason, what).not.toBe('')
}
