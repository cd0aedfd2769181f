// torture.mjs -- what scripts/torture runs: lanes in processes of their own, and a table at the end.
import { fork } from 'node:child_process'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { need_build } from '../lib/boon.mjs'
import { Dice } from '../lib/dice.mjs'
import { Lane } from './lane.mjs'
import { tear_everywhere } from './torn.mjs'

const LINE_EVERY_MS = process.stdout.isTTY ? 500 : 30000
const BAR = 30
const LANES_MAX = 64
const KILLS_MAX = 100000000
const GOES_MS = 60000 // a lane that is silent for longer than this is stuck

function fail(text) {
  console.error(`torture: ${text}; see scripts/torture --help`)
  process.exit(2)
}

function number(name, text, least, most) {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least || value > most)
    fail(`--${name} takes a whole number from ${least} to ${most}, not ${text}`)
  return value
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        kills: { type: 'string', default: '10000' },
        lanes: { type: 'string', default: '2' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
        torn: { type: 'boolean', default: false },
        lane: { type: 'string' }, // for its own children
      },
    })
    return {
      kills: number('kills', values.kills, 1, KILLS_MAX),
      lanes: number('lanes', values.lanes, 1, LANES_MAX),
      seed: number('seed', values.seed, 0, 2 ** 32 - 1),
      torn: values.torn,
      lane: values.lane === undefined ? undefined : number('lane', values.lane, 0, LANES_MAX),
    }
  } catch (error) {
    return fail(error.message)
  }
}

// --- a lane, in its own process ---

const WHAT = ['answered', 'cut', 'repeated', 'put_off', 'checked']

function standing(lane, done) {
  const starts = [...lane.starts].sort((a, b) => a - b)
  return {
    done,
    kills: lane.kills,
    killed: lane.killed,
    brands: lane.brands,
    snapshots: lane.snapshots,
    wrong: lane.wrong,
    evidence: lane.evidence,
    start_ms: starts[starts.length >> 1] ?? 0,
    start_max_ms: starts.at(-1) ?? 0,
    ...Object.fromEntries(WHAT.map((what) => [what, lane.counted(what)])),
  }
}

async function be_lane({ lane: at, kills, seed }) {
  const own_redis = at % 2 === 1
  const lane = new Lane(`${own_redis ? 'own' : 'private'}-${at}`, new Dice(seed).child(at), {
    own_redis,
  })
  process.on('disconnect', () => process.exit(1))
  const report = setInterval(() => process.send(standing(lane, false)), 250)
  try {
    await lane.begin()
    while (lane.killed < kills && lane.wrong.length === 0) await lane.round(kills - lane.killed)
    if (lane.wrong.length === 0) await lane.end()
  } catch (error) {
    if (lane.book) lane.book.fault(String(error.stack ?? error))
    else throw error
    lane.keep_evidence()
  }
  clearInterval(report)
  process.send(standing(lane, true), () => process.exit(lane.wrong.length === 0 ? 0 : 1))
}

// --- the frame ---

const total = (lanes, what) => lanes.reduce((sum, lane) => sum + (lane.now?.[what] ?? 0), 0)
const grouped = (value) => Math.round(value).toLocaleString('en-US')

