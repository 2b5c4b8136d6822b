// Runs the real `commonwatt` command as its users do, in a process of its own with settings of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ENTRY = fileURLToPath(new URL('../../bin/commonwatt.mjs', import.meta.url))

/** How a command ended. */
export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** A running command. */
export type Running = {
  /** The first JSON value on its stdout: what it prints when it is ready. */
  readonly ready: Promise<Record<string, unknown>>
  readonly ended: Promise<Ended>
  interrupt(): void
  kill(): void
}

type Environment = Readonly<Record<string, string>>

/** Runs `commonwatt` with `args` to its end; `home` holds its account, `extra` is more environment. */
export function runCommandLine(args: readonly string[], home: string, extra: Environment = {}): Promise<Ended> {
  return startCommandLine(args, home, extra).ended
}

/** Starts `commonwatt` with `args`. */
export function startCommandLine(args: readonly string[], home: string, extra: Environment = {}): Running {
  const { COMMONWATT_COORDINATOR: _, COMMONWATT_DEBUG: __, ...env } = process.env
  const child = spawn(process.execPath, [ENTRY, ...args], {
    env: { ...env, XDG_CONFIG_HOME: home, ...extra },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  const ready = new Promise<Record<string, unknown>>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output.stdout += chunk
      const value = parseWhole(output.stdout)
      if (value !== undefined) resolve(value)
    })
    child.once('close', (code) => reject(new Error(`It ended with ${code} before it was ready: ${output.stderr}`)))
  })
  // Commands that are only run to their end never look at it.
  ready.catch(() => undefined)
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output.stderr += chunk))
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...output })))
  return { ready, ended, interrupt: () => signal(child, 'SIGINT'), kill: () => signal(child, 'SIGKILL') }
}

/** The bytes of a .npy file of format version 1.0 around `data`. */
export function npyFile(descr: string, shape: string, data: Uint8Array, fortranOrder = false): Uint8Array<ArrayBuffer> {
  const literal = `{'descr': '${descr}', 'fortran_order': ${fortranOrder ? 'True' : 'False'}, 'shape': ${shape}, }`
  const text = `${literal.padEnd(Math.ceil((11 + literal.length) / 64) * 64 - 11)}\n`
  const head = [0x93, ...Buffer.from('NUMPY'), 1, 0, text.length & 0xff, text.length >> 8]
  return new Uint8Array(Buffer.concat([Uint8Array.from(head), Buffer.from(text, 'latin1'), data]))
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.exitCode === null) child.kill(name)
}

function parseWhole(text: string): Record<string, unknown> | undefined {
  if (!text.trimEnd().endsWith('}')) return undefined
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
}
