/**
 * What it takes to check a file against a Walrus blob id with 1000 shards: `node --import tsx bench/walrus.ts [MiB]`. One size
 * a run, as the memory is the most that the process ever had.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blobIdOf } from '../replay/artifacts/walrus.ts'

const mebibytes = Number(process.argv[2] ?? 10)
const folder = await mkdtemp(join(tmpdir(), 'gainsay-walrus-'))
try {
  const path = join(folder, 'blob')
  const file = await open(path, 'w')
  for (let i = 0; i < mebibytes; i++) await file.appendFile(randomBytes(2 ** 20))
  await file.close()
  const before = process.resourceUsage().maxRSS / 1024
  let longestMs = 0
  let last = performance.now()
  const timer = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - last)
    last = performance.now()
  }, 1)
  const start = performance.now()
  const used = process.cpuUsage()
  await blobIdOf(path, 1000)
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(used)
  clearInterval(timer)
  const after = process.resourceUsage().maxRSS / 1024
  console.log(
    `${mebibytes} MiB: ${((user + system) / 1e6).toFixed(1)} s of computing in ${seconds.toFixed(1)} s, at most ${after.toFixed(0)} MiB resident (${before.toFixed(0)} before), event loop held for ${longestMs.toFixed(0)} ms at most`,
  )
} finally {
  await rm(folder, { recursive: true })
}
