// bad_users.mjs -- users files that must not start a server, and what users must not get away with.
import { join } from 'node:path'
import { run_boon, work_dir } from '../lib/boon.mjs'
import { encode } from '../lib/resp.mjs'

const HASH = `blake2b:${'0'.repeat(32)}:${'0'.repeat(64)}`
const user = (more = {}) => ({ name: 'ops', secret: HASH, roles: ['read'], ...more })
const file = (...users) => JSON.stringify({ users })
const none = ['--port', '0', '--journal', 'none', '--users-file', '@/users']

const with_users = (name, text, err, mode = 0o600) => [
  name,
  none,
  /^boon-server: .*\/users /,
  { files: { users: [text, mode] }, code: 1, err },
]

// Rows as in bad_start_rows.mjs; `err` is what stderr has as well.
export const user_files = [
  [
    'a users file that is not there',
    none,
    /^boon-server: cannot open the users file .*\/users: No such file or directory$/,
    { code: 1 },
  ],
  with_users('a users file that others may read', file(user()), /chmod 600 /, 0o644),
  with_users('a users file that the group may write', file(user()), /chmod 600 /, 0o620),
  with_users('an empty users file', '', /line 1, column 0: not JSON/),
  with_users('a users file of nobody', file(), /\/users: a list of 1 to 256 users/),
  with_users('a user twice', file(user(), user()), /\/users\/1\/name: another user has this name/),
  with_users('a user called default', file(user({ name: 'default' })), /\/users\/0\/name: default/),
  with_users('an unknown role', file(user({ roles: ['root'] })), /\/users\/0\/roles\/0: one of read/),
  with_users('no role', file(user({ roles: [] })), /\/users\/0\/roles: a list of read/),
  with_users('a plain password', file(user({ secret: 'open sesame' })), /\/users\/0\/secret: blake2b/),
  with_users(
    'an unknown member',
    file(user({ campaign: ['sale*'] })),
    /\/users\/0\/campaign: there is no such member; did you mean campaigns\?/,
  ),
  with_users(
    'several mistakes at once',
    file(user({ name: '' }), user({ store: '@x' })),
    /\/users\/0\/name: 1 to 64 bytes[^]*\/users\/1\/store: begins with '@'/,
  ),
]

// Make a users file of three users with boon-server user. Return the path and a secret for each name.
export async function make_users() {
  const path = join(work_dir(), 'users')
  const secrets = {}
  for (const [name, ...more] of [
    ['eye', '--roles', 'read'],
    ['till', '--roles', 'issue', '--campaigns', 'sale*', '--store', 's1'],
    ['boss', '--roles', 'admin'],
  ]) {
    const came = await run_boon(['user', name, ...more, '--users-file', path])
    if (came.code !== 0) throw new Error(came.err)
    secrets[name] = came.out.trim()
  }
  return { path, secrets }
}

const bytes = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)))

// A user of this name who may not do that.
const refused = (secrets, name, command, problem) => ({
  name: `${name} may not: ${command.join(' ')}`,
  send: bytes(encode(['AUTH', name, secrets[name]]), encode(command)),
  expect: ['OK', problem],
  then: 'open',
})

export const user_rows = (secrets) => [
  {
    name: "one user's secret under another's name",
    send: bytes(encode(['AUTH', 'boss', secrets.eye]), encode(['SNAPSHOT'])),
    expect: [/^-WRONGPASS /, /^-NOAUTH /],
    then: 'open',
  },
  {
    name: 'a secret as the password of default',
    send: bytes(encode(['AUTH', secrets.boss]), encode(['ACL', 'WHOAMI'])),
    expect: [/^-WRONGPASS /, /^-NOAUTH /],
    then: 'open',
  },
  {
    name: 'a failed AUTH does not make a user another',
    send: bytes(
      encode(['AUTH', 'eye', secrets.eye]),
      encode(['AUTH', 'boss', 'wrong']),
      encode(['ACL', 'WHOAMI']),
    ),
    expect: ['OK', /^-WRONGPASS /, 'eye'],
    then: 'open',
  },
  refused(secrets, 'eye', ['COUPON.CLAIM', 'mallory', 'sale'], /^-NOPERM .* it needs the role issue$/),
  refused(secrets, 'eye', ['CAMPAIGN.STOP', 'sale'], /^-NOPERM .* it needs the role admin$/),
  refused(secrets, 'eye', ['CLIENT', 'LIST'], /^-NOPERM .* it needs the role admin$/),
  refused(secrets, 'till', ['CAMPAIGN.STOP', 'sale'], /^-NOPERM .* it needs the role admin$/),
  refused(secrets, 'till', ['MEMBER.GET', 'alice'], /^-NOPERM .* it needs the role read$/),
  refused(secrets, 'till', ['INFO'], /^-NOPERM .* it needs the role read$/),
  refused(secrets, 'till', ['ACCOUNT.SPEND', 'alice', 'points', '1'], /^-NOPERM .* the role redeem$/),
  refused(
    secrets,
    'till',
    ['COUPON.CLAIM', 'mallory', 'draft'],
    /^-NOPERM .* on campaign 'draft': it fits none of the user's patterns$/,
  ),
  refused(
    secrets,
    'till',
    ['COUPON.CLAIM', 'mallory', 'sale', 'STORE', 's2'],
    /^-NOPERM .* for store 's2': the user's store is 's1'$/,
  ),
  refused(secrets, 'boss', ['COUPON.CLAIM', 'mallory', 'sale'], /^-NOPERM .* the role issue$/),
  refused(
    secrets,
    'boss',
    ['CAMPAIGN.STOP', 'sale', 'REASON', 'a\nb'],
    /^-ERR CAMPAIGN\.STOP: reason must be 1 to 256 bytes/,
  ),
]
