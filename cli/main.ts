import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { classify, exitCodes } from './exit.ts'
import { version } from './version.ts'

const wholeNumber = (min: number, max: number) => (text: string) => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  return value
}

const positive = (text: string) => {
  const value = Number(text)
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('It must be a number between 0 and 1, such as 1e-4.')
  return value
}

const ruleName = (text: string) => {
  if (text === 'equal-bits') throw new InvalidArgumentError('No model can be registered with that rule yet.')
  if (!['arbiter', 'worst-case', 'probabilistic'].includes(text))
    throw new InvalidArgumentError('Allowed choices are arbiter, worst-case, probabilistic.')
  return text
}

// A command's modules are loaded when it runs, so that --help is quick and `index` never loads a model runtime.
const program = new Command('gainsay')
  .description('Watches inference results on a chain, replays them, challenges the wrong ones, keeps the history.')
  .version(version)
  .exitOverride()
  .showHelpAfterError('(gainsay --help shows what there is)')
  .addHelpText(
    'after',
    `
Examples:
  gainsay demo                          the whole loop on a local chain, nothing to set up
  gainsay doctor                        is this machine ready to watch?
  gainsay start                         index, API and watcher for the configured chain
  gainsay status                        what is it doing?
  gainsay replay 0x3f…                  replay one result and show the evidence
  gainsay judge --model m.onnx < claims.jsonl    check claims offline

Configuration comes from the environment; all but demo, judge, journal and model inspect or inline need
these three:
  GAINSAY_RPC_URL      JSON-RPC endpoints, separated by commas
  GAINSAY_CHAIN_ID     the chain they must be on
  GAINSAY_CONTRACT     the Gainsay contract
or, to follow OpenGradient beside that or alone:
  OPENGRADIENT_RPC_URL JSON-RPC endpoints of its chain
To challenge, and not only say what would be challenged:
  GAINSAY_PRIVATE_KEY_FILE   a file that holds the watcher's key
  GAINSAY_MODE=live          watch: judge only; shadow (default): decide and simulate; live: send
docs/operate.md has the rest.

Exit codes: 0 fine; 2 something is bad (a replay is invalid, a check failed, the demo missed a fraud); 3 undetermined;
64 usage; 66 no such result; 69 chain or index unreachable; 70 a bug; 74 journal unusable; 75 already running;
78 configuration. Those of judge are its own: gainsay judge --help.`,
  )

program
  .command('demo')
  .description('the full loop on a local chain with real models and dishonest nodes; needs no configuration')
  .option('--once', 'stop when all results are settled')
  .option('--json', 'no terminal art; one JSON object last (with --once)')
  .option('--seed <n>', 'which run', wholeNumber(0, 2 ** 31 - 1), 1)
  .option('--results <n>', 'how many results', wholeNumber(1, 2000), 24)
  .option('--port <n>', "the API's port (0 takes a free one)", wholeNumber(0, 65535), 42069)
  .option('--data <folder>', 'where to keep index, journal and logs (default: a new folder under .gainsay)')
  .action(async (options) => {
    const { runDemo } = await import('../demo/demo.ts')
    process.exitCode = await runDemo(options)
  })

program
  .command('start')
  .description('index, API and watcher for the configured chain')
  .action(async () => {
    const { runStart } = await import('./start-command.ts')
    process.exitCode = await runStart()
  })

program
  .command('index')
  .description('index and API alone')
  .action(async () => {
    const { runIndex } = await import('./index-command.ts')
    await runIndex()
  })

program
  .command('watch')
  .description('the watcher alone; reads from the API at GAINSAY_API_URL')
  .action(async () => {
    const { runWatch } = await import('./watch-command.ts')
    await runWatch()
  })

program
  .command('canary')
  .description('post a wrong result of its own now and then, and see whether the watcher catches it; costs money')
  .option('--once', 'one canary, seen to its end')
  .addHelpText(
    'after',
    `
It has an account of its own and needs these, beside what all need; docs/operate.md, "The canary", has the rest:
  GAINSAY_CANARY_CHAIN_ID            the chain again: nothing is posted on one that is not named here
  GAINSAY_CANARY_MODEL               id of the model to ask for
  GAINSAY_CANARY_MAX_STAKE           wei of node bond at stake at most
  GAINSAY_CANARY_MAX_COST_PER_DAY    wei that 24 hours of canaries may cost
  GAINSAY_CANARY_WATCHER             who must challenge it
  GAINSAY_CANARY_PRIVATE_KEY_FILE    its own key
Exit codes of --once: 0 caught; 2 not caught as it should be; 3 stopped before its end; 78 refused: limits, money, model or network.`,
  )
  .action(async (options) => {
    const { runCanary } = await import('./canary-command.ts')
    process.exitCode = await runCanary(options)
  })

