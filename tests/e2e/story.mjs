// story.mjs -- an operator's evening: log in, define, start, watch it drain, pause, restock, mend,
// stop.
import {
  check_at_least,
  check_at_most,
  check_equal,
  check_match,
  check_that,
  sleep,
  until,
} from '../lib/check.mjs'
import { log_in, open_window, overflow } from './browser.mjs'
import { ask, begin_sale, campaign, define, OPS, sale_ended, world } from './world.mjs'

const SALE = 'sale-0'
export const FIRST_PAINT_BYTES_MAX = 300 * 1024
const digits = (text) => Number(text.replaceAll(/\D/g, ''))

let page = null // the operator's window, through the whole story

const text = (id) => page.by_id(id).first().innerText()
const left_shown = async () => digits(await text('stock-left'))
const badge_is = (words) => page.locator('h1 ~ .under-title .badge', { hasText: words }).waitFor()

// Press an action, confirm it in its dialog, and wait until that is gone.
async function confirm(action, fill_in = async () => {}) {
  await page.by_id(`action-${action}`).click()
  await fill_in()
  await page.by_id('confirm').click()
  await page.locator('dialog').waitFor({ state: 'detached' })
}

export async function first_paint() {
  page = await open_window(world.origin)
  const cdp = await page.context().newCDPSession(page)
  let bytes = 0
  await cdp.send('Network.enable')
  cdp.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength))
  await page.goto(world.origin)
  await page.by_id('login-user').waitFor()
  check_at_most('bytes until the first page is there', bytes, FIRST_PAINT_BYTES_MAX)
  await page.picture('login')
  await page.by_id('login-user').fill(OPS.user)
  await page.by_id('login-secret').fill('boon_wrong')
  await page.by_id('login-submit').click()
  await page.by_id('login-mistake').filter({ hasText: 'wrong' }).waitFor()
  check_that('a wrong secret is said to be wrong', true)
  await log_in(page, OPS)
  const [cookie] = await page.context().cookies()
  check_equal(
    'the cookie is out of reach of scripts',
    [cookie.httpOnly, cookie.sameSite],
    [true, 'Strict'],
  )
  await page.by_id('empty').waitFor()
  check_match(
    'an empty list says what to do next',
    await text('empty'),
    /redis-cli .*CAMPAIGN\.PUT/,
  )
  check_at_most('bytes with the list of campaigns', bytes, FIRST_PAINT_BYTES_MAX)
}

export async function create() {
  await page.by_id('new-campaign').click()
  await page.by_id('form-id').fill(SALE)
  await page.by_id('form-name').fill('双十一 Double Eleven')
  await page.by_id('form-stock').fill('0')
  await page.by_id('form-amount').fill('20')
  await page.by_id('form-submit').click()
  await page.by_id('form-stock-mistake').filter({ hasText: 'whole number' }).waitFor()
  check_equal(
    'a mistake stands at its field',
    await page.by_id('form-stock').getAttribute('aria-invalid'),
    'true',
  )
  await page.by_id('form-stock').fill('20,000')
  await page.by_id('form-amount').fill('19.90')
  await page.by_id('form-minimum').fill('100')
  await page.by_id('form-opens_at').fill('2026-01-01T00:00')
  await page.picture('form')
  await page.by_id('form-submit').click()
  await badge_is('Draft')
  const { document, stock } = await campaign(SALE)
  check_equal(
    'yuan arrive as fen, the time with its zone',
    [stock, JSON.parse(document)],
    [
      20000,
      {
        name: '双十一 Double Eleven',
        stock: 20000,
        per_member: 1,
        opens_at: '2026-01-01T00:00:00+08:00',
        value: { kind: 'amount_off', amount: 1990, minimum: 10000 },
      },
    ],
  )
}

export async function sale() {
  await confirm('start')
  await badge_is('Running')
  const load = begin_sale('sale', { rate: 4500, seconds: 4, members: 40000 })
  const seen = new Set()
  await until(
    async () => {
      seen.add(await left_shown())
      return load.ended
    },
    20000,
    100,
  )
  const how = await sale_ended(load)
  check_equal('the sale ran', how.code, 0)
  const falling = [...seen].every((left, at, all) => at === 0 || left < all[at - 1])
  check_that('the stock drains on the page, and only drains', falling && seen.size > 1, [...seen])
  const { remaining, issued } = await campaign(SALE)
  await until(async () => (await left_shown()) === remaining)
  check_equal('at the end the page agrees with CAMPAIGN.GET', await left_shown(), remaining)
  const funnel = page.by_id('chart-funnel').locator('tbody tr')
  check_equal(
    'the funnel counts the same',
    digits(await funnel.nth(1).locator('td').first().innerText()),
    issued,
  )
  check_match('refusals stand with their reason', await text('chart-refusals'), /DUPLICATE/)
  check_match('coupons stand by their channel', await text('chart-channels'), /app/)
  await page.by_id('table-stock').click()
  check_at_least(
    'the chart has a table twin',
    await page.by_id('chart-stock').locator('tbody tr').count(),
    3,
  )
  await page.by_id('table-stock').click()
  await page.picture('campaign')
}

