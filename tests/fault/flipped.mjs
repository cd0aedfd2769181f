// flipped.mjs -- bits of the append only file changed, files of it deleted, a stranger's transaction torn.
//
// Redis notices none of the flipped bits: its file has no checksum, and an entry with a wrong ID is
// dropped without a word. Boon must halt and say why. Only where the very last entry is dropped can
// nobody know: then the state is an exact prefix.
import { join } from 'node:path'
import { rmSync, truncateSync } from 'node:fs'
import { check_at_least, check_equal, check_match, check_that, say, until } from '../lib/check.mjs'
import { open_campaign, redis_pids_in, start_boon, start_redis, work_dir } from '../lib/boon.mjs'
import { Claimers } from '../lib/claims.mjs'
import { Dice, seed_of_run } from '../lib/dice.mjs'
import { load_dir, read_commands, store_dir } from '../lib/aof.mjs'
import { each, state_wrong, try_start, written_brand } from './torn.mjs'
import { secret_file } from './own_redis.mjs'

const PAYLOAD_FLIPS = 40
const HALT =
  /^boon-server: (no journal at |the journal cannot be replayed beyond entry \d+-\d+: |the stream does not begin with entry 0-1|the journal's (first entry|GENESIS|beginning was trimmed, and no snapshot can be read)|the journal (belongs to|has format|was begun)|another server took over)/

async function remove(dir) {
  await until(() => redis_pids_in(dir).length === 0, 2000, 5)
  rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 })
}

// Start on changed bytes; what came: "halt", "led" or "waits", and what is wrong with it.
async function start_on(brand, bytes, dir, counts) {
  const { boon, led, ended, said } = await try_start(['--dir', store_dir(brand, dir, bytes)])
  let wrong
  if (led) {
    const states = await Promise.all(counts.map((count) => state_wrong(boon, brand, count)))
    if (states.every((state) => state !== undefined)) wrong = `it leads: ${states[0] ?? 'at all'}`
  } else if (ended && !HALT.test(said)) {
    wrong = `it says ${said || boon.tail(2)}`
  }
  await boon.end('SIGKILL')
  await remove(dir)
  return { how: led ? 'led' : ended ? 'halted' : 'waits', said, wrong }
}

// The flips: {name, at, bit, counts}. `counts` are the numbers of claims with which it may lead.
function flips(brand, dice) {
  const all = []
  for (let number = 0; number < PAYLOAD_FLIPS; number++) {
    const entry =
      number < 2 ? brand.entries[number && brand.entries.length - 1] : dice.one_of(brand.entries)
    const at = entry.value.at + dice.below(entry.value.bytes.length)
    all.push({ name: `payload of ${entry.id.bytes}`, at, bit: dice.below(8), counts: [] })
  }
  const last = brand.entries.at(-1)
  for (const entry of [
    ...brand.entries.slice(0, 6),
    dice.one_of(brand.claims),
    ...brand.entries.slice(-3),
  ]) {
    const { at, bytes } = entry.id
    for (const digit of new Set([0, bytes.length - 1])) {
      const name = `digit ${digit} of ID ${bytes}`
      const counts = entry === last ? [brand.codes.length] : []
      all.push({ name, at: at + digit, bit: dice.below(3), counts })
    }
  }
  return all
}

export async function flipped() {
  const dice = new Dice(seed_of_run())
  const brand = await written_brand()
  const base = work_dir()
  const wrong = []
  const came = { halted: 0, led: 0, waits: 0 }
  const reasons = new Map()
  const all = flips(brand, dice)
  let number = 0
  await each(all, async ({ name, at, bit, counts }) => {
    const bytes = Buffer.from(brand.bytes)
    bytes[at] ^= 1 << bit
    const result = await start_on(brand, bytes, join(base, String(number++)), counts)
    came[result.how]++
    const reason = result.said.replace(/^.*?(entry \S+: |boon-server: )/, '').replace(/\d+/g, 'N')
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    if (result.wrong) wrong.push(`${name}, byte ${at}, bit ${bit}: ${result.wrong}`)
  })
  say(`seed ${dice.seed}; ${all.length} bits flipped: ${JSON.stringify(came)}`)
  for (const [reason, count] of reasons) say(`${count} x ${reason.slice(0, 110)}`)
  check_equal(
    'flipped: a halt with its reason, or an exact prefix where the end is gone',
    wrong,
    [],
  )
  check_at_least('flipped: nearly all halt', came.halted, PAYLOAD_FLIPS)
  check_equal('flipped: nothing is left waiting', came.waits, 0)
}

