// The entry of a further thread of the kernels in a page: a worker whose one message is its task.
import { type ThreadTask, serveSteps } from './module.ts'

globalThis.addEventListener(
  'message',
  ({ data }: MessageEvent<ThreadTask>) => {
    void serveSteps(data).finally(() => globalThis.close())
  },
  { once: true },
)
