// boon_killed.mjs -- kill -9 of Boon, at work and at birth.
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
} from '../lib/check.mjs'
import { Boon, open_campaign, redis_pids_in, run_boon, start_boon, work_dir } from '../lib/boon.mjs'
import { Claimers } from '../lib/claims.mjs'
import { fields } from '../lib/resp.mjs'

const CYCLES = 10

// Watch who runs as Redis in a directory, as often as can be.
export class Watch {
  most = 0
  looks = 0
  constructor(directory) {
    this.directory = directory
    this.look()
    this.timer = setInterval(() => this.look(), 15)
  }
  look() {
    const pids = redis_pids_in(this.directory)
    this.looks++
    if (pids.length > this.most) this.most = pids.length
    return pids
  }
  end() {
    clearInterval(this.timer)
  }
}

// kill -9 ten times under load, on one directory; at the end all that was ever acknowledged is
// there.
export async function killed() {
  let boon = await start_boon()
  const { dir } = boon
  const watch = new Watch(dir)
  const client = await boon.client()
  await open_campaign(client, 'sale', 5000000)
  await open_campaign(client, 'few', 3000)
  const many = new Claimers('sale', { retry: true })
  const few = new Claimers('few', { retry: true })
  let slowest = 0
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    many.start(boon, { connections: 6, depth: 32 })
    few.start(boon, { connections: 2, depth: 8 })
    await sleep(150 + 40 * (cycle % 4))
    const end = boon.end('SIGKILL')
    for (let look = 0; look < 5; look++) watch.look()
    await end
    await Promise.all([many.stop(), few.stop()])
    const began = Date.now()
    boon = await start_boon(['--dir', dir])
    slowest = Math.max(slowest, Date.now() - began)
  }
  say(
    `${many.ok.size} claims acknowledged in ${CYCLES} lives, ${many.lost + few.lost} cut off; slowest start ${slowest} ms; ${watch.looks} looks at the directory`,
  )
  check_at_least('killed: there was a rush', many.ok.size, 10000)
  check_at_least('killed: it was in the middle of work each time', many.lost + few.lost, CYCLES)
  check_that(
    'killed: claims cut off are answered when sent again',
    (await many.settle(boon)) && (await few.settle(boon)),
  )
  for (const [name, claimers] of Object.entries({ sale: many, few })) {
    const audit = await claimers.audit(await boon.client())
    check_equal(`killed: ${name}: every acknowledged claim is there`, audit.missing, [])
    check_equal(
      `killed: ${name}: none twice, none beyond the stock, all counts agree`,
      audit.wrong,
      [],
    )
    check_equal(`killed: ${name}: no odd answers`, claimers.odd, [])
  }
  check_equal('killed: every claim that was sent is carried out', many.held, many.number)
  check_equal(
    'killed: the small campaign is sold out to the last',
    few.held,
    Math.min(3000, few.number),
  )
  check_equal('killed: never two redis-servers in the directory', watch.most, 1)
  const info = await boon.info()
  check_equal('killed: the epoch counts the lives', info.journal_epoch, String(CYCLES + 1))
  check_equal(
    'killed: nothing is unacknowledged',
    [info.unacknowledged_events, info.seq],
    ['0', info.durable_seq],
  )
  const how = await boon.end()
  check_equal('killed: then it ends cleanly', how.code, 0)
  await until(() => watch.look().length === 0, 2000)
  check_equal('killed: and its Redis with it', watch.look(), [])
  watch.end()
}

// kill -9 during the very first start: the next one begins, or finds what the first began.
export async function killed_at_birth() {
  const delays = [0, 2, 4, 6, 8, 10, 12, 15, 18, 22, 26, 30, 40, 60]
  const failed = []
  let before_genesis = 0
  for (const delay of delays) {
    const dir = join(work_dir(), 'data')
    for (let twice = 0; twice < 2; twice++) {
      const first = new Boon(['--port', '0', '--dir', dir])
      await sleep(delay)
      if (first.port === 0) before_genesis++
      await first.end('SIGKILL')
    }
    try {
      const boon = await start_boon(['--dir', dir])
      const client = await boon.client()
      await open_campaign(client, 'sale', 10)
      const [word, code] = await client.call('COUPON.CLAIM', 'alice', 'sale')
      await boon.end('SIGKILL')
      const again = await start_boon(['--dir', dir])
      const got = fields(await (await again.client()).call('COUPON.GET', code))
      if (word !== 'OK' || got.member !== 'alice')
        failed.push(`${delay} ms: ${word} ${JSON.stringify(got)}`)
      await again.end()
    } catch (error) {
      failed.push(`${delay} ms: ${error.message}`)
    }
  }
  say(
    `killed ${2 * delays.length} times in the first ${delays.at(-1)} ms, ${before_genesis} times before it was ready`,
  )
  check_equal('at birth: the next start works, whenever the first was killed', failed, [])
  check_at_least('at birth: most were killed before they were ready', before_genesis, 10)
}

