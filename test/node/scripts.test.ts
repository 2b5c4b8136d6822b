// What the set-up and test scripts stand on: how commands end, and that one which hangs takes its children along.
import { describe, expect, test } from 'vitest'
import { isNodeNewEnough, runCommand } from '../../scripts/run-command.mjs'

const NODE = process.execPath

describe('runCommand', () => {
  test('default: exit code and output', async () => {
    const script = 'process.stdout.write("out "); process.stderr.write("err"); process.exitCode = 3'
    const end = await runCommand([NODE, '-e', script], { capture: true })
    expect(end).toMatchObject({ code: 3, reason: 'exit code 3' })
    expect(end.output).toContain('out ')
    expect(end.output).toContain('err')
  })

  test('behaviour: a command that hangs is interrupted first and may still say something', async () => {
    const script = 'process.on("SIGINT", () => { console.log("report"); process.exit(0) }); setInterval(() => {}, 1e6)'
    const end = await runCommand([NODE, '-e', script], { capture: true, timeoutMs: 1500 })
    expect(end).toEqual({ code: null, output: 'report\n', reason: 'ran past 2 s' })
  })

  test('behaviour: what it started ends with it', async () => {
    const grandchild = `require('node:child_process').spawn(process.execPath, ['-e', 'console.log(process.pid);setInterval(() => {}, 1e6)'], { stdio: 'inherit' })`
    const end = await runCommand([NODE, '-e', `${grandchild};setInterval(() => {}, 1e6)`], {
      capture: true,
      timeoutMs: 1500,
    })
    // It holds the output open: that there is an end at all says that it is gone.
    expect(end.code).toBeNull()
    expect(end.output).toMatch(/^\d+\n$/)
  })

  test('error: a command that does not exist', async () => {
    expect(await runCommand(['no-such-command'], { capture: true })).toMatchObject({ code: null })
  })
})

test('limit: Node 22.18 accepted, 22.17 refused', () => {
  expect(['22.18.0', '23.0.0', '24.21.0'].every((version) => isNodeNewEnough(version))).toBe(true)
  expect(['18.20.8', '20.20.2', '22.17.9'].some((version) => isNodeNewEnough(version))).toBe(false)
})
