// The layer rules hold only as long as the linter really refuses what they forbid: each module gets every import planted, right and
// wrong, and the linter's verdicts are compared with the table of docs/architecture.md.
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Who may import whom, besides core and itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  tensor: [],
  gpu: ['tensor'],
  wasm: ['tensor'],
  model: ['tensor'],
  identity: [],
  liveness: ['identity', 'tensor'],
  work: ['tensor', 'model', 'identity'],
  verify: ['tensor', 'model', 'identity', 'work'],
  ledger: ['identity', 'work', 'verify'],
  net: ['identity', 'liveness', 'work', 'verify', 'ledger'],
  node: ['tensor', 'gpu', 'wasm', 'model', 'identity', 'liveness', 'work', 'verify', 'ledger', 'net'],
  coordinator: ['tensor', 'wasm', 'model', 'identity', 'liveness', 'work', 'verify', 'ledger', 'net'],
  settlement: ['ledger'],
  sdk: ['identity', 'work', 'verify', 'ledger'],
  ui: ['sdk'],
  widget: ['node', 'sdk', 'ui'],
  cli: ['sdk', 'coordinator', 'settlement', 'identity', 'node', 'wasm', 'tensor', 'model', 'net', 'work', 'verify'],
}
const MODULES = Object.keys(MAY_IMPORT)

type Override = { files: string[]; rules: Record<string, unknown> }
type LintConfig = { overrides: Override[]; rules: Record<string, unknown>; jsPlugins?: unknown; plugins: string[] }
type Diagnostic = { filename: string; code: string }

