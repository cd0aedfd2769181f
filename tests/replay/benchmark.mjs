// benchmark.mjs -- scripts/bench measures recovery and snapshots on a small data set, and judges rightly.
//
// The figures of so few coupons mean nothing; what counts is that every step is gone through, that the state
// after a start is compared with the one before, and that a stall is found where it was.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { check_equal, check_match, check_that } from '../lib/check.mjs'
import { BUILD, ROOT, clean_env, run_program, start_boon, work_dir } from '../lib/boon.mjs'
import { ROWS } from '../../scripts/lib/rows.mjs'
import { secondsToNormal } from '../../scripts/lib/overload.mjs'
import { barShown, judged } from '../../scripts/lib/show.mjs'
import { judge } from '../../scripts/lib/snapshot_stall.mjs'

const BENCH = join(ROOT, 'scripts/bench')

const bench = (...args) =>
  run_program(process.execPath, [BENCH, ...args], { env: clean_env({ BOON_BUILD: BUILD }), limit_ms: 90000 })

async function sequence_goes_on() {
  const boon = await start_boon()
  const json = join(work_dir(), 'sequence.json')
  const claims = async (...more) => {
    const ran = await run_program(join(BUILD, 'boon-load'), [
      'sale', '--port', String(boon.port), '--quiet', '--json', json, '--members', '20', '--campaigns', '2',
      '--stock', '20', '--draw', 'sequence', '--audit', 'none', ...more,
    ])
    check_equal(`boon-load ${more.join(' ')}: exit code`, ran.code, 0)
    const { OK, DUPLICATE } = JSON.parse(readFileSync(json, 'utf8')).outcomes
    return [OK, DUPLICATE]
  }
  check_equal('30 claims in sequence', await claims('--requests', '30'), [30, 0])
  check_equal('the next 10 go on', await claims('--requests', '10', '--sequence-from', '30'), [10, 0])
  check_equal('from the beginning all are there', await claims('--requests', '10'), [0, 10])
  check_equal('the server ends cleanly', (await boon.end()).code, 0)
}

// A load of so many slots of 100 ms: 1 ms and 10 claims each, but where `odd` says otherwise.
function load_of(began_ms, slots, odd) {
  const series = Array.from({ length: slots }, (_, at) => ({
    at_s: at / 10,
    outcomes: { OK: 10 },
    max_us: 1000,
    ...odd[at],
  }))
  return { beganMs: began_ms, report: { slot_s: 0.1, series } }
}

function stalls_are_found() {
  const times = { begin: 1000, snapshot: 2000, recorded: 3000, end: 4000 }
  const all = load_of(1000, 30, { 12: { outcomes: { OK: 0 } } })
  const probe = load_of(950, 31, {
    2: { max_us: 2000 }, // 1150 to 1250: before
    10: { max_us: 30000 }, // 1950 to 2050: over the border
    20: { max_us: 40000 }, // 2950 to 3050: over the other
    25: { max_us: 3000 }, // 3450: after
  })
  const { before, during, after } = judge(all, probe, times)
  check_equal('the longest before', before.stallMs, 2)
  check_equal('the longest meanwhile, borders included', during.stallMs, 40)
  check_equal('the longest after', after.stallMs, 3)
  check_equal('claims a second before', before.claims, 100)
  check_that('fewer claims meanwhile', during.claims < 100 && during.claims > 80, during.claims)
}

function bars_are_held() {
  for (const [bar, boon, ratio, verdict, text] of [
    [{ of: 'ratio', least: 12 }, 5, 12, 'ok', '>= 12x'],
    [{ of: 'ratio', least: 12 }, 50, 11.99, 'BELOW', '>= 12x'],
    [{ of: 'ratio', most: 1 / 15 }, 1, 0.07, 'ABOVE', '<= 1/15'],
    [{ of: 'ratio', most: 1 / 15 }, 1, 0.066, 'ok', '<= 1/15'],
    [{ of: 'ratio', most: 0.65 }, 1, 0.65, 'ok', '<= 0.65x'],
    [{ of: 'ratio', least: 0.97, most: 1.18 }, 1, 1.2, 'ABOVE', '0.97x to 1.18x'],
    [{ of: 'ratio', least: 0.97, most: 1.18 }, 1, 0.96, 'BELOW', '0.97x to 1.18x'],
    [{ of: 'boon', most: 56 }, 57, 0.1, 'ABOVE', '<= 56'],
    [{ of: 'boon', most: 1 }, Infinity, null, 'ABOVE', '<= 1'],
    [{ of: 'boon', most: 2 }, NaN, null, '', '<= 2'],
  ]) {
    check_equal(`${text} of ${boon}, ratio ${ratio}`, judged(bar, boon, ratio), verdict)
    check_equal(`${text} as it is shown`, barShown(bar), text)
  }
  check_equal('every row has a bar', ROWS.filter((row) => !row.bar).map((row) => row.name), [])
}

