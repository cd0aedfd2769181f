// redis_killed.mjs -- the private Redis dies or stands still; Boon holds its answers and goes on.
import {
  check_at_least,
  check_at_most,
  check_equal,
  check_match,
  check_that,
  say,
  sleep,
  until,
  within,
} from '../lib/check.mjs'
import { open_campaign, redis_pids_in, start_boon } from '../lib/boon.mjs'
import { Claimers } from '../lib/claims.mjs'
import { Watch } from './boon_killed.mjs'

const clean = { missing: [], wrong: [] }

export async function redis_killed() {
  const boon = await start_boon()
  const watch = new Watch(boon.dir)
  await open_campaign(await boon.client(), 'sale', 5000000)
  const claimers = new Claimers('sale', { retry: true })
  claimers.start(boon, { connections: 8, depth: 32 })
  const killed = []
  for (let time = 0; time < 5; time++) {
    await sleep(400)
    const [pid] = redis_pids_in(boon.dir)
    killed.push(pid)
    process.kill(pid, 'SIGKILL')
    const before = claimers.ok.size
    const back = await until(() => claimers.ok.size > before + 500, 8000)
    check_that(`Redis killed, time ${time + 1}: claims are answered again`, back, boon.tail(4))
  }
  await within(10000, 'the answers to held claims', claimers.stop())
  const info = await boon.info()
  say(
    `${claimers.ok.size} claims acknowledged, ${claimers.put_off} told to come again; ${info.journal_redis_restarts} restarts, ${info.journal_resolves} resolved`,
  )
  check_equal('Redis killed: Boon is the same process', info.process_id, String(boon.pid))
  check_equal('Redis killed: it was another Redis each time', new Set(killed).size, 5)
  check_equal('Redis killed: INFO counts the restarts', info.journal_redis_restarts, '5')
  check_equal(
    'Redis killed: no connection was lost, no answer was odd',
    [claimers.lost, claimers.odd],
    [0, []],
  )
  check_equal('Redis killed: nothing is unacknowledged', info.unacknowledged_events, '0')
  check_equal('Redis killed: never two at once', watch.most, 1)
  watch.end()
  check_equal(
    'Redis killed: nothing lost, nothing doubled',
    await claimers.audit(await boon.client()),
    clean,
  )
  check_that('Redis killed: claims put off are answered', await claimers.settle(boon))
  await boon.end('SIGKILL')
  const again = await start_boon(['--dir', boon.dir])
  check_equal(
    'Redis killed: nor after kill -9 of Boon and a restart',
    await claimers.audit(await again.client()),
    clean,
  )
  check_equal('Redis killed: then it ends cleanly', (await again.end()).code, 0)
}

// Redis stands still for 2 s: writes wait or are put off, look-ups of settled things go on.
export async function redis_paused() {
  const boon = await start_boon()
  const client = await boon.client()
  await open_campaign(client, 'sale', 5000000)
  await open_campaign(client, 'early', 1)
  const settled = await client.call('COUPON.CLAIM', 'bird', 'early')
  const claimers = new Claimers('sale', { retry: true })
  claimers.start(boon, { connections: 4, depth: 16 })
  await sleep(300)
  const [pid] = redis_pids_in(boon.dir)
  process.kill(pid, 'SIGSTOP')
  await sleep(300)
  const before = claimers.ok.size
  const reader = await boon.client()
  const began = performance.now()
  const pong = await within(1500, 'PING', reader.call('PING'))
  const look_up = await within(1500, 'a look-up', reader.call('COUPON.GET', settled[1]))
  const took = performance.now() - began
  await sleep(1500)
  check_equal(
    'Redis paused: PING and look-ups of settled things are answered',
    [pong, look_up[0]],
    ['PONG', 'OK'],
  )
  check_at_most('Redis paused: within 300 ms', took, 300)
  check_equal('Redis paused: nothing is acknowledged meanwhile', claimers.ok.size, before)
  process.kill(pid, 'SIGCONT')
  check_that(
    'Redis paused: it goes on',
    await until(() => claimers.ok.size > before + 500, 8000),
    boon.tail(3),
  )
  await within(10000, 'the held answers', claimers.stop())
  check_equal(
    'Redis paused: no connection was lost, no answer was odd',
    [claimers.lost, claimers.odd],
    [0, []],
  )
  check_equal('Redis paused: it is the same Redis', redis_pids_in(boon.dir), [pid])
  check_equal(
    'Redis paused: nothing lost, nothing doubled',
    await claimers.audit(await boon.client()),
    clean,
  )

  // A full queue is told, and bounded.
  process.kill(pid, 'SIGSTOP')
  const end = boon.end('SIGTERM', 20000)
  await sleep(500)
  process.kill(pid, 'SIGCONT')
  const how = await end
  check_at_most('Redis paused: SIGTERM meanwhile ends within 8 s', how.ms, 8000)
  const again = await start_boon(['--dir', boon.dir])
  check_equal(
    'Redis paused: and nothing is lost',
    await claimers.audit(await again.client()),
    clean,
  )
  check_equal('Redis paused: the server ends cleanly', (await again.end()).code, 0)
}

