// bad_resp.mjs -- malformed requests in RESP: what is sent, what comes back, what happens to the
// connection. Limits: 128 arguments of 64 KiB, 1 MiB a request; 10 of 16 KiB before authentication.
import { encode } from '../lib/resp.mjs'
import { broken, bytes, error, hex, unknown } from './row.mjs'

const COUNT = 'invalid multibulk length, at most 128 arguments$'
const BULK = 'invalid bulk length, 0 to 65536 bytes$'
const ID = "1 to 64 bytes of UTF-8 without control characters, not beginning with '@'"
const id_rule = (field) => new RegExp(`^-ERR [A-Z.]+: ${field} must be ${ID}$`)
const AMOUNT = /^-ERR ACCOUNT\.EARN: amount must be a whole number from 1 to 1000000000000$/

// --- bytes that are no requests: answered once, then closed --------------------------------------

export const protocol_rows = [
  broken('2^31-1 arguments', '*2147483647\r\n', COUNT),
  broken('2^63 arguments', '*9223372036854775808\r\n', COUNT),
  broken('arguments beyond any number', `*${'9'.repeat(100)}\r\n`, COUNT),
  broken('129 arguments', `*129\r\n${'$1\r\na\r\n'.repeat(129)}`, COUNT),
  broken('-2^31 arguments', '*-2147483648\r\n', COUNT),
  broken('a count that is no number', '*abc\r\n', COUNT),
  broken('a count of nothing', '*\r\n', COUNT),
  broken('a count with a plus', '*+1\r\n$4\r\nPING\r\n', COUNT),
  broken('a count with a fraction', '*1.0\r\n$4\r\nPING\r\n', COUNT),
  broken('a count with a space', '* 1\r\n$4\r\nPING\r\n', COUNT),
  broken('a count ended by LF alone', '*1\n$4\r\nPING\r\n', COUNT),
  broken('CR without LF after a count', '*1\rX$4\r\nPING\r\n', COUNT),
  broken('a bulk of 512 MiB announced', '*1\r\n$536870912\r\n', BULK),
  broken('a bulk of 2^63', '*1\r\n$9223372036854775808\r\n', BULK),
  broken(
    'a bulk of 64 KiB and 1 byte',
    bytes('*2\r\n$4\r\nECHO\r\n$65537\r\n', Buffer.alloc(65537, 'a'), '\r\n'),
    BULK,
  ),
  broken('a bulk of length -1', '*1\r\n$-1\r\n', BULK),
  broken('a bulk of length -5', '*2\r\n$4\r\nECHO\r\n$-5\r\nhello\r\n', BULK),
  broken('a bulk length of letters', '*1\r\n$four\r\nPING\r\n', BULK),
  broken('a bulk length of nothing', '*1\r\n$\r\n\r\n', BULK),
  broken(
    'a bulk longer than its length',
    '*1\r\n$4\r\nPINGPONG\r\n',
    'expected CR LF after an argument',
  ),
  broken(
    'a bulk shorter than its length',
    '*2\r\n$4\r\nECHO\r\n$5\r\nab\r\n*1\r\n$4\r\nPING\r\n',
    'expected CR LF after an argument',
  ),
  broken('LF alone after a bulk', '*1\r\n$4\r\nPING\n\n\r\n', 'expected CR LF after an argument'),
  broken('an integer as argument', '*1\r\n:4\r\n', "expected '\\$' before an argument"),
  broken('a simple string as argument', '*1\r\n+PING\r\n', "expected '\\$' before an argument"),
  broken(
    'an array in an array',
    '*2\r\n*1\r\n$4\r\nPING\r\n$4\r\nPING\r\n',
    "expected '\\$' before an argument",
  ),
  broken('arrays nested a hundred deep', '*1\r\n'.repeat(100), "expected '\\$' before an argument"),
  broken(
    'a RESP3 null as argument',
    '*2\r\n$4\r\nECHO\r\n_\r\n',
    "expected '\\$' before an argument",
  ),
  broken(
    'a RESP3 verbatim text as argument',
    '*2\r\n$4\r\nECHO\r\n=9\r\ntxt:hello\r\n',
    "expected '\\$' before an argument",
  ),
  broken(
    'a streamed RESP3 bulk',
    '*2\r\n$4\r\nECHO\r\n$?\r\n;2\r\nab\r\n;0\r\n',
    BULK,
  ),
  broken('a streamed RESP3 array', '*?\r\n$4\r\nPING\r\n.\r\n', COUNT),
  broken(
    'a request of 1 MiB and more that never ends',
    bytes(`*${100}\r\n`, ...Array(17).fill(bytes('$65536\r\n', Buffer.alloc(65536, 'a'), '\r\n'))),
    'too big request',
  ),
  broken(
    '64 KiB of one line without its end',
    Buffer.alloc(65536 + 1, 'a'),
    'too big inline request',
  ),
  broken('an unbalanced double quote', 'ECHO "hello\r\n', 'unbalanced quotes in request'),
  broken('an unbalanced single quote', "ECHO 'hello\r\n", 'unbalanced quotes in request'),
  broken('a quote in the middle of a word', 'ECHO he"llo"\r\n', 'unbalanced quotes in request'),
  broken('text behind a closing quote', 'ECHO "hello"x\r\n', 'unbalanced quotes in request'),
  broken('129 words on a line', `${'a '.repeat(129)}\r\n`, 'too many arguments'),
]

