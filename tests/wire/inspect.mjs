// inspect.mjs -- boon-server verify and dump as an operator types them: beside a running server, on a
// directory at rest, on a Redis of the operator's own, and with mistakes on the command line.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { check_equal, check_match, check_that } from '../lib/check.mjs'
import {
  open_campaign,
  redis_pids_in,
  run_boon,
  start_boon,
  start_redis,
  work_dir,
} from '../lib/boon.mjs'
import { Client } from '../lib/resp.mjs'

const JOURNAL = 'boon:{0}:journal'

const lines_of = (text) => text.split('\n').filter((line) => line !== '')
const events_of = (text) => lines_of(text).map((line) => JSON.parse(line))

// What a look must leave as it is.
async function measure(client) {
  const last = await client.call('XREVRANGE', JOURNAL, '+', '-', 'COUNT', 1)
  return {
    keys: await client.call('DBSIZE'),
    entries: await client.call('XLEN', JOURNAL),
    last: last[0]?.[0],
  }
}

async function some_history(boon) {
  const client = await boon.client()
  await open_campaign(client, 'sale', 100)
  const codes = []
  for (let member = 1; member <= 9; member++) {
    const claim = await client.call(
      'COUPON.CLAIM',
      `m${member}`,
      'sale',
      ...['CHANNEL', 'app', 'REQUEST', `r${member}`],
    )
    codes.push(claim[1])
  }
  return codes
}

async function beside_a_server() {
  const boon = await start_boon()
  const codes = await some_history(boon)
  const redis = await Client.connect({ path: join(boon.dir, 'redis.sock') })
  const before = await measure(redis)

  const verified = await run_boon(['verify', '--dir', boon.dir, '--json'])
  check_equal('verify beside a server: exit code', verified.code, 0)
  check_match('verify beside a server says that it only reads', verified.err, /only read from/)
  const report = JSON.parse(verified.out)
  check_equal(
    'verify beside a server: report',
    [report.verdict, report.entries, report.last_entry, report.events.coupon_issued],
    ['whole', before.entries, before.last, 9],
  )

  const dumped = await run_boon(['dump', '--dir', boon.dir])
  const events = events_of(dumped.out)
  check_equal('dump: exit code', dumped.code, 0)
  check_equal(
    'dump: every sequence number once, in order',
    events.filter((event) => event.seq !== null).map((event) => event.seq),
    Array.from({ length: report.seq }, (_, at) => at + 1),
  )
  check_equal(
    'dump: serials and no code',
    [
      events.filter((event) => event.event === 'coupon_issued').map((event) => event.serial),
      codes.filter((code) => dumped.out.includes(code) || dumped.out.includes(code.slice(5))),
    ],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9], []],
  )
  const of_member = await run_boon(['dump', '--dir', boon.dir, '--member', 'm3'])
  check_equal(
    'dump of a member',
    events_of(of_member.out).map((event) => [event.event, event.member_id ?? null]),
    [
      ['member_created', 'm3'],
      ['coupon_issued', 'm3'],
      ['request_bound', null],
    ],
  )
  check_equal('looking changed nothing', await measure(redis), before)
  redis.socket.end()
  check_equal('the server goes on', await (await boon.client()).call('PING'), 'PONG')
  return boon
}

async function at_rest(boon) {
  await boon.end()
  for (const [command, pattern] of [
    ['verify', /verdict {5}whole/],
    ['dump', /"event":"handover"/],
  ]) {
    const came = await run_boon([command, '--dir', boon.dir], { limit_ms: 20000 })
    check_equal(`${command} at rest: exit code`, came.code, 0)
    check_match(`${command} at rest: what it shows`, came.out, pattern)
    check_match(`${command} at rest says that it starts Redis`, came.err, /started for this look/)
    check_equal(`${command} at rest: Redis is gone again`, redis_pids_in(boon.dir), [])
  }
  const again = await start_boon(['--dir', boon.dir])
  check_equal('a server starts after it', (await again.info()).journal_epoch, '2')
  await again.end()

  rmSync(join(boon.dir, 'secret'))
  const blind = await run_boon(['verify', '--dir', boon.dir], { limit_ms: 20000 })
  check_equal('verify without the secret file: exit code', blind.code, 0)
  check_match('verify without the secret file says so', blind.out, /coupon keys not judged/)
}

