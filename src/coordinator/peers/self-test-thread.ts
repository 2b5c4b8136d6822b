// The thread in which self-tests are judged: the reference kernels in plain TypeScript.
import { workerData } from 'node:worker_threads'
import { type Endpoint, expose } from 'comlink'
import { failedKernels } from '#work/self-test.ts'
import type { SelfTestThread } from './self-test-judge.ts'

const api: SelfTestThread = { failed: failedKernels }
expose(api, workerData as Endpoint)
