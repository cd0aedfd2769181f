// bad_resp.mjs -- malformed and hostile requests in RESP: what is sent, what comes back, what happens to
// the connection. Limits: 128 arguments of 64 KiB, 1 MiB a request; 10 of 16 KiB before authentication.
import { sleep } from '../lib/check.mjs'
import { Client, encode } from '../lib/resp.mjs'

const bytes = (...parts) => Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(part))))
const hex = (text) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const PING = encode(['PING'])
const ID = '1 to 64 bytes of UTF-8 without control characters, not beginning with \'@\''
const id_rule = (field) => new RegExp(`^-ERR [A-Z.]+: ${field} must be ${ID}$`)
const AMOUNT = /^-ERR ACCOUNT\.EARN: amount must be a whole number from 1 to 1000000000000$/
const protocol = (what) => new RegExp(`^-ERR Protocol error: ${what}`)

// --- bytes that are no requests: answered once, then closed -----------------------------------------

const broken = (name, send, what) => ({ name, send, expect: [protocol(what)], then: 'closed' })

export const protocol_rows = [
  broken('2^31-1 arguments', '*2147483647\r\n', 'invalid multibulk length'),
  broken('2^63 arguments', '*9223372036854775808\r\n', 'invalid multibulk length'),
  broken('arguments beyond any number', `*${'9'.repeat(100)}\r\n`, 'invalid multibulk length'),
  broken('129 arguments', `*129\r\n${'$1\r\na\r\n'.repeat(129)}`, 'invalid multibulk length'),
  broken('-2^31 arguments', '*-2147483648\r\n', 'invalid multibulk length'),
  broken('a count that is no number', '*abc\r\n', 'invalid multibulk length'),
  broken('a count of nothing', '*\r\n', 'invalid multibulk length'),
  broken('a count with a plus', '*+1\r\n$4\r\nPING\r\n', 'invalid multibulk length'),
  broken('a count with a fraction', '*1.0\r\n$4\r\nPING\r\n', 'invalid multibulk length'),
  broken('a count with a space', '* 1\r\n$4\r\nPING\r\n', 'invalid multibulk length'),
  broken('a count ended by LF alone', '*1\n$4\r\nPING\r\n', 'invalid multibulk length'),
  broken('CR without LF after a count', '*1\rX$4\r\nPING\r\n', 'invalid multibulk length'),
  broken('a bulk of 512 MiB announced', '*1\r\n$536870912\r\n', 'invalid bulk length'),
  broken('a bulk of 2^63', '*1\r\n$9223372036854775808\r\n', 'invalid bulk length'),
  broken('a bulk of 64 KiB and 1 byte', bytes('*2\r\n$4\r\nECHO\r\n$65537\r\n', Buffer.alloc(65537, 'a'), '\r\n'), 'invalid bulk length'),
  broken('a bulk of length -1', '*1\r\n$-1\r\n', 'invalid bulk length'),
  broken('a bulk of length -5', '*2\r\n$4\r\nECHO\r\n$-5\r\nhello\r\n', 'invalid bulk length'),
  broken('a bulk length of letters', '*1\r\n$four\r\nPING\r\n', 'invalid bulk length'),
  broken('a bulk length of nothing', '*1\r\n$\r\n\r\n', 'invalid bulk length'),
  broken('a bulk longer than its length', '*1\r\n$4\r\nPINGPONG\r\n', 'expected CR LF after an argument'),
  broken('a bulk shorter than its length', '*2\r\n$4\r\nECHO\r\n$5\r\nab\r\n*1\r\n$4\r\nPING\r\n', 'expected CR LF after an argument'),
  broken('LF alone after a bulk', '*1\r\n$4\r\nPING\n\n\r\n', 'expected CR LF after an argument'),
  broken('an integer as argument', '*1\r\n:4\r\n', "expected '\\$' before an argument"),
  broken('a simple string as argument', '*1\r\n+PING\r\n', "expected '\\$' before an argument"),
  broken('an array in an array', '*2\r\n*1\r\n$4\r\nPING\r\n$4\r\nPING\r\n', "expected '\\$' before an argument"),
  broken('arrays nested a hundred deep', '*1\r\n'.repeat(100), "expected '\\$' before an argument"),
  broken('a RESP3 null as argument', '*2\r\n$4\r\nECHO\r\n_\r\n', "expected '\\$' before an argument"),
  broken('a RESP3 verbatim text as argument', '*2\r\n$4\r\nECHO\r\n=9\r\ntxt:hello\r\n', "expected '\\$' before an argument"),
  broken('a streamed RESP3 bulk', '*2\r\n$4\r\nECHO\r\n$?\r\n;2\r\nab\r\n;0\r\n', 'invalid bulk length'),
  broken('a streamed RESP3 array', '*?\r\n$4\r\nPING\r\n.\r\n', 'invalid multibulk length'),
  broken('a request of 1 MiB and more that never ends',
    bytes(`*${100}\r\n`, ...Array(17).fill(bytes('$65536\r\n', Buffer.alloc(65536, 'a'), '\r\n'))), 'too big request'),
  broken('64 KiB of one line without its end', Buffer.alloc(65536 + 1, 'a'), 'too big inline request'),
  broken('an unbalanced double quote', 'ECHO "hello\r\n', 'unbalanced quotes in request'),
  broken('an unbalanced single quote', "ECHO 'hello\r\n", 'unbalanced quotes in request'),
  broken('a quote in the middle of a word', 'ECHO he"llo"\r\n', 'unbalanced quotes in request'),
  broken('text behind a closing quote', 'ECHO "hello"x\r\n', 'unbalanced quotes in request'),
  broken('129 words on a line', `${'a '.repeat(129)}\r\n`, 'too many arguments'),
]

