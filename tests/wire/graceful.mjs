// graceful.mjs -- SIGTERM in the middle of a rush: what was answered is kept, the end is quick and
// clean.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  check_at_least,
  check_at_most,
  check_equal,
  check_match,
  check_that,
  say,
  sleep,
} from '../lib/check.mjs'
import { open_campaign, start_boon, redis_pids_in } from '../lib/boon.mjs'
import { Claimers } from '../lib/claims.mjs'

async function end_under_load(title, signal, args, load) {
  const boon = await start_boon(args)
  const client = await boon.client()
  await open_campaign(client, 'sale', 3000000)
  const claimers = new Claimers('sale')
  claimers.start(boon, load)
  await sleep(600)
  const how = await boon.end(signal)
  await claimers.stop()
  say(
    `${title}: ${claimers.ok.size} claims acknowledged, ${claimers.lost} without an answer, ended after ${how.ms} ms`,
  )
  check_equal(`${title}: exit code`, how.code, 0)
  check_at_most(`${title}: within 5 s`, how.ms, 5000)
  check_match(`${title}: it hands its journal over`, boon.err, /event=handed_over/)
  const codes = boon.err.match(/[0-9A-Z]{4}(-[0-9A-Z]{4}){4}/g)
  check_equal(`${title}: no coupon code is in the log`, codes, null)
  const keys = readFileSync(join(boon.dir, 'secret'), 'utf8').match(/[0-9a-f]{64}/g)
  check_at_least(`${title}: there are keys to keep`, keys.length, 3)
  check_that(
    `${title}: no key is in the log`,
    keys.every((key) => !boon.err.includes(key)),
  )
  check_at_least(`${title}: there was a rush`, claimers.ok.size, 1000)
  check_equal(`${title}: no odd answers`, claimers.odd, [])
  check_equal(`${title}: its Redis has ended`, redis_pids_in(boon.dir), [])
  const again = await start_boon(['--dir', boon.dir])
  const audit = await claimers.audit(await again.client())
  check_equal(`${title}: after a restart every acknowledged claim is there`, audit.missing, [])
  check_equal(`${title}: and the counts agree`, audit.wrong, [])
  check_equal(`${title}: the restarted server ends cleanly`, (await again.end()).code, 0)
}

export async function graceful_end() {
  await end_under_load('SIGTERM', 'SIGTERM', [], { connections: 8, depth: 64 })
  await end_under_load('SIGINT', 'SIGINT', [], { connections: 50, depth: 1 })
  await end_under_load('SIGTERM with stalled pipelines', 'SIGTERM', ['--max-pipeline', '64'], {
    connections: 4,
    depth: 2000,
  })

  const idle = await start_boon()
  const clients = await Promise.all(Array.from({ length: 200 }, () => idle.client()))
  const how = await idle.end()
  check_that(
    'SIGTERM with 200 idle connections: exit code 0 within 2 s',
    how.code === 0 && how.ms < 2000,
    how,
  )
  check_that(
    'they are closed',
    clients.every((client) => client.closed),
  )

  const none = await start_boon(['--journal', 'none'])
  await open_campaign(await none.client(), 'sale', 10)
  check_equal('SIGTERM without a journal: exit code', (await none.end()).code, 0)
}
