// two_servers.mjs -- two servers on one journal, the lease of look-ups, and a Redis that stands still.
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
import { Boon, open_campaign, start_boon, start_redis } from '../lib/boon.mjs'
import { Claimers } from '../lib/claims.mjs'
import { CLOSED, Reply_error } from '../lib/resp.mjs'
import { secret_file } from './own_redis.mjs'

const clean = { missing: [], wrong: [] }
const LEASE_MS = 600
const STOPPED_MS = 2500
const MEMBERS = 400
const CLIENTS = 8
const WRITES = 20
const RACERS = 4

async function flags_for(redis, more = []) {
  const secret = secret_file([1, 2, 3])
  return ['--redis', `unix:${redis.path}`, '--secret-file', secret, '--create-journal', ...more]
}

const balances = (from, to) =>
  Array.from({ length: to - from }, (_, at) => ['ACCOUNT.BALANCE', `m${from + at}`, 'points'])

// Count what came: by word for arrays, by the first word of errors, "closed".
function sorts(replies) {
  const counts = {}
  for (const reply of replies) {
    const sort =
      reply === CLOSED
        ? 'closed'
        : reply instanceof Reply_error
          ? String(reply).split(' ')[0]
          : reply.join(' ')
    counts[sort] = (counts[sort] ?? 0) + 1
  }
  return counts
}

// A server is stopped for longer than its lease, another takes over and changes every balance; then the
// first wakes up with look-ups in its sockets, sent before and after the change.
export async function stopped_leader() {
  const redis = await start_redis()
  const flags = await flags_for(redis, ['--lease-ms', String(LEASE_MS)])
  const first = await start_boon(flags)
  const members = Array.from({ length: MEMBERS }, (_, at) => `m${at}`)
  const setup = await first.client()
  await open_campaign(setup, 'sale', 100000)
  await setup.all(members.map((member) => ['ACCOUNT.EARN', member, 'points', 100]))
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => first.client()))
  check_equal(
    'stopped leader: before it, look-ups are answered',
    sorts(await clients[0].all(balances(0, 3))),
    {
      'OK 100': 3,
    },
  )
  const writer = await first.client()

  first.signal('SIGSTOP')
  const half = MEMBERS / 2
  const early = clients.map((client) => client.all(balances(0, half)))
  // By other members: a look-up behind a claim that waits would wait with it, and prove nothing.
  const asks = Array.from({ length: WRITES }, (_, at) => [
    'COUPON.CLAIM',
    `w${at}`,
    'sale',
    'REQUEST',
    `r${at}`,
  ])
  const late_claims = writer.all(asks)
  const began = Date.now()
  const second = await start_boon(flags)
  const took = Date.now() - began
  const client = await second.client()
  const earned = await client.all(members.map((member) => ['ACCOUNT.EARN', member, 'points', 1]))
  check_equal('stopped leader: the second changes every balance', sorts(earned), {
    'OK 101': MEMBERS,
  })
  await sleep(Math.max(0, STOPPED_MS - (Date.now() - began)))
  const late = clients.map((one) => one.all(balances(half, MEMBERS)))
  first.signal('SIGCONT')
  const replies = (
    await within(10000, 'the answers of the first', Promise.all([...early, ...late]))
  ).flat()
  const how = await within(10000, 'the end of the deposed', first.exited)
  say(`the second led after ${took} ms; the first answered ${JSON.stringify(sorts(replies))}`)
  const stale = replies.filter(
    (reply) => reply !== CLOSED && !/^-(TRYAGAIN|LOADING) /.test(String(reply)),
  )
  check_equal('stopped leader: not one stale answer', sorts(stale), {})
  check_at_least(
    'stopped leader: the second waits until the lease of the first is over',
    took,
    LEASE_MS,
  )
  check_equal('stopped leader: it ends with exit code 1', how.code, 1)
  check_match(
    'stopped leader: it says why',
    first.err,
    /event=deposed message="another server took over with epoch 2/,
  )
  const claims = await late_claims
  check_equal(
    'stopped leader: claims sent to it are not answered',
    claims.filter((reply) => Array.isArray(reply)),
    [],
  )
  const again = await client.all(asks)
  check_equal(
    'stopped leader: the second answers them',
    again.filter(([word]) => word === 'OK').length,
    WRITES,
  )
  check_equal(
    'stopped leader: balances at the second',
    sorts(await client.all(balances(0, MEMBERS))),
    {
      'OK 101': MEMBERS,
    },
  )
  check_equal('stopped leader: the second ends cleanly', (await second.end()).code, 0)
  await redis.end()
}

