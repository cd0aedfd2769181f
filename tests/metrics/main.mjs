// main.mjs -- the groups of the tests of metrics.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  check_at_least,
  check_equal,
  check_match,
  check_that,
  run_suite,
  sleep,
} from '../lib/check.mjs'
import {
  BUILD,
  ROOT,
  clean_env,
  free_port,
  need_build,
  run_program,
  start_boon,
  work_dir,
} from '../lib/boon.mjs'

const read = (path) => readFileSync(join(ROOT, path), 'utf8')

async function promtool(args, input) {
  const ran = await run_program('promtool', args, { cwd: ROOT, ...(input ? { input } : {}) })
  return { code: ran.code, said: `${ran.out}${ran.err}`.trim() }
}

// The samples of a text: {'name{labels}': value}.
function samples_of(text) {
  const samples = {}
  for (const line of text.split('\n')) {
    const at = line.lastIndexOf(' ')
    if (at > 0 && !line.startsWith('#')) samples[line.slice(0, at)] = Number(line.slice(at + 1))
  }
  return samples
}

// The names of docs/metrics.md, with those that a histogram's samples have.
function known_names() {
  const names = new Set()
  for (const [, name, type] of read('docs/metrics.md').matchAll(/^\| `(boon_\w+)` \| (\w+) \|/gm)) {
    if (type !== 'histogram') names.add(name)
    else for (const end of ['bucket', 'sum', 'count']) names.add(`${name}_${end}`)
  }
  return names
}

// What the composing function writes passes Prometheus' linter.
async function text() {
  const file = join(work_dir(), 'metrics.txt')
  const test = join(BUILD, 'tests/metrics')
  const ran = await run_program(test, ['--filter', 'metrics/figures*'], {
    env: clean_env({ BOON_METRICS_FILE: file }),
    cwd: ROOT,
  })
  check_equal('the unit test writes what it composed', ran.code, 0)
  const written = readFileSync(file, 'utf8')
  const linted = await promtool(['check', 'metrics'], written)
  check_equal('promtool check metrics has nothing to say', linted, { code: 0, said: '' })
}

async function rules() {
  const checked = await promtool(['check', 'rules', 'docs/alerts.yml'])
  check_that('promtool check rules takes docs/alerts.yml', checked.code === 0, checked.said)
  check_match('all of it are rules', checked.said, /SUCCESS: \d\d rules found/)
  const tested = await promtool(['test', 'rules', 'tests/metrics/alerts_test.yml'])
  check_that('alerts fire on what they are for, and only then', tested.code === 0, tested.said)
}

// Every metric that an alert or a panel asks for exists, and each panel has a question that parses.
async function names() {
  const known = known_names()
  check_at_least('docs/metrics.md has names', known.size, 50)
  const dashboard = JSON.parse(read('docs/grafana-dashboard.json'))
  const asked = dashboard.panels.flatMap((panel) => panel.targets ?? []).map((at) => at.expr)
  check_at_least('the dashboard has questions', asked.length, 30)
  const used = `${read('docs/alerts.yml')}\n${asked.join('\n')}`.match(/\bboon_\w+/g)
  check_equal(
    'alerts and dashboard use names of docs/metrics.md',
    [...new Set(used)].filter((name) => !known.has(name)),
    [],
  )
  const record = asked.map((expr, at) => ({
    record: `panel:${at}`,
    expr: expr.replaceAll('$__rate_interval', '1m'),
  }))
  const file = join(work_dir(), 'questions.yml') // JSON is YAML
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: record }] }))
  const checked = await promtool(['check', 'rules', file])
  check_that("the dashboard's questions are PromQL", checked.code === 0, checked.said)
  const variables = dashboard.templating.list.map((at) => at.name)
  check_equal('the data source is a variable', variables.includes('datasource'), true)
  const ids = dashboard.panels.map((panel) => panel.id)
  check_equal('ids are of one panel each', new Set(ids).size, ids.length)
}

// A real server's metrics after some claims.
async function scrape() {
  const http_port = await free_port()
  const boon = await start_boon(['--http-port', String(http_port)])
  const client = await boon.client()
  const put = JSON.stringify({ name: 'Sale', stock: 3, value: { kind: 'amount_off', amount: 500 } })
  await client.call('CAMPAIGN.PUT', 'sale', put)
  await client.call('CAMPAIGN.START', 'sale')
  for (const member of ['a', 'b', 'b', 'c', 'd'])
    await client.call('COUPON.CLAIM', member, 'sale', 'CHANNEL', 'app')
  await client.call('COUPON.LIST', 'a')
  await sleep(1700)
  const answer = await fetch(`http://127.0.0.1:${http_port}/metrics`)
  const got = await answer.text()
  check_equal('it answers', answer.status, 200)
  check_equal(
    'the type is exactly what Prometheus 3 takes',
    answer.headers.get('content-type'),
    'text/plain; version=0.0.4; charset=utf-8',
  )
  const linted = await promtool(['check', 'metrics'], got)
  check_equal('promtool check metrics has nothing to say', linted, { code: 0, said: '' })
  const samples = samples_of(got)
  check_equal('two claims went beyond', samples['boon_answers_total{outcome="sold_out"}'], 1)
  check_equal('one was a repetition', samples['boon_answers_total{outcome="duplicate"}'], 1)
  check_equal('nothing is left', samples['boon_campaign_stock_left{campaign="sale"}'], 0)
  check_equal('three are issued', samples['boon_campaign_issued_total{campaign="sale"}'], 3)
  check_equal('it is ready', samples.boon_ready, 1)
  check_equal('the journal is connected', samples.boon_journal_connected, 1)
  check_equal('all is acknowledged', samples.boon_journal_unacknowledged_events, 0)
  check_at_least(
    'claims that waited were timed',
    samples['boon_answer_seconds_count{path="durable"}'],
    5,
  )
  check_at_least('so were the others', samples['boon_answer_seconds_count{path="direct"}'], 1)
  check_at_least('so was the disk', samples.boon_journal_sync_seconds_count, 5)
  const ready = await fetch(`http://127.0.0.1:${http_port}/readyz?verbose`)
  check_equal('/readyz agrees', ready.status, 200)
  check_match('and says why', await ready.text(), /^\[\+\]state leading\n\[\+\]journal ok\n/)
  client.end()
  await boon.end()
}

need_build('boon-server', 'tests/metrics')
await run_suite('metrics', { text, rules, names, scrape }, process.argv.slice(2))