program
  .command('resume')
  .description('let the watcher send again after its circuit breaker stopped it; says what had stopped it')
  .option('--json', 'one JSON array instead of text')
  .action(async (options) => {
    const { runResume } = await import('./resume-command.ts')
    await runResume(options)
  })

program
  .command('replay')
  .description('replay one indexed result and show the evidence; sends nothing')
  .argument('<resultId>', '0x and 64 hex digits')
  .option('--json', 'one JSON object instead of text')
  .action(async (resultId: string, options) => {
    const { runReplay } = await import('./replay-command.ts')
    process.exitCode = await runReplay(resultId, options)
  })

program
  .command('judge')
  .description('judge claims about a model, one a line of standard input; offline, and needs no configuration')
  .requiredOption('--model <file>', 'the ONNX file')
  .addOption(new Option('--precision <class>', 'how outputs are compared').choices(['fp32', 'exact']).default('fp32'))
  .option('--tolerance <x>', 'largest distance that passes, for fp32', positive, 1e-4)
  .option('--json', 'one JSON object a verdict instead of a report')
  .option('--workers <n>', 'replays at once (default: one for each core but one)', wholeNumber(1, 64))
  .option('--timeout <ms>', 'longest replay, in milliseconds', wholeNumber(100, 2 ** 31 - 1), 30_000)
  .addHelpText(
    'after',
    `
A claim: {"id": 1, "inputs": {"x": {"type": "float32", "dims": [1, 3], "data": "<base64>"}}, "outputs": {…}}
Exit codes: 0 all valid; 1 some invalid; 2 none invalid but some undetermined; 64 usage.`,
  )
  .action(async (options) => {
    const { runJudge } = await import('./judge-command.ts')
    process.exitCode = await runJudge(options)
  })

const model = program.command('model').description('models as the chain has them')

model
  .command('inspect')
  .description('operators, graph root, and what of a model the contract can check; offline')
  .argument('<model>', 'the ONNX file')
  .option('--json', 'one JSON object instead of text')
  .action(async (path: string, options) => {
    const { runModelInspect } = await import('./model-command.ts')
    runModelInspect(path, options)
  })

model
  .command('inline')
  .description('write an equivalent model without the Ifs whose conditions are known; offline')
  .argument('<model>', 'the ONNX file')
  .requiredOption('-o, --output <file>', 'where to write it')
  .option('--set <name=value...>', 'inputs to fix, such as sr=16000')
  .action(async (path: string, options) => {
    const { runModelInline } = await import('./model-command.ts')
    runModelInline(path, options)
  })

model
  .command('register')
  .description('register a model and the terms on which its results are judged, once and for all')
  .argument('<model>', 'the ONNX file')
  .requiredOption('--uri <uri>', 'where everybody can fetch this very file')
  .addOption(new Option('--precision <class>', 'how outputs are compared').choices(['fp32', 'exact']).default('fp32'))
  .option('--tolerance <x>', 'largest norm-scaled distance that passes, such as 1e-4; needed for fp32')
  .addOption(
    new Option('--rule <rule>', 'how the contract itself can convict: arbiter (it cannot), worst-case, probabilistic')
      .argParser(ruleName)
      .default('worst-case'),
  )
  .option('--lambda <n>', 'of the probabilistic rule, 6 to 64 (default: 16)', wholeNumber(6, 64))
  .option('--arbiter <address>', 'who rules on what the contract cannot decide (default: nobody)')
  .option('--no-check', 'do not ask the URI whether it serves the file')
  .option('--dry-run', 'check and simulate everything, send nothing')
  .option('--json', 'one JSON object instead of text')
  .action(async (path: string, options) => {
    const { runModelRegister } = await import('./register-command.ts')
    await runModelRegister(path, options)
  })

const journal = program.command('journal').description('what the watcher believed, intended and sent')
const tables = () =>
  new Argument('[table]', 'of what').choices([
    'actions',
    'attempts',
    'verdicts',
    'results',
    'findings',
    'attestations',
    'entries',
  ])
