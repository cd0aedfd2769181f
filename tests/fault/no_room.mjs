// no_room.mjs -- the disk is full, or Redis has no memory: claims wait or are put off, and go on after.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { check_equal, check_match, check_that, say, sleep, until, within } from '../lib/check.mjs'
import { open_campaign, start_boon, start_redis, work_dir } from '../lib/boon.mjs'
import { Claimers } from '../lib/claims.mjs'
import { secret_file } from './own_redis.mjs'

const DISK_BYTES = 24 * 1024 * 1024
const LEFT_BYTES = 48 * 1024 // what the disk has left when claims come in
const PAGE_BYTES = 4096
const HOLD_MS = 400
const BACK_MS = 20000
const clean = { missing: [], wrong: [] }

const mounts = []
process.prependListener('exit', () => {
  for (const path of mounts) unmount(path)
})

function unmount(path) {
  try {
    execFileSync('umount', ['--lazy', path], { stdio: 'ignore' })
  } catch {
    // it was not mounted, or is gone
  }
}

// A small disk of its own, or undefined where this user may not mount one.
function small_disk() {
  const path = join(work_dir(), 'disk')
  mkdirSync(path)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', path], {
      stdio: 'pipe',
    })
  } catch (error) {
    const is_root = process.getuid() === 0
    const why = String(error.stderr || error.message).trim()
    say(`SKIPPED because no tmpfs can be mounted: ${why}`)
    check_that('full disk: can be tested (root may mount a tmpfs)', !is_root, why)
    return undefined
  }
  mounts.push(path)
  return path
}

// Leave so much room on the disk and no more.
function fill(path, left) {
  const filler = join(path, 'filler')
  const fd = openSync(filler, 'w')
  const page = Buffer.alloc(PAGE_BYTES)
  for (;;) {
    const { bavail, bsize } = statfsSync(path)
    if (bavail * bsize <= left) break
    try {
      writeSync(fd, page)
    } catch {
      break
    }
  }
  closeSync(fd)
  return filler
}

// Look-ups of what is settled go on while nothing can be written.
async function looks(name, boon, code) {
  const reader = await boon.client()
  const [pong, coupon] = await within(
    3000,
    `${name}: a look-up`,
    Promise.all([reader.call('PING'), reader.call('COUPON.GET', code)]),
  )
  check_equal(
    `${name}: PING and look-ups of settled things are answered`,
    [pong, coupon[0]],
    ['PONG', 'OK'],
  )
  reader.end()
}

async function settled(name, boon, claimers) {
  await within(BACK_MS, `${name}: the held answers`, claimers.stop())
  check_that(`${name}: claims put off are answered`, await claimers.settle(boon, BACK_MS))
  check_equal(
    `${name}: no connection was lost, no answer was odd`,
    [claimers.lost, claimers.odd],
    [0, []],
  )
  check_equal(
    `${name}: nothing lost, nothing doubled`,
    [await claimers.audit(await boon.client()), claimers.held],
    [clean, claimers.number],
  )
}

// Claims come in until Redis cannot write its file any more, and ends; how many were acknowledged by then.
async function run_full(name, boon, claimers, disk) {
  const filler = fill(disk, LEFT_BYTES)
  const ends = boon.err.split('event=redis_ended').length
  claimers.start(boon, { connections: 4, depth: 32 })
  const full = await until(() => boon.err.split('event=redis_ended').length > ends, BACK_MS)
  check_that(`${name}: Redis gives up`, full, boon.tail(3))
  check_match(`${name}: the log says why`, boon.err, /last_words=".*AOF write error/)
  await sleep(HOLD_MS)
  return { filler, held: claimers.ok.size }
}

export async function full_disk() {
  const disk = small_disk()
  if (disk === undefined) return
  const dir = join(disk, 'data')
  let boon = await start_boon(['--dir', dir])
  const client = await boon.client()
  await open_campaign(client, 'sale', 5000000)
  await open_campaign(client, 'early', 1)
  const [, code] = await client.call('COUPON.CLAIM', 'bird', 'early')
  const claimers = new Claimers('sale', { retry: true })
  const first = await run_full('full disk', boon, claimers, disk)
  await looks('full disk', boon, code)
  await sleep(HOLD_MS)
  check_equal('full disk: nothing is acknowledged meanwhile', claimers.ok.size, first.held)
  rmSync(first.filler)
  const back = await until(() => claimers.ok.size > first.held + 100, BACK_MS)
  check_that('full disk: with room again it goes on', back, boon.tail(3))
  await settled('full disk', boon, claimers)

  // Once more, and now Boon is killed too, and started while the disk is still full.
  const second = await run_full('full disk, again', boon, claimers, disk)
  await boon.end('SIGKILL')
  await claimers.stop()
  const starting = start_boon(['--dir', dir], { start_ms: BACK_MS })
  await sleep(HOLD_MS)
  rmSync(second.filler)
  boon = await starting
  check_equal(
    'full disk, and killed: nothing acknowledged is lost',
    await claimers.audit(await boon.client()),
    clean,
  )
  check_that('full disk, and killed: claims cut off are answered', await claimers.settle(boon))
  check_equal(
    'full disk, and killed: each is carried out once',
    [await claimers.audit(await boon.client()), claimers.held],
    [clean, claimers.number],
  )
  say(
    `${claimers.ok.size} claims acknowledged, ${first.held} before the disk was full, ${second.held} before the second time`,
  )
  check_equal('full disk: the server ends cleanly', (await boon.end()).code, 0)
}

// A Redis of the test's own runs into its maxmemory and refuses to append.
export async function out_of_memory() {
  const redis = await start_redis({ 'maxmemory-policy': 'noeviction' })
  const probe = await redis.client()
  const flags = ['--redis', `unix:${redis.path}`, '--secret-file', secret_file([1, 2, 3])]
  const boon = await start_boon([...flags, '--create-journal'])
  const client = await boon.client()
  await open_campaign(client, 'sale', 5000000)
  await open_campaign(client, 'early', 1)
  const [, code] = await client.call('COUPON.CLAIM', 'bird', 'early')
  const claimers = new Claimers('sale', { retry: true })
  claimers.start(boon, { connections: 4, depth: 32 })
  await until(() => claimers.ok.size > 200)
  const used = Number(/used_memory:(\d+)/.exec(await probe.call('INFO', 'memory'))[1])
  await probe.call('CONFIG', 'SET', 'maxmemory', used)
  const held = await until(async () => (await boon.info()).journal_held === '1', BACK_MS)
  check_that('out of memory: the journal holds', held, boon.tail(3))
  await sleep(HOLD_MS)
  const before = claimers.ok.size
  await looks('out of memory', boon, code)
  await sleep(HOLD_MS)
  check_equal('out of memory: nothing is acknowledged meanwhile', claimers.ok.size, before)
  check_match('out of memory: the log says why', boon.err, /Redis refuses for now \(OOM /)
  await probe.call('CONFIG', 'SET', 'maxmemory', used + 64 * 1024 * 1024)
  const back = await until(() => claimers.ok.size > before + 100, BACK_MS)
  check_that('out of memory: with more of it, it goes on', back, boon.tail(3))
  await settled('out of memory', boon, claimers)
  say(`${claimers.ok.size} claims acknowledged, ${before} before Redis refused`)
  check_equal('out of memory: the server ends cleanly', (await boon.end()).code, 0)
  probe.end()
  await redis.end()
}
