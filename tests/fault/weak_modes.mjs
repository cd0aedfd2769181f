// weak_modes.mjs -- what is weaker than the promise says so loudly: --journal none, --clock manual.
import { check_equal, check_match } from '../lib/check.mjs'
import { open_campaign, run_boon, start_boon } from '../lib/boon.mjs'
import { fields } from '../lib/resp.mjs'

const T0 = Date.UTC(2026, 10, 11)
const HOUR = 3600 * 1000
const at = (ms) => new Date(ms).toISOString()

export async function nothing_kept() {
  const boon = await start_boon(['--journal', 'none'])
  check_match(
    '--journal none: the log says so',
    boon.err,
    /level=warn event=no_journal meaning="NOTHING IS KEPT: every coupon and balance is lost at exit"/,
  )
  check_match(
    '--journal none: what it prints says so',
    boon.out,
    /NO JOURNAL: everything is lost when it ends/,
  )
  const info = await boon.info()
  check_equal('--journal none: INFO says so', info.journal, 'none')
  check_match('--journal none: and what it means', info.durability_note, /NO JOURNAL/)
  const client = await boon.client()
  await open_campaign(client, 'sale', 10)
  check_equal(
    '--journal none: it issues',
    (await client.call('COUPON.CLAIM', 'alice', 'sale'))[0],
    'OK',
  )
  check_equal('--journal none: it ends cleanly', (await boon.end()).code, 0)
}

export async function clocks() {
  let boon = await start_boon(['--clock', 'manual'])
  const { dir } = boon
  check_match(
    '--clock manual: the log says so',
    boon.err,
    /level=warn event=manual_clock meaning="TIME STANDS STILL until CLOCK\.SET: for tests only"/,
  )
  check_match(
    '--clock manual: what it prints says so',
    boon.out,
    /MANUAL CLOCK: time stands still until CLOCK\.SET; for tests only/,
  )
  check_equal('--clock manual: INFO says so', (await boon.info()).clock, 'manual')
  let client = await boon.client()
  check_equal('CLOCK.SET sets it', await client.call('CLOCK.SET', T0), ['OK', T0])
  check_equal('CLOCK.SET to the same time is no step back', await client.call('CLOCK.SET', T0), [
    'OK',
    T0,
  ])
  check_equal('CLOCK.SET backwards is refused', await client.call('CLOCK.SET', T0 - 1), [
    'CLOCK_BACKWARDS',
    T0,
  ])
  await open_campaign(client, 'sale', 10, { opens_at: at(T0 + HOUR), ends_at: at(T0 + 2 * HOUR) })
  check_equal('an hour before it opens', await client.call('COUPON.CLAIM', 'alice', 'sale'), [
    'NOT_OPEN',
    T0 + HOUR,
  ])
  await client.call('CLOCK.SET', T0 + HOUR - 1)
  check_equal('1 ms before it opens', await client.call('COUPON.CLAIM', 'alice', 'sale'), [
    'NOT_OPEN',
    T0 + HOUR,
  ])
  await client.call('CLOCK.SET', T0 + HOUR)
  const [word, code] = await client.call('COUPON.CLAIM', 'alice', 'sale')
  check_equal('as it opens', word, 'OK')
  check_equal(
    'the coupon is issued at that very time',
    fields(await client.call('COUPON.GET', code)).issued_at,
    T0 + HOUR,
  )

  await boon.end('SIGKILL')
  boon = await start_boon(['--clock', 'manual', '--dir', dir])
  client = await boon.client()
  check_equal('after kill -9 the clock stands where it stood', await client.call('CLOCK.SET', T0), [
    'CLOCK_BACKWARDS',
    T0 + HOUR,
  ])
  await client.call('CLOCK.SET', T0 + 2 * HOUR - 1)
  check_equal('1 ms before it ends', (await client.call('COUPON.CLAIM', 'bob', 'sale'))[0], 'OK')
  await client.call('CLOCK.SET', T0 + 2 * HOUR)
  check_equal('as it ends', await client.call('COUPON.CLAIM', 'carol', 'sale'), [
    'ENDED',
    T0 + 2 * HOUR,
  ])
  check_equal('--clock manual: it ends cleanly', (await boon.end()).code, 0)

  const real = await run_boon(['--port', '0', '--dir', dir], { limit_ms: 10000 })
  check_equal('a journal of a manual clock under a real one: exit code', real.code, 1)
  check_match('a journal of a manual clock under a real one: refused', real.said, /manual/)

  const usual = await start_boon()
  check_equal('a real clock: INFO says so', (await usual.info()).clock, 'real')
  check_match(
    'a real clock: CLOCK.SET is an error',
    String(await (await usual.client()).call('CLOCK.SET', T0)),
    /^-ERR CLOCK\.SET needs a server started with --clock manual$/,
  )
  await usual.end()
  const manual = await run_boon(['--port', '0', '--dir', usual.dir, '--clock', 'manual'], {
    limit_ms: 10000,
  })
  check_equal('a journal of a real clock under a manual one: exit code', manual.code, 1)
  check_match('a journal of a real clock under a manual one: refused', manual.said, /manual|real/)
}
