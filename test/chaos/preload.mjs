/**
 * Loaded before a watcher in a chaos run: lets the run jump its wall clock, fill its disk where no small file system can be
 * had, and ask how much memory it takes once garbage is collected. Told by a file, so that the watcher itself has no door.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'

const path = process.env.GAINSAY_CHAOS_CONTROL
const RealDate = Date
const { now } = Date
let offsetMs = 0
let asked = 0
let isFull = false

Date.now = () => now() + offsetMs
globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(now() + offsetMs)
    else super(...parts)
  }
}

const journals = new Set()
const { prepare } = Database.prototype
Database.prototype.prepare = function (sql) {
  if (this.name.endsWith('journal.sqlite')) journals.add(this)
  return prepare.call(this, sql)
}

function setFull(full) {
  if (full === isFull) return
  isFull = full
  for (const journal of journals)
    if (journal.open) journal.pragma(`max_page_count = ${full ? journal.pragma('page_count', { simple: true }) : 1e9}`)
}

setInterval(() => {
  let told
  try {
    told = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return
  }
  offsetMs = told.wallOffsetMs ?? 0
  setFull(told.full ?? false)
  if (!(told.gc > asked)) return
  asked = told.gc
  globalThis.gc?.()
  writeFileSync(`${path}.memory`, JSON.stringify({ asked, ...process.memoryUsage() }))
}, 200).unref()
