// bad_start_rows.mjs -- mistakes in flags, environment, config file, secret file and directory.
//
// Rows: name, arguments, what stderr says, and what is special: env, files (name → text or [text,
// mode]). Where an argument holds @, the row's own directory stands for it.

const KEY = (digit) => String(digit).repeat(64)
export const SECRET = `boon-secret 1\ncoupon 0 ${KEY(1)}\nphone ${KEY(2)}\nrequest ${KEY(3)}\n`

export const flags = [
  [
    'an unknown flag',
    ['--prot', '1'],
    /^boon-server: --prot: no such option; did you mean --port\?$/,
  ],
  [
    'an unknown flag like none',
    ['--frobnicate'],
    /^boon-server: --frobnicate: no such option; --help lists them all$/,
  ],
  [
    'a flag with one dash',
    ['-port', '1'],
    /^boon-server: '-port' is not an option; options begin with --, see --help$/,
  ],
  [
    'a word that is no flag',
    ['start'],
    /^boon-server: 'start' is not an option; options begin with --/,
  ],
  ['two dashes alone', ['--'], /^boon-server: '--' is not an option/],
  [
    'a flag without its value',
    ['--port'],
    /^boon-server: --port needs a value: --port VALUE or --port=VALUE$/,
  ],
  ['a flag whose value is a flag', ['--dir', '--port', '1'], /^boon-server: --dir needs a value/],
  [
    'port 65536',
    ['--port', '65536'],
    /^boon-server: --port: '65536' is not allowed; a whole number of 0\.\.65535$/,
  ],
  [
    'port -1',
    ['--port=-1'],
    /^boon-server: --port: '-1' is not allowed; a whole number of 0\.\.65535$/,
  ],
  [
    'port 7400x',
    ['--port', '7400x'],
    /^boon-server: --port: '7400x' is not allowed; a whole number of 0\.\.65535$/,
  ],
  ['port 1e3', ['--port', '1e3'], /^boon-server: --port: '1e3' is not allowed/],
  ['an empty port', ['--port='], /^boon-server: --port: '' is not allowed/],
  [
    'max-clients 0',
    ['--max-clients', '0'],
    /^boon-server: --max-clients: '0' is not allowed; a whole number of 1\.\.1000000 connections$/,
  ],
  [
    'max-coupons beyond any number',
    ['--max-coupons', '9'.repeat(30)],
    /^boon-server: --max-coupons: '9+' is not allowed; a whole number of 1\.\.4000000000 coupons$/,
  ],
  [
    'bytes of 3 parsecs',
    ['--queue-bytes-max', '3pc'],
    /^boon-server: --queue-bytes-max: '3pc' is not allowed; bytes, 2mb\.\.16gb, for example 512, 64kb, 8mb, 1gb$/,
  ],
  [
    'bytes that overflow',
    ['--query-bytes-max', '99999999999gb'],
    /^boon-server: --query-bytes-max: '99999999999gb' is not allowed; bytes, 128kb\.\.64mb/,
  ],
  [
    'a duration of 5 parsecs',
    ['--idle-timeout-ms', '5pc'],
    /^boon-server: --idle-timeout-ms: '5pc' is not allowed; milliseconds, 0\.\./,
  ],
  [
    'a request window of 0',
    ['--request-window-ms', '0'],
    /^boon-server: --request-window-ms: '0' is not allowed; milliseconds, 1s\.\./,
  ],
  [
    'a journal of paper',
    ['--journal', 'paper'],
    /^boon-server: --journal: 'paper' is not allowed; one of redis\|none$/,
  ],
  [
    'a durability of maybe',
    ['--durability', 'maybe'],
    /^boon-server: --durability: 'maybe' is not allowed; one of always\|everysec\|none$/,
  ],
  [
    'a clock of sand',
    ['--clock', 'sand'],
    /^boon-server: --clock: 'sand' is not allowed; one of real\|manual$/,
  ],
  [
    'a log level of all',
    ['--log-level', 'all'],
    /^boon-server: --log-level: 'all' is not allowed; one of debug\|info\|warn\|error$/,
  ],
  [
    'a yes or no of perhaps',
    ['--create-journal=perhaps'],
    /^boon-server: --create-journal: 'perhaps' is not allowed; yes or no$/,
  ],
  [
    'a name in capitals',
    ['--name', 'Brand'],
    /^boon-server: name: 'Brand' is not allowed; 1\.\.32 of a-z, 0-9 and -$/,
  ],
  ['a name with a brace', ['--name', 'a}b'], /^boon-server: name: 'a}b' is not allowed/],
  ['an empty name', ['--name='], /^boon-server: name: '' is not allowed/],
  [
    'a name of 33 bytes',
    ['--name', 'n'.repeat(33)],
    /^boon-server: --name: 'n{33}' is not allowed; at most 32 bytes/,
  ],
  [
    'shard 1024',
    ['--shard', '1024'],
    /^boon-server: --shard: '1024' is not allowed; a whole number of 0\.\.1023$/,
  ],
  ['an empty dir', ['--dir='], /^boon-server: dir is empty$/],
  [
    'bind to all without a password',
    ['--bind', '0.0.0.0'],
    /^boon-server: bind 0\.0\.0\.0 would let anyone on the network issue coupons: set users-file or password-file, or bind to 127\.0\.0\.1$/,
  ],
  [
    'bind to all of IPv6 without a password',
    ['--bind', '::'],
    /^boon-server: bind :: would let anyone on the network/,
  ],
  [
    'bind to a name',
    ['--bind', 'example'],
    /^boon-server: bind: 'example' is not allowed; an IPv4 or IPv6 address such as 127\.0\.0\.1, 0\.0\.0\.0 or ::1$/,
  ],
  [
    'a unix socket path of 108 bytes',
    ['--unix-socket', `/${'s'.repeat(107)}`],
    /^boon-server: --unix-socket: .* is not allowed; at most 107 bytes/,
  ],
  [
    'a password of 513 bytes is not shown',
    [`--password=${'p'.repeat(513)}`],
    /^boon-server: --password: not allowed; at most 512 bytes, no control bytes$/,
  ],
  [
    'password and password-file',
    ['--password', 'a', '--password-file', '@/password'],
    /^boon-server: password and password-file are both set; one is enough$/,
  ],
  [
    'a password-file that is not there',
    ['--password-file', '@/nothing'],
    /^boon-server: password-file: cannot read .*\/nothing: No such file or directory$/,
  ],
  [
    'an empty password-file',
    ['--password-file', '@/empty'],
    /^boon-server: password-file: .*empty/,
    { files: { empty: '' } },
  ],
  [
    'a password-file with an empty line',
    ['--password-file', '@/line'],
    /^boon-server: password-file: the first line of .*\/line is empty$/,
    { files: { line: '\nsecret\n' } },
  ],
  [
    'redis without a port',
    ['--redis', 'somewhere', '--secret-file', '@/s'],
    /^boon-server: redis: 'somewhere' is not allowed; host:port such as 10\.0\.0\.5:6379 or \[::1\]:6379, or unix:\/path$/,
  ],
  [
    'redis with port 0',
    ['--redis', 'somewhere:0', '--secret-file', '@/s'],
    /^boon-server: redis: 'somewhere:0' is not allowed/,
  ],
  [
    'redis at a relative socket',
    ['--redis', 'unix:redis.sock', '--secret-file', '@/s'],
    /^boon-server: redis: 'unix:redis\.sock' is not allowed; after unix: comes an absolute path of at most \d+ bytes$/,
  ],
  [
    'redis as a URL',
    ['--redis', 'redis://somewhere:6379', '--secret-file', '@/s'],
    /^boon-server: redis: 'redis:\/\/somewhere:6379' is not allowed/,
  ],
  [
    'redis without a secret-file',
    ['--redis', '127.0.0.1:6379'],
    /^boon-server: redis is set, so secret-file must say where the coupon keys are; every server of the brand has the same file$/,
  ],
  [
    'redis and no journal',
    ['--redis', '127.0.0.1:6379', '--journal', 'none', '--secret-file', '@/s'],
    /^boon-server: journal none keeps nothing and redis names where to keep it; leave one of the two out$/,
  ],
  [
    'no journal, and create it',
    ['--journal', 'none', '--create-journal'],
    /^boon-server: journal none keeps nothing, so there is no journal to create; leave create-journal out$/,
  ],
  [
    'a redis-password without redis',
    ['--redis-password', 'x'],
    /^boon-server: redis-username and redis-password belong to redis, which is not set; the private Redis needs none$/,
  ],
  [
    'a redis-username without its password',
    ['--redis', '127.0.0.1:6379', '--redis-username', 'u', '--secret-file', '@/s'],
    /^boon-server: redis-username is set and redis-password is not$/,
  ],
  [
    'flags override, so a bad one behind a good one counts',
    ['--port', '0', '--port', 'x'],
    /^boon-server: --port: 'x' is not allowed/,
  ],
  [
    'a value with a line break is shown as one line',
    ['--name', 'a\nb'],
    /^boon-server: --name: 'a\?b' is not allowed; at most 32 bytes, no control bytes$/,
  ],
]