// One file of the append only directory is gone: Redis does not start without it, and Boon does not lead.
export async function deleted_files() {
  const brand = await written_brand(3)
  for (const [name, pattern] of Object.entries({
    'the incremental file': /incr\.aof$/,
    'the list of files': /manifest$/,
  })) {
    const files = Object.fromEntries(
      Object.entries(brand.files).filter(([path]) => !pattern.test(path)),
    )
    const dir = store_dir({ files, tail: brand.tail }, join(work_dir(), 'data'))
    const { boon, led, ended, said } = await try_start(['--dir', dir])
    check_that(`deleted: ${name}: it does not lead`, !led, boon.tail(2))
    if (ended) check_match(`deleted: ${name}: it says so`, said, /no journal at boon:\{0\}:journal/)
    else
      check_match(
        `deleted: ${name}: the log says why`,
        boon.err,
        /event=redis_ended .*last_words=".*AOF/,
      )
    await boon.end('SIGKILL')
  }
}

// Another user of the same Redis is cut off inside MULTI … EXEC, at the end of the file.
export async function torn_transaction() {
  let redis = await start_redis()
  const { dir } = redis
  const flags = ['--redis', `unix:${redis.path}`, '--secret-file', secret_file([1, 2, 3])]
  let boon = await start_boon([...flags, '--create-journal'])
  await open_campaign(await boon.client(), 'sale', 1000)
  const claimers = new Claimers('sale', { retry: true })
  claimers.start(boon, { connections: 2, depth: 8 })
  await until(() => claimers.ok.size > 100)
  await claimers.stop()
  await boon.end('SIGKILL')
  const stranger = await redis.client()
  await stranger.all([['MULTI'], ['SET', 'one', '1'], ['SET', 'two', '2'], ['EXEC']])
  stranger.end()
  await redis.end('SIGKILL')

  const { tail, files } = load_dir(dir)
  const commands = read_commands(files[tail])
  const multi = commands.findLastIndex(({ args }) => /^multi$/i.test(args[0].bytes))
  truncateSync(join(dir, tail), commands[multi + 1].end + 5)
  redis = await start_redis({}, dir)
  boon = await start_boon(flags)
  check_equal(
    'torn transaction: all that was acknowledged before it is there',
    await claimers.audit(await boon.client()),
    {
      missing: [],
      wrong: [],
    },
  )

  // Redis has left the torn transaction open in its file, and would cut off there all that follows at
  // its next load but one. A rewrite makes the file whole.
  const keeper = await redis.client()
  await keeper.call('BGREWRITEAOF')
  await until(
    async () =>
      !/aof_rewrite_(in_progress|scheduled):1/.test(await keeper.call('INFO', 'persistence')),
  )
  keeper.end()
  const before = claimers.ok.size
  claimers.start(boon, { connections: 2, depth: 8 })
  await until(() => claimers.ok.size > before + 100)
  await claimers.stop()
  await boon.end('SIGKILL')
  await redis.end('SIGKILL')
  redis = await start_redis({}, dir)
  const { boon: again, led, said } = await try_start(flags)
  check_equal(
    'torn transaction: after a rewrite nothing that follows is lost',
    led ? await claimers.audit(await again.client()) : said,
    {
      missing: [],
      wrong: [],
    },
  )
  say(
    `${claimers.ok.size} claims acknowledged, ${before} of them before the stranger's transaction`,
  )
  await again.end('SIGKILL')
  await redis.end('SIGKILL')
}