function progress(lanes, kills, began) {
  const killed = total(lanes, 'killed')
  const seconds = (Date.now() - began) / 1000
  const full = Math.min(BAR, Math.floor((killed / kills) * BAR))
  const rate = killed / seconds
  const left = rate > 0 ? Math.ceil((kills - killed) / rate) : 0
  const text =
    `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}] ${grouped(killed)} of ${grouped(kills)} kills, ` +
    `${rate.toFixed(1)} a second, ${grouped(total(lanes, 'answered'))} answers, ` +
    `${total(lanes, 'broken')} broken, ${left} s to go`
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}`)
  else console.log(text)
}

function table(lanes, seed, seconds) {
  const rows = [
    [
      'lane',
      'kills',
      'Boon',
      'at start',
      'Redis',
      'both',
      'brands',
      'snapshots',
      'start',
      'slowest',
      'answers',
      'cut off',
      'again',
      'compared',
      'promises',
    ],
  ]
  for (const { name, now, code } of lanes) {
    if (now === undefined) {
      rows.push([name, ...Array(13).fill('-'), `ended with ${code}`])
      continue
    }
    const { kills } = now
    rows.push([
      name,
      ...[
        now.killed,
        kills.boon,
        kills.birth,
        kills.redis,
        kills.both,
        now.brands,
        now.snapshots,
      ].map(grouped),
      `${grouped(now.start_ms)} ms`,
      `${grouped(now.start_max_ms)} ms`,
      ...[now.answered, now.cut, now.repeated, now.checked].map(grouped),
      now.wrong.length > 0 ? 'BROKEN' : now.done ? 'kept' : 'kept so far',
    ])
  }
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)))
  console.log()
  for (const row of rows)
    console.log(
      `  ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join('  ')}`,
    )
  console.log(
    `\n  seed ${seed}; ${grouped(total(lanes, 'killed'))} kills in ${grouped(seconds)} s, ` +
      `${(total(lanes, 'killed') / seconds).toFixed(1)} a second`,
  )
  for (const { name, now } of lanes) {
    for (const text of now?.wrong ?? []) console.log(`  ${name}: ${text}`)
    if (now?.evidence) console.log(`  ${name}: its data is kept in ${now.evidence}`)
  }
}

async function torture({ kills, lanes: count, seed }) {
  const began = Date.now()
  let interrupted = false
  console.log(`torture: ${grouped(kills)} kills, ${count} lanes, seed ${seed}`)
  const lanes = Array.from({ length: count }, (_, at) => {
    const share = Math.floor(kills / count) + (at < kills % count ? 1 : 0)
    const args = ['--lane', at, '--kills', Math.max(1, share), '--seed', seed].map(String)
    const child = fork(fileURLToPath(import.meta.url), args)
    const lane = { name: `${at % 2 === 1 ? 'own' : 'private'}-${at}`, child, at: Date.now() }
    child.on('message', (now) => {
      if (lane.now === undefined || now.killed > lane.now.killed || now.done) lane.at = Date.now()
      lane.now = { ...now, broken: now.wrong.length }
    })
    lane.exited = new Promise((done) => {
      child.on('exit', (code, signal) => done((lane.code = code ?? signal)))
    })
    return lane
  })
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.removeAllListeners(signal)
    process.on(signal, () => {
      interrupted = true
      for (const { child } of lanes) if (child.exitCode === null) child.kill('SIGTERM')
    })
  }
  const ticker = setInterval(() => progress(lanes, kills, began), LINE_EVERY_MS)
  const watch = setInterval(() => {
    for (const lane of lanes) {
      if (lane.code === undefined && Date.now() - lane.at > GOES_MS) {
        console.error(`\ntorture: ${lane.name} has stood still for ${GOES_MS / 1000} s`)
        lane.child.kill('SIGTERM')
        lane.at = Infinity
      }
    }
  }, 1000)
  await Promise.all(lanes.map((lane) => lane.exited))
  clearInterval(ticker)
  clearInterval(watch)
  progress(lanes, kills, began)
  table(lanes, seed, (Date.now() - began) / 1000)
  const broken = lanes.filter(
    ({ now, code }) => (now?.broken ?? 0) > 0 || (code !== 0 && !interrupted),
  )
  if (broken.length > 0)
    console.log(`\ntorture: ${broken.length} of ${count} lanes broke a promise or stopped`)
  else if (interrupted) console.log('\ntorture: interrupted; every promise was kept so far')
  else console.log('\ntorture: every promise was kept')
  process.exit(broken.length > 0 ? 1 : interrupted ? 130 : 0)
}

const wanted = options()
need_build('boon-server')
if (wanted.lane !== undefined) await be_lane(wanted)
else if (wanted.torn) await tear_everywhere()
else await torture(wanted)
