// A device with everything that lives and dies with it: buffers, pipelines, commands.
import { BufferPool } from './buffers.ts'
import { CommandRunner } from './commands.ts'
import { type OpenDevice, openDevice } from './device.ts'
import { PipelineCache } from './pipelines.ts'

/** An open device and its resources. */
export type Session = OpenDevice & {
  readonly pool: BufferPool
  readonly pipelines: PipelineCache
  readonly commands: CommandRunner
}

/** Opens a device and its resources. */
export async function openSession(gpu: GPU | undefined): Promise<Session> {
  const open = await openDevice(gpu)
  const pool = new BufferPool(open.device)
  const pipelines = new PipelineCache(open.device)
  return { ...open, pool, pipelines, commands: await CommandRunner.open(open.device, pool, pipelines) }
}
