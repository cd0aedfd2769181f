// crowds.mjs -- slow readers, idle crowds, full houses: one client's behaviour is not another's
// problem.
import { readFileSync } from 'node:fs'
import {
  check_at_most,
  check_equal,
  check_match,
  check_that,
  say,
  sleep,
  until,
  within,
} from '../lib/check.mjs'
import { open_campaign, start_boon } from '../lib/boon.mjs'
import { CLOSED, Client, encode, fields } from '../lib/resp.mjs'

const MIB = 1024 * 1024

function memory_of(pid) {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
}

// Ask a bystander all the while: its slowest answer in ms.
async function bystander(boon, client, action) {
  let slowest = 0
  let going = true
  const watch = (async () => {
    while (going) {
      const began = performance.now()
      const reply = await client.call('COUPON.CLAIM', 'alice', 'sale')
      if (reply[0] !== 'DUPLICATE') throw new Error(`the bystander got ${reply}`)
      slowest = Math.max(slowest, performance.now() - began)
      await sleep(2)
    }
  })()
  await action()
  going = false
  await watch
  return slowest
}

// Clients that ask for megabytes of answers and read none.
async function slow_readers() {
  const boon = await start_boon(['--output-bytes-max', '1mb'])
  const client = await boon.client()
  await open_campaign(client, 'sale', 10)
  await client.call('COUPON.CLAIM', 'alice', 'sale')
  const document = { stock: 1, value: { kind: 'exchange', price: 0 } }
  await client.all(
    Array.from({ length: 1000 }, (_, at) => [
      'CAMPAIGN.PUT',
      `c${at}-${'x'.repeat(50)}`,
      JSON.stringify({ ...document, name: `n${at}-${'y'.repeat(190)}` }),
    ]),
  )
  const page = encode(['CAMPAIGN.LIST', 'LIMIT', 1000]) // an answer of about 300 KB
  const answer = JSON.stringify(await client.call('CAMPAIGN.LIST', 'LIMIT', 1000)).length
  const before = memory_of(boon.pid)
  const greedy = []
  let most = 0
  const slowest = await bystander(boon, client, async () => {
    for (let at = 0; at < 20; at++) {
      const one = await boon.client()
      one.socket.pause()
      one.socket.write(page.repeat(1000))
      greedy.push(one)
    }
    for (let at = 0; at < 30; at++) {
      most = Math.max(most, memory_of(boon.pid))
      await sleep(50)
    }
  })
  say(
    `20 clients asked for ${Math.round((20 * 1000 * answer) / MIB)} MiB each and read nothing: ${Math.round((most - before) / MIB)} MiB more memory; a bystander waited ${slowest.toFixed(1)} ms at most`,
  )
  check_at_most('slow readers: memory grows by at most 20 times 4 MiB', most - before, 20 * 4 * MIB)
  check_at_most('slow readers: a bystander waits at most 500 ms', slowest, 500)
  const info = await boon.info()
  check_that(
    'slow readers: they are stalled or closed',
    Number(info.stalled_clients) + (23 - Number(info.connected_clients)) >= 20,
    `${info.stalled_clients} stalled, ${info.connected_clients} connected`,
  )

  const prompt = await client.all(
    Array.from({ length: 64 }, () => ['CAMPAIGN.LIST', 'LIMIT', 1000]),
  )
  check_equal(
    'prompt readers: 64 pages in one pipeline, 20 times the output limit, all come',
    prompt.filter((reply) => reply.length === 1001).length,
    64,
  )

  // One that reads at last gets all its answers, in order.
  const late = await boon.client()
  late.socket.pause()
  const replies = Array.from({ length: 50 }, (_, at) => [late.next(), late.next(), at])
  for (const [, , at] of replies) late.socket.write(page + encode(['ECHO', `after ${at}`]))
  await sleep(300)
  late.socket.resume()
  const got = await within(
    20000,
    'the answers to a late reader',
    Promise.all(replies.map(async ([list, echo]) => [(await list).length, await echo])),
  )
  check_equal(
    'slow readers: one that reads late gets everything in order',
    got.every(([length, echo], at) => length === 1001 && echo === `after ${at}`),
    true,
  )
  for (const one of greedy) one.end()
  late.end()
  check_that(
    'slow readers: gone, they are forgotten',
    await until(async () => Number((await boon.info()).connected_clients) <= 2, 5000),
    (await boon.info()).connected_clients,
  )
  check_equal('slow readers: the server ends cleanly', (await boon.end()).code, 0)
}

