// Not TypeScript, and imported before everything else: what compiles TypeScript is a child process that lives as long as
// this one and inherits its environment, in which a key would stand for whoever may look under /proc.
import { watcherSecrets } from '../config/secret-variables.js'

/** What the command was called with, secrets included; `process.env`, which every child process inherits, has none. */
export const environment = { ...process.env }

for (const name of watcherSecrets) delete process.env[name]