const filtered = (command: Command) =>
  command
    .option('--kind <kind>', 'such as challenge, invalid or gas')
    .option('--state <state>', 'such as open, mined, rejected')
    .option('--result <id>', 'of one result: its id, or how it begins')
    .option('--since <time>', 'a date such as 2026-01-31, or how long ago: 90m, 12h, 7d')

filtered(journal.command('list').description('show the newest rows; works while the watcher runs'))
  .addArgument(tables().default('actions'))
  .option('--limit <n>', 'how many', wholeNumber(1, 100_000), 50)
  .action(async (table, options) => {
    const { runJournalList } = await import('./journal-command.ts')
    runJournalList(table, options)
  })

filtered(journal.command('export').description('write all rows, oldest first; works while the watcher runs'))
  .addArgument(tables())
  .addOption(new Option('--format <format>', 'JSON Lines or CSV').choices(['jsonl', 'csv']).default('jsonl'))
  .option('-o, --output <file>', 'where to write it (default: standard output)')
  .action(async (table, options) => {
    const { runJournalExport } = await import('./journal-command.ts')
    await runJournalExport(table, options)
  })

journal
  .command('backup')
  .description('copy it as it is at one moment; works while the watcher runs')
  .argument('<file>', 'where to write it; must not be there yet')
  .action(async (file: string) => {
    const { runJournalBackup } = await import('./journal-backup.ts')
    runJournalBackup(file)
  })

journal
  .command('prune')
  .description("remove what is long settled, keep the ledger's sums; the watcher must be stopped")
  .requiredOption('--before <days>', 'what is older than this many days', wholeNumber(1, 36_500))
  .action(async (options) => {
    const { runJournalPrune } = await import('./journal-maintenance.ts')
    await runJournalPrune(options)
  })

journal
  .command('check')
  .description('check the file and, when an RPC endpoint is configured, the ledger against the chain')
  .option('--json', 'one JSON object instead of text')
  .option('--restart-ledger', 'accept the differences: begin the ledgers anew now; the watcher must be stopped')
  .action(async (options) => {
    const { runJournalCheck } = await import('./journal-maintenance.ts')
    process.exitCode = await runJournalCheck(options)
  })

const attestations = program
  .command('attestations')
  .description('signed verdicts on networks where nobody can challenge; docs/attestations.md')

filtered(attestations.command('list').description('show the newest; works while the watcher runs'))
  .option('--limit <n>', 'how many', wholeNumber(1, 100_000), 50)
  .action(async (options) => {
    const { runJournalList } = await import('./journal-command.ts')
    runJournalList('attestations', options)
  })

filtered(
  attestations.command('export').description('write all that are signed, one a line, as they are verified'),
).action(async (options) => {
  const { runAttestationsExport } = await import('./attestations-command.ts')
  runAttestationsExport(options)
})

attestations
  .command('verify')
  .description('check signatures offline; needs no configuration')
  .argument('<file>', 'one, an array, an answer of the API, or one a line; - for standard input')
  .option('--signer <address...>', 'watchers that are believed (default: whoever signed)')
  .option('--json', 'one JSON object a line instead of text')
  .action(async (file: string, options) => {
    const { runAttestationsVerify } = await import('./attestations-command.ts')
    process.exitCode = await runAttestationsVerify(file, options)
  })

attestations
  .command('anchor')
  .description('put the Merkle root of those that are in no batch on a chain; a dry run unless --send is given')
  .option('--send', 'sign and send the transaction')
  .option('--json', 'one JSON object instead of text')
  .action(async (options) => {
    const { runAnchor } = await import('./anchor-command.ts')
    await runAnchor(options)
  })

program
  .command('status')
  .description('what the watcher is doing: account, lag, open results, verdicts, ledger, endpoints')
  .option('--json', 'one JSON object instead of text')
  .action(async (options) => {
    const { runStatus } = await import('./status-command.ts')
    await runStatus(options)
  })

program
  .command('doctor')
  .description('check configuration, key, runtime, chain, balance, disk, journal, database and index')
  .option('--json', 'one JSON array instead of text')
  .action(async (options) => {
    const { runDoctor } = await import('./doctor-command.ts')
    process.exitCode = await runDoctor(options)
  })

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage
  else {
    const { exitCode, forUser } = classify(error)
    console.error(forUser ? (error as Error).message : error)
    process.exitCode = exitCode
  }
}
// Native runtimes and keep-alive sockets may hold the process open; all that had to be written is written.
process.exit()
