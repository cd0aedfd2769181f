// no_room.mjs -- the disk is full, or Redis has no memory: claims wait or are put off, and go on after.
import { execFileSync } from 'node:child_process'
import { mkdirSync, statfsSync, truncateSync, writeFileSync, rmSync, openSync, writeSync, closeSync } from 'node:fs'
import { join } from 'node:path'
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
import { open_campaign, start_boon, start_redis, work_dir } from '../lib/boon.mjs'
import { Claimers } from '../lib/claims.mjs'
import { secret_file } from './own_redis.mjs'

const DISK_BYTES = 24 * 1024 * 1024
const LEFT_BYTES = 48 * 1024 // what the disk has left when claims come in
const GROWTH_BYTES = 96 * 1024
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
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', path], { stdio: 'pipe' })
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
  const page = Buffer.alloc(4096)
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
  check_equal(`${name}: PING and look-ups of settled things are answered`, [pong, coupon[0]], ['PONG', 'OK'])
  reader.end()
}

async function settled(name, boon, claimers) {
  await within(BACK_MS, `${name}: the held answers`, claimers.stop())
  check_that(`${name}: claims put off are answered`, await claimers.settle(boon, BACK_MS))
  check_equal(`${name}: no connection was lost, no answer was odd`, [claimers.lost, claimers.odd], [0, []])
  check_equal(
    `${name}: nothing lost, nothing doubled`,
    [await claimers.audit(await boon.client()), claimers.held],
    [clean, claimers.number],
  )
}

export async function full_disk() {
  const disk = small_disk()
  if (disk === undefined) return
  const boon = await start_boon(['--dir', join(disk, 'data')])
  const client = await boon.client()
  await open_campaign(client, 'sale', 5000000)
  await open_campaign(client, 'early', 1)
  const [, code] = await client.call('COUPON.CLAIM', 'bird', 'early')
  for (let time = 1; time <= 2; time++) {
    const claimers = new Claimers('sale', { retry: true, prefix: `full${time}` })
    const filler = fill(disk, LEFT_BYTES)
    claimers.start(boon, { connections: 4, depth: 32 })
    const full = await until(() => boon.err.split('event=redis_ended').length > time, BACK_MS)
    check_that(`full disk, time ${time}: Redis gives up`, full, boon.tail(3))
    await sleep(400)
    const held = claimers.ok.size
    await looks(`full disk, time ${time}`, boon, code)
    await sleep(400)
    check_equal(`full disk, time ${time}: nothing is acknowledged meanwhile`, claimers.ok.size, held)
    rmSync(filler)
    const back = await until(() => claimers.ok.size > held + 100, BACK_MS)
    check_that(`full disk, time ${time}: with room again it goes on`, back, boon.tail(3))
    await within(BACK_MS, 'the held answers', claimers.stop())
    check_that(`full disk, time ${time}: claims put off are answered`, await claimers.settle(boon))
    say(`${claimers.ok.size} claims acknowledged, ${held} before the disk was full`)
    check_equal(`full disk, time ${time}: no connection was lost, no answer was odd`, [claimers.lost, claimers.odd], [0, []])
    await boon.end('SIGKILL')
  }
}
