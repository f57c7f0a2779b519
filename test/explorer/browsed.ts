import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { AxeResults } from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHALLENGE_BOND } from '../index/support/stage.ts'
import { addressesOf } from './addresses.ts'
import { findChromium, WITHOUT_CHROMIUM } from './chromium.ts'
import { type ExplorerStage, postOpen } from './stage.ts'

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
            const found = await axe(await open(path))
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
        const path: string[] = []
        for (let presses = 0; presses < 40 && !path.at(-1)?.startsWith('0x'); presses++) {
          await page.keyboard.press('Tab')
          path.push(await focused(page))
          const outline = await page.evaluate(() => {
            const style = getComputedStyle(document.activeElement as Element)
            return style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 2
          })
          expect(outline, `focus on ${path.at(-1)} shows`).toBe(true)
        }
        expect(path.slice(0, 3)).toEqual(['all', 'posted', 'challenged'])
        expect(path).toContain('Table: Results, newest first')
        await Promise.all([page.waitForURL(/\/results\/0x/), page.keyboard.press('Enter')])
        expect(await page.locator('h1').textContent()).toContain('Result 0x')
      })
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
      const shots = [
        ['overview', '/', 'dark'],
        ['result', `/results/${at().convicted}`, 'light'],
      ] as const
      for (const [name, path, colorScheme] of shots)
        await visit({ colorScheme, viewport: { width: 1000, height: 860 } }, async (open) => {
          await (await open(path)).screenshot({ path: `${folder}explorer-${name}.png` })
        })
    })
  })
}

function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? ''
  })
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds on a page, by rule, with the element it is about. */
async function axe(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  const { violations } = (await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  )) as AxeResults
  return violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  )
}
