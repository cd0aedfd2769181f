// watch.mjs -- a Redis that changes while Boon leads: weaker settings, too few replicas, entries gone; and
// snapshots, with the trimming that follows them.
import { join } from 'node:path'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
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
import { free_port, open_campaign, run_boon, start_boon, start_redis } from '../lib/boon.mjs'
import { appends_to, read_commands } from '../lib/aof.mjs'
import { Claimers } from '../lib/claims.mjs'
import { secret_file } from './own_redis.mjs'
import { KEY } from './torn.mjs'

const clean = { missing: [], wrong: [] }
const WATCH_MS = 1000 // between two looks at the settings
const HOLD_MS = 700
const BACK_MS = 15000
const LEASE = ['--lease-ms', '300']
const SHORTER_BY = [2, 3, 50] // entries; of one alone it could be that nobody was told of it
const SNAPSHOTS = 5

async function with_redis(settings = {}, more = []) {
  const redis = await start_redis(settings)
  const secret = secret_file([1, 2, 3])
  const flags = ['--redis', `unix:${redis.path}`, '--secret-file', secret, ...LEASE, ...more]
  const boon = await start_boon([...flags, '--create-journal'])
  await open_campaign(await boon.client(), 'sale', 5000000)
  return {
    redis,
    flags,
    boon,
    probe: await redis.client(),
    claimers: new Claimers('sale', { retry: true }),
  }
}

// Nothing is acknowledged from now on, until `again` has been done; then all is.
async function held_until(name, { boon, claimers }, again) {
  const held = claimers.ok.size
  await sleep(HOLD_MS)
  check_equal(`${name}: nothing is acknowledged meanwhile`, claimers.ok.size, held)
  await again()
  const back = await until(() => claimers.ok.size > held + 100, BACK_MS)
  check_that(`${name}: then it goes on`, back, boon.tail(3))
}

async function settle(name, { boon, claimers }) {
  await within(BACK_MS, `${name}: the held answers`, claimers.stop())
  check_that(`${name}: claims put off are answered`, await claimers.settle(boon))
  check_equal(
    `${name}: no connection was lost, no answer was odd`,
    [claimers.lost, claimers.odd],
    [0, []],
  )
  const audit = await claimers.audit(await boon.client())
  check_equal(
    `${name}: nothing lost, nothing doubled`,
    [audit, claimers.held],
    [clean, claimers.number],
  )
}

export async function settings_changed() {
  const setup = await with_redis()
  const { redis, probe, boon, claimers } = setup
  claimers.start(boon, { connections: 4, depth: 16 })
  await until(() => claimers.ok.size > 500)
  const changes = [
    ['appendfsync', 'everysec', 'always'],
    ['maxmemory-policy', 'allkeys-lru', 'noeviction'],
    ['no-appendfsync-on-rewrite', 'yes', 'no'],
  ]
  for (const [setting, weak, strong] of changes) {
    await probe.call('CONFIG', 'SET', setting, weak)
    const seen = await until(async () => (await boon.info()).journal_weak === '1', 3 * WATCH_MS)
    check_that(`settings: ${setting} ${weak} is noticed`, seen, boon.tail(2))
    check_match(
      `settings: ${setting}: the log says so`,
      boon.err,
      new RegExp(`event=journal message=".*${setting} ${weak}`),
    )
    await held_until(`settings: ${setting} ${weak}`, setup, () =>
      probe.call('CONFIG', 'SET', setting, strong),
    )
  }
  await settle('settings', setup)
  check_equal('settings: the server ends cleanly', (await boon.end()).code, 0)
  await redis.end()
}

export async function replicas() {
  const port = await free_port()
  const at_once = { 'repl-diskless-sync-delay': 0 } // the replica is served when it asks
  const setup = await with_redis({ port, bind: '127.0.0.1', ...at_once })
  await setup.boon.end()
  const replica = await start_redis({ replicaof: `127.0.0.1 ${port}` })
  const boon = await start_boon([...setup.flags, '--wait-replicas', '1'])
  const { claimers, redis } = setup
  claimers.start(boon, { connections: 4, depth: 16 })
  check_that(
    'replicas: with one, claims are answered',
    await until(() => claimers.ok.size > 200, BACK_MS),
    boon.tail(3),
  )
  replica.signal('SIGSTOP')
  await sleep(200)
  await held_until('replicas: it stands still', { boon, claimers }, () => replica.signal('SIGCONT'))
  await within(BACK_MS, 'the held answers', claimers.stop())
  await boon.end('SIGKILL')
  await redis.end('SIGKILL')

  // What was acknowledged is in the replica: promoted, it has all of it.
  const heir = await replica.client()
  await heir.call('REPLICAOF', 'NO', 'ONE')
  heir.end()
  const second = await start_boon([
    '--redis',
    `unix:${replica.path}`,
    '--secret-file',
    secret_file([1, 2, 3]),
    ...LEASE,
  ])
  check_equal(
    'replicas: the promoted one has all that was acknowledged',
    await claimers.audit(await second.client()),
    clean,
  )
  say(`${claimers.ok.size} claims acknowledged`)
  check_equal('replicas: the server ends cleanly', (await second.end()).code, 0)
  await replica.end()
}

function tail_of(redis) {
  const folder = join(redis.dir, 'appendonlydir')
  return join(
    folder,
    readdirSync(folder).find((file) => file.endsWith('.incr.aof')),
  )
}

// Flip a bit in the middle of a snapshot's last chunk, in the file of a stopped Redis.
function flip_chunk(redis, key) {
  const path = tail_of(redis)
  const bytes = readFileSync(path)
  const { value } = appends_to(read_commands(bytes), key).at(-1)
  bytes[value.at + (value.bytes.length >> 1)] ^= 1
  writeFileSync(path, bytes)
}