export const environment = [
  [
    'BOON_UNKNOWN',
    [],
    /^boon-server: BOON_UNKNOWN: no such option; --help lists them all$/,
    { env: { BOON_UNKNOWN: '1' } },
  ],
  [
    'BOON_MAX_CLIENT',
    [],
    /^boon-server: BOON_MAX_CLIENT: no such option; did you mean BOON_MAX_CLIENTS\?$/,
    { env: { BOON_MAX_CLIENT: '1' } },
  ],
  [
    'a bad number',
    [],
    /^boon-server: BOON_PORT: 'many' is not allowed; a whole number of 0\.\.65535$/,
    { env: { BOON_PORT: 'many' } },
  ],
  [
    'an empty value',
    [],
    /^boon-server: BOON_MAX_MEMBERS: '' is not allowed/,
    { env: { BOON_MAX_MEMBERS: '' } },
  ],
  [
    'a config file that is not there',
    [],
    /^boon-server: cannot read the config file .*: No such file or directory$/,
    { env: { BOON_CONFIG: '@/nothing.conf' } },
  ],
  ['BOON_ alone', [], /^boon-server: BOON_: no such option/, { env: { BOON_: '1' } }],
]

const with_config = (name, text, pattern) => [
  name,
  ['--config', '@/boon.conf'],
  pattern,
  { files: { 'boon.conf': text } },
]
export const config = [
  with_config(
    'an unknown key with its line',
    '# sale\nport 0\nprot 1\n',
    /^boon-server: .*\/boon\.conf:3: prot: no such option; did you mean port\?$/,
  ),
  with_config(
    'an unknown key like none',
    'frobnicate yes\n',
    /^boon-server: .*\/boon\.conf:1: frobnicate: no such option; --help lists them all$/,
  ),
  with_config(
    'a bad value with its line',
    '\n\nmax-clients lots\n',
    /^boon-server: .*\/boon\.conf:3: max-clients: 'lots' is not allowed; a whole number of 1\.\.1000000 connections$/,
  ),
  with_config(
    'a key twice',
    'port 0\nport 1\n',
    /^boon-server: .*\/boon\.conf:2: port is set a second time; line 1 has it already$/,
  ),
  with_config(
    'a key twice, written in two ways',
    'port = 0\nPORT 1\n',
    /^boon-server: .*\/boon\.conf:2: port is set a second time; line 1 has it already$/,
  ),
  with_config(
    'a key without a value',
    'port\n',
    /^boon-server: .*\/boon\.conf:1: port: '' is not allowed/,
  ),
  with_config(
    'a comment behind a value',
    'port 0 # any\n',
    /^boon-server: .*\/boon\.conf:1: a comment stands on a line of its own/,
  ),
  with_config(
    'a line of 10,000 bytes',
    `dir ${'d'.repeat(10000)}\n`,
    /^boon-server: .*\/boon\.conf:1: a line has at most \d+ bytes and no NUL$/,
  ),
  with_config('a NUL in a line', 'port 0\0\n', /^boon-server: .*\/boon\.conf:1: /),
  with_config(
    'a binary file',
    Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 197 + 13) & 255)),
    /^boon-server: .*\/boon\.conf:\d+: /,
  ),
  with_config(
    'a config file in a config file',
    'config other.conf\n',
    /^boon-server: .*\/boon\.conf:1: config: no such option/,
  ),
  with_config(
    'a password too long is not shown',
    `password ${'p'.repeat(600)}\n`,
    /^boon-server: .*\/boon\.conf:1: password: not allowed; at most 512 bytes/,
  ),
  [
    'a config file that is not there',
    ['--config', '@/nothing.conf'],
    /^boon-server: cannot read the config file .*\/nothing\.conf: No such file or directory$/,
  ],
  [
    'a config file that is a directory',
    ['--config', '@'],
    /^boon-server: cannot read the config file .*: Is a directory$/,
  ],
  ['an empty path of a config file', ['--config='], /^boon-server: .*config/],
]

