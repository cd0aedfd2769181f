// introspection.mjs -- what tools and clients ask a server about itself.
import { check_at_least, check_equal, check_match, check_that } from '../lib/check.mjs'
import { open_campaign, start_boon } from '../lib/boon.mjs'
import { info_fields } from '../lib/resp.mjs'

const CLIENT_FIELDS = [
  'id',
  'addr',
  'laddr',
  'fd',
  'name',
  'age',
  'idle',
  'flags',
  'db',
  'sub',
  'psub',
  'multi',
  'qbuf',
  'obl',
  'oll',
  'omem',
  'events',
  'cmd',
  'user',
  'resp',
]
const INFO_FIELDS = [
  'redis_version',
  'redis_mode',
  'process_id',
  'tcp_port',
  'uptime_in_seconds',
  'connected_clients',
  'used_memory',
  'loading',
  'role',
  'total_commands_processed',
  'instantaneous_ops_per_sec',
  'boon_version',
  'durability',
  'journal',
  'seq',
]

const as_map = (reply) => {
  if (reply instanceof Map) return reply
  const map = new Map()
  for (let at = 0; Array.isArray(reply) && at < reply.length; at += 2)
    map.set(reply[at], reply[at + 1])
  return map
}

async function commands(title, client) {
  const names = await client.call('COMMAND', 'LIST')
  check_at_least(`${title}: COMMAND LIST`, names.length, 30)
  check_equal(`${title}: COMMAND COUNT`, await client.call('COMMAND', 'COUNT'), names.length)
  const docs = as_map(await client.call('COMMAND', 'DOCS'))
  const whole = names.filter((name) => {
    const doc = as_map(docs.get(name))
    return (
      typeof doc.get('summary') === 'string' &&
      doc.get('summary').length > 5 &&
      doc.get('group') !== undefined
    )
  })
  check_equal(
    `${title}: COMMAND DOCS has a summary of every one`,
    names.filter((name) => !whole.includes(name)),
    [],
  )
  check_equal(
    `${title}: and of nothing else`,
    [...docs.keys()].filter((name) => !names.includes(name)),
    [],
  )
  const all = await client.call('COMMAND')
  check_equal(
    `${title}: COMMAND describes the same`,
    all.map(([name]) => name).sort(),
    [...names].sort(),
  )
  check_that(
    `${title}: each with name, arity, flags, keys`,
    all.every(
      (one) =>
        typeof one[0] === 'string' &&
        Number.isInteger(one[1]) &&
        Array.isArray(one[2]) &&
        one.length >= 6,
    ),
    all[0],
  )
  const [claim, nothing] = await client.call('COMMAND', 'INFO', 'COUPON.CLAIM', 'no.such')
  check_equal(
    `${title}: COMMAND INFO of a claim`,
    [claim[0].toLowerCase(), claim[1], claim[2].includes('write')],
    ['coupon.claim', -3, true],
  )
  check_equal(`${title}: COMMAND INFO of nothing`, nothing, null)
  check_equal(
    `${title}: COMMAND GETKEYS`,
    await client.call('COMMAND', 'GETKEYS', 'COUPON.CLAIM', 'alice', 'sale'),
    ['alice'],
  )
  const one = as_map(await client.call('COMMAND', 'DOCS', 'COUPON.CLAIM'))
  const described = as_map([...one.values()][0])
    .get('arguments')
    .map((argument) => as_map(argument).get('name'))
  check_equal(`${title}: COMMAND DOCS of one has its arguments`, described, [
    'member',
    'campaign',
    'channel',
    'store',
    'staff',
    'request',
  ])
}

const client_fields = (line) =>
  Object.fromEntries(
    line
      .split(' ')
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )

