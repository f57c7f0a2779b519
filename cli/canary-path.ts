import { join } from 'node:path'

/** The canary's journal in a data folder: a file of its own, so that a watcher cannot tell its canaries from it. */
export const canaryJournalPath = (dataDir: string): string => join(dataDir, 'canary.sqlite')