export async function pause() {
  const load = begin_sale('sale', { rate: 500, seconds: 30 })
  const before = await left_shown()
  await until(async () => (await left_shown()) < before)
  await confirm('pause', () => page.by_id('reason').fill('the till is down'))
  await badge_is('Paused')
  const { issued } = await campaign(SALE)
  await sleep(1200)
  check_equal('after a pause nothing is issued', (await campaign(SALE)).issued, issued)
  await page.by_id('chart-refusals').filter({ hasText: 'PAUSED' }).waitFor()
  check_that('and the reason is shown', true)
  await load.end('SIGKILL')
}

export async function restock() {
  const { stock } = await campaign(SALE)
  await page.by_id('action-restock').click()
  await page.by_id('restock-delta').fill('500')
  await ask('CAMPAIGN.RESTOCK', SALE, 100, 'EXPECT', stock) // a colleague is faster
  await page.by_id('confirm').click()
  await page.by_id('dialog-mistake').filter({ hasText: 'changed' }).waitFor()
  check_equal(
    'another person’s change is not overwritten',
    (await campaign(SALE)).stock,
    stock + 100,
  )
  await page.by_id('confirm').click()
  await page.locator('dialog').waitFor({ state: 'detached' })
  check_equal('a second look, then it happens', (await campaign(SALE)).stock, stock + 600)
}

export async function edit() {
  const { document } = await campaign(SALE)
  await page.by_id('action-edit').click()
  await page.by_id('form-name').fill('Mine')
  check_equal(
    'a started stock is not in the form’s reach',
    await page.by_id('form-stock').getAttribute('readonly'),
    '',
  )
  const { stock } = await campaign(SALE)
  await define(SALE, { ...JSON.parse(document), stock, name: 'Theirs' })
  await page.by_id('form-submit').click()
  await page.by_id('conflict').waitFor()
  check_match(
    'a change in between is shown, not overwritten',
    await text('conflict'),
    /\/name[^]*Mine[^]*Theirs/,
  )
  await page.by_id('keep-mine').click()
  await badge_is('Paused')
  check_equal('who insists is heard', (await campaign(SALE)).name, 'Mine')
}

export async function stop() {
  await page.by_id('action-stop').click()
  check_that('stop waits for the typed id', await page.by_id('confirm').isDisabled())
  await page.by_id('typed-id').fill(SALE)
  await page.by_id('confirm').click()
  await badge_is('Stopped')
  check_equal('it is stopped', (await campaign(SALE)).state, 'stopped')
  check_equal(
    'and offers nothing more',
    await page.locator('[data-testid^=action-]:visible').count(),
    0,
  )
}

export async function member() {
  await define('vip', {
    name: 'VIP',
    stock: 100,
    per_member: 50,
    value: { kind: 'exchange', price: 0 },
  })
  await ask('CAMPAIGN.START', 'vip')
  await ask('ACCOUNT.EARN', 'alice', 'points', 1250)
  for (let count = 0; count < 24; count++) await ask('COUPON.CLAIM', 'alice', 'vip', 'STORE', 's1')
  await page.by_id('nav-members').click()
  await page.by_id('member-input').fill('alice')
  await page.by_id('member-search').click()
  await page.by_id('coupon-row').nth(19).waitFor()
  check_equal('a member’s balance', await text('balance-points'), '1,250')
  await page.by_id('more-coupons').click()
  await page.by_id('coupon-row').nth(23).waitFor()
  check_equal('all coupons, page by page', await page.by_id('coupon-row').count(), 24)
  const code = await page.by_id('coupon-row').first().locator('code').innerText()
  await page.by_id('member-input').fill(code)
  await page.by_id('member-search').click()
  await page.by_id('coupon-found').waitFor()
  check_match(
    'a scanned code finds its member and store',
    await text('coupon-found'),
    /alice[^]*s1/,
  )
  await page.by_id('member-input').fill('nobody')
  await page.by_id('member-search').click()
  await page.by_id('not-found').waitFor()
  check_that('who is not there is said not to be there', true)
}

async function type_command(line) {
  await page.by_id('command-input').fill(line)
  await page.keyboard.press('Enter')
}

export async function command() {
  await page.by_id('nav-command').click()
  const input = page.by_id('command-input')
  await input.pressSequentially('campaign.g')
  await page.by_id('completion').first().waitFor()
  await page.keyboard.press('Tab')
  check_equal('Tab completes', await input.inputValue(), 'CAMPAIGN.GET ')
  check_equal('what is missing is hinted', (await text('command-hint')).trim(), 'campaign')
  await input.pressSequentially('sale-0')
  await page.keyboard.press('Enter')
  const answer = (pattern) => page.locator('.answer', { hasText: pattern }).last().waitFor()
  await answer(/ 1\) "OK"/)
  check_that('an answer reads as in redis-cli', true)
  await type_command("ECHO 'two words'")
  await answer('"two words"')
  await type_command('NO.SUCH')
  await answer('(error) ERR')
  await type_command('ECHO "open')
  await answer('Invalid argument(s)')
  check_that('quotes and errors too', true)
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('ArrowUp')
  check_equal('the history is walked with arrow keys', await input.inputValue(), 'NO.SUCH')
  await page.keyboard.press('Escape')
  check_equal('no overflow', await overflow(page), 0)
  await page.picture('command')
}

export const the_page = () => page