// --- what is passed over, or is answered and leaves the connection open --------------------------

const claim = (name, member, pattern = id_rule('member')) =>
  error(name, ['COUPON.CLAIM', member, 'sale'], pattern)
const earn = (name, amount, pattern = AMOUNT) =>
  error(name, ['ACCOUNT.EARN', 'mallory', 'points', amount], pattern)
const arity = (name) => new RegExp(`^-ERR wrong number of arguments for '${name}' command$`)

const odd_rows = [
  { name: 'an array of -1 is passed over', send: '*-1\r\n', then: 'open' },
  { name: 'an array of 0 is passed over', send: '*0\r\n', then: 'open' },
  { name: 'a thousand empty lines are passed over', send: '\r\n'.repeat(1000), then: 'open' },
  { name: 'a line of spaces and tabs is passed over', send: ' \t \t\r\n', then: 'open' },
  { name: 'a line of a NUL byte', send: hex('00 0d 0a'), expect: [unknown('.*')], then: 'open' },
  {
    name: 'a RESP3 map as request is an unknown word',
    send: '%1\r\n',
    expect: [unknown('%1')],
    then: 'open',
  },
  {
    name: 'a RESP3 set as request is an unknown word',
    send: '~1\r\n',
    expect: [unknown('~1')],
    then: 'open',
  },
  {
    name: 'a RESP3 push as request is an unknown word',
    send: '>1\r\n',
    expect: [unknown('>1')],
    then: 'open',
  },
  {
    name: 'a RESP3 attribute as request is an unknown word',
    send: '|1\r\n',
    expect: [unknown('\\|1')],
    then: 'open',
  },
  { name: 'a line of high bytes', send: hex('ff fe fd 0a'), expect: [unknown('.*')], then: 'open' },
  { name: 'an empty command name', send: '*1\r\n$0\r\n\r\n', expect: [unknown('')], then: 'open' },
  {
    name: 'a command name with a NUL inside',
    send: bytes('*1\r\n$5\r\nPI', hex('00'), 'NG\r\n'),
    expect: [unknown('.*')],
    then: 'open',
  },
  {
    name: 'a claim behind whose name lies a NUL',
    send: bytes('*3\r\n$13\r\nCOUPON.CLAIM', hex('00'), '\r\n$7\r\nmallory\r\n$4\r\nsale\r\n'),
    expect: [unknown('.*')],
    then: 'open',
  },
  error(
    'a command name with line breaks shows none',
    ['FOO\r\n+OK\r\n'],
    /^-ERR unknown command '[^\r\n]*', see COMMAND LIST$/,
  ),
  error(
    'a command name of 60 KiB is shown in part',
    ['x'.repeat(60000)],
    /^-ERR unknown command 'x{64}', see COMMAND LIST$/,
  ),
  error('a command of Redis that is none here', ['SET', 'a', 'b'], unknown('SET')),
  error('MULTI is none here', ['MULTI'], unknown('MULTI')),
  error('EVAL is none here', ['EVAL', 'return 1', '0'], unknown('EVAL')),
  error('FLUSHALL is none here', ['FLUSHALL'], unknown('FLUSHALL')),
  error('DEBUG is none here', ['DEBUG', 'SEGFAULT'], unknown('DEBUG')),
  error('SHUTDOWN is refused', ['SHUTDOWN', 'NOSAVE'], /^-ERR .*SIGTERM/),
  error(
    'CONFIG SET is refused',
    ['CONFIG', 'SET', 'journal', 'none'],
    /^-ERR options are set when the server starts/,
  ),
  error(
    'CLUSTER is refused',
    ['CLUSTER', 'NODES'],
    /^-ERR This instance has cluster support disabled$/,
  ),
  error(
    'an unknown subcommand',
    ['CLIENT', 'MAINT_NOTIFICATIONS', 'ON'],
    /^-ERR unknown subcommand 'MAINT_NOTIFICATIONS'\. Try CLIENT HELP\.$/,
  ),
  error('HELLO 4', ['HELLO', '4'], /^-NOPROTO unsupported protocol version$/),
  error(
    'HELLO with a word',
    ['HELLO', 'three'],
    /^-ERR Protocol version is not an integer or out of range$/,
  ),
  error(
    'HELLO with half of AUTH',
    ['HELLO', '3', 'AUTH', 'default'],
    /^-ERR Syntax error in HELLO option 'AUTH'$/i,
  ),
  error('SELECT 1', ['SELECT', '1'], /^-ERR DB index is out of range$/),
  error(
    'AUTH where there is no password',
    ['AUTH', 'x'],
    /^-ERR AUTH <password> called without any password configured/,
  ),
  error(
    'a client name with a space',
    ['CLIENT', 'SETNAME', 'a b'],
    /^-ERR .*cannot contain spaces, newlines or special characters\.$/,
  ),
  error('CLIENT KILL of nobody', ['CLIENT', 'KILL', '1.2.3.4:5'], /^-ERR No such client$/),
  error(
    'CLOCK.SET on a real clock',
    ['CLOCK.SET', '1795296273900'],
    /^-ERR CLOCK\.SET needs a server started with --clock manual$/,
  ),
]

