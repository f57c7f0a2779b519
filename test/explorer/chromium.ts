import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Path of a Chromium to test pages with: `GAINSAY_TEST_CHROMIUM`, or what is on the PATH; undefined when there is none.
 *
 * @throws Error when the variable names something that cannot be run
 */
export function findChromium(): string | undefined {
  const named = process.env.GAINSAY_TEST_CHROMIUM
  if (named) {
    if (!isExecutable(named)) throw new Error(`GAINSAY_TEST_CHROMIUM=${named} is not an executable file`)
    return named
  }
  const folders = (process.env.PATH ?? '').split(delimiter)
  return ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find(isExecutable)
}

/** What is said where there is none: a bare machine must be able to run the other tests. */
export const WITHOUT_CHROMIUM =
  'NOT TESTED in a browser: live updates, keyboard path, console errors, accessibility, layout on a phone, reading without JavaScript. There is no Chromium: install one (Debian: "apt-get install chromium") or name one in GAINSAY_TEST_CHROMIUM.'

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
