// browser.mjs -- one Chromium, its windows, and an ear for everything that must never happen in
// them.
//
// A window notes errors of scripts, violations of the content security policy, and requests that go
// to another host than the server; complaints() lists them at the end.
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { ROOT } from '../lib/boon.mjs'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
export const PICTURES = join(ROOT, 'build/e2e')
export const WIDE = { width: 1440, height: 900 }
export const NARROW = { width: 360, height: 780 }

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const heard = [] // {kind, text}

export const complaints = (kind) => heard.filter((one) => one.kind === kind).map((one) => one.text)

let browser = null

export async function open_browser() {
  if (!existsSync(CHROMIUM)) {
    console.error(`${CHROMIUM} is not there: scripts/setup installs it, or name yours in CHROMIUM`)
    process.exit(1)
  }
  mkdirSync(PICTURES, { recursive: true })
  browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
}

export const close_browser = () => browser?.close()

// What the server answers with 4xx on purpose is written to the console by Chromium itself.
const is_answer = (text) => text.startsWith('Failed to load resource')

function listen(page, origin) {
  page.on('console', (message) => {
    const text = message.text()
    if (/content security policy/i.test(text)) heard.push({ kind: 'policy', text })
    else if (message.type() === 'error' && !is_answer(text)) heard.push({ kind: 'error', text })
  })
  page.on('pageerror', (error) => heard.push({ kind: 'error', text: error.stack ?? String(error) }))
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.origin !== origin && !['data:', 'blob:'].includes(url.protocol))
      heard.push({ kind: 'stranger', text: request.url() })
  })
}

// A window of its own: nothing is remembered from another. Its page knows by_id() and picture().
export async function open_window(origin, { size = WIDE, theme = 'light', language = 'en' } = {}) {
  const context = await browser.newContext({
    viewport: size,
    colorScheme: theme,
    locale: language,
    timezoneId: 'Asia/Shanghai',
    acceptDownloads: true,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(8000)
  listen(page, origin)
  page.by_id = (id) => page.locator(`[data-testid="${id}"]`)
  page.picture = (name) => page.screenshot({ path: join(PICTURES, `${name}.png`) })
  page.to = (hash) => page.goto(`${origin}/#/${hash}`)
  return page
}

export async function log_in(page, { user, secret }) {
  await page.by_id('login-user').fill(user)
  await page.by_id('login-secret').fill(secret)
  await page.by_id('login-submit').click()
  await page.by_id('nav-campaigns').waitFor()
}

// Serious and critical findings of axe-core, one line each. The policy forbids scripts of others,
// so it is run from outside of the page.
export async function audit(page) {
  await page.evaluate(AXE)
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }))
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .map(({ target }) => target.join(' '))
          .slice(0, 4)
          .join(', ')}`,
    )
}

// How many pixels the page is wider than its window.
export const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

// Save what a click downloads and give its text.
export async function downloaded(page, click) {
  const coming = page.waitForEvent('download')
  await click()
  const file = await coming
  return readFileSync(await file.path(), 'utf8')
}
