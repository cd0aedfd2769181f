// bad_input.mjs -- runs the tables of malformed and hostile input against one living server.
//
// A row passes when its answer names what is wrong and what is allowed, the connection is open or
// closed as the row says, the server still answers on other connections, and nothing in its state
// has changed.
import { check_equal, note, show, until, within } from '../lib/check.mjs'
import { open_campaign, start_boon } from '../lib/boon.mjs'
import { CLOSED, Client, Reply_error, fields, info_fields } from '../lib/resp.mjs'

export const row_counts = {}

// The definition of the victim's draft, put under the request id `first`.
export const DRAFT = '{"name":"Draft","stock":5,"value":{"kind":"exchange","price":0}}'

// What malformed input must leave as it is.
export async function digest(client) {
  const replies = await client.all([
    ['CAMPAIGN.LIST', 'LIMIT', 1000],
    ['CAMPAIGN.GET', 'sale'],
    ['CAMPAIGN.GET', 'draft'],
    ['MEMBER.GET', 'alice'],
    ['MEMBER.GET', 'bob'],
    ['MEMBER.GET', 'mallory'],
    ['ACCOUNT.BALANCE', 'alice'],
    ['COUPON.LIST', 'alice'],
  ])
  const all = info_fields(await client.call('INFO', 'everything'))
  const counts = [
    'seq',
    'members',
    'campaigns',
    'coupons',
    'accounts',
    'channels',
    'stores',
    'staff',
    'assets',
    'requests_bound',
  ]
  return JSON.stringify([replies, counts.map((name) => `${name}:${all[name]}`)])
}

// A server with something in it that hostile input could damage, and a bystander who watches it.
export async function start_victim(args = [], options = {}) {
  const boon = await start_boon(args, options)
  const watcher = await boon.client()
  await open_campaign(watcher, 'sale', 1000)
  await watcher.call(
    'CAMPAIGN.PUT',
    'draft',
    DRAFT,
    'REQUEST',
    'first',
  )
  const claim = await watcher.call(
    'COUPON.CLAIM',
    'alice',
    'sale',
    'CHANNEL',
    'app',
    'REQUEST',
    'first',
  )
  await watcher.call('ACCOUNT.EARN', 'alice', 'points', 1000)
  await watcher.call('ACCOUNT.EARN', 'bob', 'points', 1)
  const state = await digest(watcher)
  return { boon, watcher, code: claim[1], state, at_first: state }
}

// Tell what is wrong with the victim, or '' when it serves others and its state is as it was.
export async function damage(victim) {
  const other = await victim.boon.client()
  const pong = await within(3000, 'PING of a bystander', other.call('PING'))
  other.end()
  if (pong !== 'PONG') return `a bystander's PING got ${show(pong)}`
  const before = victim.state
  victim.state = await digest(victim.watcher)
  if (victim.state === before) return ''
  const at = [...before].findIndex((letter, place) => letter !== victim.state[place])
  return `the state changed from …${before.slice(at - 20, at + 100)}… to …${victim.state.slice(at - 20, at + 100)}…`
}

function answer_fits(got, expected) {
  if (got === CLOSED) return expected === CLOSED
  if (expected instanceof RegExp) return got instanceof Reply_error && expected.test(String(got))
  if (Array.isArray(expected)) {
    return (
      Array.isArray(got) &&
      got.length === expected.length &&
      expected.every((want, at) => answer_fits(got[at], want))
    )
  }
  if (typeof expected === 'function') return expected(got)
  return got === expected
}

const name_of = (value) =>
  value === CLOSED
    ? 'closed'
    : value instanceof Reply_error
      ? String(value)
      : Array.isArray(value)
        ? value.map(name_of).join(' ')
        : show(value)

async function is_closed(client) {
  return until(() => client.closed, 1500, 5)
}

async function is_open(client) {
  if (client.closed) return false
  const pong = await within(1500, 'PING after the row', client.call('PING')).catch(() => undefined)
  return pong === 'PONG' || pong instanceof Reply_error // -NOAUTH is an answer, too
}

// One row of a RESP table: { name, send, expect: [answer…], then: 'open' | 'closed' }.
async function run_row(victim, row) {
  const client = await Client.connect({ port: victim.boon.port })
  const expected = row.expect ?? []
  const got = []
  try {
    if (row.act) await row.act(client)
    else client.write(row.send)
    for (let number = 0; number < expected.length; number++) {
      const reply = await within(3000, 'the answer', client.next()).catch(() => 'no answer')
      got.push(reply)
      if (reply === CLOSED || reply === 'no answer') break
    }
    const answered =
      got.length === expected.length && got.every((reply, at) => answer_fits(reply, expected[at]))
    const then =
      row.then === 'gone' || (row.then === 'open' ? await is_open(client) : await is_closed(client))
    const extra = client.unasked.length > 0 ? ` and then ${name_of(client.unasked)}` : ''
    const harm = await damage(victim)
    const wanted = expected.map((want) =>
      want instanceof RegExp || typeof want === 'function' ? String(want) : name_of(want),
    )
    note(
      row.name,
      answered && then && extra === '' && harm === '',
      `${wanted.join(', ') || 'no answer'}; then ${row.then}; nothing harmed`,
      `${got.map(name_of).join(', ') || 'no answer'}${extra}; then ${then ? row.then : 'not so'}; ${harm || 'nothing harmed'}`,
    )
  } finally {
    client.end()
  }
}

export async function run_table(title, victim, rows) {
  row_counts[title] = (row_counts[title] ?? 0) + rows.length
  for (const row of rows) await run_row(victim, row)
}

export async function finish(victim) {
  check_equal(
    'after all rows the state is as before them',
    await digest(victim.watcher),
    victim.at_first,
  )
  const bugs = victim.boon.err.split('\n').filter((line) => /event=bug|level=error/.test(line))
  check_equal('the log has no error', bugs, [])
  const held = fields(await victim.watcher.call('MEMBER.GET', 'alice'))
  check_equal('alice holds her one coupon', held.coupons, 1)
  const how = await victim.boon.end()
  check_equal('the server ends cleanly', how.code, 0)
}
