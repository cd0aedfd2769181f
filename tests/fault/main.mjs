// main.mjs -- the groups of the fault tests, in the order they run.
import { run_suite } from '../lib/check.mjs'
import { need_build } from '../lib/boon.mjs'
import { killed, killed_at_birth, request_ids, second_server } from './boon_killed.mjs'
import { interrupted, queue_full, redis_killed, redis_paused } from './redis_killed.mjs'
import { changed_journal, own_redis, promises } from './own_redis.mjs'
import { clocks, nothing_kept } from './weak_modes.mjs'

need_build('boon-server')
await run_suite(
  'fault',
  {
    killed,
    killed_at_birth,
    request_ids,
    second_server,
    redis_killed,
    redis_paused,
    queue_full,
    interrupted,
    own_redis,
    promises,
    changed_journal,
    nothing_kept,
    clocks,
  },
  process.argv.slice(2),
  60000,
)
