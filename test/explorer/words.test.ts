import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ShownOperator } from '../../journal/operator-graph.ts'
import { statuses } from '../../protocol/status.ts'
import { duration, etherText, measured, moment, percent } from '../../src/api/explorer/amounts.ts'
import { makerOf, neighbourhood } from '../../src/api/explorer/charts/operator-graph.tsx'
import { picture, pictureShape } from '../../src/api/explorer/charts/picture.ts'
import { legible, safeLink } from '../../src/api/explorer/legible.ts'
import { concentrationOf } from '../../src/api/explorer/load/shares.ts'
import { auditAnswer } from '../../src/api/explorer/parts/audit-words.tsx'
import { Layout } from '../../src/api/explorer/parts/layout.tsx'
import { frequencyText, taskState } from '../../src/api/explorer/parts/tasks.tsx'
import { answerOf, verdictSentence } from '../../src/api/explorer/sentences.ts'
import { elementsOf } from '../../verdict/elements.ts'

describe("a stranger's text", () => {
  test('shows what is not seen by itself, and cuts what is long', () => {
    expect(legible('a\u202Eb')).toBe('a‹U+202E›b')
    expect(legible('\u0000\n\u200B\uFEFF\u2066')).toBe('‹U+0000›‹U+000A›‹U+200B›‹U+FEFF›‹U+2066›')
    expect(legible('\u{E0041}')).toBe('‹U+E0041›')
    expect(legible('x'.repeat(2 ** 20), 10)).toBe('xxxxxxxxxx… (1,048,576 characters)')
    expect(legible('汉字 Ünïcode مرحبا 😀')).toBe('汉字 Ünïcode مرحبا 😀')
  })

  test('never has a character that moves others or is not seen, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(50), (text, most) => {
        expect(legible(text, most + 1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
      }),
    )
  })

  test('cuts between characters, not within one', () => {
    expect(legible('😀😀', 3)).toBe('😀… (4 characters)')
  })

  test('is a link only to https and ipfs', () => {
    expect(safeLink('https://example.org/a?b#c')).toBe('https://example.org/a?b#c')
    expect(safeLink('ipfs://bafy/model.onnx')).toBe('ipfs://bafy/model.onnx')
    const others = [
      'javascript:alert(1)',
      ' javascript:alert(1)',
      'JaVaScRiPt:alert(1)',
      'data:text/html,x',
      'http://a.b',
    ]
    for (const uri of [
      ...others,
      'vbscript:x',
      '//a.b',
      '/results',
      '',
      'https://',
      'https://user:pw@a.b',
      'blob:https://a.b/c',
    ])
      expect(safeLink(uri), uri).toBeUndefined()
    // What is shown and where it leads must not differ.
    expect(safeLink('https://a.b/\u202Egnp.exe')).toBeUndefined()
    expect(safeLink('java\nscript:alert(1)')).toBeUndefined()
    expect(safeLink(`https://a.b/${'x'.repeat(3000)}`)).toBeUndefined()
  })
})

test('amounts are short and say which unit they are in', () => {
  expect(etherText(0n)).toBe('0 ETH')
  expect(etherText(10n ** 18n)).toBe('1 ETH')
  expect(etherText(1_234_567_890_123_456_789n)).toBe('1.23456 ETH')
  expect(etherText(-5n * 10n ** 16n)).toBe('−0.05 ETH')
  expect(etherText(12_345n * 10n ** 18n + 1n)).toBe('12,345 ETH')
  expect(etherText(7n)).toBe('7 wei')
  expect(etherText(64_765_484_238_847n)).toBe('0.00006476 ETH')
})

test('numbers, shares and times are for people', () => {
  expect([0, 1.98153, 2.5e-5, -1234567, Number.NaN, 0.125].map(measured)).toEqual([
    '0',
    '1.982',
    '2.50e−5',
    '−1.23e6',
    'NaN',
    '0.125',
  ])
  expect([0, 0.0001, 0.034, 0.5].map(percent)).toEqual(['0.0 %', '<0.1 %', '3.4 %', '50 %'])
  expect([0, 59, 61, 3600, 90_061].map(duration)).toEqual(['0 s', '59 s', '1 min 1 s', '1 h', '1 d 1 h'])
})

