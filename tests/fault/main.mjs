// main.mjs -- the groups of the fault tests, in the order they run.
//
// Groups that mostly wait run at once when all are wanted; each can be run alone by its name.
import { note, run_suite } from '../lib/check.mjs'
import { need_build } from '../lib/boon.mjs'
import { killed, killed_at_birth, request_ids, second_server } from './boon_killed.mjs'
import { deleted_files, flipped, torn_transaction } from './flipped.mjs'
import { many_kills } from './many_kills.mjs'
import { network } from './network.mjs'
import { full_disk, out_of_memory } from './no_room.mjs'
import { interrupted, queue_full, redis_killed, redis_paused } from './redis_killed.mjs'
import { changed_journal, own_redis, promises } from './own_redis.mjs'
import { torn } from './torn.mjs'
import { lease, race, stopped_leader } from './two_servers.mjs'
import { healed, replicas, settings_changed, snapshots } from './watch.mjs'
import { clocks, nothing_kept } from './weak_modes.mjs'

const GROUP_MS = 150000
const wanted = process.argv.slice(2)

const busy = {
  killed,
  killed_at_birth,
  request_ids,
  many_kills,
  redis_killed,
  redis_paused,
  queue_full,
  interrupted,
  own_redis,
  promises,
  changed_journal,
  stopped_leader,
  race,
  healed,
  snapshots,
  torn,
  flipped,
  deleted_files,
  torn_transaction,
  full_disk,
  out_of_memory,
  nothing_kept,
  clocks,
}
const patient = { second_server, network, lease, settings_changed, replicas }

// All of them at the same time; what one throws is its own failure.
const at_once = (groups) => () =>
  Promise.all(
    Object.entries(groups).map(([name, group]) =>
      group().catch((error) =>
        note(`${name} goes through to its end`, false, 'no exception', error?.stack ?? error),
      ),
    ),
  )

need_build('boon-server')
const groups = { ...busy, ...(wanted.length > 0 ? patient : { waiting: at_once(patient) }) }
await run_suite('fault', groups, wanted, GROUP_MS)
