// hostile.mjs -- runs the tables of malformed and hostile requests against one living server.
//
//   { name, send, expect, then, code, head, judge, limit_ms }
//     send     bytes, or an async function of the connection
//     expect   statuses of the answers in order; a list in it: one of these
//     then     'closed' | 'open' | 'either': the connection after the last answer
//     code     of the last answer's problem
//     judge    a function of the answers that says what is wrong with them, or ''
//
// After each row the server answers others, and nothing in its state has changed.
import { check_at_least, note, show, until } from '../lib/check.mjs'
import { damage, finish, start_victim } from '../wire/bad_input.mjs'
import { argument_rows, json_rows } from './hostile_bodies.mjs'
import { body_rows, framing_rows, header_rows, line_rows } from './hostile_framing.mjs'
import { conduct_rows, origin_rows, small_server, slow_server } from './hostile_conduct.mjs'
import { Wire, request } from './raw.mjs'

const fits = (status, expected) =>
  Array.isArray(expected) ? expected.includes(status) : status === expected

async function is_open(wire) {
  if (wire.closed) return false
  wire.write(request('GET /livez'))
  const answer = await wire.next()
  return answer?.status === 200 && answer.body === 'ok\n' && wire.input.length === 0
}

async function bystander_is_served(port) {
  const wire = await Wire.connect(port)
  wire.write(request('GET /v1/campaigns/sale'))
  const answer = await wire.next()
  wire.end()
  return answer?.status === 200 ? '' : `a bystander got ${show(answer)}`
}

function problem_of(answer) {
  if (answer?.headers['content-type'] !== 'application/problem+json') return undefined
  try {
    const { code, status } = JSON.parse(answer.body)
    return status === answer.status ? code : `status ${status} in the body`
  } catch {
    return 'no JSON'
  }
}

async function run_row(victim, row) {
  const wire = await Wire.connect(victim.boon.http_port)
  const answers = []
  try {
    if (typeof row.send === 'function') await row.send(wire, victim)
    else wire.write(row.send)
    for (const _ of row.expect) {
      const answer = await wire.next(row.limit_ms, row.head)
      if (answer === undefined) break
      answers.push(answer)
    }
    const statuses = answers.map(({ status }) => status)
    const last = answers.at(-1)
    let wrong = ''
    if (statuses.length !== row.expect.length || !statuses.every((status, at) => fits(status, row.expect[at])))
      wrong = `answers ${show(statuses)}`
    else if (row.code && problem_of(last) !== row.code) wrong = `the code ${problem_of(last)}: ${last?.body}`
    else if (row.judge) wrong = row.judge(answers) ?? ''
    if (!wrong && row.then === 'closed' && !(await wire.gone())) wrong = 'the connection stays open'
    if (!wrong && row.then === 'open' && !(await is_open(wire))) wrong = 'the connection is not usable'
    if (!wrong && row.then === 'closed' && wire.input.length > 0)
      wrong = `more than was asked for: ${wire.input.subarray(0, 60)}`
    wrong ||= await bystander_is_served(victim.boon.http_port)
    wrong ||= await damage(victim)
    note(row.name, wrong === '', `${show(row.expect)}${row.code ? ` ${row.code}` : ''}, then ${row.then}; nothing harmed`,
      `${wrong}${last ? ` (${last.body.slice(0, 200)})` : ''}`)
  } catch (error) {
    note(row.name, false, 'no exception', String(error?.stack ?? error))
  } finally {
    wire.end()
  }
}

let rows_run = 0

async function run_table(victim, rows) {
  rows_run += rows.length
  for (const row of rows) await run_row(victim, row)
}

async function with_victim(args, action) {
  const victim = await start_victim(['--http-port', '0', ...args])
  await until(() => victim.boon.http_port > 0)
  await action(victim)
  await finish(victim)
}

export async function hostile_requests() {
  await with_victim([], (victim) => run_table(victim, [...line_rows, ...header_rows, ...framing_rows, ...body_rows]))
}

export async function hostile_bodies() {
  await with_victim([], (victim) => run_table(victim, [...json_rows, ...argument_rows(victim.code)]))
}

export async function hostile_conduct() {
  await with_victim([], (victim) => run_table(victim, [...origin_rows, ...conduct_rows]))
  await with_victim(['--http-timeout', '1s'], (victim) => run_table(victim, slow_server))
  await with_victim(['--http-max-clients', '8', '--http-timeout', '2s'], (victim) => run_table(victim, small_server))
  check_at_least('rows of hostile requests', rows_run, 50)
}