// --- what is passed over, or is answered and leaves the connection open -----------------------------

const asks = (name, args, expect) => ({ name, send: encode(args), expect: [].concat([expect]), then: 'open' })
const error = (name, args, pattern) => ({ name, send: encode(args), expect: [pattern], then: 'open' })
const claim = (name, member, pattern = id_rule('member')) => error(name, ['COUPON.CLAIM', member, 'sale'], pattern)
const earn = (name, amount, pattern = AMOUNT) => error(name, ['ACCOUNT.EARN', 'mallory', 'points', amount], pattern)
const unknown = (shown) => new RegExp(`^-ERR unknown command '${shown}', see COMMAND LIST$`)
const arity = (name) => new RegExp(`^-ERR wrong number of arguments for '${name}' command$`)

const odd_rows = [
  { name: 'an array of -1 is passed over', send: '*-1\r\n', then: 'open' },
  { name: 'an array of 0 is passed over', send: '*0\r\n', then: 'open' },
  { name: 'a thousand empty lines are passed over', send: '\r\n'.repeat(1000), then: 'open' },
  { name: 'a line of spaces and tabs is passed over', send: ' \t \t\r\n', then: 'open' },
  { name: 'a line of a NUL byte', send: hex('00 0d 0a'), expect: [unknown('.*')], then: 'open' },
  { name: 'a RESP3 map as request is an unknown word', send: '%1\r\n', expect: [unknown('%1')], then: 'open' },
  { name: 'a RESP3 set as request is an unknown word', send: '~1\r\n', expect: [unknown('~1')], then: 'open' },
  { name: 'a RESP3 push as request is an unknown word', send: '>1\r\n', expect: [unknown('>1')], then: 'open' },
  { name: 'a RESP3 attribute as request is an unknown word', send: '|1\r\n', expect: [unknown('\\|1')], then: 'open' },
  { name: 'a line of high bytes', send: hex('ff fe fd 0a'), expect: [unknown('.*')], then: 'open' },
  { name: 'an empty command name', send: '*1\r\n$0\r\n\r\n', expect: [unknown('')], then: 'open' },
  { name: 'a command name with a NUL inside', send: bytes('*1\r\n$5\r\nPI', hex('00'), 'NG\r\n'), expect: [unknown('.*')], then: 'open' },
  { name: 'a claim behind whose name lies a NUL', send: bytes('*3\r\n$13\r\nCOUPON.CLAIM', hex('00'), '\r\n$7\r\nmallory\r\n$4\r\nsale\r\n'), expect: [unknown('.*')], then: 'open' },
  error('a command name with line breaks shows none', ['FOO\r\n+OK\r\n'], /^-ERR unknown command '[^\r\n]*', see COMMAND LIST$/),
  error('a command name of 60 KiB is shown in part', ['x'.repeat(60000)], /^-ERR unknown command 'x{64}', see COMMAND LIST$/),
  error('a command of Redis that is none here', ['SET', 'a', 'b'], unknown('SET')),
  error('MULTI is none here', ['MULTI'], unknown('MULTI')),
  error('EVAL is none here', ['EVAL', 'return 1', '0'], unknown('EVAL')),
  error('FLUSHALL is none here', ['FLUSHALL'], unknown('FLUSHALL')),
  error('DEBUG is none here', ['DEBUG', 'SEGFAULT'], unknown('DEBUG')),
  error('SHUTDOWN is refused', ['SHUTDOWN', 'NOSAVE'], /^-ERR .*SIGTERM/),
  error('CONFIG SET is refused', ['CONFIG', 'SET', 'journal', 'none'], /^-ERR options are set when the server starts/),
  error('CLUSTER is refused', ['CLUSTER', 'NODES'], /^-ERR This instance has cluster support disabled$/),
  error('an unknown subcommand', ['CLIENT', 'MAINT_NOTIFICATIONS', 'ON'], /^-ERR unknown subcommand 'MAINT_NOTIFICATIONS'\. Try CLIENT HELP\.$/),
  error('HELLO 4', ['HELLO', '4'], /^-NOPROTO unsupported protocol version$/),
  error('HELLO with a word', ['HELLO', 'three'], /^-ERR Protocol version is not an integer or out of range$/),
  error('HELLO with half of AUTH', ['HELLO', '3', 'AUTH', 'default'], /^-ERR Syntax error in HELLO option 'AUTH'$/i),
  error('SELECT 1', ['SELECT', '1'], /^-ERR DB index is out of range$/),
  error('AUTH where there is no password', ['AUTH', 'x'], /^-ERR AUTH <password> called without any password configured/),
  error('a client name with a space', ['CLIENT', 'SETNAME', 'a b'], /^-ERR .*cannot contain spaces, newlines or special characters\.$/),
  error('CLIENT KILL of nobody', ['CLIENT', 'KILL', '1.2.3.4:5'], /^-ERR No such client$/),
  error('CLOCK.SET on a real clock', ['CLOCK.SET', '1795296273900'], /^-ERR CLOCK\.SET needs a server started with --clock manual$/),
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
  error('a campaign id of 65 bytes is not created', ['CAMPAIGN.PUT', 'c'.repeat(65), '{}'], id_rule('campaign')),
  error('an asset with a line break', ['ACCOUNT.EARN', 'mallory', 'poi\nnts', '1'], id_rule('asset')),
  error('an empty asset', ['ACCOUNT.BALANCE', 'alice', ''], id_rule('asset')),
  error('a channel of 65 bytes', ['COUPON.CLAIM', 'mallory', 'sale', 'CHANNEL', 'c'.repeat(65)], id_rule('channel')),
  error('a store with broken UTF-8', ['COUPON.CLAIM', 'mallory', 'sale', 'STORE', hex('ff')], id_rule('store')),
  error('an empty staff', ['COUPON.CLAIM', 'mallory', 'sale', 'STAFF', ''], id_rule('staff')),
  error('an empty request id', ['COUPON.CLAIM', 'mallory', 'sale', 'REQUEST', ''], /^-ERR COUPON\.CLAIM: request must be 1 to 128 bytes of UTF-8 without control characters/),
  error('a request id of 129 bytes', ['COUPON.CLAIM', 'mallory', 'sale', 'REQUEST', 'r'.repeat(129)], /^-ERR COUPON\.CLAIM: request must be 1 to 128 bytes/),
  error('a request id with a control byte', ['ACCOUNT.EARN', 'mallory', 'points', '1', 'REQUEST', 'r\u0000'], /^-ERR ACCOUNT\.EARN: request must be 1 to 128 bytes/),
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
  error('a spent amount of -5', ['ACCOUNT.SPEND', 'alice', 'points', '-5'], /^-ERR ACCOUNT\.SPEND: amount must be a whole number from 1 to 1000000000000$/),
  error('a restock by 0', ['CAMPAIGN.RESTOCK', 'sale', '0', 'EXPECT', '1000'], /^-ERR CAMPAIGN\.RESTOCK: delta must be a whole number from -4000000000 to 4000000000, not 0$/),
  error('a restock by INT64_MIN', ['CAMPAIGN.RESTOCK', 'sale', '-9223372036854775808', 'EXPECT', '1000'], /delta must be a whole number/),
  error('a restock without EXPECT', ['CAMPAIGN.RESTOCK', 'sale', '5'], /^-ERR CAMPAIGN\.RESTOCK: EXPECT is missing$/),
  error('a restock with a negative EXPECT', ['CAMPAIGN.RESTOCK', 'sale', '5', 'EXPECT', '-1'], /expect must be a whole number from 0 to 4000000000$/),
  error('LIMIT 0', ['CAMPAIGN.LIST', 'LIMIT', '0'], /^-ERR CAMPAIGN\.LIST: limit must be a whole number from 1 to 1000$/),
  error('LIMIT 1001', ['COUPON.LIST', 'alice', 'LIMIT', '1001'], /^-ERR COUPON\.LIST: limit must be a whole number from 1 to 1000$/),
  error('CLOCK.SET to before 1970', ['CLOCK.SET', '-1'], /^-ERR CLOCK\.SET: time_ms must be milliseconds since 1970, from 0 to 253402300799999$/),
]

