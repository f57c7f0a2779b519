// Runs every model on processors with fewer instructions than this one, and prints how far they are from it. By hand: it
// takes Debian's qemu-user and minutes.
//
//   apt-get install -y qemu-user
//   node --import tsx test/corpus/masked.ts [inputs a model, 5 if not given] [processors, e.g. Nehalem,Haswell]

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeTensors, encodeTensors, type NamedTensors } from '../../protocol/tensor.ts'
import { distances } from './distances.ts'
import { corpusModels } from './models.ts'
import { openVariant, type Variant, variants } from './variants.ts'

/** What an emulated processor runs: no older versions, whose processes would not be emulated. */
const run = variants.filter(({ name }) => ['node disabled', 'node all', 'web disabled'].includes(name))
const folder = process.env.GAINSAY_MASKED_OUT
const count = Number(process.argv[2] ?? 5)

const fileOf = (into: string, model: string, { name }: Variant, i: number) =>
  join(into, `${model} ${name} ${i}`.replaceAll(' ', '_'))

if (folder) await compute(folder)
else await compareAll((process.argv[3] ?? 'Nehalem,SandyBridge,Haswell,Skylake-Client,max').split(','))

async function compute(into: string): Promise<void> {
  for (const model of corpusModels)
    for (const variant of run) {
      const session = await openVariant(variant, model.file())
      for (let i = 0; i < count; i++)
        writeFileSync(
          fileOf(into, model.name, variant, i),
          encodeTensors(await session.run(model.input(`masked/${i}`))),
        )
      await session.release()
    }
}

async function compareAll(processors: string[]): Promise<void> {
  const here = mkdtempSync(join(tmpdir(), 'gainsay-masked-'))
  await compute(here)
  for (const cpu of processors) {
    const there = mkdtempSync(join(tmpdir(), 'gainsay-masked-'))
    const { status, stderr } = spawnSync(
      'qemu-x86_64',
      ['-cpu', cpu, process.execPath, '--import', 'tsx', process.argv[1] as string, `${count}`],
      { env: { ...process.env, GAINSAY_MASKED_OUT: there }, encoding: 'utf8', maxBuffer: 2 ** 26 },
    )
    console.log(`\n${cpu}${status === 0 ? '' : `: ended with ${status}: ${stderr.slice(-400)}`}`)
    for (const model of corpusModels) {
      const cells = run.map((variant) => {
        const found = Array.from({ length: count }, (_, i) => {
          const [given, reference] = [there, here].map((into) => read(fileOf(into, model.name, variant, i)))
          return given && reference ? distances(given, reference, model) : undefined
        }).filter((one) => one !== undefined)
        const [plain, logit] = (['plain', 'logit'] as const).map((key) => Math.max(...found.map((one) => one[key])))
        const bits = found.filter((one) => one.plain === 0).length
        return `${variant.name}: D ${plain?.toExponential(1)} logit ${logit?.toExponential(1)} equal ${bits}/${found.length}`
      })
      console.log(`  ${model.name.padEnd(16)} ${cells.join('   ')}`)
    }
    rmSync(there, { recursive: true })
  }
  rmSync(here, { recursive: true })
}

function read(path: string): NamedTensors | undefined {
  try {
    return decodeTensors(readFileSync(path))
  } catch {
    return undefined
  }
}
