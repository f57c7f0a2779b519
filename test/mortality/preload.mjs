/**
 * Makes a process mortal: loaded before it, kills it with SIGKILL before and after each kind of journal write and of
 * broadcast, each once in the life of a file that lists the places of death. Where those are is found by watching the
 * database driver and `fetch`, so a step that is added to the watcher is a place to die at as well.
 *
 * `GAINSAY_DEATHS=2/3` leaves out the writes that do not fall into the third of three parts. Broadcasts are never left out.
 */
import { createHash } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import Database from 'better-sqlite3'

const path = process.env.GAINSAY_PLACES_OF_DEATH
const died = new Set(existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [])
const { prepare } = Database.prototype
let journal

const [part, parts] = (process.env.GAINSAY_DEATHS ?? '0/1').split('/').map(Number)

/** Whether this place's turn is in this run. The same part has the two sides of a write. */
function isDrawn(place) {
  if (/^(before|after) broadcast/.test(place)) return true
  const write = place.slice(place.indexOf(' '))
  return createHash('sha256').update(write).digest().readUInt32BE(0) % parts === part
}

function dieOnce(place) {
  if (died.has(place) || !isDrawn(place)) return
  const file = openSync(path, 'a')
  writeSync(file, `${place}\n`)
  fsyncSync(file)
  closeSync(file)
  process.kill(process.pid, 'SIGKILL')
}

/** What a statement is about: the kind of action, and the state that it sets. */
function about(database, sql, parameters) {
  const one = (query, value) => prepare.call(database, query).get(value)?.kind ?? ''
  if (/"canarysend"/.test(sql)) return parameters.filter((value) => /^[a-zA-Z]{4,12}$/.test(String(value))).join(' ')
  const states = ['open', 'done', 'abandoned', 'signed', 'mined', 'reverted', 'dropped', 'valid', 'invalid']
  const said = parameters.filter((value) => states.includes(value)).join(' ')
  const last = parameters.at(-1)
  if (/^insert into "action"/.test(sql)) return `${parameters[1]} ${said}`
  if (/^update "action"/.test(sql)) return `${one('select kind from action where id = ?', last)} ${said}`
  const ofAttempt = 'select kind from action where id = (select actionId from attempt where hash = ?)'
  if (/^update "attempt"/.test(sql)) return `${one(ofAttempt, last)} ${said}`
  const ofAction = parameters.find((value) => typeof value === 'number')
  if (/^insert into "attempt"/.test(sql)) return `${one('select kind from action where id = ?', ofAction)} ${said}`
  return said
}

Database.prototype.prepare = function (sql) {
  const statement = prepare.call(this, sql)
  if (this.name.endsWith(process.env.GAINSAY_MORTAL_JOURNAL ?? 'journal.sqlite')) journal = this
  else return statement
  if (!/^\s*(insert|update|delete|create|alter|drop|commit|begin)/i.test(sql)) return statement
  const words = sql.replace(/\s+/g, ' ').replace(/(\((?:\?(?:, )?)+\)(?:, )?)+/g, '(…)')
  for (const method of ['run', 'all', 'get']) {
    const call = statement[method]
    statement[method] = (...parameters) => {
      const place = `${words.slice(0, 90)} | ${about(this, words, parameters.flat())}`
      dieOnce(`before ${place}`)
      const answer = call.apply(statement, parameters)
      dieOnce(`after ${place}`)
      return answer
    }
  }
  return statement
}

const { fetch } = globalThis
globalThis.fetch = async (input, init) => {
  const text = typeof init?.body === 'string' ? init.body : ''
  if (!text.includes('eth_sendRawTransaction')) return fetch(input, init)
  const raw = /"(0x[0-9a-f]{100,})"/.exec(text)?.[1]
  const query = process.env.GAINSAY_MORTAL_JOURNAL
    ? 'select step as kind from canarysend where raw = ?'
    : 'select kind from action where id = (select actionId from attempt where raw = ?)'
  const kind = journal ? prepare.call(journal, query).get(raw)?.kind : undefined
  dieOnce(`before broadcast | ${kind}`)
  const response = await fetch(input, init)
  dieOnce(`after broadcast | ${kind}`)
  return response
}