const keyword_rows = [
  error('a keyword twice', ['COUPON.CLAIM', 'mallory', 'sale', 'CHANNEL', 'a', 'channel', 'b'], /^-ERR COUPON\.CLAIM: CHANNEL is given twice$/),
  error('a keyword without its value', ['COUPON.CLAIM', 'mallory', 'sale', 'REQUEST'], /^-ERR COUPON\.CLAIM: REQUEST needs a value$/),
  error('an unknown keyword', ['COUPON.CLAIM', 'mallory', 'sale', 'CHANEL', 'app'], /^-ERR COUPON\.CLAIM: unknown word at argument 3; see COMMAND DOCS COUPON\.CLAIM$/),
  error('an empty keyword', ['COUPON.CLAIM', 'mallory', 'sale', '', 'app'], /^-ERR COUPON\.CLAIM: unknown word at argument 3/),
  error('a keyword with a NUL', ['COUPON.CLAIM', 'mallory', 'sale', bytes('STORE', hex('00')), 'x'], /^-ERR COUPON\.CLAIM: unknown word at argument 3/),
  error('125 keywords', ['COUPON.CLAIM', 'mallory', 'sale', ...Array(125).fill('CHANNEL')], /^-ERR COUPON\.CLAIM: (CHANNEL is given twice|.*)$/),
  error('a keyword of another command', ['COUPON.CLAIM', 'mallory', 'sale', 'LIMIT', '5'], /^-ERR COUPON\.CLAIM: unknown word at argument 3/),
]

