// own_redis.mjs -- Boon with a Redis that is not its child: --redis, --create-journal,
// --secret-file.
import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  check_at_least,
  check_equal,
  check_match,
  check_that,
  say,
  sleep,
  until,
  within,
} from '../lib/check.mjs'
import {
  free_port,
  open_campaign,
  run_boon,
  start_boon,
  start_redis,
  work_dir,
} from '../lib/boon.mjs'
import { Claimers } from '../lib/claims.mjs'
import { fields } from '../lib/resp.mjs'

const clean = { missing: [], wrong: [] }

export function secret_file(digits) {
  const path = join(work_dir(), 'secret')
  const [coupon, phone, request] = digits.map((digit) => String(digit).repeat(64))
  writeFileSync(path, `boon-secret 1\ncoupon 0 ${coupon}\nphone ${phone}\nrequest ${request}\n`)
  chmodSync(path, 0o600)
  return path
}

export async function own_redis() {
  let redis = await start_redis()
  const secret = secret_file([1, 2, 3])
  const flags = ['--redis', `unix:${redis.path}`, '--secret-file', secret]
  const empty = await run_boon(['--port', '0', ...flags], { limit_ms: 10000 })
  check_equal('own Redis, empty, without --create-journal: exit code', empty.code, 1)
  check_match(
    'own Redis, empty, without --create-journal: refused',
    empty.said,
    /no journal at boon:\{0\}:journal; start with --create-journal if this is a new brand/,
  )
  const probe = await redis.client()
  check_equal('own Redis: nothing was written', await probe.call('DBSIZE'), 0)
  probe.end()

  const boon = await start_boon([...flags, '--create-journal'])
  check_match(
    'own Redis: it says whose journal it uses',
    boon.out,
    new RegExp(`Journal: unix:${redis.path}, durability always`),
  )
  await open_campaign(await boon.client(), 'sale', 5000000)
  const claimers = new Claimers('sale', { retry: true })
  claimers.start(boon, { connections: 8, depth: 32 })
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    await sleep(400)
    await redis.end(signal)
    await sleep(200)
    const before = claimers.ok.size
    redis = await start_redis({}, redis.dir)
    check_that(
      `own Redis restarted after ${signal}: Boon goes on`,
      await until(() => claimers.ok.size > before + 500, 10000),
      boon.tail(4),
    )
  }
  await within(10000, 'the held answers', claimers.stop())
  say(`${claimers.ok.size} claims acknowledged, ${claimers.put_off} told to come again`)
  check_equal(
    'own Redis: no connection was lost, no answer was odd',
    [claimers.lost, claimers.odd],
    [0, []],
  )
  check_equal(
    'own Redis: nothing lost, nothing doubled',
    await claimers.audit(await boon.client()),
    clean,
  )
  check_equal('own Redis: INFO names it', (await boon.info()).journal_redis, `unix:${redis.path}`)
  check_equal('own Redis: Boon ends cleanly', (await boon.end()).code, 0)
  check_equal('own Redis: and leaves Redis running', redis.ended, false)

  const wrong = await run_boon(
    ['--port', '0', '--redis', `unix:${redis.path}`, '--secret-file', secret_file([4, 5, 6])],
    { limit_ms: 10000 },
  )
  check_equal('own Redis, wrong secret file: exit code', wrong.code, 1)
  check_match('own Redis, wrong secret file: refused', wrong.said, /secret/)
  const other = await run_boon(['--port', '0', ...flags, '--shard', '7'], { limit_ms: 10000 })
  check_match(
    'own Redis, another shard: no journal there',
    other.said,
    /no journal at boon:\{7\}:journal/,
  )
  const again = await start_boon([...flags, '--create-journal'])
  check_equal(
    'own Redis: --create-journal again keeps what there is',
    await claimers.audit(await again.client()),
    clean,
  )
  await again.end()
  await redis.end()
}