const id_rows = [
  claim('an empty member', ''),
  claim('a member of 65 bytes', 'm'.repeat(65)),
  claim('a member of 22 characters in 66 bytes', '会'.repeat(22)),
  claim('a member of 60 KiB', 'm'.repeat(60000)),
  claim('a member that begins with @', '@phone:123'),
  claim('a member of @ alone', '@'),
  claim('a member with a NUL', hex('61 00 62')),
  claim('a member with CR LF', 'a\r\nb'),
  claim('a member with a tab', 'a\tb'),
  claim('a member with an escape', hex('61 1b 5b 32 4a')),
  claim('a member with DEL', hex('61 7f')),
  claim('a member with a C1 control', hex('61 c2 85')),
  claim('a control byte behind eight plain ones', 'abcdefgh\u0001'),
  claim('a control byte as the eighth', 'abcdefg\u001fh'),
  claim('a lone continuation byte', hex('61 80')),
  claim('an overlong slash in two bytes', hex('c0 af')),
  claim('an overlong slash in three bytes', hex('e0 80 af')),
  claim('an overlong slash in four bytes', hex('f0 80 80 af')),
  claim('a surrogate half in UTF-8', hex('ed a0 80')),
  claim('a code point beyond U+10FFFF', hex('f4 90 80 80')),
  claim('a first byte of F5', hex('f5 80 80 80')),
  claim('a UTF-8 sequence cut short', hex('e4 bc')),
  claim('a Latin-1 letter', hex('63 61 66 e9')),
  error('a campaign with a NUL', ['COUPON.CLAIM', 'mallory', hex('73 00')], id_rule('campaign')),
  error('a campaign that begins with @', ['COUPON.CLAIM', 'mallory', '@sale'], id_rule('campaign')),
  error('an empty campaign', ['CAMPAIGN.GET', ''], id_rule('campaign')),
  error(
    'a campaign id of 65 bytes is not created',
    ['CAMPAIGN.PUT', 'c'.repeat(65), '{}'],
    id_rule('campaign'),
  ),
  error(
    'an asset with a line break',
    ['ACCOUNT.EARN', 'mallory', 'poi\nnts', '1'],
    id_rule('asset'),
  ),
  error('an empty asset', ['ACCOUNT.BALANCE', 'alice', ''], id_rule('asset')),
  error(
    'a channel of 65 bytes',
    ['COUPON.CLAIM', 'mallory', 'sale', 'CHANNEL', 'c'.repeat(65)],
    id_rule('channel'),
  ),
  error(
    'a store with broken UTF-8',
    ['COUPON.CLAIM', 'mallory', 'sale', 'STORE', hex('ff')],
    id_rule('store'),
  ),
  error('an empty staff', ['COUPON.CLAIM', 'mallory', 'sale', 'STAFF', ''], id_rule('staff')),
  error(
    'an empty request id',
    ['COUPON.CLAIM', 'mallory', 'sale', 'REQUEST', ''],
    /^-ERR COUPON\.CLAIM: request must be 1 to 128 bytes of UTF-8 without control characters/,
  ),
  error(
    'a request id of 129 bytes',
    ['COUPON.CLAIM', 'mallory', 'sale', 'REQUEST', 'r'.repeat(129)],
    /^-ERR COUPON\.CLAIM: request must be 1 to 128 bytes/,
  ),
  error(
    'a request id with a control byte',
    ['ACCOUNT.EARN', 'mallory', 'points', '1', 'REQUEST', 'r\u0000'],
    /^-ERR ACCOUNT\.EARN: request must be 1 to 128 bytes/,
  ),
]

