// Self-tests judged in a thread of their own: the reference takes some 200 ms for one, and whoever floods hellos must keep nobody else waiting.
import { MessageChannel, Worker } from 'node:worker_threads'
import { type Endpoint, wrap } from 'comlink'
import type { failedKernels } from '#work/self-test.ts'

/** What the thread serves. */
export type SelfTestThread = { failed: typeof failedKernels }

/** Judges answers; the thread begins with the first one. */
export type SelfTestJudge = SelfTestThread & { close(): Promise<void> }

/** A judge. A thread that dies takes its hellos with it, which time out, and the next hello gets a new one. */
export function openSelfTestJudge(): SelfTestJudge {
  let open: { readonly thread: Worker; readonly port: { close(): void }; readonly api: SelfTestThread } | undefined
  const start = () => {
    const { port1, port2 } = new MessageChannel()
    const url = new URL('self-test-thread.ts', import.meta.url)
    const thread = new Worker(url, { workerData: port2, transferList: [port2] })
    thread.unref()
    thread.on('error', () => undefined)
    thread.on('exit', () => {
      if (open?.thread === thread) open = undefined
    })
    return { thread, port: port1, api: wrap<SelfTestThread>(port1 as unknown as Endpoint) }
  }
  return {
    failed(...call) {
      open ??= start()
      return open.api.failed(...call)
    },
    async close() {
      const ending = open
      open = undefined
      ending?.port.close()
      await ending?.thread.terminate()
    },
  }
}
