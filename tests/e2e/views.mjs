// views.mjs -- every page in both languages, themes and widths, by keyboard, by a reader, and when
// the server is silent.
import { check_equal, check_match, check_that } from '../lib/check.mjs'
import { audit, complaints, downloaded, log_in, NARROW, open_window, overflow } from './browser.mjs'
import { ask, define, OPS, READER, world } from './world.mjs'
import { the_page } from './story.mjs'

// name, address, and what the page says that it is
const PAGES = [
  ['campaigns', 'campaigns', 'campaigns'],
  ['campaign', 'campaigns/vip', 'campaign'],
  ['new', 'new', 'edit'],
  ['edit', 'campaigns/vip/edit', 'edit'],
  ['members', 'members/alice', 'members'],
  ['node', 'node', 'node'],
  ['command', 'command', 'command'],
]

// A page is whole when the stream has brought its first figures.
const settled = async (page, name) => {
  await page.locator(`main[data-page=${name}]`).waitFor()
  await page.locator('[data-testid=live-state][data-state=live]').waitFor()
  await page.waitForTimeout(150)
}

export async function words_and_colours() {
  const page = the_page()
  await page.to('campaigns')
  await page.by_id('lang-toggle').click()
  await page.locator('h1', { hasText: '活动' }).waitFor()
  await page.reload()
  await page.locator('h1', { hasText: '活动' }).waitFor()
  check_equal(
    'the language is remembered',
    await page.locator('html').getAttribute('lang'),
    'zh-CN',
  )
  await settled(page, 'campaigns')
  await page.picture('campaigns-zh')
  await page.by_id('lang-toggle').click()
  await page.locator('h1', { hasText: 'Campaigns' }).waitFor()
  await page.by_id('theme-toggle').click() // system → light
  await page.by_id('theme-toggle').click() // light → dark
  await page.reload()
  await settled(page, 'campaigns')
  check_equal(
    'the theme is remembered',
    await page.locator('html').getAttribute('data-theme'),
    'dark',
  )
  await page.by_id('theme-toggle').click() // dark → system
}

export async function csv() {
  const page = the_page()
  await page.to('campaigns')
  await settled(page, 'campaigns')
  const list = await downloaded(page, () => page.by_id('csv-campaigns').click())
  check_match(
    'the list as CSV',
    list,
    /^\ufeffid,name,state,stock,issued,left[^]*sale-0,Mine,stopped,/,
  )
  await page.to('campaigns/vip')
  await page.by_id('chart-stock').locator('canvas').waitFor()
  const chart = await downloaded(page, () => page.by_id('csv-stock').click())
  check_match('a chart as CSV', chart, /^\ufefftime,Left\r\n\d{4}-\d\d-\d\dT[^,]*,76\r\n/)
}

// From the top of the page to a dialog and back, with no pointer.
export async function keyboard() {
  const page = the_page()
  await page.to('campaigns/vip')
  await page.reload()
  await settled(page, 'campaign')
  const focus = () =>
    page.evaluate(() => {
      const { id, className, dataset } = document.activeElement
      return dataset.testid ?? (id || className)
    })
  const press = (key) => page.keyboard.press(key)
  await press('Tab')
  check_equal('the first stop skips to the content', await focus(), 'skip')
  await press('Enter')
  check_equal('and it does', await focus(), 'main')
  for (let count = 0; count < 6 && (await focus()) !== 'action-pause'; count++) await press('Tab')
  check_equal('Tab comes to Pause', await focus(), 'action-pause')
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle)
  check_equal('the focus is seen', outline, 'solid')
  await press('Enter')
  await page.locator('dialog[open]').waitFor()
  await press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
  check_equal('Escape closes, and the focus is back', await focus(), 'action-pause')
}

export async function reader() {
  const page = await open_window(world.origin)
  await page.goto(world.origin)
  await log_in(page, READER)
  await page.by_id('campaign-row-vip').waitFor()
  check_equal('a reader makes no campaign', await page.by_id('new-campaign').count(), 0)
  await page.to('campaigns/vip')
  await page.by_id('stock-left').waitFor()
  check_equal('and moves none', await page.locator('[data-testid^=action-]:visible').count(), 0)
  await page.by_id('logout').click()
  await page.by_id('login-user').waitFor()
  check_that('who logs out is out', true)
  await page.context().close()
}

async function look_at_all(theme, language) {
  const page = await open_window(world.origin, { theme, language })
  await page.goto(world.origin)
  check_equal(`log in, ${theme}: axe finds nothing serious`, await audit(page), [])
  await log_in(page, OPS)
  for (const [name, hash, kind] of PAGES) {
    await page.setViewportSize({ width: 1440, height: 900 })
    await page.to(hash)
    await settled(page, kind)
    check_equal(`${name}, ${theme}: axe finds nothing serious`, await audit(page), [])
    const wide = await overflow(page)
    if (name === 'node' || name === 'campaigns') await page.picture(`${name}-${theme}`)
    await page.setViewportSize(NARROW)
    await page.waitForTimeout(60)
    check_equal(
      `${name}, ${theme}: no wider than its window, 1440 and 360`,
      [wide, await overflow(page)],
      [0, 0],
    )
    if (name.startsWith('campaign') || name === 'node') await page.picture(`${name}-${theme}-360`)
  }
  await page.context().close()
}

export const looks = () => Promise.all([look_at_all('light', 'en'), look_at_all('dark', 'zh-CN')])

// Figures that are old say so; when the server is back, so are they.
export async function silence() {
  const page = the_page()
  await define('later', {
    name: 'Later',
    stock: 10,
    opens_at: '2099-01-01T00:00:00Z',
    value: { kind: 'exchange', price: 0 },
  })
  await ask('CAMPAIGN.START', 'later')
  await page.to('campaigns')
  await page.by_id('campaign-row-later').waitFor()
  check_match(
    'what opens later is scheduled',
    await page.by_id('campaign-row-later').innerText(),
    /Scheduled/,
  )
  world.boon.signal('SIGSTOP')
  await page.locator('[data-testid=live-state][data-state=stale]').waitFor()
  check_match(
    'old figures say of when they are',
    await page.by_id('stale-notice').innerText(),
    /figures are of/,
  )
  world.boon.signal('SIGCONT')
  await page.locator('[data-testid=live-state][data-state=live]').waitFor()
  check_that('and are live again', true)
  await world.boon.end()
  await page.locator('[data-testid=live-state][data-state=lost]').waitFor()
  check_that('a server that is gone is noticed', true)
}

export async function nothing_else() {
  check_equal('no violation of the content security policy', complaints('policy'), [])
  check_equal('no error in any script', complaints('error'), [])
  check_equal('no request to another host', complaints('stranger'), [])
}