// Cut the file of a stopped Redis behind one of its appends: `which` is given all of them.
function cut_behind(redis, which) {
  const path = tail_of(redis)
  const bytes = readFileSync(path)
  const appends = read_commands(bytes).filter(({ args }) => /^xadd$/i.test(args[0].bytes))
  writeFileSync(path, bytes.subarray(0, which(appends).end))
}

// Redis comes back with an older file: what is missing is appended again, or, when it is too much, halts.
async function comes_back_shorter(setup, batches) {
  const { boon, claimers, probe } = setup
  let { redis } = setup
  const size = await probe.call('XLEN', KEY)
  claimers.start(boon, { connections: 4, depth: 4 })
  await until(async () => (await probe.call('XLEN', KEY)) >= size + batches, 60000, 5)
  probe.end()
  await redis.end('SIGKILL')
  cut_behind(redis, (appends) => appends.at(-batches - 1))
  redis = await start_redis({}, redis.dir)
  return redis
}

export async function healed() {
  const setup = await with_redis()
  const { boon, claimers } = setup
  claimers.start(boon, { connections: 4, depth: 16 })
  await until(() => claimers.ok.size > 500)
  await claimers.stop()
  let redis = setup.redis
  for (const batches of SHORTER_BY) {
    const before = claimers.ok.size
    redis = await comes_back_shorter({ ...setup, redis, probe: await redis.client() }, batches)
    const on = claimers.ok.size
    check_that(
      `shorter by ${batches}: it goes on`,
      await until(() => claimers.ok.size > on + 50, BACK_MS),
      boon.tail(3),
    )
    await within(BACK_MS, 'the held answers', claimers.stop())
    say(`${batches} entries taken away, ${claimers.ok.size - before} claims acknowledged around it`)
  }
  check_at_least(
    'shorter: it was healed',
    Number((await boon.info()).journal_heals),
    SHORTER_BY.length,
  )
  await settle('shorter', setup)
  await boon.end('SIGKILL')
  const again = await start_boon(setup.flags)
  check_equal('shorter: all is in the journal', await claimers.audit(await again.client()), clean)
  setup.boon = again

  // More than it remembers: a halt.
  claimers.start(again, { connections: 2, depth: 4 })
  await sleep(200)
  await redis.end('SIGKILL')
  cut_behind(redis, (appends) => appends[6])
  redis = await start_redis({}, redis.dir)
  const how = await within(BACK_MS, 'the halt', again.exited)
  await claimers.stop()
  check_equal('far too short: exit code', how.code, 1)
  check_match(
    'far too short: it says so',
    again.err,
    /event=journal_halted message="the stream ends .*Redis lost acknowledged entries/,
  )
  await redis.end()
}

const number_of = (key) => Number(/-(\d+)$/.exec(key)[1])

// Snapshots under load, one after the other; the journal is trimmed; a start reads the newest and the rest.
export async function snapshots() {
  const setup = await with_redis()
  let { redis, probe } = setup
  const { flags, boon, claimers } = setup
  const client = await boon.client()
  claimers.start(boon, { connections: 4, depth: 16 })
  for (let number = 1; number <= SNAPSHOTS; number++) {
    await sleep(150)
    const reply = await client.call('SNAPSHOT')
    const done = await until(
      async () => Number((await boon.info()).snapshots_recorded) >= number,
      BACK_MS,
    )
    if (!done)
      check_that(
        `snapshots: number ${number} is recorded`,
        false,
        `${JSON.stringify(reply)} ${boon.tail(3)}`,
      )
  }
  await until(async () => Number((await boon.info()).journal_trimmed_entries) > 0, 3000)
  await settle('snapshots', setup)
  const info = await boon.info()
  check_equal('snapshots: all are recorded', info.snapshots_recorded, String(SNAPSHOTS))
  check_at_least(
    'snapshots: the journal is trimmed behind them',
    Number(info.journal_trimmed_entries),
    1,
  )
  const [[first]] = await probe.call('XRANGE', KEY, '-', '+', 'COUNT', 1)
  check_that('snapshots: its first entry is no longer the first', first !== '0-1', first)
  await boon.end('SIGKILL')
  const began = Date.now()
  const again = await start_boon(flags)
  const after = await again.info()
  say(
    `${claimers.ok.size} claims; the next start took ${Date.now() - began} ms, ${after.journal_replayed_entries} entries after the snapshot`,
  )
  check_equal(
    'snapshots: a start from the newest has all',
    await claimers.audit(await again.client()),
    clean,
  )
  check_at_most(
    'snapshots: and reads little of the journal',
    Number(after.journal_replayed_entries),
    Number(info.journal_batches) / 2,
  )

  // The newest is damaged: the one before it serves, with more of the journal.
  await again.end()
  const chunks = (await probe.call('KEYS', '*:snapshot:*')).sort(
    (a, b) => number_of(a) - number_of(b),
  )
  check_equal('snapshots: two are kept', chunks.length, 2)
  probe.end()
  await redis.end()
  flip_chunk(redis, chunks[1])
  redis = await start_redis({}, redis.dir)
  probe = await redis.client()
  const older = await start_boon(flags)
  check_equal(
    'snapshots: a bit of the newest flipped: the one before serves',
    await claimers.audit(await older.client()),
    clean,
  )
  check_equal('snapshots: the server ends cleanly', (await older.end()).code, 0)
  await probe.call('DEL', ...chunks)
  const none = await run_boon(['--port', '0', ...flags], { limit_ms: BACK_MS })
  check_equal('snapshots: without any it halts', none.code, 1)
  check_match(
    'snapshots: and says what to restore',
    none.said,
    /the journal's beginning was trimmed, and no snapshot can be read .*restore the keys/,
  )
  probe.end()
  await redis.end()
}
