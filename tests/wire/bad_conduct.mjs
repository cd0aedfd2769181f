// bad_conduct.mjs -- well-formed requests that want too much, connections that behave badly,
// strangers.
import { sleep } from '../lib/check.mjs'
import { DRAFT } from './bad_input.mjs'
import { Client, encode } from '../lib/resp.mjs'
import { PING, asks, broken, bytes, error, hex, protocol, unknown } from './row.mjs'

// --- refusals that look like successes to a careless server --------------------------------------

const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
function off_by_one_symbol(code, place) {
  const plain = code.replaceAll('-', '')
  const other = SYMBOLS[(SYMBOLS.indexOf(plain[place]) + 1) % 32]
  return plain.slice(0, place) + other + plain.slice(place + 1)
}

export function code_rows(code) {
  const nobody = ['UNKNOWN_COUPON']
  const plain = code.replaceAll('-', '')
  const finds = (reply) =>
    Array.isArray(reply) && reply[0] === 'OK' && reply[2] === code && reply[4] === 'alice'
  return [
    ...Array.from({ length: 20 }, (_, place) =>
      asks(
        `a code wrong in symbol ${place + 1}`,
        ['COUPON.GET', off_by_one_symbol(code, place)],
        nobody,
      ),
    ),
    asks('a code cut short', ['COUPON.GET', plain.slice(0, 19)], nobody),
    asks('a code with a symbol more', ['COUPON.GET', `${plain}0`], nobody),
    asks('a code of 64 hyphens', ['COUPON.GET', '-'.repeat(64)], nobody),
    asks('a code with the letter U', ['COUPON.GET', `U${plain.slice(1)}`], nobody),
    asks('a code with a NUL behind', ['COUPON.GET', bytes(plain, hex('00'))], nobody),
    asks('a code of other letters', ['COUPON.GET', '券券券券券'], nobody),
    asks('the last code there could be', ['COUPON.GET', 'ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ'], nobody),
    error(
      'an empty code',
      ['COUPON.GET', ''],
      /^-ERR COUPON\.GET: code must be a coupon code of 20 characters, hyphens and case as they come$/,
    ),
    error(
      'a code of 65 bytes',
      ['COUPON.GET', 'A'.repeat(65)],
      /^-ERR COUPON\.GET: code must be a coupon code of 20 characters/,
    ),
    asks(
      'the right code in lower case without hyphens finds it',
      ['COUPON.GET', plain.toLowerCase()],
      finds,
    ),
    asks(
      'the right code with O for 0 and l for 1 finds it',
      ['COUPON.GET', plain.replaceAll('0', 'o').replaceAll('1', 'l')],
      finds,
    ),
    asks(
      "another member's list does not begin at alice's code",
      ['COUPON.LIST', 'bob', 'BEFORE', code],
      nobody,
    ),
    asks(
      'a page behind an unknown campaign',
      ['CAMPAIGN.LIST', 'AFTER', 'nothing'],
      ['UNKNOWN_CAMPAIGN'],
    ),
    asks(
      'a request id with another body',
      ['COUPON.CLAIM', 'alice', 'sale', 'CHANNEL', 'web', 'REQUEST', 'first'],
      ['REQUEST_MISMATCH'],
    ),
    asks(
      'a request id again gets the first answer',
      ['COUPON.CLAIM', 'alice', 'sale', 'CHANNEL', 'app', 'REQUEST', 'first'],
      ['OK', code],
    ),
    asks(
      "a campaign's request id with another document",
      ['CAMPAIGN.PUT', 'draft', DRAFT.replace('5', '6'), 'REQUEST', 'first'],
      ['REQUEST_MISMATCH'],
    ),
    asks(
      "a campaign's request id again gets the first answer",
      ['CAMPAIGN.PUT', 'draft', DRAFT, 'REQUEST', 'first'],
      ['OK', 'created'],
    ),
    asks('a claim of a draft', ['COUPON.CLAIM', 'mallory', 'draft'], ['NOT_OPEN', 0]),
    asks('a claim of nothing', ['COUPON.CLAIM', 'mallory', 'nothing'], ['UNKNOWN_CAMPAIGN']),
    asks('a second claim', ['COUPON.CLAIM', 'alice', 'sale'], ['DUPLICATE', code]),
    asks(
      'spending more than there is',
      ['ACCOUNT.SPEND', 'bob', 'points', '2'],
      ['INSUFFICIENT', 1, 2],
    ),
    asks(
      'spending of a member who is none',
      ['ACCOUNT.SPEND', 'mallory', 'points', '2'],
      ['UNKNOWN_MEMBER'],
    ),
    asks(
      "a restock of another's belief",
      ['CAMPAIGN.RESTOCK', 'sale', '5', 'EXPECT', '999'],
      ['CONFLICT', 1000],
    ),
    asks(
      'a restock below what is issued',
      ['CAMPAIGN.RESTOCK', 'sale', '-1000', 'EXPECT', '1000'],
      ['BELOW_ISSUED', 1],
    ),
    asks(
      'a restock beyond the most',
      ['CAMPAIGN.RESTOCK', 'sale', '4000000000', 'EXPECT', '1000'],
      ['LIMIT', 'stock', 1000, 4000000000, 0],
    ),
    asks('pausing a draft', ['CAMPAIGN.PAUSE', 'draft'], ['BAD_STATE', 'draft']),
  ]
}