async function own_redis() {
  const redis = await start_redis()
  const where = ['--redis', `unix:${redis.path}`]
  const none = await run_boon(['verify', ...where])
  check_equal('no journal: exit code', none.code, 2)
  check_match('no journal: said', none.said, /there is no journal at boon:\{0\}:journal/)

  const client = await redis.client()
  check_equal('nothing was made', await client.call('DBSIZE'), 0)
  await client.call('XADD', JOURNAL, '0-1', 'b', 'x')
  const broken = await run_boon(['verify', ...where])
  check_equal('no GENESIS: exit code', broken.code, 1)
  check_match('no GENESIS: named', broken.out, /fault {7}entry 0-1: /)
  check_match('no GENESIS: advice', broken.out, /advice {6}.*restore it from a replica or a backup/)
  const dumped = await run_boon(['dump', ...where])
  check_equal('no GENESIS, dump: exit code', [dumped.code, dumped.out], [1, ''])
  await client.call('DEL', JOURNAL)
  await client.call('SET', JOURNAL, 'x')
  const other = await run_boon(['verify', ...where])
  check_equal('no stream: exit code', other.code, 2)
  check_match('no stream: said', other.said, /is not a stream: it belongs to somebody else/)
  client.socket.end()
  await redis.end()
  const gone = await run_boon(['verify', ...where])
  check_equal('no Redis: exit code', gone.code, 2)
  check_match('no Redis: said', gone.said, /no connection to Redis at/)
}

async function mistakes() {
  const missing = join(work_dir(), 'nowhere')
  const rows = [
    [['verify', '--dir', missing], /there is no journal in/],
    [['verify', '--journal', 'none'], /there is nothing to look at/],
    [['verify', '--member', 'm1'], /--member: no such option/],
    [['verify', '--json=yes'], /--json has no value/],
    [['dump', '--json'], /--json: no such option/],
    [['dump', '--member'], /--member: '' is not allowed; 1 to 64 bytes/],
    [['dump', '--member', 'x'.repeat(65)], /--member: 'x+' is not allowed/],
    [['dump', '--from', 'yesterday'], /--from: 'yesterday' is not allowed; a time such as/],
    [['dump', '--to=2026-11-11'], /--to: '2026-11-11' is not allowed/],
    [['dump', '--after', '17'], /--after: '17' is not allowed; an entry's ID such as 1-500/],
    [['dump', '--redis', 'nohost'], /redis: 'nohost' is not allowed/],
    [['dump', 'verify'], /'verify' is not an option/],
  ]
  for (const [args, pattern] of rows) {
    const came = await run_boon(args)
    check_equal(`${args.join(' ').slice(0, 60)}: exit code`, [came.code, came.out], [2, ''])
    check_match(`${args.join(' ').slice(0, 60)}: said`, came.said, pattern)
  }
  check_that('no directory was made', !existsSync(missing))
  for (const command of ['verify', 'dump']) {
    const help = await run_boon([command, '--help'])
    check_equal(`${command} --help: exit code`, help.code, 0)
    check_match(`${command} --help`, help.out, new RegExp(`^Usage: boon-server ${command} `))
  }
  const empty = work_dir()
  const came = await run_boon(['dump', '--dir', empty])
  check_equal('an empty directory stays empty', [came.code, readdirSync(empty)], [2, []])
}

export async function inspect() {
  const boon = await beside_a_server()
  await at_rest(boon)
  await own_redis()
  await mistakes()
}