// Two on one Redis: the newer leads, the older ends and answers no more.
export async function changed_journal() {
  const redis = await start_redis({ port: await free_port(), bind: '127.0.0.1' })
  const probe = await redis.client()
  const [, port] = await probe.call('CONFIG', 'GET', 'port')
  const secret = secret_file([1, 2, 3])
  const flags = ['--redis', `127.0.0.1:${port}`, '--secret-file', secret]
  const first = await start_boon([...flags, '--create-journal'])
  await open_campaign(await first.client(), 'sale', 5000000)
  const claimers = new Claimers('sale', { retry: true })
  claimers.start(first, { connections: 2, depth: 4 })
  await sleep(200)
  const second = await start_boon(flags)
  const how = await within(10000, 'the end of the deposed', first.exited)
  await claimers.stop()
  check_equal('two servers on one Redis: the older ends with exit code 1', how.code, 1)
  check_match(
    'two servers on one Redis: it says why',
    first.err,
    /event=deposed message="another server took over with epoch 2/,
  )
  check_that(
    'two servers on one Redis: claims cut off are answered by the newer',
    await claimers.settle(second),
  )
  check_equal(
    'two servers on one Redis: nothing lost, nothing doubled',
    await claimers.audit(await second.client()),
    clean,
  )

  // The stream deleted under a server: it halts, and does not begin anew.
  const client = await second.client()
  await probe.call('DEL', 'boon:{0}:journal')
  client.request(['COUPON.CLAIM', 'late', 'sale'], () => {})
  const halted = await within(10000, 'the halt', second.exited)
  check_equal('stream deleted: exit code', halted.code, 1)
  check_match('stream deleted: it says so', second.err, /event=journal_halted message=/)
  const after = await run_boon(['--port', '0', ...flags], { limit_ms: 10000 })
  check_match(
    'stream deleted: the next start does not begin a new brand',
    after.said,
    /no journal at boon:\{0\}:journal/,
  )
  probe.end()
  await redis.end()

  // The private journal deleted from the directory: the same.
  const own = await start_boon()
  await open_campaign(await own.client(), 'sale', 10)
  await own.end()
  rmSync(join(own.dir, 'appendonlydir'), { recursive: true })
  const orphan = await run_boon(['--port', '0', '--dir', own.dir], { limit_ms: 10000 })
  check_equal('journal deleted from the directory: exit code', orphan.code, 1)
  check_match(
    'journal deleted from the directory: refused',
    orphan.said,
    /no journal at boon:\{0\}:journal/,
  )

  // A secret file deleted: the same.
  const keyless = await start_boon()
  await keyless.end()
  rmSync(join(keyless.dir, 'secret'))
  const lost = await run_boon(['--port', '0', '--dir', keyless.dir], { limit_ms: 10000 })
  check_match(
    'secret file deleted: refused',
    lost.said,
    /there is no secret file .*restore it from its backup/,
  )
  check_equal(
    'secret file deleted: no other was made',
    readdirSync(keyless.dir).includes('secret'),
    false,
  )
}

// What Redis does not promise, Boon does not either, unless told so by name.
export async function promises() {
  const secret = secret_file([1, 2, 3])
  const settings = [
    [
      'appendfsync everysec',
      { appendfsync: 'everysec' },
      /appendfsync everysec, but --durability always needs always.*--durability everysec/,
      'everysec',
    ],
    [
      'appendonly no',
      { appendonly: 'no' },
      /appendonly no, but --durability always needs yes.*--durability none/,
      'none',
    ],
    [
      'no-appendfsync-on-rewrite yes',
      { 'no-appendfsync-on-rewrite': 'yes' },
      /no-appendfsync-on-rewrite yes, but --durability always needs no/,
      'none',
    ],
    [
      'maxmemory-policy allkeys-lru',
      { 'maxmemory-policy': 'allkeys-lru' },
      /maxmemory-policy allkeys-lru, but --durability always needs noeviction/,
      undefined,
    ],
  ]
  for (const [name, setting, pattern, weaker] of settings) {
    const redis = await start_redis(setting)
    const flags = ['--redis', `unix:${redis.path}`, '--secret-file', secret, '--create-journal']
    const refused = await run_boon(['--port', '0', ...flags], { limit_ms: 10000 })
    check_equal(`${name}: exit code`, refused.code, 1)
    check_match(`${name}: refused`, refused.said, pattern)
    if (weaker) {
      const boon = await start_boon([...flags, '--durability', weaker])
      const info = await boon.info()
      check_equal(
        `${name}: with --durability ${weaker} it starts and says so`,
        info.durability,
        weaker,
      )
      check_match(
        `${name}: loudly in the log`,
        boon.err,
        /level=warn event=weak_durability meaning="ACKNOWLEDGED CHANGES CAN BE LOST/,
      )
      check_match(`${name}: and in what it prints`, boon.out, new RegExp(`durability ${weaker}`))
      check_equal(`${name}: it ends cleanly`, (await boon.end()).code, 0)
    }
    await redis.end()
  }
  const guarded = await start_redis({ requirepass: 'redis secret' }).catch((error) => error)
  if (guarded instanceof Error) throw guarded
  const wrong = await start_boon([
    '--redis',
    `unix:${guarded.path}`,
    '--secret-file',
    secret,
    '--create-journal',
    '--redis-password',
    'redis secret',
  ])
  check_equal(
    'a Redis with a password: it works',
    fields(
      await (
        await wrong.client()
      ).call('CAMPAIGN.PUT', 'x', '{"name":"x","stock":1,"value":{"kind":"exchange","price":0}}'),
      0,
    ).OK,
    'created',
  )
  check_equal(
    'a Redis with a password: the log does not show it',
    wrong.err.includes('redis secret'),
    false,
  )
  check_at_least(
    'a Redis with a password: its epoch',
    Number((await wrong.info()).journal_epoch),
    1,
  )
  await wrong.end()
  await guarded.end()
}