// Claims behind answers that nobody reads are carried out at most as far as the limits reach.
async function deep_pipeline() {
  const boon = await start_boon(['--max-pipeline', '100'])
  const client = await boon.client()
  await open_campaign(client, 'sale', 100000)
  const many = 20000
  const replies = await client.all(
    Array.from({ length: many }, (_, at) => ['COUPON.CLAIM', `d${at}`, 'sale']),
    many,
  )
  check_equal(
    '20,000 claims in one write with --max-pipeline 100: all are answered OK',
    replies.filter((reply) => reply[0] === 'OK').length,
    many,
  )
  check_equal('and all are issued', fields(await client.call('CAMPAIGN.GET', 'sale')).issued, many)
  check_equal('the server ends cleanly', (await boon.end()).code, 0)
}

async function idle_crowd() {
  const boon = await start_boon()
  const client = await boon.client()
  await open_campaign(client, 'sale', 10)
  await client.call('COUPON.CLAIM', 'alice', 'sale')
  const before = memory_of(boon.pid)
  const crowd = []
  for (let at = 0; at < 10; at++)
    crowd.push(...(await Promise.all(Array.from({ length: 100 }, () => boon.client()))))
  await Promise.all(crowd.map((one) => one.call('PING')))
  const slowest = await bystander(boon, client, () => sleep(500))
  const each = (memory_of(boon.pid) - before) / crowd.length
  say(
    `1,000 idle connections: ${Math.round(each / 1024)} KiB each; a bystander waited ${slowest.toFixed(1)} ms at most`,
  )
  check_at_most('1,000 idle connections: bytes each', each, 32 * 1024)
  check_at_most('1,000 idle connections: a bystander waits at most 200 ms', slowest, 200)
  check_equal(
    '1,000 idle connections: INFO counts them',
    Number((await boon.info()).connected_clients),
    1002,
  )
  check_equal(
    '1,000 idle connections: all still answer',
    (await Promise.all(crowd.map((one) => one.call('PING')))).filter((pong) => pong === 'PONG')
      .length,
    1000,
  )
  check_equal('1,000 idle connections: the server ends cleanly', (await boon.end()).code, 0)
}

async function full_house() {
  const boon = await start_boon(['--max-clients', '10'])
  const inside = await Promise.all(Array.from({ length: 10 }, () => boon.client()))
  await Promise.all(inside.map((one) => one.call('PING')))
  const outside = await Client.connect({ port: boon.port })
  const refusal = await outside.next()
  check_match(
    '--max-clients 10: the eleventh is told why',
    String(refusal),
    /^-ERR max number of clients reached$/,
  )
  check_that('and closed', await until(() => outside.closed, 2000))
  check_equal(
    'the ten go on',
    await Promise.all(inside.map((one) => one.call('PING'))),
    Array(10).fill('PONG'),
  )
  inside.pop().end()
  const next = await until(async () => {
    const one = await Client.connect({ port: boon.port })
    const pong = await one.call('PING')
    if (pong !== 'PONG') one.end()
    return pong === 'PONG'
  }, 2000)
  check_that('when one leaves, the next comes in', next)
  check_equal('the server ends cleanly', (await boon.end()).code, 0)
}

async function silence() {
  const boon = await start_boon(['--idle-timeout-ms', '1500'])
  const silent = await boon.client()
  const busy = await boon.client()
  const end = Date.now() + 4000
  while (!silent.closed && Date.now() < end) {
    await busy.call('PING')
    await sleep(50)
  }
  check_that('--idle-timeout-ms 1500: who is silent is closed', silent.closed)
  check_equal('who is not stays', await busy.call('PING'), 'PONG')
  check_equal('the server ends cleanly', (await boon.end()).code, 0)
}

// A claim whose client is gone before its answer is carried out once, and its retry gets the same
// answer.
async function gone_before_the_answer() {
  const boon = await start_boon()
  const client = await boon.client()
  await open_campaign(client, 'sale', 100)
  const request = ['COUPON.CLAIM', 'hasty', 'sale', 'REQUEST', 'once']
  const hasty = await boon.client()
  hasty.socket.end(encode(request))
  hasty.end()
  const retries = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const one = await boon.client()
      const reply = await one.call(...request)
      one.end()
      return reply === CLOSED ? 'closed' : reply.join(' ')
    }),
  )
  check_equal(
    'the same request 100 times at once, and once by one who left: one answer',
    new Set(retries).size,
    1,
  )
  check_match('which is OK', retries[0], /^OK /)
  check_equal('one coupon', fields(await client.call('CAMPAIGN.GET', 'sale')).issued, 1)
  check_equal('the server ends cleanly', (await boon.end()).code, 0)
}

export async function crowds() {
  await slow_readers()
  await deep_pipeline()
  await idle_crowd()
  await full_house()
  await silence()
  await gone_before_the_answer()
}