// Every business command with one argument too few; those without keywords with one too many as well.
const too_few = {
  'CAMPAIGN.PUT': ['x'], 'CAMPAIGN.GET': [], 'CAMPAIGN.START': [], 'CAMPAIGN.PAUSE': [], 'CAMPAIGN.STOP': [],
  'CAMPAIGN.RESTOCK': ['x'], 'COUPON.CLAIM': ['x'], 'COUPON.GET': [], 'COUPON.LIST': [], 'ACCOUNT.EARN': ['x', 'y'],
  'ACCOUNT.SPEND': ['x', 'y'], 'ACCOUNT.BALANCE': [], 'MEMBER.GET': [], 'CLOCK.SET': [],
}
const too_many = {
  'CAMPAIGN.PUT': ['x', '{}', 'z'], 'CAMPAIGN.GET': ['x', 'y'], 'CAMPAIGN.START': ['draft', 'y'], 'CAMPAIGN.PAUSE': ['sale', 'y'],
  'CAMPAIGN.STOP': ['sale', 'y'], 'COUPON.GET': ['x', 'y'], 'ACCOUNT.BALANCE': ['x', 'y', 'z'], 'MEMBER.GET': ['x', 'y'],
  'CLOCK.SET': ['1', '2'], PING: ['a', 'b'], ECHO: [], TIME: ['x'], SELECT: [],
}
const arity_rows = [
  ...Object.entries(too_few).map(([name, args]) => error(`${name} with too few arguments`, [name, ...args], arity(name))),
  ...Object.entries(too_many).map(([name, args]) => error(`${name} with a wrong count`, [name, ...args], arity(`(?:${name}|${name.toLowerCase()})`))),
]