// Several servers start at once: one leads in the end, the others say that another took over.
export async function race() {
  const redis = await start_redis()
  const flags = await flags_for(redis, ['--lease-ms', '100'])
  const founder = await start_boon(flags)
  await open_campaign(await founder.client(), 'sale', 1000000)
  const claimers = new Claimers('sale', { retry: true })
  claimers.start(founder, { connections: 2, depth: 8 })
  await sleep(200)
  const racers = Array.from({ length: RACERS }, () => new Boon(['--port', '0', ...flags]))
  const all = [founder, ...racers]
  const done = await until(
    () =>
      all.filter(({ ended }) => !ended).length === 1 &&
      all.some(({ ended, port }) => !ended && port > 0),
    15000,
  )
  const left = all.filter(({ ended }) => !ended)
  check_that('race: one is left', done && left.length === 1, left.length)
  const losers = all.filter(({ ended }) => ended)
  await Promise.all(losers.map(({ exited }) => exited))
  check_equal(
    'race: the others end with exit code 1',
    losers.map(({ how }) => how.code),
    Array(RACERS).fill(1),
  )
  check_equal(
    'race: and say that another took over',
    losers.filter(({ err }) => !/another server took over/.test(err)).map((boon) => boon.tail(1)),
    [],
  )
  await claimers.stop()
  check_that('race: claims cut off are answered', await claimers.settle(left[0]))
  check_equal(
    'race: nothing lost, nothing doubled',
    await claimers.audit(await left[0].client()),
    clean,
  )
  say(
    `${claimers.ok.size} claims acknowledged, ${claimers.lost} cut off; epoch ${(await left[0].info()).journal_epoch}`,
  )
  check_equal('race: the one that leads ends cleanly', (await left[0].end()).code, 0)

  const began = Date.now()
  const next = await start_boon(['--lease-ms', '5000', ...flags.slice(0, -2)])
  check_at_most('race: after a clean end nobody waits for a lease', Date.now() - began, 3000)
  await next.end()
  await redis.end()
}

// Redis answers no more: look-ups are answered within the lease, then TRYAGAIN, or as STALE where allowed.
async function doubt(redis, more, expected) {
  const name = `lease${more.length > 0 ? ` with ${more}` : ''}`
  const flags = await flags_for(redis, ['--lease-ms', String(LEASE_MS), ...more])
  const boon = await start_boon(flags)
  const client = await boon.client()
  await client.call('ACCOUNT.EARN', 'm0', 'points', 100)
  const idle = []
  for (const end = Date.now() + 3 * LEASE_MS; Date.now() < end; await sleep(50))
    idle.push(await client.call('ACCOUNT.BALANCE', 'm0', 'points'))
  check_equal(`${name}: an idle server answers look-ups`, Object.keys(sorts(idle)).length, 1)
  redis.signal('SIGSTOP')
  await sleep(2 * LEASE_MS)
  const looks = await within(5000, 'look-ups', client.all(balances(0, 1)))
  check_match(
    `${name}: over, a look-up is told so`,
    looks[0] instanceof Reply_error ? String(looks[0]) : JSON.stringify(looks[0]),
    expected,
  )
  check_equal(`${name}: PING is answered`, await within(1000, 'PING', client.call('PING')), 'PONG')
  redis.signal('SIGCONT')
  const back = await until(
    async () => (await client.call('ACCOUNT.BALANCE', 'm0', 'points'))[0] === 'OK',
    5000,
  )
  check_that(`${name}: it is renewed when Redis answers again`, back, boon.tail(2))
  check_equal(`${name}: the server ends cleanly`, (await boon.end()).code, 0)
}

export async function lease() {
  const redis = await start_redis()
  await doubt(redis, [], /^-TRYAGAIN /)
  await doubt(redis, ['--stale-reads'], /^\["STALE",\["OK",\d+\]\]$/)
  await redis.end()
}
