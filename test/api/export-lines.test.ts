import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linesOf } from '../../src/api/export/lines.ts'
import type { Row, Source } from '../../src/api/export/source.ts'
import { streamOf } from '../../src/api/export/stream.ts'

/** Rows with an `id` from 0, handed out as asked; notes how many were asked for. */
function sourceOf(texts: readonly string[], asked: number[] = []): Source {
  const rows = texts.map((text, id): Row => ({ id, text, none: null }))
  return {
    columns: ['id', 'text', 'none'],
    async page(after, limit) {
      asked.push(limit)
      const from = after === null ? 0 : (after.id as number) + 1
      return rows.slice(from, from + limit)
    },
  }
}

async function all(pieces: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const piece of pieces) text += piece
  return text
}

describe('lines', () => {
  test('hold every row once, in order, whatever their number and size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary', maxLength: 8 }), { maxLength: 350 }), async (texts) => {
        const lines = (await all(linesOf(sourceOf(texts), 'jsonl'))).split('\n')
        expect(lines.pop()).toBe('')
        expect(lines.map((line) => JSON.parse(line))).toEqual(texts.map((text, id) => ({ id, text, none: null })))
      }),
    )
  })

  test('are read in pages as long as their rows allow', async () => {
    const asked: number[] = []
    await all(linesOf(sourceOf(Array(3000).fill('x'), asked), 'jsonl'))
    expect(asked).toEqual([50, 1000, 1000, 1000])
    const large: number[] = []
    await all(linesOf(sourceOf(Array(150).fill('x'.repeat(20_000)), large), 'jsonl'))
    expect(large.slice(0, 3)).toEqual([50, 26, 26])
  })

  test('of CSV name their columns once, quote what must be quoted, and hand no formula to a spreadsheet', async () => {
    const texts = ['plain', 'a, "b"\r\nc', '=1+1', '@x', '+y', '-z', '\tq', '＝w']
    const csv = await all(linesOf(sourceOf(texts), 'csv'))
    expect(csv).toBe(`id,text,none\n0,plain,\n1,"a, ""b""\r\nc",\n2,'=1+1,\n3,'@x,\n4,'+y,\n5,'-z,\n6,'\tq,\n7,'＝w,\n`)
    expect(await all(linesOf(sourceOf([]), 'csv'))).toBe('id,text,none\n')
  })
})

describe('a stream', () => {
  const patience = { idleMs: 5000, totalMs: 5000 }
  async function* counting(made: number[], until = 1000) {
    for (let i = 0; i < until; i++) {
      made.push(i)
      yield `${i} `
    }
  }

  test('makes a piece only when it is wanted, and ends once', async () => {
    const [made, ends]: number[][] = [[], []]
    const reader = streamOf(counting(made as number[], 3), patience, () => ends?.push(1)).getReader()
    await sleep(20)
    expect(made).toEqual([])
    const pieces: string[] = []
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      pieces.push(new TextDecoder().decode(read.value))
      expect(made).toHaveLength(pieces.length)
      await sleep(5)
    }
    expect(pieces.join('')).toBe('0 1 2 ')
    expect(ends).toEqual([1])
  })

  test('stops making pieces when the reader goes away', async () => {
    const [made, ends]: number[][] = [[], []]
    const stream = streamOf(counting(made as number[]), patience, () => ends?.push(1))
    const reader = stream.getReader()
    await reader.read()
    await reader.cancel()
    await sleep(20)
    expect(made).toHaveLength(1)
    expect(ends).toEqual([1])
  })

  test('breaks off when nobody reads, when it takes too long, and when a piece fails', async () => {
    for (const [limits, why] of [
      [{ idleMs: 20, totalMs: 5000 }, 'nobody read the export'],
      [{ idleMs: 5000, totalMs: 20 }, 'the export took too long'],
    ] as const) {
      const ends: number[] = []
      const reader = streamOf(counting([]), limits, () => ends.push(1)).getReader()
      await reader.read()
      await sleep(60)
      await expect(reader.read()).rejects.toThrow(why)
      expect(ends).toEqual([1])
    }
    const ends: number[] = []
    const failing = (async function* () {
      yield 'one'
      throw new Error('the database went away')
    })()
    const reader = streamOf(failing, patience, () => ends.push(1)).getReader()
    await reader.read()
    await expect(reader.read()).rejects.toThrow('the database went away')
    expect(ends).toEqual([1])
  })
})