export const request_rows = [...odd_rows, ...id_rows, ...number_rows, ...keyword_rows, ...arity_rows]

// --- refusals that look like successes to a careless server -----------------------------------------

const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
function off_by_one_symbol(code, place) {
  const plain = code.replaceAll('-', '')
  const other = SYMBOLS[(SYMBOLS.indexOf(plain[place]) + 1) % 32]
  return plain.slice(0, place) + other + plain.slice(place + 1)
}

export function code_rows(code) {
  const nobody = ['UNKNOWN_COUPON']
  const plain = code.replaceAll('-', '')
  const finds = (reply) => Array.isArray(reply) && reply[0] === 'OK' && reply[2] === code && reply[4] === 'alice'
  return [
    ...Array.from({ length: 20 }, (_, place) => asks(`a code wrong in symbol ${place + 1}`, ['COUPON.GET', off_by_one_symbol(code, place)], nobody)),
    asks('a code cut short', ['COUPON.GET', plain.slice(0, 19)], nobody),
    asks('a code with a symbol more', ['COUPON.GET', `${plain}0`], nobody),
    asks('a code of 64 hyphens', ['COUPON.GET', '-'.repeat(64)], nobody),
    asks('a code with the letter U', ['COUPON.GET', `U${plain.slice(1)}`], nobody),
    asks('a code with a NUL behind', ['COUPON.GET', bytes(plain, hex('00'))], nobody),
    asks('a code of other letters', ['COUPON.GET', '券券券券券'], nobody),
    asks('the last code there could be', ['COUPON.GET', 'ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ'], nobody),
    error('an empty code', ['COUPON.GET', ''], /^-ERR COUPON\.GET: code must be a coupon code of 20 characters, hyphens and case as they come$/),
    error('a code of 65 bytes', ['COUPON.GET', 'A'.repeat(65)], /^-ERR COUPON\.GET: code must be a coupon code of 20 characters/),
    asks('the right code in lower case without hyphens finds it', ['COUPON.GET', plain.toLowerCase()], finds),
    asks('the right code with O for 0 and l for 1 finds it', ['COUPON.GET', plain.replaceAll('0', 'o').replaceAll('1', 'l')], finds),
    asks('another member\'s list does not begin at alice\'s code', ['COUPON.LIST', 'bob', 'BEFORE', code], nobody),
    asks('a page behind an unknown campaign', ['CAMPAIGN.LIST', 'AFTER', 'nothing'], ['UNKNOWN_CAMPAIGN']),
    asks('a request id with another body', ['COUPON.CLAIM', 'alice', 'sale', 'CHANNEL', 'web', 'REQUEST', 'first'], ['REQUEST_MISMATCH']),
    asks('a request id again gets the first answer', ['COUPON.CLAIM', 'alice', 'sale', 'CHANNEL', 'app', 'REQUEST', 'first'], ['OK', code]),
    asks('a claim of a draft', ['COUPON.CLAIM', 'mallory', 'draft'], ['NOT_OPEN', 0]),
    asks('a claim of nothing', ['COUPON.CLAIM', 'mallory', 'nothing'], ['UNKNOWN_CAMPAIGN']),
    asks('a second claim', ['COUPON.CLAIM', 'alice', 'sale'], ['DUPLICATE', code]),
    asks('spending more than there is', ['ACCOUNT.SPEND', 'bob', 'points', '2'], ['INSUFFICIENT', 1, 2]),
    asks('spending of a member who is none', ['ACCOUNT.SPEND', 'mallory', 'points', '2'], ['UNKNOWN_MEMBER']),
    asks('a restock of another\'s belief', ['CAMPAIGN.RESTOCK', 'sale', '5', 'EXPECT', '999'], ['CONFLICT', 1000]),
    asks('a restock below what is issued', ['CAMPAIGN.RESTOCK', 'sale', '-1000', 'EXPECT', '1000'], ['BELOW_ISSUED', 1]),
    asks('a restock beyond the most', ['CAMPAIGN.RESTOCK', 'sale', '4000000000', 'EXPECT', '1000'], ['LIMIT', 'stock', 1000, 4000000000, 0]),
    asks('pausing a draft', ['CAMPAIGN.PAUSE', 'draft'], ['BAD_STATE', 'draft']),
  ]
}

