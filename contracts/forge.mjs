#!/usr/bin/env node
// Runs the forge that npm installed and ends as it ends. The package's own launcher ends with 0 whatever happened, so
// that a failing test or a contract that does not compile would pass.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const system = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
const file = process.platform === 'win32' ? 'forge.exe' : 'forge'
const launcher = createRequire(import.meta.url).resolve('@foundry-rs/forge/package.json')
const ofPlatform = createRequire(launcher).resolve(`@foundry-rs/forge-${system}/package.json`)
const { status, signal, error } = spawnSync(join(dirname(ofPlatform), 'bin', file), process.argv.slice(2), {
  cwd: dirname(fileURLToPath(import.meta.url)),
  stdio: 'inherit',
})
if (error) console.error(`forge could not be started: ${error.message}`)
else if (signal) console.error(`forge was ended by ${signal}`)
process.exitCode = status ?? 1
