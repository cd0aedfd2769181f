// torn.mjs -- the append only file cut at every byte of its end: an exact prefix, or a halt.
//
// A brand is written one claim a batch, so that each entry of the journal is one claim. For a piece of
// its file it is known which entries are whole. Redis must show exactly these, and Boon must know exactly
// their claims.
import { join } from 'node:path'
import { mkdirSync, rmSync } from 'node:fs'
import { check_at_least, check_equal, say, until } from '../lib/check.mjs'
import {
  Boon,
  Program,
  need_build,
  open_campaign,
  redis_pids_in,
  start_boon,
  work_dir,
} from '../lib/boon.mjs'
import { Client, fields } from '../lib/resp.mjs'
import { appends_to, load_dir, read_commands, store_dir } from '../lib/aof.mjs'

export const KEY = 'boon:{0}:journal'
const CLAIMS = 30
const END_BYTES = 4096
const REDIS_STEP = 8 // the same for Redis alone, beside every byte near an entry's end and of the last claim
const NEAR_BYTES = 16
const BOON_STEP = 64 // bytes between the cuts that a real server is started on
const AT_ONCE = 4
const START_MS = 10000

const member = (number) => `torn-${String(number).padStart(3, '0')}`

// A stopped brand of so many claims: its files, the codes, and where in the file each claim is.
export async function written_brand(claims = CLAIMS) {
  const boon = await start_boon()
  const client = await boon.client()
  await open_campaign(client, 'sale', 1000)
  const codes = []
  for (let number = 0; number < claims; number++) {
    const [word, code] = await client.call('COUPON.CLAIM', member(number), 'sale')
    if (word !== 'OK') throw new Error(`a claim was answered ${word}`)
    codes.push(code)
  }
  const { code } = await boon.end()
  if (code !== 0) throw new Error(`the server ended with exit code ${code}`)
  const brand = load_dir(boon.dir)
  brand.bytes = brand.files[brand.tail]
  brand.codes = codes
  brand.commands = read_commands(brand.bytes)
  brand.entries = appends_to(brand.commands, KEY)
  brand.claims = codes.map((_, number) =>
    brand.entries.find(({ value }) => value.bytes.includes(member(number))),
  )
  return brand
}

// Do something with each of a list, some of them at once.
export async function each(list, action, at_once = AT_ONCE) {
  let next = 0
  const work = async () => {
    while (next < list.length) await action(list[next++])
  }
  await Promise.all(Array.from({ length: at_once }, work))
}

// What is wrong with the state of a server that leads: it must know exactly the first `count` claims.
export async function state_wrong(boon, brand, count) {
  const client = await boon.client()
  const replies = await client.all(brand.codes.map((code) => ['COUPON.GET', code]))
  const campaign = fields(await client.call('CAMPAIGN.GET', 'sale'))
  client.end()
  for (const [number, reply] of replies.entries()) {
    const good =
      number < count ? fields(reply).member === member(number) : reply[0] === 'UNKNOWN_COUPON'
    if (!good) return `claim ${number} of ${count}: ${JSON.stringify(reply)}`
  }
  return campaign.issued === count ? undefined : `${campaign.issued} issued, not ${count}`
}

// Start a real server on something changed: {led, ended, said, boon}. It leads, or it halts, or its
// Redis does not come up, which it goes on waiting for.
export async function try_start(flags) {
  const boon = new Boon(['--port', '0', ...flags])
  await until(
    () => boon.port > 0 || boon.ended || boon.err.includes('event=redis_ended'),
    START_MS,
    5,
  )
  if (boon.ended) await boon.exited
  const line = boon.err.split('\n').find((text) => text.startsWith('boon-server: '))
  return { boon, led: boon.port > 0, ended: boon.ended, said: line ?? '' }
}

async function tear_for_boon(brand, cut, dir, failed) {
  store_dir(brand, dir, brand.bytes.subarray(0, cut))
  const { boon, led, ended, said } = await try_start(['--dir', dir])
  const whole = brand.claims.filter(({ end }) => end <= cut).length
  if (led) {
    const wrong = await state_wrong(boon, brand, whole)
    if (wrong) failed.push(`cut at ${cut}: ${wrong}`)
  } else if (!ended || !/^boon-server: .+/.test(said)) {
    failed.push(`cut at ${cut}: it neither leads nor halts: ${boon.tail(2)}`)
  }
  await boon.end('SIGKILL')
  await until(() => redis_pids_in(dir).length === 0, 2000, 5)
  rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 })
  return led
}

