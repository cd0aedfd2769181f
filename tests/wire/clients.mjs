// clients.mjs -- stock Node clients: each connects as its users would, and meets every kind of
// answer.
//
// An adapter makes the clients alike: call() asks one thing and throws on an error; batch() sends
// many at once and gives each answer or its error, in order.
import { createRequire } from 'node:module'
import { check_equal, check_match, check_that, check_throws, until, within } from '../lib/check.mjs'
import { open_campaign, start_boon } from '../lib/boon.mjs'
import { fields } from '../lib/resp.mjs'

const require = createRequire(import.meta.url)
const PASSWORD = 'pass word ✓'
const AMOUNT_MAX = 1_000_000_000_000
const STEPS = 8999

// --- the clients ---------------------------------------------------------------------------------

const settled = (results) =>
  results.map((one) => (one.status === 'fulfilled' ? one.value : one.reason))

function ioredis(name, options) {
  return async ({ port, password, client_name }) => {
    const Redis = require(name).default ?? require(name)
    const redis = new Redis({
      port,
      host: '127.0.0.1',
      password,
      connectionName: client_name,
      lazyConnect: true,
      retryStrategy: (times) => (password === 'wrong' || times > 100 ? null : 20),
      ...options,
    })
    redis.on('error', () => {})
    await redis.connect()
    return {
      call: (...args) => redis.call(...args),
      ping: () => redis.ping(),
      batch: async (requests) => {
        const pipeline = redis.pipeline()
        for (const args of requests) pipeline.call(...args)
        return (await pipeline.exec()).map(([error, reply]) => error ?? reply)
      },
      end: async () => redis.disconnect(),
    }
  }
}

function node_redis(name, options) {
  return async ({ port, password, client_name }) => {
    const { createClient } = require(name)
    const redis = createClient({
      password,
      name: client_name,
      ...options,
      socket: {
        port,
        host: '127.0.0.1',
        reconnectStrategy: (times) => (password === 'wrong' || times > 100 ? false : 20),
      },
    })
    redis.on('error', () => {})
    await redis.connect()
    const text = (args) => args.map(String)
    return {
      call: (...args) => redis.sendCommand(text(args)),
      ping: () => redis.ping(),
      batch: async (requests) =>
        settled(await Promise.allSettled(requests.map((args) => redis.sendCommand(text(args))))),
      multi: async (requests) => {
        const multi = redis.multi()
        for (const args of requests) multi.addCommand(text(args))
        return multi.execAsPipeline()
      },
      end: async () => (redis.destroy ? redis.destroy() : redis.disconnect()),
    }
  }
}

const clients = {
  'ioredis 5, RESP2': { connect: ioredis('ioredis5', {}), resp: '2' },
  'ioredis 6, RESP2': { connect: ioredis('ioredis6', { protocol: 2 }), resp: '2' },
  'ioredis 6, RESP3': { connect: ioredis('ioredis6', { protocol: 3 }), resp: '3' },
  'ioredis 6 as it comes': { connect: ioredis('ioredis6', {}) },
  'node-redis 4, RESP2': { connect: node_redis('redis4', {}), resp: '2' },
  'node-redis 5, RESP2': { connect: node_redis('redis5', { RESP: 2 }), resp: '2' },
  'node-redis 5, RESP3': { connect: node_redis('redis5', { RESP: 3 }), resp: '3' },
  'node-redis 6, RESP2': { connect: node_redis('redis6', { RESP: 2 }), resp: '2' },
  'node-redis 6, RESP3': { connect: node_redis('redis6', { RESP: 3 }), resp: '3' },
  'node-redis 6 as it comes': { connect: node_redis('redis6', {}) },
}

// --- what each must be able to do ----------------------------------------------------------------

async function claims(check, client, own) {
  const ok = await client.call('COUPON.CLAIM', own('m1'), own('few'), 'CHANNEL', 'app')
  check.match('a claim gets OK and a code', ok.join(' '), /^OK [0-9A-Z]{4}(-[0-9A-Z]{4}){4}$/)
  check.equal(
    'a second one gets DUPLICATE and the code',
    await client.call('COUPON.CLAIM', own('m1'), own('few')),
    ['DUPLICATE', ok[1]],
  )
  await client.call('COUPON.CLAIM', own('m2'), own('few'))
  check.equal(
    'the stock over, SOLD_OUT and the stock',
    await client.call('COUPON.CLAIM', own('m3'), own('few')),
    ['SOLD_OUT', 2],
  )
  check.equal(
    'no such campaign, UNKNOWN_CAMPAIGN',
    await client.call('COUPON.CLAIM', own('m1'), 'none'),
    ['UNKNOWN_CAMPAIGN'],
  )
  const coupon = fields(await client.call('COUPON.GET', ok[1]))
  check.equal(
    'the code leads to the member',
    [coupon.member, coupon.campaign, coupon.channel],
    [own('m1'), own('few'), 'app'],
  )
}