const number_rows = [
  earn('an amount of 0', '0'),
  earn('an amount of -1', '-1'),
  earn('an amount of -0', '-0'),
  earn('an amount above the most', '1000000000001'),
  earn('an amount of 2^53', '9007199254740992'),
  earn('an amount of INT64_MAX', '9223372036854775807'),
  earn('an amount of INT64_MAX + 1', '9223372036854775808'),
  earn('an amount of INT64_MIN', '-9223372036854775808'),
  earn('an amount of 2^64 + 1', '18446744073709551617'),
  earn('an amount of a thousand digits', '1'.repeat(1000)),
  earn('an amount with a leading zero', '01'),
  earn('an amount with an exponent', '1e3'),
  earn('an amount with a plus', '+5'),
  earn('an amount with a fraction', '1.0'),
  earn('an amount with a space before', ' 1'),
  earn('an amount with a space behind', '1 '),
  earn('an amount with a NUL behind', hex('31 00')),
  earn('an amount with a comma', '1,000'),
  earn('an amount in hexadecimal', '0x10'),
  earn('an amount in other digits', '１２'),
  earn('an empty amount', ''),
  earn('an amount of NaN', 'NaN'),
  error(
    'a spent amount of -5',
    ['ACCOUNT.SPEND', 'alice', 'points', '-5'],
    /^-ERR ACCOUNT\.SPEND: amount must be a whole number from 1 to 1000000000000$/,
  ),
  error(
    'a restock by 0',
    ['CAMPAIGN.RESTOCK', 'sale', '0', 'EXPECT', '1000'],
    /^-ERR CAMPAIGN\.RESTOCK: delta must be a whole number from -4000000000 to 4000000000, not 0$/,
  ),
  error(
    'a restock by INT64_MIN',
    ['CAMPAIGN.RESTOCK', 'sale', '-9223372036854775808', 'EXPECT', '1000'],
    /delta must be a whole number/,
  ),
  error(
    'a restock without EXPECT',
    ['CAMPAIGN.RESTOCK', 'sale', '5'],
    /^-ERR CAMPAIGN\.RESTOCK: EXPECT is missing$/,
  ),
  error(
    'a restock with a negative EXPECT',
    ['CAMPAIGN.RESTOCK', 'sale', '5', 'EXPECT', '-1'],
    /expect must be a whole number from 0 to 4000000000$/,
  ),
  error(
    'LIMIT 0',
    ['CAMPAIGN.LIST', 'LIMIT', '0'],
    /^-ERR CAMPAIGN\.LIST: limit must be a whole number from 1 to 1000$/,
  ),
  error(
    'LIMIT 1001',
    ['COUPON.LIST', 'alice', 'LIMIT', '1001'],
    /^-ERR COUPON\.LIST: limit must be a whole number from 1 to 1000$/,
  ),
  error(
    'CLOCK.SET to before 1970',
    ['CLOCK.SET', '-1'],
    /^-ERR CLOCK\.SET: time_ms must be milliseconds since 1970, from 0 to 253402300799999$/,
  ),
]

