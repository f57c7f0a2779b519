#!/usr/bin/env node
// A solc executable over the `solc` npm package, so that Foundry compiles without downloading a compiler: the one in
// package-lock.json is the only one. Answers what Foundry asks: --version and --standard-json. Other flags (base and
// allowed paths) matter only to a compiler that reads files itself; Foundry sends every source in the JSON.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const solc = createRequire(import.meta.url)('solc')
const flags = process.argv.slice(2)

if (flags.includes('--version')) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`)
} else if (flags.includes('--standard-json')) {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8')))
} else {
  process.stderr.write('solc.mjs answers --version and --standard-json only.\n')
  process.exitCode = 2
}