const none = ['--port', '0', '--journal', 'none']
const with_secret = (name, text, pattern) => [
  name,
  [...none, '--secret-file', '@/secret'],
  pattern,
  { files: { secret: [text, 0o600] }, code: 1 },
]
export const secrets = [
  [
    'a secret file that is not there',
    [...none, '--secret-file', '@/nothing'],
    /there is no secret file .*\/nothing: coupons can neither be issued nor checked without it; restore it from its backup$/,
    { code: 1 },
  ],
  [
    'a secret file that others may read',
    [...none, '--secret-file', '@/secret'],
    /secret may be read by others than its owner \(mode 0644\): chmod 600 .*secret$/,
    { files: { secret: [SECRET, 0o644] }, code: 1 },
  ],
  [
    'a secret file that the group may read',
    [...none, '--secret-file', '@/secret'],
    /secret may be read by others than its owner \(mode 0640\): chmod 600 .*secret$/,
    { files: { secret: [SECRET, 0o640] }, code: 1 },
  ],
  [
    'a secret file that is a directory',
    [...none, '--secret-file', '@'],
    /is not a file$/,
    { code: 1 },
  ],
  with_secret('an empty secret file', '', /secret(:1)?[: ].*/),
  with_secret(
    'a secret file of another kind',
    'hello\n',
    /secret:1: not a secret file of this version: the first line is `boon-secret 1`$/,
  ),
  with_secret(
    'a secret file of a later version',
    SECRET.replace('secret 1', 'secret 2'),
    /secret:1: not a secret file of this version/,
  ),
  with_secret(
    'a secret file without a phone key',
    SECRET.replace(/phone.*\n/, ''),
    /secret has no phone key$/,
  ),
  with_secret(
    'a secret file without a coupon key',
    SECRET.replace(/coupon.*\n/, ''),
    /secret has no coupon key$/,
  ),
  with_secret(
    'a coupon key of id 16',
    SECRET.replace('coupon 0', 'coupon 16'),
    /secret:2: a coupon key is `coupon ID KEY`, with an id of 0\.\.15$/,
  ),
  with_secret(
    'two coupon keys of one id',
    SECRET.replace('phone', `coupon 0 ${KEY(4)}\nphone`),
    /secret:3: this coupon key's id is taken by an earlier line$/,
  ),
  with_secret(
    'the same key twice',
    SECRET.replace(KEY(3), KEY(2)),
    /secret:4: this key is in the file already$/,
  ),
  with_secret(
    'a key of 63 digits',
    SECRET.replace(KEY(2), KEY(2).slice(1)),
    /secret:3: a key is 64 hex digits and nothing behind them$/,
  ),
  with_secret(
    'a key of other letters',
    SECRET.replace(KEY(2), 'g'.repeat(64)),
    /secret:3: a key is 64 hex digits/,
  ),
  with_secret('a secret file with a NUL', `${SECRET}\0`, /NUL byte: not a secret file$/),
  with_secret(
    'a secret file of a megabyte',
    SECRET + '# '.repeat(500000),
    /is too long for a secret file$/,
  ),
]

