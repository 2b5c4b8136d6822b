// A verified product with the SDK. Start a grid (`npm start`), then: node examples/matmul.ts [coordinator]
import { type Matrix, connect, formatCredits } from 'commonwatt'

const size = 1024
const randomMatrix = (): Matrix => ({
  rows: size,
  cols: size,
  data: Int8Array.from({ length: size * size }, () => Math.floor(Math.random() * 256) - 128),
})

// Without an account of your own this one gets a fresh key, funded by the network's starter grant.
const client = await connect(process.argv[2] ?? 'http://localhost:4747')
const { result, certificate, paid } = await client.matmul(randomMatrix(), randomMatrix(), {
  replication: 2,
  onProgress: (stage, done, total) => process.stderr.write(`${stage} ${done}/${total}\n`),
})

// The certificate and every tile of the result were verified before this line ran.
process.stdout.write(`C is ${result.rows} x ${result.cols}, C[0, 0] = ${result.data[0]}\n`)
process.stdout.write(`Units certified: ${certificate.units.length}, credits paid: ${formatCredits(paid)}\n`)