// --- connections that behave badly, and some that only look it --------------------------------------

const pong = 'PONG'

export const connection_rows = [
  { name: 'POST closes without a word', send: 'POST / HTTP/1.1\r\nHost: x\r\n\r\n', expect: [], then: 'closed' },
  { name: 'Host: closes without a word', send: 'Host: x\r\n', expect: [], then: 'closed' },
  { name: 'a request hidden in the body of a POST is not carried out', send: 'POST / HTTP/1.1\r\n\r\nACCOUNT.EARN mallory points 5\r\n', expect: [], then: 'closed' },
  { name: 'GET / is an unknown command', send: 'GET / HTTP/1.1\r\n', expect: [unknown('GET')], then: 'open' },
  { name: 'a TLS greeting is no request', send: bytes(hex('16 03 01 00 05 01 00 00 01 00'), '\n'), expect: [unknown('.*')], then: 'open' },
  {
    name: 'a valid request byte by byte works',
    act: async (client) => {
      for (const byte of encode(['ECHO', 'slow'])) {
        client.write(byte)
        await sleep(2)
      }
    },
    expect: ['slow'],
    then: 'open',
  },
  {
    name: 'two requests cut in the middle of a length work',
    act: async (client) => {
      client.write('*2\r\n$4\r\nECHO\r\n$1')
      await sleep(30)
      client.write('1\r\nhello world\r\n*1\r\n$4\r\nPI')
      await sleep(30)
      client.write('NG\r\n')
    },
    expect: ['hello world', pong],
    then: 'open',
  },
  { name: 'an argument of exactly 64 KiB works', send: encode(['ECHO', 'e'.repeat(65536)]), expect: ['e'.repeat(65536)], then: 'open' },
  { name: '128 arguments are read', send: encode(['COMMAND', 'INFO', ...Array(126).fill('ping')]), expect: [(reply) => Array.isArray(reply) && reply.length === 126], then: 'open' },
  { name: 'what came before garbage is answered first', send: bytes(encode(['COUPON.CLAIM', 'alice', 'sale']), PING, '*garbage\r\n', PING), expect: [(reply) => reply[0] === 'DUPLICATE', pong, protocol('invalid multibulk length')], then: 'closed' },
  { name: 'nothing after garbage is carried out', send: bytes('*garbage\r\n', encode(['ACCOUNT.EARN', 'mallory', 'points', '5'])), expect: [protocol('invalid multibulk length')], then: 'closed' },
  { name: 'nothing after QUIT is carried out', send: bytes(encode(['QUIT']), encode(['ACCOUNT.EARN', 'mallory', 'points', '5'])), expect: ['OK'], then: 'closed' },
  {
    name: 'an end in the middle of a request carries nothing out',
    act: async (client) => client.socket.end('*4\r\n$12\r\nACCOUNT.EARN\r\n$7\r\nmallory\r\n$6\r\npoints\r\n$1\r\n5'),
    expect: [],
    then: 'closed',
  },
  {
    name: 'an end of the sending half after whole requests: all are answered',
    act: async (client) => client.socket.end(bytes(PING, encode(['COUPON.CLAIM', 'alice', 'sale']), PING)),
    expect: [pong, (reply) => reply[0] === 'DUPLICATE', pong],
    then: 'closed',
  },
  {
    name: 'a reset in the middle of a request',
    act: async (client) => {
      client.write('*4\r\n$12\r\nACCOUNT.EARN\r\n$7\r\nmallory\r\n')
      await sleep(20)
      client.socket.resetAndDestroy()
    },
    expect: [],
    then: 'gone',
  },
  {
    name: 'a hundred connections that say nothing and end',
    act: async (client) => {
      const all = await Promise.all(Array.from({ length: 100 }, () => Client.connect({ port: client.socket.remotePort })))
      for (const one of all) one.end()
    },
    expect: [],
    then: 'open',
  },
  {
    name: '64 KiB of random bytes',
    act: async (client) => {
      let seed = 12345
      const noise = Buffer.from(Array.from({ length: 65536 }, () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) >> 16))
      client.write(noise)
      client.write('\r\n*x\r\n')
      await sleep(50)
      client.unasked.length = 0
      client.end()
    },
    expect: [],
    then: 'gone',
  },
]