let folder = ''
let refused: ReadonlySet<string> = new Set()

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'commonwatt-layers-'))
  const config = JSON.parse(readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8')) as LintConfig
  // Plugins of npm cannot be resolved from there, and only the layer rules are on trial.
  delete config.jsPlugins
  config.rules = {}
  config.overrides = config.overrides.filter(({ rules }) => 'no-restricted-imports' in rules)
  writeFileSync(join(folder, '.oxlintrc.json'), JSON.stringify(config))
  for (const module of MODULES) plantImports(module)
  refused = lint()
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('layers', () => {
  test('default: every folder of src has its row and its override', () => {
    const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    const { overrides } = JSON.parse(readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8')) as LintConfig
    const covered = overrides
      .filter((override) => 'no-restricted-imports' in override.rules)
      .flatMap((override) => override.files)
    for (const { name } of folders) {
      expect(MODULES).toContain(name)
      expect(covered).toContain(`src/${name}/**`)
    }
  })

  test.for(MODULES)('behaviour: %s imports what its row says and nothing else', (module) => {
    const verdicts = MODULES.map((target) => [target, !refused.has(`src/${module}/to-${target}.ts`)])
    const expected = MODULES.map((target) => [
      target,
      target === 'core' || target === module || MAY_IMPORT[module]?.includes(target) === true,
    ])
    expect(Object.fromEntries(verdicts)).toEqual(Object.fromEntries(expected))
  })

  test.for(MODULES)('behaviour: %s does not climb out with ../', (module) => {
    expect(refused).toContain(`src/${module}/climbs.ts`)
  })

  test('behaviour: ui knows node as types only', () => {
    expect(refused).not.toContain('src/ui/types-of-node.ts')
    expect(refused).toContain('src/ui/to-node.ts')
  })
})

describe('imports', () => {
  const sources = globSync('src/**/*.ts', { cwd: ROOT }).filter((path) => !path.endsWith('.test.ts'))

  test('behaviour: the only barrel is sdk/index.ts', () => {
    const barrels = sources.filter((path) => {
      const text = readFileSync(join(ROOT, path), 'utf8')
      const statements = text.replace(/\/\/.*$|\/\*[\s\S]*?\*\//gm, '').trim()
      return (
        path.endsWith(`${sep}index.ts`) ||
        (statements !== '' && /^(?:export[^;{]*(?:\{[^}]*\}|\*)[^;\n]*from[^\n]*\s*)+$/.test(statements))
      )
    })
    expect(barrels.filter((path) => path !== join('src', 'sdk', 'index.ts'))).toEqual([])
  })

  test('behaviour: in node only the entries of the workers and the devices of pages reach gpu and wasm', () => {
    const reaching = sources.filter(
      (path) =>
        path.startsWith(join('src', 'node') + sep) &&
        importsOf(path).some((target) => /^src[\\/](?:gpu|wasm)[\\/]/.test(target)),
    )
    const entries = ['page-devices.ts', 'thread.ts'].map((name) => join('src', 'node', name))
    expect(reaching.filter((path) => !entries.includes(path))).toEqual([])
    const devices = join('src', 'node', 'page-devices.ts')
    const openers = sources.filter((path) => importsOf(path).includes(devices))
    expect(openers.toSorted()).toEqual(['unit-devices.ts', 'worker.ts'].map((name) => join('src', 'node', name)))
  })

  test.for([
    ['src/cli/main.ts', 'gpu'],
    ['src/node/thread.ts', 'gpu'],
    ['src/widget/page.ts', 'coordinator'],
    ['src/widget/explorer.ts', 'gpu'],
    ['src/widget/explorer.ts', 'net'],
    ['src/widget/check-worker.ts', 'coordinator'],
    ['src/widget/check-worker.ts', 'net'],
    ['src/sdk/index.ts', 'coordinator'],
  ] as const)('behaviour: %s never reaches %s', ([entry, forbidden], { skip }) => {
    if (!existsSync(join(ROOT, entry))) skip(`${entry} does not exist`)
    const seen = new Set([join(...entry.split('/'))])
    for (const path of seen) for (const target of importsOf(path)) seen.add(target)
    expect([...seen].filter((path) => path.startsWith(join('src', forbidden) + sep))).toEqual([])
  })
})

/** Files of src that `path` imports, statically or on demand; imports of types alone vanish before anything runs. */
function importsOf(path: string): string[] {
  if (!existsSync(join(ROOT, path))) return []
  const text = readFileSync(join(ROOT, path), 'utf8').replace(/^import type [\s\S]*?from '[^']*'$/gm, '')
  const specifiers = [...text.matchAll(/(?:from|import|import\()\s*'([#.][^'?]+\.ts)'/g)].map((match) => match[1] ?? '')
  return specifiers.map((specifier) =>
    specifier.startsWith('#')
      ? join('src', ...specifier.slice(1).split('/'))
      : join(dirname(path), ...specifier.split('/')),
  )
}

function plantImports(module: string): void {
  const at = join(folder, 'src', module)
  mkdirSync(at, { recursive: true })
  for (const target of MODULES) writeFileSync(join(at, `to-${target}.ts`), `import '#${target}/planted.ts'\n`)
  writeFileSync(join(at, 'climbs.ts'), `import '../core/planted.ts'\n`)
  if (module === 'ui')
    writeFileSync(join(at, 'types-of-node.ts'), `import type { A } from '#node/planted.ts'\nexport type B = A\n`)
}

/** Files with a refused import, by path in the planted tree. */
function lint(): ReadonlySet<string> {
  const bin = join(ROOT, 'node_modules', 'oxlint', 'bin', 'oxlint')
  const options = { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 } as const
  let report = ''
  try {
    report = execFileSync(process.execPath, [bin, '--format', 'json', '.'], options)
  } catch (error) {
    // The linter exits 1 because it found what was planted.
    report = (error as { stdout: string }).stdout
  }
  const { diagnostics } = JSON.parse(report) as { diagnostics: Diagnostic[] }
  return new Set(
    diagnostics
      .filter(({ code }) => code.includes('no-restricted-imports'))
      .map(({ filename }) => relative(folder, join(folder, filename)).replaceAll(sep, '/')),
  )
}
