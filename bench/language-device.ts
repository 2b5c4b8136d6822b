// A language model on the GPU that Dawn for Node finds: how much of the device's bandwidth decoding uses, and of its int8 products a prefill.
import type { Bench } from './lib/bench.ts'
import { runInDawn } from './lib/dawn.ts'
import type { DeviceCourse, DeviceTimings } from './page/language-device.ts'

/** Emulated adapters are no GPUs: there the figures only prove that the benchmark runs. */
export const bench: Bench = {
  summary:
    'Decode against copy bandwidth and prefill against int8 products, in Dawn for Node: 25.7M parameters, or 1.0B with --full on a GPU.',
  async run(options) {
    const isHardware = process.env.COMMONWATT_GPU === 'hardware'
    const course: DeviceCourse = {
      isLarge: options.has('full'),
      prompt: isHardware ? 512 : 32,
      decoded: isHardware ? 64 : 4,
      rounds: isHardware ? 5 : 1,
    }
    const timings = await runInDawn<DeviceTimings>('language-device', course)
    const { adapter, copyBytesPerSecond, decode, int8MacsPerSecond, prefill, tokenBytes, tokenMacs } = timings
    const model = `${(tokenMacs / 1e6).toFixed(1)}M`
    return [
      { name: `decode, ${model}`, value: decode, unit: 'tokens/s', adapter },
      { name: `prefill of ${course.prompt}, ${model}`, value: prefill, unit: 'tokens/s', adapter },
      {
        name: 'weights read while decoding',
        value: (decode * tokenBytes) / 1e9,
        unit: 'GB/s',
        peer: `copies: ${(copyBytesPerSecond / 1e9).toFixed(1)}`,
        ratio: (decode * tokenBytes) / copyBytesPerSecond,
        adapter,
      },
      {
        name: 'multiply-adds of a prefill',
        value: (prefill * tokenMacs) / 1e9,
        unit: 'GMAC/s',
        peer: `int8 product: ${(int8MacsPerSecond / 1e9).toFixed(1)}`,
        ratio: (prefill * tokenMacs) / int8MacsPerSecond,
        adapter,
      },
    ]
  },
}