// --- before authentication --------------------------------------------------------------------------

export const stranger_rows = [
  error('a claim before AUTH', ['COUPON.CLAIM', 'mallory', 'sale'], /^-NOAUTH Authentication required\.$/),
  error('INFO before AUTH', ['INFO'], /^-NOAUTH Authentication required\.$/),
  error('PING before AUTH', ['PING'], /^-NOAUTH Authentication required\.$/),
  error('an unknown command before AUTH', ['WHATEVER'], /^-NOAUTH Authentication required\.$/),
  error('a claim in bad form before AUTH tells nothing more', ['COUPON.CLAIM'], /^-NOAUTH Authentication required\.$/),
  error('a wrong password', ['AUTH', 'wrong'], /^-WRONGPASS invalid username-password pair or user is disabled\.$/),
  error('the right password and one byte', ['AUTH', 'open sesame!'], /^-WRONGPASS /),
  error('the right password without its last byte', ['AUTH', 'open sesam'], /^-WRONGPASS /),
  error('an empty password', ['AUTH', ''], /^-WRONGPASS /),
  error('another user', ['AUTH', 'root', 'open sesame'], /^-WRONGPASS /),
  error('HELLO 3 without AUTH', ['HELLO', '3'], /^-NOAUTH HELLO must be called with the client already authenticated/),
  error('HELLO 3 with a wrong password', ['HELLO', '3', 'AUTH', 'default', 'wrong'], /^-WRONGPASS /),
  broken('11 arguments before AUTH', encode(Array(11).fill('a')), 'invalid multibulk length'),
  broken('16 KiB and 1 byte before AUTH', encode(['AUTH', 'a'.repeat(16385)]), 'invalid bulk length'),
  broken('64 KiB of one line before AUTH', Buffer.alloc(65537, 'a'), 'too big inline request'),
  { name: 'what follows a failed AUTH in a pipeline is refused', send: bytes(encode(['AUTH', 'wrong']), encode(['ACCOUNT.EARN', 'mallory', 'points', '5'])), expect: [/^-WRONGPASS /, /^-NOAUTH /], then: 'open' },
  { name: 'RESET takes the authentication away', send: bytes(encode(['AUTH', 'open sesame']), encode(['RESET']), encode(['INFO'])), expect: ['OK', 'RESET', /^-NOAUTH /], then: 'open' },
  { name: 'the right password opens', send: bytes(encode(['AUTH', 'default', 'open sesame']), PING), expect: ['OK', pong], then: 'open' },
]
