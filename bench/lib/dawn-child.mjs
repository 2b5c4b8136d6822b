// The process that dawn.ts starts: gives Node the WebGPU of a page, runs a module, and prints what it returns as one line of JSON.
import { pathToFileURL } from 'node:url'
import { create, globals } from 'webgpu'

Object.assign(globalThis, globals)
// Kept for as long as the process lives: collected, it would take the process with it.
const gpu = create([])
Object.defineProperty(navigator, 'gpu', { value: gpu })

const [, , file = '', argument = 'null'] = process.argv
const { run } = await import(pathToFileURL(file).href)
process.stdout.write(`\n${JSON.stringify(await run(JSON.parse(argument)))}\n`)
process.exit(0)
