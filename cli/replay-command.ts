import { parseConfig } from '../config/config.ts'
import { type Examined, examine } from '../replay/examine.ts'
import { reasonOf } from '../verdict/reason.ts'
import type { Following } from '../watcher/context.ts'
import { askIndex } from '../watcher/index-client.ts'
import { claimOf } from '../watcher/judge.ts'
import { askWhole } from '../watcher/recorded/ask.ts'
import { examineRecorded, unreplayable } from '../watcher/recorded/judge.ts'
import { findModel } from '../watcher/recorded/models.ts'
import { environment } from './environment.js'
import { exitCodes, UserError } from './exit.ts'
import { printable } from './printable.ts'
import { createArtifacts, createPool } from './watch-command.ts'

/**
 * `gainsay replay <resultId>`: replays one indexed result and shows the evidence. Sends nothing and writes no journal.
 *
 * @returns the exit code: 0 valid, 2 invalid, 3 undetermined
 * @throws UserError when the index has no such result
 */
export async function runReplay(resultId: string, options: { json?: boolean }): Promise<number> {
  if (!/^0x[0-9a-fA-F]{64}$/.test(resultId))
    throw new UserError('A result id is 0x and 64 hex digits.', exitCodes.usage)
  const config = parseConfig(environment)
  const pool = createPool(config)
  try {
    const it = { artifacts: createArtifacts(config), pool, clock: Date.now }
    const { result, model, node, examined } = await replayed(it, config.apiUrl, resultId.toLowerCase())
    const { verdict, ms } = await examined()
    if (options.json) console.log(JSON.stringify({ resultId: result.id, status: result.status, ms, ...verdict }))
    else {
      const lines: [string, string][] = [
        ['result', result.id],
        ['status', result.status],
        ['model', model],
        ['node', node],
        ['verdict', verdict.step === null ? verdict.kind : `${verdict.kind} (settled by: ${verdict.step})`],
        ['because', reasonOf(verdict)],
      ]
      if (verdict.kind === 'invalid') {
        const { at, posted, replayed } = verdict.evidence
        lines.push(['element', `${at ?? '-'}: posted ${posted ?? 'nothing'}, replayed ${replayed ?? 'nothing'}`])
      }
      const runtimes = verdict.kind === 'invalid' ? verdict.evidence.runtimes : verdict.runtimes
      lines.push(['runtimes', runtimes.join('; ') || 'none'], ['took', `${ms.toFixed(0)} ms`])
      for (const [name, value] of lines) console.log(`${name.padEnd(9)} ${value}`)
    }
    return { valid: exitCodes.ok, invalid: exitCodes.bad, undetermined: exitCodes.undetermined }[verdict.kind]
  } finally {
    await pool.close()
  }
}

/** A result of any network, as it is shown, and its replay. */
interface Replayed {
  result: { id: string; status: string }
  model: string
  node: string
  examined: () => Promise<Examined>
}

/** @throws UserError when the index has no such result */
async function replayed(
  it: Pick<Following, 'artifacts' | 'pool' | 'clock'>,
  apiUrl: string,
  id: string,
): Promise<Replayed> {
  const [recorded] = await askWhole(apiUrl, [id])
  if (recorded) {
    const { network, model } = recorded
    const examined = async () => {
      const found = unreplayable(network, recorded) ? undefined : await findModel(it, model.uri)
      return examineRecorded(it, network, recorded, found)
    }
    const named = `${model.id} of ${network} (fp32), ${printable(model.uri)}`
    return { result: { id: recorded.id, status: 'recorded' }, model: named, node: 'not named', examined }
  }
  const [result] = (await askIndex(apiUrl, { ids: [id] })).results
  if (!result) throw new UserError(`The index at ${apiUrl} has no result ${id}.`, exitCodes.noInput)
  const { model, node } = result
  const examined = () => examine(claimOf(result), it)
  return { result, model: `${model.id} (${model.precision})`, node: node.id, examined }
}
