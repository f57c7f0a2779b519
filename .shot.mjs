import { chromium } from 'playwright-core'
const [base, out, ...paths] = process.argv.slice(2)
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox','--disable-gpu','--disable-background-networking'] })
for (const spec of paths) {
  const [path, scheme='light', width='1280', full='1'] = spec.split('|')
  const c = await b.newContext({ colorScheme: scheme, viewport: { width: Number(width), height: 900 } })
  const p = await c.newPage()
  p.on('console', m => { if (m.type()==='error') console.log('CONSOLE', m.text()) })
  p.on('pageerror', e => console.log('PAGEERROR', e.message))
  const t = Date.now()
  await p.goto(base + path)
  const name = out + '/' + (path.replace(/[^a-z0-9]/gi,'_').slice(0,30)||'root') + '-' + scheme + '-' + width + '.png'
  await p.screenshot({ path: name, fullPage: full==='1' })
  const sw = await p.evaluate(() => document.documentElement.scrollWidth)
  console.log(name, Date.now()-t, 'ms', sw > Number(width) ? 'OVERFLOW '+sw : '')
  await c.close()
}
await b.close()