async function errors(check, client) {
  await check.throws(
    'too few arguments throw',
    () => client.call('COUPON.CLAIM', 'm'),
    /^ERR wrong number of arguments for 'COUPON\.CLAIM' command$/,
  )
  await check.throws(
    'a bad id throws',
    () => client.call('MEMBER.GET', '@x'),
    /^ERR MEMBER\.GET: member must be 1 to 64 bytes/,
  )
  await check.throws(
    'an unknown command throws',
    () => client.call('NO.SUCH'),
    /^ERR unknown command 'NO\.SUCH'/,
  )
}

// The largest balance must be read exactly: some clients' integers are wrong from 2^53-57 on.
async function numbers(check, client, own, other) {
  const member = own('rich')
  const answers = await client.batch(
    Array.from({ length: STEPS }, () => ['ACCOUNT.EARN', member, 'points', AMOUNT_MAX]),
  )
  check.equal(
    `${STEPS} times ${AMOUNT_MAX} in one batch adds up at each step`,
    answers.findIndex((reply, at) => reply[0] !== 'OK' || reply[1] !== (at + 1) * AMOUNT_MAX),
    -1,
  )
  check.equal(
    'an odd number of 16 digits',
    await client.call('ACCOUNT.EARN', member, 'points', AMOUNT_MAX - 1),
    ['OK', 8999999999999999],
  )
  check.equal(
    'is read back to the last point',
    await client.call('ACCOUNT.BALANCE', member, 'points'),
    ['OK', 8999999999999999],
  )
  check.equal(
    'spending one leaves one less',
    await client.call('ACCOUNT.SPEND', member, 'points', 1),
    ['OK', 8999999999999998],
  )
  let word, limit
  for (let left = 10; left > 0 && word !== 'LIMIT'; left--) {
    ;[word, , , limit] = await other.call('ACCOUNT.EARN', member, 'points', AMOUNT_MAX)
  }
  const { accounts } = fields(await other.call('MEMBER.GET', member))
  if (limit > accounts[1]) await other.call('ACCOUNT.EARN', member, 'points', limit - accounts[1])
  check.equal(
    'the largest balance there may be is read exactly',
    await client.call('ACCOUNT.BALANCE', member, 'points'),
    ['OK', limit],
  )
  check.equal('one more is a LIMIT', await client.call('ACCOUNT.EARN', member, 'points', 1), [
    'LIMIT',
    'balance',
    limit,
    limit,
    0,
  ])
}

async function texts(check, client, own) {
  for (const id of ['会员-张伟', 'Ünïcödé ñ', '🎟️🧧', 'a"b\'c\\d', '  spaces  ', '%s%n', '*3']) {
    const member = own(id)
    const earned = await client.call('ACCOUNT.EARN', member, '积分', 5)
    const got = fields(await client.call('MEMBER.GET', member))
    check.equal(
      `the id ${id} comes back as it went`,
      [earned, got.id, got.accounts],
      [['OK', 5], member, ['积分', 5]],
    )
  }
}

async function batches(check, client, own) {
  const requests = Array.from({ length: 500 }, (_, at) => [
    'ACCOUNT.EARN',
    own('batch'),
    'points',
    at + 1,
  ])
  const answers = await client.batch(requests)
  check.equal(
    '500 answers of a batch come in order',
    answers.map((reply) => reply[1]),
    requests.map((_, at) => ((at + 1) * (at + 2)) / 2),
  )
  const mixed = await client.batch([
    ['PING'],
    ['NO.SUCH'],
    ['ACCOUNT.BALANCE', own('batch'), 'points'],
    ['COUPON.CLAIM', 'x'],
    ['ECHO', 'end'],
  ])
  check.equal(
    'errors in a batch keep their places',
    mixed.map((reply) => (reply instanceof Error ? 'error' : reply)),
    ['PONG', 'error', ['OK', 125250], 'error', 'end'],
  )
  if (client.multi) {
    check.equal(
      'multi() as a pipeline',
      await client.multi([
        ['ECHO', 'a'],
        ['ACCOUNT.BALANCE', own('batch'), 'points'],
        ['ECHO', 'b'],
      ]),
      ['a', ['OK', 125250], 'b'],
    )
  }
}

