// Starts a worker as a node's page does, and shows what it says.
import { ownScript } from '#core/script-address.ts'
// oxlint-disable-next-line import/default -- Vite makes the built worker's address the default export of this name.
import workerUrl from './worker.ts?worker&url'

const worker = new Worker(ownScript(workerUrl), { type: 'module' })
worker.addEventListener('message', ({ data }: MessageEvent<string>) => {
  const output = document.querySelector('output')
  if (output !== null) output.textContent = data
})