// A request id gets its first answer again, also from the next life.
export async function request_ids() {
  let boon = await start_boon()
  const client = await boon.client()
  await open_campaign(client, 'sale', 1000)
  await open_campaign(client, 'one', 1)
  const requests = [
    ['COUPON.CLAIM', 'alice', 'sale', 'CHANNEL', 'app', 'REQUEST', 'a1'],
    ['COUPON.CLAIM', 'bob', 'sale', 'REQUEST', 'a1'],
    ['ACCOUNT.EARN', 'alice', 'points', '500', 'REQUEST', 'e1'],
    ['ACCOUNT.EARN', 'alice', 'points', '500', 'REQUEST', 'e2'],
    ['ACCOUNT.SPEND', 'alice', 'points', '300', 'REQUEST', 's1'],
    ['COUPON.CLAIM', 'alice', 'one', 'REQUEST', 'o1'],
    ...Array.from({ length: 200 }, (_, at) => [
      'ACCOUNT.EARN',
      `m${at}`,
      'stamps',
      at + 1,
      'REQUEST',
      `请求-${at}`,
    ]),
  ]
  const refused = ['COUPON.CLAIM', 'bob', 'one', 'REQUEST', 'o2']
  const first = await client.all(requests)
  check_equal(
    'request ids: the answers of the first life',
    first.slice(2, 6).map((reply) => reply[1]),
    [500, 1000, 700, first[5][1]],
  )
  check_equal('request ids: a refusal', await client.call(...refused), ['SOLD_OUT', 1])
  for (let life = 2; life <= 3; life++) {
    const { seq } = await boon.info()
    await boon.end('SIGKILL')
    boon = await start_boon(['--dir', boon.dir])
    const next = await boon.client()
    const events = Number((await boon.info()).seq)
    check_equal(`request ids: life ${life} gives the same answers`, await next.all(requests), first)
    check_equal('request ids: and changed nothing by it', Number((await boon.info()).seq), events)
    check_at_least('request ids: no event was lost', events, Number(seq))
    check_equal(
      'request ids: another body is a mismatch',
      await next.call('ACCOUNT.EARN', 'alice', 'points', '501', 'REQUEST', 'e1'),
      ['REQUEST_MISMATCH'],
    )
    check_equal(
      'request ids: the balance is of one life',
      await next.call('ACCOUNT.BALANCE', 'alice', 'points'),
      ['OK', 700],
    )
  }
  const last = await boon.client()
  await last.call('CAMPAIGN.RESTOCK', 'one', '1', 'EXPECT', '1')
  check_equal('request ids: a refused one stayed free', (await last.call(...refused))[0], 'OK')
  check_equal('request ids: the server ends cleanly', (await boon.end()).code, 0)
}

// Two servers on one directory: the second is told so, the first does not notice.
export async function second_server() {
  const boon = await start_boon()
  const watch = new Watch(boon.dir)
  await open_campaign(await boon.client(), 'sale', 1000000)
  const claimers = new Claimers('sale')
  claimers.start(boon, { connections: 4, depth: 16, pause_ms: 20 })
  const began = Date.now()
  const second = await run_boon(['--port', '0', '--dir', boon.dir], { limit_ms: 30000 })
  const waited = Date.now() - began
  await claimers.stop()
  check_equal('second server: exit code', second.code, 1)
  check_match(
    'second server: it is told who has the directory',
    second.err,
    new RegExp(
      `another boon-server \\(pid ${boon.pid}\\) uses .*; stop it, or give this one a --dir of its own\n$`,
    ),
  )
  check_match('second server: it says that it waits', second.err, /event=waiting_for_dir/)
  check_at_most('second server: it gives up within 15 s', waited, 15000)
  check_equal('second server: never two redis-servers', watch.most, 1)
  watch.end()
  check_equal(
    'second server: the first lost no connection and gave no odd answer',
    [claimers.lost, claimers.odd],
    [0, []],
  )
  check_equal('second server: the first kept all', await claimers.audit(await boon.client()), {
    missing: [],
    wrong: [],
  })

  const waiting = new Boon(['--port', '0', '--dir', boon.dir])
  await sleep(300)
  await boon.end('SIGKILL')
  check_that(
    'second server: one that waits takes over when the first is killed',
    await until(() => waiting.port > 0, 10000),
    waiting.tail(3),
  )
  waiting.dir = boon.dir
  check_equal(
    'second server: with all that the first had',
    await claimers.audit(await waiting.client()),
    { missing: [], wrong: [] },
  )
  check_equal('second server: and ends cleanly', (await waiting.end()).code, 0)
}