// Redis stands still and claims keep coming: the queue fills to its bound, then callers are told
// BUSY.
export async function queue_full() {
  const boon = await start_boon(['--queue-bytes-max', '2mb'])
  const client = await boon.client()
  await open_campaign(client, 'sale', 5000000)
  await open_campaign(client, 'early', 1)
  const bird = await client.call('COUPON.CLAIM', 'bird', 'early')
  const [pid] = redis_pids_in(boon.dir)
  process.kill(pid, 'SIGSTOP')
  const book = new Claimers('sale', { retry: true })
  const clients = await Promise.all(Array.from({ length: 20 }, () => boon.client()))
  const answers = clients.flatMap((one) =>
    Array.from({ length: 4000 }, () => book.claim(one, `sale-${book.number++}`)),
  )
  const full = await until(async () => Number((await boon.info()).busy) > 1000, 10000)
  const info = await boon.info()
  check_that('queue full: callers are told BUSY', full, info.busy)
  check_at_most('queue full: it is bounded', Number(info.unacknowledged_bytes), 2.5 * 1024 * 1024)
  check_equal('queue full: nothing was acknowledged', book.ok.size, 0)
  const reader = await boon.client()
  const [coupon, claim] = await within(
    1000,
    'a look-up',
    Promise.all([reader.call('COUPON.GET', bird[1]), reader.call('COUPON.CLAIM', 'late', 'sale')]),
  )
  check_equal('queue full: look-ups of settled things go on', coupon[0], 'OK')
  check_match('queue full: a claim is told when to come again', String(claim), /^-BUSY .*try again/)
  process.kill(pid, 'SIGCONT')
  await within(15000, 'all answers', Promise.all(answers))
  say(`${book.ok.size} claims held and then acknowledged, ${book.put_off} told BUSY`)
  check_equal(
    'queue full: every claim got one or the other',
    book.ok.size + book.put_off,
    book.number,
  )
  check_equal('queue full: no odd answers', [book.lost, book.odd], [0, []])
  check_equal('queue full: nothing lost, nothing doubled', await book.audit(client), clean)
  check_equal('queue full: a claim that was told BUSY did not happen', book.held, book.ok.size)
  check_that(
    'queue full: sent again, all are answered',
    await book.settle(boon),
    book.retries.length,
  )
  check_equal(
    'queue full: and every member has one',
    [(await book.audit(client)).wrong, book.held],
    [[], book.number],
  )
  check_equal('queue full: the server ends cleanly', (await boon.end()).code, 0)
}

// Ctrl-C reaches every process of the terminal's group at once; Boon must end first, then its
// Redis.
export async function interrupted() {
  const boon = await start_boon([], { detached: true })
  await open_campaign(await boon.client(), 'sale', 5000000)
  const claimers = new Claimers('sale')
  claimers.start(boon, { connections: 8, depth: 32 })
  await sleep(400)
  const began = Date.now()
  process.kill(-boon.pid, 'SIGINT')
  const how = await within(10000, 'the end after Ctrl-C', boon.exited)
  await claimers.stop()
  say(
    `${claimers.ok.size} claims acknowledged before Ctrl-C; it ended after ${Date.now() - began} ms`,
  )
  check_equal('Ctrl-C: exit code', how.code, 0)
  check_at_most('Ctrl-C: within 5 s', Date.now() - began, 5000)
  check_match(
    'Ctrl-C: first Boon hands over, then its Redis is stopped',
    boon.err.replaceAll('\n', ' '),
    /event=stopping reason=SIGINT.*event=handed_over.*event=stopped .*event=redis_stopped/,
  )
  check_equal('Ctrl-C: no Redis is left', redis_pids_in(boon.dir), [])
  check_at_least('Ctrl-C: there was a rush', claimers.ok.size, 1000)
  const again = await start_boon(['--dir', boon.dir])
  check_equal(
    'Ctrl-C: all that was acknowledged is there',
    await claimers.audit(await again.client()),
    clean,
  )
  check_equal('Ctrl-C: the server ends cleanly', (await again.end()).code, 0)
}
