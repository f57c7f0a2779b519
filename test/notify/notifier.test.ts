import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import pino from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Journal, openJournal } from '../../journal/open.ts'
import { createNotifier } from '../../notify/notifier.ts'
import { signatureOf } from '../../notify/webhook.ts'
import { account, fillJournal } from '../journal/filled-journal.ts'

interface Received {
  headers: IncomingHttpHeaders
  body: string
}

let journal: Journal
let server: Server
let received: Received[]
/** status to answer, by the number of the request */
let answer: (n: number) => number | Promise<number>
let asked: number
let now: number
let down: string[]
let logged: string
let notifiers: ReturnType<typeof createNotifier>[]

beforeEach(async () => {
  journal = await openJournal(join(mkdtempSync(join(tmpdir(), 'gainsay-notify-')), 'journal.sqlite'))
  ;[received, answer, asked, now, down, logged, notifiers] = [[], () => 200, 0, Date.now(), [], '', []]
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const status = await answer(asked++)
    if (status === 200) received.push({ headers: request.headers, body })
    response.writeHead(status, status === 302 ? { location: 'http://elsewhere.example/' } : {}).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(async () => {
  for (const notifier of notifiers) await notifier.stop()
  server.closeAllConnections()
  server.close()
  await journal.destroy()
})

const write = (line: string) => {
  logged += line
}

function start() {
  const { port } = server.address() as AddressInfo
  const made = createNotifier({
    ...{ journal, clock: () => now, chainTime: () => 950n, downEndpoints: () => down },
    webhook: { url: `http://127.0.0.1:${port}/token-in-the-path`, secret: 'the secret' },
    sender: { chainId: 31337, contract: '0xc0', account },
    log: pino({ level: 'info' }, { write }),
    patience: { timeoutMs: 500, retries: 3, minPauseMs: 5 },
  })
  notifiers.push(made)
  return made
}

const events = () => received.map(({ body }) => (JSON.parse(body) as { event: string }).event).sort()

const lookAndWait = async (notifier: ReturnType<typeof start>) => {
  await notifier.look()
  await notifier.idle()
}

/** A notifier that has started before anything happened, so that all is news. */
async function fresh() {
  const notifier = start()
  await lookAndWait(notifier)
  await fillJournal(journal, { at: now })
  return notifier
}

const ALL = ['challengeSent', 'challengeWon', 'deadlineNear', 'fraudFound']

describe('notices', () => {
  test('are told once, signed, and hold no secret', async () => {
    const notifier = await fresh()
    await lookAndWait(notifier)
    expect(events()).toEqual(ALL)
    const won = received.map(({ body }) => JSON.parse(body)).find(({ event }) => event === 'challengeWon')
    expect(won).toMatchObject({
      ...{ chainId: 31337, contract: '0xc0', account, id: expect.stringMatching(/^challengeWon:/) },
      details: { wei: '7', result: '0xsettled' },
    })
    for (const { headers, body } of received) {
      const timestamp = headers['x-gainsay-timestamp'] as string
      expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(60)
      expect(headers['x-gainsay-signature']).toBe(signatureOf('the secret', timestamp, body))
      expect(body).not.toMatch(/0x5ec2e7|0x5a17|"raw"|the secret/)
    }
    await lookAndWait(notifier)
    // After a restart too.
    await notifier.stop()
    await lookAndWait(start())
    expect(received).toHaveLength(ALL.length)
  })

  test('of before the first start are not told, but what still needs somebody is', async () => {
    await fillJournal(journal, { at: now })
    await lookAndWait(start())
    expect(events()).toEqual(['deadlineNear'])
  })

  test('tell of a stopped breaker, a ledger that differs, a bond that is lost and an endpoint that is down', async () => {
    const notifier = await fresh()
    await lookAndWait(notifier)
    received = []
    await sql`create table if not exists trip (id integer primary key, kind text not null, about text not null,
      reason text not null, trippedAt integer not null, resetAt integer)`.execute(journal)
    await sql`insert into trip (kind, about, reason, trippedAt) values ('lost', '', 'a challenge was lost', ${now})`.execute(
      journal,
    )
    await sql`update ledger set differences = '[{"what":"credit"}]'`.execute(journal)
    await sql`update entry set kind = 'lost', key = 'lost' where kind = 'bonded'`.execute(journal)
    down = ['a.example']
    await lookAndWait(notifier)
    expect(events()).toEqual(['breakerOpen', 'challengeLost', 'ledgerDiffers', 'rpcDown'])
    // As long as it is down it is one outage; the next is another.
    await lookAndWait(notifier)
    down = []
    await lookAndWait(notifier)
    now += 1000
    down = ['a.example']
    await lookAndWait(notifier)
    expect(events().filter((event) => event === 'rpcDown')).toHaveLength(2)
  })
})

describe('a receiver', () => {
  test('that fails for a while gets everything in the end', async () => {
    const notifier = await fresh()
    answer = (n) => (n % 3 === 2 ? 200 : 503)
    await lookAndWait(notifier)
    expect(events()).toEqual(ALL)
    expect(notifier.state()).toEqual({ waiting: 0, failed: 0 })
  })

  test.each([
    ['refuses', 400, 1, 0],
    ['redirects elsewhere', 302, 4, ALL.length],
    ['is broken', 500, 4, ALL.length],
  ])(
    'that %s gets later what it may still want, and the log holds neither its path nor the secret',
    async (_, status, tries, later) => {
      const notifier = await fresh()
      answer = () => status
      await lookAndWait(notifier)
      expect(asked).toBe(tries * ALL.length)
      expect(notifier.state().failed).toBe(ALL.length)
      expect(logged).toMatch(/could not be delivered/)
      expect(logged).not.toMatch(/token-in-the-path|the secret/)
      answer = () => 200
      await lookAndWait(notifier)
      expect(received).toHaveLength(later)
    },
  )

  test('that never answers delays nobody, and what waits is told after a restart', async () => {
    const notifier = await fresh()
    answer = () => sleep(60_000, 200, { ref: false })
    const began = performance.now()
    await notifier.look()
    expect(performance.now() - began).toBeLessThan(400)
    expect(notifier.state().waiting).toBe(ALL.length)
    await notifier.look()
    expect(notifier.state().waiting).toBe(ALL.length)
    await notifier.stop()
    answer = () => 200
    await lookAndWait(start())
    expect(events()).toEqual(ALL)
  })

  test('that is away while very much happens costs memory for a thousand notices and no more', async () => {
    const notifier = await fresh()
    answer = () => sleep(60_000, 200, { ref: false })
    await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
      insert into entry (key, account, kind, amount, blockNumber, blockHash, count, at)
      select 'many ' || i, ${account}, 'won', '1', i, '0x01', 1, ${now} from n`.execute(journal)
    await notifier.look()
    await notifier.look()
    expect(notifier.state().waiting).toBeLessThanOrEqual(1001)
    await notifier.stop()
  })
})