test('a second of the chain is a date, or, where no calendar has it, a number that is cut', () => {
  expect(moment(1_700_000_000n)).toBe('2023-11-14 22:13:20 UTC')
  expect(moment(0n)).toBe('1970-01-01 00:00:00 UTC')
  expect(moment(300_000_000_000n)).toBe('+011476-08-15 05:20:00 UTC')
  expect(moment(10n ** 15n)).toBe('second 1000000000000000')
  expect(moment(2n ** 256n - 1n)).toBe('second 11579208…639935')
})

test('a task runs until it is stopped or its time is over, as often as it says', () => {
  expect(taskState({ stoppedAt: null, endTime: 100n }, 99n)).toBe('running')
  expect(taskState({ stoppedAt: null, endTime: 100n }, 100n)).toBe('over')
  expect(taskState({ stoppedAt: 50n, endTime: 100n }, 60n)).toBe('stopped')
  expect([0n, 60n, 5_400n, 2n ** 256n - 1n].map(frequencyText)).toEqual([
    'without a pause',
    'every 1 min',
    'every 1 h 30 min',
    'less than once a century',
  ])
})

describe('concentration', () => {
  test('of one holder is all of it, and of equal ones as little as it can be', () => {
    expect(concentrationOf([5n])).toEqual({ hhi: 10_000, majority: 1 })
    expect(concentrationOf([1n, 1n, 1n, 1n])).toEqual({ hhi: 2500, majority: 3 })
    expect(concentrationOf([])).toEqual({ hhi: 0, majority: 0 })
    expect(concentrationOf([0n, 0n])).toEqual({ hhi: 0, majority: 0 })
  })

  test('does not depend on order or unit', () => {
    const amounts = fc.array(fc.bigInt({ min: 0n, max: 1000n }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(amounts, (all) => {
        expect(concentrationOf(all.toReversed().map((one) => 8n * one))).toEqual(concentrationOf(all))
      }),
    )
  })
})

test('a shape says picture, or it does not', () => {
  expect(pictureShape([1, 3, 48, 192])).toEqual({ width: 192, height: 48, channels: 3, channelsFirst: true })
  expect(pictureShape([28, 28, 4])).toEqual({ width: 28, height: 28, channels: 4, channelsFirst: false })
  expect(pictureShape([16, 20])).toEqual({ width: 20, height: 16, channels: 1, channelsFirst: true })
  for (const dims of [[], [5], [1, 2], [2, 3, 48, 48], [1, 576], [2, 1, 128], [1, 5, 40, 40], [3, 4096, 4096]])
    expect(pictureShape(dims), `[${dims}]`).toBeUndefined()
})

test('a picture is a PNG of bounded size, whatever the numbers are', () => {
  const values = Float32Array.from({ length: 3 * 300 * 400 }, (_, i) =>
    i % 7 === 0 ? Number.NaN : Math.sin(i * 78.233) * 43758,
  )
  const elements = elementsOf({ dtype: 'float32', dims: [3, 300, 400], data: new Uint8Array(values.buffer) })
  const shape = pictureShape([3, 300, 400])
  if (!shape) throw new Error('no picture')
  const { src, width, height } = picture(elements, shape)
  expect(src.startsWith('data:image/png;base64,iVBOR')).toBe(true)
  expect(src.length).toBeLessThan(56_000)
  expect(width * height).toBeLessThanOrEqual(12_288)
})

describe('operators around one', () => {
  const chain = Array.from(
    { length: 200 },
    (_, i): ShownOperator => ({ type: 'Relu', name: '', inputs: [i], first: i + 1, outputs: 1, provable: true }),
  )

  test('are the nearest in both directions', () => {
    expect(makerOf(chain, 101)).toBe(100)
    const { operators, guilty } = neighbourhood(chain, 100, 5)
    expect(guilty).toBe(100)
    expect(operators.map(({ index }) => index)).toEqual([98, 99, 100, 101, 102])
  })

  test('are the first ones where there is none, and an entry that nothing makes has no maker', () => {
    expect(neighbourhood(chain, undefined, 3).operators.map(({ index }) => index)).toEqual([0, 1, 2])
    expect(makerOf(chain, 0)).toBeUndefined()
    expect(makerOf(chain, 201)).toBeUndefined()
  })
})

test('only what is finalized is said to be relied on', () => {
  for (const status of statuses)
    for (const verdict of ['valid', 'invalid', 'undetermined', null] as const) {
      const cause = status === 'rejected' ? 'conviction' : null
      const { tone, line } = answerOf(status, cause, 'then', { isChallenged: true, verdict })
      expect(tone === 'good', status).toBe(status === 'finalized')
      expect(/^can be relied on/i.test(line), status).toBe(status === 'finalized')
    }
})

test('where nothing settles a result, what its replay said is what is said of it', () => {
  const lines = (['valid', 'invalid', 'undetermined', null] as const).map(
    (verdict) => answerOf('recorded', null, 'then', { isChallenged: false, verdict }).line,
  )
  expect(new Set(lines).size).toBe(4)
  expect(lines[1]).toMatch(/^Do not rely on it/)
})

test('a verdict is told with how far it is beyond what is tolerated', () => {
  const told = verdictSentence({ kind: 'invalid', step: 'second', distance: 2, tolerance: 0.001, reason: null })
  expect(told).toBe('This watcher replayed it: the output deviates by 2, 2,000 times what is tolerated.')
  expect(verdictSentence(null)).toContain('has not replayed it')
})

test('a reason that quotes a stranger is cut, and turns nothing around it', () => {
  const undetermined = { kind: 'undetermined', step: null, distance: null, tolerance: null }
  const told = verdictSentence({ ...undetermined, reason: `the input "\u202E" ${'x'.repeat(2 ** 20)}` })
  expect(told).toMatch(/^This watcher could not tell: the input "‹U\+202E›" x{386}… \(1,048,590 characters\)\.$/)
  expect(verdictSentence({ ...undetermined, reason: 'not replayed: it rests on a proof' })).toBe(
    'This watcher did not replay it: it rests on a proof.',
  )
})

test('only what is audited is told as in order, and that in the colour of an opinion', () => {
  const audit = { verdict: 'audited', reason: '\u202E' } as Parameters<typeof auditAnswer>[0] & object
  expect(auditAnswer(audit)).toMatchObject({ tone: 'open', line: expect.stringMatching(/as they must be/) })
  expect(auditAnswer({ ...audit, verdict: 'mismatch' })).toMatchObject({
    tone: 'bad',
    line: expect.stringMatching(/^Do not/),
  })
  expect(auditAnswer({ ...audit, verdict: 'undetermined' })).toMatchObject({
    ...{ tone: 'warn', why: 'The audit came to no end: ‹U+202E›.' },
  })
  expect(auditAnswer(null).line).toBe('Settled, and not audited yet')
})

test('the navigation has what only one network has where that is followed', async () => {
  const linked = async (networks: readonly ('gainsay' | 'opengradient')[]) => {
    const principal = { network: 'gainsay', chainId: 1, contract: '0x00' } as const
    const around = { principal, networks, blockNumber: 1n, timestamp: 1n }
    const page = String(await Layout({ title: 'a page', around }))
    return [...page.matchAll(/<a href="(\/\w*)"/g)].map(([, href]) => href)
  }
  expect(await linked(['gainsay'])).not.toEqual(expect.arrayContaining(['/tasks']))
  expect(await linked(['gainsay'])).not.toEqual(expect.arrayContaining(['/batches']))
  expect(await linked(['gainsay', 'opengradient'])).toEqual(expect.arrayContaining(['/tasks', '/batches', '/results']))
})
