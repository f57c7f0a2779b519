import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { AxeResults } from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shortHash } from '../../src/api/explorer/parts/words.tsx'
import { CHALLENGE_BOND } from '../index/support/stage.ts'
import { addressesOf } from './addresses.ts'
import { findChromium, WITHOUT_CHROMIUM } from './chromium.ts'
import { playDays } from './days.ts'
import { forecast, inference, runOnce } from './opengradient.ts'
import { type ExplorerStage, postOpen } from './stage.ts'

const ABOUT_COLOUR = ['color-contrast', 'link-in-text-block']
const PHONE = { width: 360, height: 740 }
const executablePath = findChromium()
if (!executablePath) console.warn(`\n${WITHOUT_CHROMIUM}\n`)

/** What holds of the pages in a real Chromium. */
export function testBrowsed(at: () => ExplorerStage): void {
  describe.skipIf(!executablePath)('in a browser', () => {
    let browser: Browser

    beforeAll(async () => {
      browser = await chromium.launch({
        ...{ executablePath: executablePath as string, timeout: 120_000 },
        args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
      })
    })
    afterAll(async () => {
      await browser?.close()
    })

    /** Opens pages one after the other in one context, and gives what its console complained of. */
    async function visit(
      options: BrowserContextOptions,
      look: (open: (path: string) => Promise<Page>) => Promise<void>,
    ): Promise<string[]> {
      const context = await browser.newContext(options)
      context.setDefaultTimeout(60_000)
      const complaints: string[] = []
      try {
        const page = await context.newPage()
        page.on('console', (message) => {
          // A page that is not there answers 404, which Chromium reports as an error of its own.
          const isMissing = message.text().includes('404') && page.url().includes('0'.repeat(64))
          if (['error', 'warning'].includes(message.type()) && !isMissing)
            complaints.push(`${page.url()}: ${message.text()}`)
        })
        page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`))
        page.on('dialog', (dialog) => {
          complaints.push(`${page.url()}: a dialog`)
          void dialog.dismiss()
        })
        await look(async (path) => {
          await page.goto(at().index.apiUrl + path, { waitUntil: 'load' })
          return page
        })
      } finally {
        await context.close()
      }
      return complaints
    }

    test('no page has anything to complain of, asks anybody else, or runs what a stranger wrote', async () => {
      const complaints = await visit({}, async (open) => {
        for (const [name, path] of Object.entries(addressesOf(at()))) {
          const page = await open(path)
          const seen = await page.evaluate(() => ({
            hacked: 'hacked' in window,
            from: performance.getEntriesByType('resource').map((entry) => new URL(entry.name).origin),
            own: location.origin,
            heading: document.querySelectorAll('h1').length,
          }))
          expect(seen.hacked, name).toBe(false)
          expect(
            seen.from.filter((origin) => origin !== seen.own && origin !== 'null'),
            name,
          ).toEqual([])
          expect(seen.heading, name).toBe(1)
        }
      })
      expect(complaints).toEqual([])
    })

    for (const colorScheme of ['light', 'dark'] as const)
      test(`axe finds nothing wrong with any page (${colorScheme})`, async () => {
        await visit({ colorScheme, bypassCSP: true }, async (open) => {
          for (const [name, path] of Object.entries(addressesOf(at()))) {
            // Dark is the same page in other colours.
            const found = await axe(await open(path), colorScheme === 'light' ? undefined : ABOUT_COLOUR)
            expect(found, `${name} (${colorScheme})`).toEqual([])
          }
        })
      })

    test('fits a phone: no page scrolls sideways, only what is wider than it within it', async () => {
      await visit({ viewport: PHONE, hasTouch: true, isMobile: true }, async (open) => {
        for (const [name, path] of Object.entries(addressesOf(at()))) {
          const page = await open(path)
          const widest = await page.evaluate(() => document.documentElement.scrollWidth)
          expect(widest, name).toBeLessThanOrEqual(PHONE.width)
        }
      })
    })

    test('reads the same without JavaScript', async () => {
      const main = async (javaScriptEnabled: boolean) => {
        const texts: Record<string, string> = {}
        await visit({ javaScriptEnabled }, async (open) => {
          for (const [name, path] of Object.entries(addressesOf(at()))) {
            const text = await (await open(path)).locator('main').textContent()
            // What an index answers now may be newer than what it answered before.
            if (name !== 'docs') texts[name] = text ?? ''
          }
        })
        return texts
      }
      expect(await main(false)).toEqual(await main(true))
    })

    test('can be walked by keyboard: past the frame, through the links, into what scrolls, to a result', async () => {
      await visit({ viewport: { width: 900, height: 700 } }, async (open) => {
        const page = await open('/results')
        await page.keyboard.press('Tab')
        expect(await focused(page)).toBe('Skip to content')
        expect(await page.locator('.skip').evaluate((skip) => skip.getBoundingClientRect().top)).toBeGreaterThanOrEqual(
          0,
        )
        await page.keyboard.press('Enter')
        expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
        const path = await tabTo(page, (name) => name.startsWith('0x'))
        expect(path.slice(0, 3)).toEqual(['all', 'posted', 'challenged'])
        expect(path).toContain('Table: Results, newest first')
        await Promise.all([page.waitForURL(/\/results\/0x/), page.keyboard.press('Enter')])
        expect(await page.locator('h1').textContent()).toContain('Result 0x')
      })
    })

    test('tasks, settled calls and analytics can be walked by keyboard: from the navigation to what a table leads to', async () => {
      await visit({ viewport: { width: 900, height: 700 } }, async (open) => {
        const page = await open('/')
        const follow = async (name: string | RegExp, to: RegExp) => {
          await tabTo(page, (one) => (typeof name === 'string' ? one === name : name.test(one)))
          await Promise.all([page.waitForURL(to), page.keyboard.press('Enter')])
        }
        await follow('Tasks', /\/tasks$/)
        const { running } = at().opengradient.tasks
        await follow(shortHash(running), /\/tasks\/0x/)
        await tabTo(page, (name) => name === 'Table: Runs of this task, newest first')
        await follow(/^0x/, /\/results\/0x/)
        await tabTo(page, (name) => name === 'Table: Contracts that repeated this result, the latest first')
        await open('/')
        await follow('LLM calls', /\/batches$/)
        await follow(/^0x/, /\/batches\/0x/)
        await open('/')
        await follow('Analytics', /\/analytics$/)
        await tabTo(page, (name) => name === 'The same as a table')
        await page.keyboard.press('Enter')
        await tabTo(page, (name) => name === 'Table: What happened day by day, latest first')
      })
    })

    test('a task is renewed while it is open: its next run shows and is read out', async () => {
      const { opengradient, stage } = at()
      const complaints = await visit({}, async (open) => {
        const page = await open(`/tasks/${opengradient.tasks.over}`)
        expect(await page.locator('main').textContent()).toContain('It has not run.')
        await runOnce(stage, 'over', { of: inference('late', forecast(6)), said: forecast(6) })
        await page.locator('td', { hasText: 'the same output' }).waitFor()
        expect(await page.locator('#news').textContent()).toContain('Now: task over, 1 runs')
      })
      expect(complaints).toEqual([])
    })

    test('is renewed while it is open: a challenge shows, is read out, and takes neither focus nor what was opened', async () => {
      const resultId = await postOpen(at())
      const complaints = await visit({}, async (open) => {
        const page = await open(`/results/${resultId}`)
        await page.locator('.answer', { hasText: 'Do not rely on it yet' }).waitFor()
        expect(await page.locator('.way li').count()).toBe(3)
        await page.locator('a', { hasText: 'status as JSON' }).focus()
        await page.evaluate(() => {
          Object.assign(window, { before: document.querySelector('.answer') })
        })

        const { stage } = at()
        await stage.move(stage.cast.watcher, 'challenge', [resultId], CHALLENGE_BOND)
        await page.locator('.answer', { hasText: 'it is challenged' }).waitFor()

        expect(await page.locator('#news').textContent()).toContain('Now: result challenged')
        expect(await focused(page)).toBe('status as JSON')
        expect(await page.title()).toContain('challenged')
        expect(await page.locator('.way li').count()).toBe(4)
        // The page was not loaded again: its elements are those from before.
        expect(
          await page.evaluate(() => (window as { before?: unknown }).before === document.querySelector('.answer')),
        ).toBe(true)
      })
      expect(complaints).toEqual([])
    })

    test('GraphiQL answers an example, asks nobody else, and has nothing to complain of', async () => {
      const asked = new Set<string>()
      const complaints = await visit({}, async (open) => {
        const page = await open('/docs')
        page.on('request', (request) => asked.add(new URL(request.url()).origin))
        await open('/graphql')
        await page.getByRole('button', { name: /execute query/i }).click()
        await page.locator('.result-window', { hasText: '"items"' }).waitFor()
        expect(await page.locator('.result-window').textContent()).not.toContain('"errors"')
      })
      expect([...asked].filter((origin) => origin !== 'null')).toEqual([new URL(at().index.apiUrl).origin])
      expect(complaints).toEqual([])
    })

    test.skipIf(process.env.GAINSAY_SCREENSHOTS !== '1')('is shown in the docs', async () => {
      const folder = fileURLToPath(new URL('../../docs/images/', import.meta.url))
      mkdirSync(folder, { recursive: true })
      const { results, tasks, batches } = at().opengradient
      const shots = [
        ['overview', '/', 'dark'],
        ['result', `/results/${at().convicted}`, 'light'],
        ['recorded', `/results/${results.get('repeated')}`, 'light'],
        ['task', `/tasks/${tasks.running}`, 'light'],
        ['batch', `/batches/${batches.mismatch}`, 'dark'],
      ] as [name: string, path: string, colorScheme: 'light' | 'dark'][]
      const take = async () => {
        for (const [name, path, colorScheme] of shots.splice(0))
          await visit({ colorScheme, viewport: { width: 1180, height: 860 } }, async (open) => {
            await (await open(path)).screenshot({ path: `${folder}explorer-${name}.png` })
          })
      }
      await take()
      shots.push(['analytics', `/analytics?${await playDays(at())}`, 'light'])
      await take()
    })
  })
}

/** Presses Tab until something is in focus that is wanted, each of it in sight. @returns what was in focus on the way */
async function tabTo(page: Page, isWanted: (name: string) => boolean): Promise<string[]> {
  const path: string[] = []
  while (path.length < 80) {
    await page.keyboard.press('Tab')
    const name = await focused(page)
    path.push(name)
    const outline = await page.evaluate(() => {
      const style = getComputedStyle(document.activeElement as Element)
      return style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 2
    })
    expect(outline, `focus on ${name} shows`).toBe(true)
    if (isWanted(name)) return path
  }
  throw new Error(`never in focus: ${path.join(', ')}`)
}

function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? ''
  })
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds on a page, by rule, with the element it is about. @param runOnly rules; all that are on by default when left out */
async function axe(page: Page, runOnly?: string[]): Promise<string[]> {
  await page.evaluate(axeSource)
  const { violations, passes } = (await page.evaluate(
    (options) => (window as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run(options),
    runOnly ? { runOnly } : {},
  )) as AxeResults
  expect(passes.map(({ id }) => id)).toContain('color-contrast')
  return violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  )
}