// --- connections that behave badly, and some that only look it -----------------------------------

const pong = 'PONG'

export const connection_rows = [
  { name: 'post in small letters closes as well', send: 'post / HTTP/1.1\r\n', then: 'closed' },
  { name: 'hOsT: closes as well', send: 'hOsT: x\r\n', then: 'closed' },
  {
    name: 'POST closes without a word',
    send: 'POST / HTTP/1.1\r\nHost: x\r\n\r\n',
    expect: [],
    then: 'closed',
  },
  { name: 'Host: closes without a word', send: 'Host: x\r\n', expect: [], then: 'closed' },
  {
    name: 'a request hidden in the body of a POST is not carried out',
    send: 'POST / HTTP/1.1\r\n\r\nACCOUNT.EARN mallory points 5\r\n',
    expect: [],
    then: 'closed',
  },
  {
    name: 'GET / is an unknown command',
    send: 'GET / HTTP/1.1\r\n',
    expect: [unknown('GET')],
    then: 'open',
  },
  {
    name: 'a TLS greeting is no request',
    send: bytes(hex('16 03 01 00 05 01 00 00 01 00'), '\n'),
    expect: [unknown('.*')],
    then: 'open',
  },
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
  {
    name: 'an argument of exactly 64 KiB works',
    send: encode(['ECHO', 'e'.repeat(65536)]),
    expect: ['e'.repeat(65536)],
    then: 'open',
  },
  {
    name: '128 arguments are read',
    send: encode(['COMMAND', 'INFO', ...Array(126).fill('ping')]),
    expect: [(reply) => Array.isArray(reply) && reply.length === 126],
    then: 'open',
  },
  {
    name: 'what came before garbage is answered first',
    send: bytes(encode(['COUPON.CLAIM', 'alice', 'sale']), PING, '*garbage\r\n', PING),
    expect: [(reply) => reply[0] === 'DUPLICATE', pong, protocol('invalid multibulk length, at most 128 arguments$')],
    then: 'closed',
  },
  {
    name: 'nothing after garbage is carried out',
    send: bytes('*garbage\r\n', encode(['ACCOUNT.EARN', 'mallory', 'points', '5'])),
    expect: [protocol('invalid multibulk length, at most 128 arguments$')],
    then: 'closed',
  },
  {
    name: 'nothing after QUIT is carried out',
    send: bytes(encode(['QUIT']), encode(['ACCOUNT.EARN', 'mallory', 'points', '5'])),
    expect: ['OK'],
    then: 'closed',
  },
  {
    name: 'an end in the middle of a request carries nothing out',
    act: async (client) =>
      client.socket.end('*4\r\n$12\r\nACCOUNT.EARN\r\n$7\r\nmallory\r\n$6\r\npoints\r\n$1\r\n5'),
    expect: [],
    then: 'closed',
  },
  {
    name: 'an end of the sending half after whole requests: all are answered',
    act: async (client) =>
      client.socket.end(bytes(PING, encode(['COUPON.CLAIM', 'alice', 'sale']), PING)),
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
      const all = await Promise.all(
        Array.from({ length: 100 }, () => Client.connect({ port: client.socket.remotePort })),
      )
      for (const one of all) one.end()
    },
    expect: [],
    then: 'open',
  },
  {
    name: '64 KiB of random bytes',
    act: async (client) => {
      let seed = 12345
      const noise = Buffer.from(
        Array.from(
          { length: 65536 },
          () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) >> 16,
        ),
      )
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

// --- before authentication -----------------------------------------------------------------------

export const stranger_rows = [
  error(
    'a claim before AUTH',
    ['COUPON.CLAIM', 'mallory', 'sale'],
    /^-NOAUTH Authentication required\.$/,
  ),
  error('INFO before AUTH', ['INFO'], /^-NOAUTH Authentication required\.$/),
  error('PING before AUTH', ['PING'], /^-NOAUTH Authentication required\.$/),
  error('an unknown command before AUTH', ['WHATEVER'], /^-NOAUTH Authentication required\.$/),
  error(
    'a claim in bad form before AUTH tells nothing more',
    ['COUPON.CLAIM'],
    /^-NOAUTH Authentication required\.$/,
  ),
  error(
    'a wrong password',
    ['AUTH', 'wrong'],
    /^-WRONGPASS invalid username-password pair or user is disabled\.$/,
  ),
  error('the right password and one byte', ['AUTH', 'open sesame!'], /^-WRONGPASS /),
  error('the right password without its last byte', ['AUTH', 'open sesam'], /^-WRONGPASS /),
  error('an empty password', ['AUTH', ''], /^-WRONGPASS /),
  error('another user', ['AUTH', 'root', 'open sesame'], /^-WRONGPASS /),
  error(
    'HELLO 3 without AUTH',
    ['HELLO', '3'],
    /^-NOAUTH HELLO must be called with the client already authenticated/,
  ),
  error(
    'HELLO 3 with a wrong password',
    ['HELLO', '3', 'AUTH', 'default', 'wrong'],
    /^-WRONGPASS /,
  ),
  broken('11 arguments before AUTH', encode(Array(11).fill('a')), 'invalid multibulk length, at most 10 arguments$'),
  broken(
    '16 KiB and 1 byte before AUTH',
    encode(['AUTH', 'a'.repeat(16385)]),
    'invalid bulk length, 0 to 16384 bytes$',
  ),
  broken('64 KiB of one line before AUTH', Buffer.alloc(65537, 'a'), 'too big inline request'),
  {
    name: 'what follows a failed AUTH in a pipeline is refused',
    send: bytes(encode(['AUTH', 'wrong']), encode(['ACCOUNT.EARN', 'mallory', 'points', '5'])),
    expect: [/^-WRONGPASS /, /^-NOAUTH /],
    then: 'open',
  },
  {
    name: 'RESET takes the authentication away',
    send: bytes(encode(['AUTH', 'open sesame']), encode(['RESET']), encode(['INFO'])),
    expect: ['OK', 'RESET', /^-NOAUTH /],
    then: 'open',
  },
  {
    name: 'the right password opens',
    send: bytes(encode(['AUTH', 'default', 'open sesame']), PING),
    expect: ['OK', pong],
    then: 'open',
  },
]
