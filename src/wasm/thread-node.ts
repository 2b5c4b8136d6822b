// The entry of a further thread of the kernels in Node.
import { workerData } from 'node:worker_threads'
import { type ThreadTask, serveSteps } from './module.ts'

await serveSteps(workerData as ThreadTask)