const keyword_rows = [
  error(
    'a keyword twice',
    ['COUPON.CLAIM', 'mallory', 'sale', 'CHANNEL', 'a', 'channel', 'b'],
    /^-ERR COUPON\.CLAIM: CHANNEL is given twice$/,
  ),
  error(
    'a keyword without its value',
    ['COUPON.CLAIM', 'mallory', 'sale', 'REQUEST'],
    /^-ERR COUPON\.CLAIM: REQUEST needs a value$/,
  ),
  error(
    'an unknown keyword',
    ['COUPON.CLAIM', 'mallory', 'sale', 'CHANEL', 'app'],
    /^-ERR COUPON\.CLAIM: unknown word at argument 3; see COMMAND DOCS COUPON\.CLAIM$/,
  ),
  error(
    'an empty keyword',
    ['COUPON.CLAIM', 'mallory', 'sale', '', 'app'],
    /^-ERR COUPON\.CLAIM: unknown word at argument 3/,
  ),
  error(
    'a keyword with a NUL',
    ['COUPON.CLAIM', 'mallory', 'sale', bytes('STORE', hex('00')), 'x'],
    /^-ERR COUPON\.CLAIM: unknown word at argument 3/,
  ),
  error(
    '125 keywords',
    ['COUPON.CLAIM', 'mallory', 'sale', ...Array(125).fill('CHANNEL')],
    /^-ERR COUPON\.CLAIM: (CHANNEL is given twice|.*)$/,
  ),
  error(
    'a keyword of another command',
    ['COUPON.CLAIM', 'mallory', 'sale', 'LIMIT', '5'],
    /^-ERR COUPON\.CLAIM: unknown word at argument 3/,
  ),
  error(
    'CAMPAIGN.PUT with a word behind its document',
    ['CAMPAIGN.PUT', 'x', '{}', 'z'],
    /^-ERR CAMPAIGN\.PUT: unknown word at argument 3; see COMMAND DOCS CAMPAIGN\.PUT$/,
  ),
  ...['START', 'PAUSE', 'STOP'].flatMap((verb) => [
    error(
      `CAMPAIGN.${verb} with a word too many`,
      [`CAMPAIGN.${verb}`, verb === 'START' ? 'draft' : 'sale', 'y'],
      new RegExp(`^-ERR CAMPAIGN\\.${verb}: unknown word at argument 2`),
    ),
    error(
      `CAMPAIGN.${verb} with an empty request id`,
      [`CAMPAIGN.${verb}`, verb === 'START' ? 'draft' : 'sale', 'REQUEST', ''],
      new RegExp(`^-ERR CAMPAIGN\\.${verb}: request must be 1 to 128 bytes`),
    ),
  ]),
]

// Every business command with one argument too few; those without keywords with one too many as
// well.
const too_few = {
  'CAMPAIGN.PUT': ['x'],
  'CAMPAIGN.GET': [],
  'CAMPAIGN.START': [],
  'CAMPAIGN.PAUSE': [],
  'CAMPAIGN.STOP': [],
  'CAMPAIGN.RESTOCK': ['x'],
  'COUPON.CLAIM': ['x'],
  'COUPON.GET': [],
  'COUPON.LIST': [],
  'ACCOUNT.EARN': ['x', 'y'],
  'ACCOUNT.SPEND': ['x', 'y'],
  'ACCOUNT.BALANCE': [],
  'MEMBER.GET': [],
  'CLOCK.SET': [],
}
const too_many = {
  'CAMPAIGN.GET': ['x', 'y'],
  'COUPON.GET': ['x', 'y'],
  'ACCOUNT.BALANCE': ['x', 'y', 'z'],
  'MEMBER.GET': ['x', 'y'],
  'CLOCK.SET': ['1', '2'],
  PING: ['a', 'b'],
  ECHO: [],
  TIME: ['x'],
  SELECT: [],
}
const arity_rows = [
  ...Object.entries(too_few).map(([name, args]) =>
    error(`${name} with too few arguments`, [name, ...args], arity(name)),
  ),
  ...Object.entries(too_many).map(([name, args]) =>
    error(
      `${name} with a wrong count`,
      [name, ...args],
      arity(`(?:${name}|${name.toLowerCase()})`),
    ),
  ),
]

export const request_rows = [
  ...odd_rows,
  ...id_rows,
  ...number_rows,
  ...keyword_rows,
  ...arity_rows,
]
