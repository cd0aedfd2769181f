// network.mjs -- the way to Redis loses requests and answers, is slow, cut, or silent.
//
// A proxy stands between. Whatever it does, each claim is carried out once and answered once.
import {
  check_at_least,
  check_at_most,
  check_equal,
  check_that,
  say,
  sleep,
  until,
  within,
} from '../lib/check.mjs'
import { free_port, open_campaign, start_boon, start_redis } from '../lib/boon.mjs'
import { Claimers } from '../lib/claims.mjs'
import { Dice, seed_of_run } from '../lib/dice.mjs'
import { start_proxy } from '../lib/proxy.mjs'
import { secret_file } from './own_redis.mjs'

const XADD = /XADD/i
const LOST_TIMES = 3 // of requests, and of answers: each waits longer than the one before to connect again
const CUTS = 15
const IN_FLIGHT = 8 // claims whose answers may be on their way while the connection falls silent
const HELD_MS = 20000
const clean = { missing: [], wrong: [] }

// A server that reaches its Redis through a proxy, with a campaign and claims coming in.
export async function behind_proxy(flags = []) {
  const redis = await start_redis({ port: await free_port(), bind: '127.0.0.1' })
  const probe = await redis.client()
  const [, port] = await probe.call('CONFIG', 'GET', 'port')
  const proxy = await start_proxy({ port: Number(port) })
  const boon = await start_boon([
    ...['--redis', `127.0.0.1:${proxy.port}`, '--create-journal'],
    ...['--secret-file', secret_file([1, 2, 3]), ...flags],
  ])
  await open_campaign(await boon.client(), 'sale', 5000000)
  return { redis, probe, proxy, boon, claimers: new Claimers('sale', { retry: true }) }
}

// All is answered and exact; the journal too, read by a server that starts anew without the proxy.
async function settle(name, { redis, probe, proxy, boon, claimers }) {
  await within(HELD_MS, `${name}: the held answers`, claimers.stop())
  check_that(`${name}: claims put off are answered`, await claimers.settle(boon))
  check_equal(
    `${name}: no connection was lost, no answer was odd`,
    [claimers.lost, claimers.odd],
    [0, []],
  )
  check_equal(
    `${name}: carried out exactly once`,
    [await claimers.audit(await boon.client()), claimers.held],
    [clean, claimers.number],
  )
  const { code } = await boon.end()
  check_equal(`${name}: the server ends cleanly`, code, 0)
  const again = await start_boon([
    '--redis',
    `unix:${redis.path}`,
    '--secret-file',
    secret_file([1, 2, 3]),
  ])
  check_equal(`${name}: nor in the journal`, await claimers.audit(await again.client()), clean)
  await again.end()
  probe.end()
  proxy.end_all()
  await redis.end()
}

async function goes_on(name, { boon, claimers }, limit_ms = 20000) {
  const before = claimers.ok.size
  const good = await until(() => claimers.ok.size > before + 50, limit_ms, 5)
  if (!good) check_that(`${name}: it goes on`, false, boon.tail(4))
}

// The append never arrives, or its answer never comes back, and the connection breaks.
async function lost() {
  const setup = await behind_proxy()
  const { proxy, boon, claimers } = setup
  claimers.start(boon, { connections: 4, depth: 8 })
  for (let time = 0; time < LOST_TIMES; time++) {
    await within(5000, 'a lost request', proxy.lose_request(XADD))
    await goes_on('lost request', setup)
    await within(5000, 'a lost reply', proxy.lose_reply(XADD))
    await goes_on('lost reply', setup)
  }
  const deliver = await within(5000, 'a late request', proxy.late_request(XADD))
  await goes_on('late request', setup)
  deliver() // the same bytes were sent again and acknowledged: Redis refuses their ID now
  await goes_on('late request, delivered', setup)
  const info = await boon.info()
  say(
    `${proxy.lost_requests} requests and ${proxy.lost_replies} answers lost, ${claimers.ok.size} claims acknowledged, ${info.journal_resolves} outcomes settled`,
  )
  check_at_least('lost: each was settled', Number(info.journal_resolves), 2 * LOST_TIMES + 1)
  await within(HELD_MS, 'the held answers', claimers.stop())
  return { name: 'lost', setup }
}

// Cut at any moment, also while it connects again; slow in between.
async function cut_and_slow() {
  const dice = new Dice(seed_of_run())
  const setup = await behind_proxy()
  const { proxy, boon, claimers } = setup
  claimers.start(boon, { connections: 4, depth: 8 })
  for (let time = 0; time < CUTS; time++) {
    await sleep(dice.between(1, 60))
    proxy.delay_ms = dice.one_of([0, 0, 5, 20])
    proxy.closed = dice.chance(0.3)
    proxy.cut()
    await sleep(dice.between(0, 80))
    proxy.closed = false
  }
  proxy.pass()
  await goes_on('cut', setup)
  say(
    `seed ${dice.seed}: ${CUTS} cuts, ${claimers.ok.size} claims acknowledged, ${proxy.connections} connections`,
  )
  await within(HELD_MS, 'the held answers', claimers.stop())
  return { name: 'cut and slow', setup }
}

// The connection is there and says nothing: the answer is lost, or the request, and nobody is told.
async function silent(name, lose) {
  const setup = await behind_proxy()
  const { proxy, boon, claimers } = setup
  claimers.start(boon, { connections: 2, depth: IN_FLIGHT / 2 })
  await until(() => claimers.ok.size > 100)
  await within(5000, name, lose(proxy))
  const began = Date.now()
  const held = claimers.ok.size
  await sleep(200)
  const acknowledged = claimers.ok.size - held
  await goes_on(name, setup, 40000)
  return { name, setup, seconds: (Date.now() - began) / 1000, acknowledged }
}

// Each with a server of its own, all at once: most of the time is waiting.
export async function network() {
  const results = await Promise.all([
    lost(),
    cut_and_slow(),
    silent('half-open, the answer lost', (proxy) => proxy.lose_reply(XADD, false)),
    silent('half-open, the request lost', (proxy) => proxy.lose_request(XADD, false)),
    silent('half-open both ways', async (proxy) => {
      proxy.half_open()
      setTimeout(() => proxy.pass(), 500)
    }),
  ])
  for (const { name, setup, seconds, acknowledged } of results) {
    if (seconds !== undefined) {
      say(`${name}: it went on after ${seconds.toFixed(1)} s; ${setup.claimers.ok.size} claims`)
      check_at_most(`${name}: nothing is acknowledged meanwhile`, acknowledged, IN_FLIGHT)
    }
    await settle(name, setup)
  }
}