async function connections(title, boon, client) {
  await client.call('CLIENT', 'SETNAME', 'watcher')
  await client.call('CLIENT', 'SETINFO', 'lib-name', 'wire')
  const other = await boon.client()
  await other.call('PING')
  const lines = (await client.call('CLIENT', 'LIST')).trim().split('\n')
  check_equal(
    `${title}: CLIENT LIST has both`,
    lines.length,
    Number((await boon.info()).connected_clients) - 1,
  )
  const parsed = lines.map(client_fields)
  check_equal(
    `${title}: every line has the usual fields`,
    parsed.flatMap((line) => CLIENT_FIELDS.filter((name) => !(name in line))),
    [],
  )
  const self = client_fields((await client.call('CLIENT', 'INFO')).trim())
  check_equal(
    `${title}: CLIENT INFO is the same line`,
    [self.id, self.name, self['lib-name'], self.cmd],
    [String(await client.call('CLIENT', 'ID')), 'watcher', 'wire', 'client|info'],
  )
  check_match(`${title}: an address and a port`, self.addr, /^127\.0\.0\.1:\d+$/)
  check_equal(
    `${title}: CLIENT LIST ID`,
    client_fields((await client.call('CLIENT', 'LIST', 'ID', self.id)).trim()).id,
    self.id,
  )
  check_equal(`${title}: CLIENT GETNAME`, await client.call('CLIENT', 'GETNAME'), 'watcher')
  check_equal(
    `${title}: CLIENT KILL of all others but me`,
    (await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')) >= 1,
    true,
  )
  await other.ended
  check_equal(`${title}: and I am still here`, await client.call('PING'), 'PONG')
}

async function others(title, boon, client) {
  const info = info_fields(await client.call('INFO'))
  check_equal(
    `${title}: INFO has what clients and monitors read`,
    INFO_FIELDS.filter((name) => !(name in info)),
    [],
  )
  check_equal(`${title}: INFO knows the port`, info.tcp_port, String(boon.port))
  check_equal(`${title}: INFO knows the process`, info.process_id, String(boon.pid))
  check_match(`${title}: INFO has a section of our own`, await client.call('INFO'), /^# Boon\r$/m)
  check_match(`${title}: INFO of one section`, await client.call('INFO', 'server'), /^# Server\r\n/)
  check_equal(
    `${title}: CONFIG GET of what is not there is empty`,
    as_map(await client.call('CONFIG', 'GET', 'no-such-*')).size,
    0,
  )
  const config = as_map(await client.call('CONFIG', 'GET', '*'))
  check_equal(
    `${title}: CONFIG GET * shows options, no secrets`,
    [config.get('max-clients'), config.get('appendonly'), config.get('password') ?? ''],
    ['10000', 'yes', ''],
  )
  check_equal(
    `${title}: SLOWLOG GET`,
    Array.isArray(await client.call('SLOWLOG', 'GET', '-1')),
    true,
  )
  check_equal(`${title}: SLOWLOG LEN`, Number.isInteger(await client.call('SLOWLOG', 'LEN')), true)
  check_equal(`${title}: SLOWLOG RESET`, await client.call('SLOWLOG', 'RESET'), 'OK')
  check_equal(`${title}: LATENCY LATEST`, await client.call('LATENCY', 'LATEST'), [])
  check_equal(`${title}: LATENCY HISTORY`, await client.call('LATENCY', 'HISTORY', 'command'), [])
  check_equal(`${title}: LATENCY RESET`, await client.call('LATENCY', 'RESET'), 0)
  check_match(`${title}: TIME`, String(await client.call('TIME')), /^\d{10},\d{1,6}$/)
  for (const container of ['CLIENT', 'CONFIG', 'COMMAND', 'SLOWLOG', 'LATENCY']) {
    const help = await client.call(container, 'HELP')
    check_that(`${title}: ${container} HELP`, Array.isArray(help) && help.length > 3, help)
  }
  check_equal(`${title}: READONLY`, await client.call('READONLY'), 'OK')
  check_match(
    `${title}: CLUSTER INFO`,
    await client.call('CLUSTER', 'INFO'),
    /cluster support disabled/,
  )
}

// A fast server has an empty slow log; one that calls everything slow does not.
async function slow_log() {
  const boon = await start_boon(['--slowlog-us', '0', '--slowlog-entries', '8'])
  const client = await boon.client()
  await open_campaign(client, 'sale', 100)
  await client.all(Array.from({ length: 200 }, (_, at) => ['COUPON.CLAIM', `m${at}`, 'sale']))
  await client.all(Array.from({ length: 200 }, () => ['CAMPAIGN.LIST']))
  const entries = await client.call('SLOWLOG', 'GET', '-1')
  check_that('SLOWLOG: at most as many as it may have', entries.length <= 8, entries.length)
  check_that(
    'SLOWLOG: entries as Redis writes them',
    entries.every(
      (one) =>
        Number.isInteger(one[0]) &&
        one[1] > 1.6e9 &&
        one[2] >= 0 &&
        Array.isArray(one[3]) &&
        one.length === 6,
    ),
    entries[0],
  )
  check_equal('SLOWLOG: the server ends cleanly', (await boon.end()).code, 0)
}

export async function introspection() {
  const boon = await start_boon()
  for (const version of [2, 3]) {
    const client = await boon.client()
    const title = `RESP${version}`
    const hello = as_map(await client.call('HELLO', version, 'SETNAME', 'hi'))
    check_equal(
      `${title}: HELLO`,
      [hello.get('proto'), hello.get('role'), hello.get('mode')],
      [version, 'master', 'standalone'],
    )
    await commands(title, client)
    await connections(title, boon, client)
    await others(title, boon, client)
    const reset = await client.call('RESET')
    check_equal(
      `${title}: RESET`,
      [reset, (await client.call('CLIENT', 'GETNAME')) || null],
      ['RESET', null],
    )
    check_that(`${title}: QUIT`, (await client.call('QUIT')) === 'OK')
    await client.ended
  }
  check_that('no answer was an error of the server itself', !(await boon.info()).fault)
  check_equal('introspection: the server ends cleanly', (await boon.end()).code, 0)
  await slow_log()
}
