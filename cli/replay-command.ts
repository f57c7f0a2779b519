import { parseConfig } from '../config/config.ts'
import { examine } from '../replay/examine.ts'
import { reasonOf } from '../verdict/reason.ts'
import { askIndex } from '../watcher/index-client.ts'
import { claimOf } from '../watcher/judge.ts'
import { environment } from './environment.js'
import { exitCodes, UserError } from './exit.ts'
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
  const view = await askIndex(config.apiUrl, { ids: [resultId.toLowerCase()] })
  const result = view.results[0]
  if (!result) throw new UserError(`The index at ${config.apiUrl} has no result ${resultId}.`, exitCodes.noInput)

  const pool = createPool(config)
  try {
    const { verdict, ms } = await examine(claimOf(result), { artifacts: createArtifacts(config), pool })
    if (options.json) console.log(JSON.stringify({ resultId: result.id, status: result.status, ms, ...verdict }))
    else {
      const lines: [string, string][] = [
        ['result', result.id],
        ['status', result.status],
        ['model', `${result.model.id} (${result.model.precision})`],
        ['node', result.node.id],
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
