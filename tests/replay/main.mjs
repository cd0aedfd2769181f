// main.mjs -- the groups of the replay tests.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  check_at_least,
  check_at_most,
  check_equal,
  check_that,
  run_suite,
  say,
  until,
  within,
} from '../lib/check.mjs'
import {
  BUILD,
  Program,
  free_port,
  need_build,
  run_program,
  start_boon,
  work_dir,
} from '../lib/boon.mjs'
import { fields } from '../lib/resp.mjs'
import { benchmark } from './benchmark.mjs'
import { broken_promises } from './broken_promises.mjs'
import { find_rows, issued_with } from './rows.mjs'

const LOAD = join(BUILD, 'boon-load')
const AMPLE = Number.MAX_SAFE_INTEGER
const rows = find_rows()

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0)

function arguments_of(boon, more) {
  const json = join(work_dir(), 'result.json')
  return {
    json,
    args: [
      'replay',
      '--port',
      String(boon.port),
      '--csv',
      rows.path,
      '--member-column',
      'User_id',
      '--campaign-column',
      'Coupon_id',
      '--quiet',
      '--json',
      json,
      ...more,
    ],
  }
}

// Run the load tester: {code, result, out}.
async function replay(boon, more = []) {
  const { json, args } = arguments_of(boon, more)
  const ran = await run_program(LOAD, args, { limit_ms: 100000 })
  let result
  try {
    result = JSON.parse(readFileSync(json, 'utf8'))
  } catch {
    result = { outcomes: {}, errors: {}, audit: {} }
  }
  return { ...ran, result }
}

// Every campaign as the server tells it, page by page: id → [state, stock, issued].
async function all_campaigns(client) {
  const campaigns = new Map()
  for (let after; ;) {
    const [word, ...page] = await client.call(
      'CAMPAIGN.LIST',
      'LIMIT',
      300,
      ...(after ? ['AFTER', after] : []),
    )
    if (word !== 'OK') throw new Error(`CAMPAIGN.LIST: ${word}`)
    for (const [id, , state, stock, issued] of page) campaigns.set(id, [state, stock, issued])
    if (page.length < 300) return campaigns
    after = page.at(-1)[0]
  }
}

// Compare the server with the file, by questions of our own and without the load tester.
async function agrees(title, boon, stock) {
  const client = await boon.client()
  const expected = issued_with(rows, stock)
  const campaigns = await all_campaigns(client)
  check_equal(`${title}: the campaigns are those of the file`, campaigns.size, rows.campaigns.size)
  const wrong = [...expected].filter(([id, issued]) => campaigns.get(id)?.[2] !== issued)
  check_equal(
    `${title}: each has issued what the file says`,
    wrong.slice(0, 3).map(([id, issued]) => [id, issued, campaigns.get(id)?.[2]]),
    [],
  )
  const ids = [...rows.campaigns.keys()]
  const gets = (await client.all(ids.map((id) => ['CAMPAIGN.GET', id]))).map((reply) =>
    fields(reply),
  )
  check_equal(
    `${title}: CAMPAIGN.GET says the same of every one`,
    gets
      .filter(
        (one, at) =>
          one.id !== ids[at] ||
          one.issued !== expected.get(one.id) ||
          one.issued + one.remaining !== one.stock,
      )
      .slice(0, 3),
    [],
  )
  const members = [...rows.members.keys()]
  const counts = (await client.all(members.map((member) => ['MEMBER.GET', member]))).map(
    (reply) => fields(reply).coupons ?? 0,
  )
  check_equal(
    `${title}: all members together hold what was issued`,
    sum(counts),
    sum([...expected.values()]),
  )
  if (stock === AMPLE) {
    const off = members.filter((member, at) => counts[at] !== rows.members.get(member).size)
    check_equal(`${title}: MEMBER.GET of all ${members.length} members`, off.slice(0, 3), [])
  } else {
    const off = members.filter((member, at) => counts[at] > rows.members.get(member).size)
    check_equal(`${title}: no member holds more than the file asked for`, off.slice(0, 3), [])
  }
  await lists_agree(
    title,
    client,
    members.filter((_, at) => at % 29 === 0),
    stock,
  )
  client.end()
}