// A probe of four answers in each slot of 100 ms, from second 1000 on: the last slot that is not normal counts.
function back_to_normal_is_found() {
  const probe = (odd, more = {}) => ({
    slot_s: 0.1,
    began_unix_ms: 1000000,
    generator: { connections_lost: 0 },
    unanswered: 0,
    series: Array.from({ length: 40 }, (_, at) => ({
      at_s: at / 10, outcomes: { OK: 4 }, errors: 0, within: 4, ...odd[at],
    })),
    ...more,
  })
  const end = 1002000
  check_equal('errors before the end do not count', secondsToNormal(probe({ 3: { errors: 1 } }), end), 0)
  check_equal('a late answer behind it', secondsToNormal(probe({ 24: { within: 3 } }), end), 0.5)
  check_equal('the last of several', secondsToNormal(probe({ 22: { errors: 2 }, 28: { errors: 1 } }), end), 0.9)
  check_equal('slots without an answer are waiting', secondsToNormal(probe({ 22: { outcomes: {}, within: 0 } }), end), 0)
  check_equal('an answer that never came', secondsToNormal(probe({}, { unanswered: 1 }), end), Infinity)
}

async function rows_are_measured() {
  const json = join(work_dir(), 'rows.json')
  const ran = await bench(
    '--quick', '--recovery-coupons', '20000', '--rows', 'recovery_10m,snapshot_stall', '--json', json,
  )
  check_equal('scripts/bench: exit code', ran.code, 0)
  check_equal('scripts/bench: nothing on stderr', ran.err, '')
  check_match('it says what it had', ran.out, /20000 coupons of 4000 members/)
  check_match('it says how long the fork took', ran.out, /snapshot: .* fork [\d.]+ ms; before \/ during \/ after/)
  const written = ran.code === 0 ? JSON.parse(readFileSync(json, 'utf8')) : { rows: [] }
  const { rows } = written
  check_match('it says where it was measured', String(written.machine), /Linux/)
  check_match('it says what was pinned', String(written.pinning), /pinning/)
  check_equal(
    'rows that belong together come together',
    rows.map((row) => [row.name, row.unit]),
    [['recovery_10m', 's'], ['recovery_10m_rdb', 's'], ['snapshot_stall', 'ms'], ['snapshot_claims', 'claims/s']],
  )
  const good = rows.filter((row) => row.peer > 0 && row.boon >= 0 && row.ratio >= 0)
  check_equal('every figure is one', good.length, 4)
  const judged_rows = rows.filter((row) => row.bar && row.verdict && row.runs.boon.length > 0)
  check_equal('every row has a bar, a verdict and its runs', judged_rows.length, 4)
}

async function mistakes_are_refused() {
  for (const [args, pattern] of [
    [['--recovery-coupons', '5'], /from 1000 to/],
    [['--recovery-coupons', '1e6'], /from 1000 to/],
    [['--rows', 'nothing'], /no row named nothing/],
    [['--loud'], /unknown argument --loud/],
  ]) {
    const ran = await bench(...args)
    check_equal(`scripts/bench ${args.join(' ')}: exit code`, ran.code, 2)
    check_match(`scripts/bench ${args.join(' ')}: says why`, ran.err, pattern)
  }
  check_match('--help shows the usage', (await bench('--help')).out, /--recovery-coupons N/)
}

export async function benchmark() {
  stalls_are_found()
  bars_are_held()
  back_to_normal_is_found()
  await mistakes_are_refused()
  await sequence_goes_on()
  await rows_are_measured()
}