async function rush(check, client, own) {
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, at) =>
      client.call('COUPON.CLAIM', own(`rush${at}`), own('fifty')),
    ),
  )
  const words = {}
  for (const [word] of answers) words[word] = (words[word] ?? 0) + 1
  check.equal('200 at once for 50: exactly 50 get one', words, { OK: 50, SOLD_OUT: 150 })
  check.equal(
    'their codes differ',
    new Set(answers.filter(([word]) => word === 'OK').map(([, code]) => code)).size,
    50,
  )
}

const of_client = (text) =>
  Object.fromEntries(
    text
      .trim()
      .split(' ')
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )

async function reconnects(check, client, other, name) {
  const before = of_client(String(await client.call('CLIENT', 'INFO')))
  check.equal('its name is set', before.name, name)
  check.that('its library has told its name', /redis/.test(before['lib-name']), before['lib-name'])
  check.equal('CLIENT KILL ends it', await other.call('CLIENT', 'KILL', 'ID', before.id), 1)
  const back = await until(
    async () => {
      const pong = await within(300, 'PING', client.ping()).catch(() => '')
      return pong === 'PONG'
    },
    5000,
    20,
  )
  check.that('it comes back by itself', back)
  const after = of_client(String(await client.call('CLIENT', 'INFO')))
  check.that(
    'as another connection of the same name',
    after.id !== before.id && after.name === name,
    `${after.id} ${after.name}`,
  )
}

const checks_of = (title) => ({
  equal: (name, got, expected) => check_equal(`${title}: ${name}`, got, expected),
  match: (name, got, pattern) => check_match(`${title}: ${name}`, got, pattern),
  that: (name, good, got) => check_that(`${title}: ${name}`, good, got),
  throws: (name, action, pattern) => check_throws(`${title}: ${name}`, action, pattern),
})

async function meet(title, { connect, resp }, boon, number) {
  const check = checks_of(title)
  const other = await boon.client()
  const own = (id) => `${number}-${id}`
  await open_campaign(other, own('few'), 2)
  await open_campaign(other, own('fifty'), 50)
  const name = `client-${number}`
  const client = await within(
    5000,
    'the handshake',
    connect({ port: boon.port, password: boon.password, client_name: name }),
  )
  try {
    check.equal('PING', await client.ping(), 'PONG')
    const told = of_client(String(await client.call('CLIENT', 'INFO')))
    check.match('it speaks', `RESP${told.resp}`, new RegExp(`^RESP${resp ?? '[23]'}$`))
    await claims(check, client, own)
    await errors(check, client)
    if (!boon.password) {
      await numbers(check, client, own, other)
      await texts(check, client, own)
      await batches(check, client, own)
    }
    await rush(check, client, own)
    await reconnects(check, client, other, name)
  } finally {
    await client.end()
    other.end()
  }
}

export async function open_server() {
  const boon = await start_boon()
  for (const [at, [title, client]] of Object.entries(clients).entries())
    await meet(title, client, boon, at)
  check_equal('the server ends cleanly after them', (await boon.end()).code, 0)
}

export async function guarded_server() {
  const boon = await start_boon(['--password', PASSWORD], { password: PASSWORD })
  for (const [at, [title, client]] of Object.entries(clients).entries()) {
    await meet(`${title}, password`, client, boon, at)
    await check_throws(
      `${title}: a wrong password`,
      async () => {
        const stranger = await within(
          5000,
          'the handshake',
          client.connect({ port: boon.port, password: 'wrong', client_name: 'stranger' }),
        )
        try {
          return await within(2000, 'the claim', stranger.call('COUPON.CLAIM', 'stranger', '0-few'))
        } finally {
          await stranger.end()
        }
      },
      /WRONGPASS|NOAUTH|Connection is closed/,
    )
  }
  const watcher = await boon.client()
  check_equal('no stranger got through', await watcher.call('MEMBER.GET', 'stranger'), [
    'UNKNOWN_MEMBER',
  ])
  check_equal('the server ends cleanly after them', (await boon.end()).code, 0)
}