export const places = [
  [
    'a directory below a file',
    ['--port', '0', '--dir', '@/file/data'],
    /cannot create the directory .*\/file\/data: Not a directory$/,
    { files: { file: 'x' }, code: 1 },
  ],
  [
    'a directory whose parent is not there',
    ['--port', '0', '--dir', '@/no/data'],
    /cannot create the directory .*\/no\/data: No such file or directory$/,
    { code: 1 },
  ],
  [
    'a directory that is a file',
    ['--port', '0', '--dir', '@/file'],
    /cannot use the directory .*\/file: Not a directory$/,
    { files: { file: 'x' }, code: 1 },
  ],
  [
    'a directory that cannot be written',
    ['--port', '0', '--dir', '/proc/sys'],
    /cannot (open|write|lock) \/proc\/sys/,
    { code: 1 },
  ],
  [
    'a redis-server that is not there',
    ['--port', '0', '--dir', '@/data', '--redis-server', 'no-such-program'],
    /cannot run no-such-program: No such file or directory; install redis-server, say where it is with --redis-server, or use another Redis with --redis$/,
    { code: 1 },
  ],
  [
    'a redis-server that is no program',
    ['--port', '0', '--dir', '@/data', '--redis-server', '@/file'],
    /cannot run .*\/file: Permission denied; install redis-server/,
    { files: { file: 'x' }, code: 1 },
  ],
  [
    'a unix socket in no directory',
    [...none, '--unix-socket', '@/no/boon.sock'],
    /cannot listen on the unix socket .*\/no\/boon\.sock: No such file or directory$/,
    { code: 1 },
  ],
  [
    'a unix socket where a file is',
    [...none, '--unix-socket', '@/file'],
    /cannot listen on the unix socket .*\/file: Address already in use$/,
    { files: { file: 'precious' }, code: 1, keeps: { file: 'precious' } },
  ],
  [
    'a foreign address',
    ['--port', '0', '--journal', 'none', '--bind', '203.0.113.1', '--password', 'x'],
    /cannot listen on 203\.0\.113\.1 port 0: Cannot assign requested address$/,
    { code: 1 },
  ],
]