// What Redis itself makes of a piece of the file: exactly the whole entries.
async function tear_for_redis(brand, cut, dir, failed) {
  mkdirSync(dir, { mode: 0o700 })
  store_dir(brand, dir, brand.bytes.subarray(0, cut))
  const socket = join(dir, 's')
  const redis = new Program('redis-server', [
    ...['--port', '0', '--unixsocket', socket, '--dir', dir, '--save', '', '--databases', '1'],
    ...['--appendonly', 'yes', '--appendfsync', 'no', '--aof-load-truncated', 'yes'],
  ])
  await until(() => redis.out.includes('ready to accept') || redis.ended, START_MS, 1)
  const client = await Client.connect({ path: socket })
  const entries = await client.call('XRANGE', KEY, '-', '+')
  const ids = entries.map(([id]) => id)
  const whole = brand.entries.filter(({ end }) => end <= cut).map(({ id }) => id.bytes.toString())
  if (ids.join() !== whole.join())
    failed.push(`cut at ${cut}: ${ids.length} entries to ${ids.at(-1)}, not ${whole.length}`)
  client.end()
  await redis.end('SIGKILL')
  rmSync(dir, { recursive: true, force: true })
}

function cuts_of(brand, step) {
  const from = Math.max(brand.bytes.length - END_BYTES, brand.claims[0].start)
  const cuts = []
  for (let cut = brand.bytes.length - 1; cut >= from; cut -= step) cuts.push(cut)
  return cuts
}

// Far from the ends of entries one byte is like the next.
function is_dull({ commands, claims }, cut) {
  const last = claims.at(-1)
  if (cut % REDIS_STEP === 0 || (cut >= last.start && cut <= last.end)) return false
  return commands.every(({ end }) => Math.abs(end - cut) > NEAR_BYTES)
}

export async function torn() {
  const brand = await written_brand()
  const base = work_dir()
  const failed = []
  let number = 0
  const every = cuts_of(brand, 1)
  const some_ends = every.filter((cut) => !is_dull(brand, cut))
  await each(some_ends, (cut) => tear_for_redis(brand, cut, join(base, `r${number++}`), failed))
  check_equal('torn: Redis loads exactly the whole entries', failed.slice(0, 3), [])
  check_at_least('torn: in all of the last 4 KiB', every[0] - every.at(-1), END_BYTES - 1)

  const some = cuts_of(brand, BOON_STEP)
  let led = 0
  await each(some, async (cut) => {
    if (await tear_for_boon(brand, cut, join(base, `b${number++}`), failed)) led++
  })
  check_equal('torn: Boon leads with exactly these claims, or halts', failed.slice(0, 3), [])
  say(
    `${some_ends.length} pieces loaded by Redis, ${some.length} by Boon, which led on ${led}; ` +
      `${brand.claims.filter(({ end }) => end > every.at(-1)).length} claims lie in the torn part`,
  )
  check_equal('torn: a torn end does not stop it', led, some.length)
}

// For scripts/torture: a real server on every piece.
export async function tear_everywhere() {
  need_build('boon-server')
  const began = Date.now()
  const brand = await written_brand()
  const base = work_dir()
  const cuts = cuts_of(brand, 1)
  const failed = []
  let number = 0
  let led = 0
  const show = () => {
    const seconds = (Date.now() - began) / 1000
    const text = `${number} of ${cuts.length} pieces, ${(number / seconds).toFixed(1)} a second, ${failed.length} wrong`
    if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}`)
    else console.log(text)
  }
  const ticker = setInterval(show, process.stdout.isTTY ? 500 : 30000)
  await each(cuts, async (cut) => {
    if (await tear_for_boon(brand, cut, join(base, `b${number++}`), failed)) led++
  })
  clearInterval(ticker)
  show()
  console.log(
    `\ntorn: ${cuts.length} starts, ${led} led, ${cuts.length - led} halted, ${failed.length} wrong`,
  )
  for (const text of failed.slice(0, 10)) console.log(`  ${text}`)
  process.exit(failed.length === 0 ? 0 : 1)
}