// The coupons of a sample, one by one: of campaigns in the file, none twice, each code leading
// back.
async function lists_agree(title, client, sample, stock) {
  const asked = sample.flatMap((member, at) => [
    ['MEMBER.GET', sample.at(at - 1)],
    ['COUPON.LIST', member, 'LIMIT', 1000],
  ])
  const lists = (await client.all(asked)).filter((_, at) => at % 2 === 1) // between look-ups of others
  const wrong = []
  const codes = []
  lists.forEach((reply, at) => {
    const held = reply[0] === 'OK' ? reply.slice(2) : []
    const wanted = rows.members.get(sample[at])
    const ids = new Set(held.map(([, campaign]) => campaign))
    if (
      ids.size !== held.length ||
      [...ids].some((id) => !wanted.has(id)) ||
      (stock === AMPLE && ids.size !== wanted.size)
    )
      wrong.push(sample[at])
    for (const [code, campaign] of held) codes.push([code, sample[at], campaign])
  })
  check_equal(`${title}: COUPON.LIST of ${sample.length} members`, wrong.slice(0, 3), [])
  const coupons = (await client.all(codes.map(([code]) => ['COUPON.GET', code]))).map((reply) =>
    fields(reply),
  )
  check_equal(
    `${title}: COUPON.GET of their ${codes.length} coupons`,
    coupons
      .filter((one, at) => one.member !== codes[at][1] || one.campaign !== codes[at][2])
      .slice(0, 3),
    [],
  )
}

function judged(title, ran, ok, refusals) {
  const { outcomes, audit, file } = ran.result
  check_equal(`${title}: boon-load's exit code`, ran.code, 0)
  check_equal(`${title}: OK`, outcomes.OK, ok)
  check_equal(`${title}: refusals`, refusals(outcomes), rows.count - ok)
  check_equal(
    `${title}: no errors, every row answered`,
    [ran.result.errors, ran.result.answers, file?.wrong],
    [{}, rows.count, 0],
  )
  check_equal(
    `${title}: boon-load's own audit`,
    [audit.pass, audit.oversold, audit.twice, audit.lost, audit.codes_twice],
    [true, 0, 0, 0, 0],
  )
}

async function ample_stock() {
  let boon = await start_boon()
  const ran = await replay(boon)
  judged('ample stock', ran, rows.pairs, (outcomes) => outcomes.DUPLICATE)
  if (rows.is_real)
    check_equal(
      'ample stock: the known numbers of this file',
      [ran.result.outcomes.OK, ran.result.outcomes.DUPLICATE],
      [105958, 7682],
    )
  const info = await boon.info()
  check_equal(
    'ample stock: INFO counted the same',
    [info.outcome_DUPLICATE, info.coupons, info.members],
    [String(rows.count - rows.pairs), String(rows.pairs), String(rows.members.size)],
  )
  await agrees('ample stock', boon, AMPLE)
  for (let life = 2; life <= 3; life++) {
    await boon.end('SIGKILL')
    const began = Date.now()
    boon = await start_boon(['--dir', boon.dir])
    say(
      `life ${life}: ${rows.pairs} coupons read from the journal, ready after ${Date.now() - began} ms`,
    )
    const verified = await replay(boon, ['--verify-only'])
    check_equal(
      `life ${life} after kill -9: --verify-only agrees`,
      [verified.code, verified.result.audit.pass],
      [0, true],
    )
    await agrees(`life ${life} after kill -9`, boon, AMPLE)
  }
  const client = await boon.client()
  const claims = [...rows.members].flatMap(([member, campaigns]) =>
    [...campaigns].map((campaign) => ['COUPON.CLAIM', member, campaign]),
  )
  const words = new Set((await client.all(claims)).map(([word]) => word))
  check_equal(
    'every claim of the file once more: nothing but duplicates',
    [...words],
    ['DUPLICATE'],
  )
  check_equal('and nothing is issued by it', (await boon.info()).coupons, String(rows.pairs))
  check_equal('the server ends cleanly', (await boon.end()).code, 0)
}

