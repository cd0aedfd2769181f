// main.mjs -- the groups of the wire tests, in the order they run.
import { check_at_least, run_suite, say } from '../lib/check.mjs'
import { need_build } from '../lib/boon.mjs'
import { finish, row_counts, run_table, start_victim } from './bad_input.mjs'
import { json_rows } from './bad_json.mjs'
import { code_rows, connection_rows, stranger_rows } from './bad_conduct.mjs'
import { protocol_rows, request_rows } from './bad_resp.mjs'
import { bad_start } from './bad_start.mjs'
import { make_users, user_rows } from './bad_users.mjs'
import { guarded_server, open_server } from './clients.mjs'
import { crowds } from './crowds.mjs'
import { graceful_end } from './graceful.mjs'
import { inspect } from './inspect.mjs'
import { introspection } from './introspection.mjs'
import { redis_benchmark, redis_cli } from './redis_tools.mjs'

const PASSWORD = 'open sesame'

async function bad_requests() {
  const victim = await start_victim()
  await run_table('requests', victim, [
    ...protocol_rows,
    ...request_rows,
    ...code_rows(victim.code),
    ...connection_rows,
  ])
  await finish(victim)
  const { path, secrets } = await make_users()
  const guarded = await start_victim(['--password', PASSWORD, '--users-file', path], {
    password: PASSWORD,
  })
  await run_table('requests', guarded, [...stranger_rows, ...user_rows(secrets)])
  await finish(guarded)
}

async function bad_documents() {
  const victim = await start_victim()
  await run_table('documents', victim, json_rows)
  await finish(victim)
}

async function bad_starts() {
  await bad_start()
  const rows = Object.values(row_counts).reduce((sum, count) => sum + count, 0)
  say(
    `malformed and hostile input: ${Object.entries(row_counts)
      .map(([what, count]) => `${count} ${what}`)
      .join(', ')}: ${rows} rows`,
  )
  check_at_least('rows of malformed input', rows, 60)
}

need_build('boon-server')
await run_suite(
  'wire',
  {
    bad_requests,
    bad_documents,
    bad_starts,
    redis_cli,
    redis_benchmark,
    introspection,
    open_server,
    guarded_server,
    crowds,
    inspect,
    graceful_end,
  },
  process.argv.slice(2),
)