// Coupons issued, as answers of the server tell it; INFO would count what is not durable yet.
async function issued_by(boon) {
  const client = await boon.client()
  const campaigns = await all_campaigns(client)
  client.end()
  return sum([...campaigns.values()].map(([, , issued]) => issued))
}

// The server is killed in the middle; the load tester sends what was not answered again.
async function killed_in_the_middle() {
  const port = String(await free_port())
  let boon = await start_boon(['--port', port])
  const { json, args } = arguments_of(boon, [
    '--retry',
    '--claim-request-ids',
    '--pipeline',
    '2',
    '--connections',
    '20',
  ])
  const load = new Program(LOAD, args)
  for (let time = 1; time <= 3; time++) {
    const enough = (rows.pairs * time) / 6
    const reached = await until(async () => (await issued_by(boon)) >= enough, 30000, 1)
    const seen = await issued_by(boon)
    await boon.end('SIGKILL')
    boon = await start_boon(['--port', port, '--dir', boon.dir])
    const now = await issued_by(boon)
    say(`killed at ${seen} issued, back with ${now}`)
    check_that(`killed, time ${time}: in the middle`, reached && seen < rows.pairs, seen)
    check_at_least(`killed, time ${time}: no coupon that was seen is lost`, now, seen)
  }
  const how = await within(60000, 'the end of the replay', load.exited)
  const result = JSON.parse(readFileSync(json, 'utf8'))
  say(
    `${result.generator.reconnects} connections made again, ${result.generator.sent_again} claims sent again, ${result.seconds.toFixed(1)} s`,
  )
  check_at_least('killed: claims were cut off and sent again', result.generator.sent_again, 3)
  judged('killed', { ...how, result }, rows.pairs, (outcomes) => outcomes.DUPLICATE)
  await agrees('killed', boon, AMPLE)
  check_equal('killed: the server ends cleanly', (await boon.end()).code, 0)
}

async function short_stock() {
  const stock = rows.is_real ? 1000 : 100
  const boon = await start_boon()
  const expected = [...issued_with(rows, stock).values()]
  check_at_least(
    `stock ${stock}: some campaigns sell out`,
    expected.filter((issued) => issued === stock).length,
    3,
  )
  const ran = await replay(boon, ['--stock', String(stock)])
  judged(`stock ${stock}`, ran, sum(expected), (outcomes) => outcomes.DUPLICATE + outcomes.SOLD_OUT)
  const { outcomes } = ran.result
  check_at_most(
    `stock ${stock}: not more duplicates than the file has`,
    outcomes.DUPLICATE,
    rows.count - rows.pairs,
  )
  const info = await boon.info()
  check_equal(
    `stock ${stock}: INFO counted the same`,
    [info.outcome_DUPLICATE, info.outcome_SOLD_OUT, info.coupons].map(Number),
    [outcomes.DUPLICATE, outcomes.SOLD_OUT, sum(expected)],
  )
  const client = await boon.client()
  const over = [...(await all_campaigns(client))].filter(
    ([, [, has, issued]]) => has !== stock || issued > stock,
  )
  check_equal(`stock ${stock}: no campaign over it`, over.slice(0, 3), [])
  await agrees(`stock ${stock}`, boon, stock)
  await boon.end('SIGKILL')
  const again = await start_boon(['--dir', boon.dir])
  await agrees(`stock ${stock} after kill -9`, again, stock)
  check_equal(`stock ${stock}: the server ends cleanly`, (await again.end()).code, 0)
}

need_build('boon-server', 'boon-load')
console.log(
  `replay: ${rows.count} rows, ${rows.members.size} members, ${rows.campaigns.size} campaigns, ${rows.pairs} different claims${rows.is_real ? '' : ', made up or of another file'}`,
)
await run_suite(
  'replay',
  { ample_stock, killed_in_the_middle, short_stock, broken_promises, benchmark },
  process.argv.slice(2),
)
