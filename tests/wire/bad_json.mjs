// bad_json.mjs -- mistaken campaign documents. Each mistake is answered as [pointer, message]; a
// document with a mistake changes nothing.
import { encode } from '../lib/resp.mjs'
import { show } from '../lib/check.mjs'

const VALUE = '"value":{"kind":"amount_off","amount":500}'
const GOOD = `"name":"Sale","stock":10,${VALUE}`
const COUPONS = 'a whole number of coupons, 1 to 4000000000'
const FEN = 'a whole number of fen, 1 to '
const NAME = '1 to \\d+ bytes of UTF-8 without control characters'

// A reply that is INVALID with exactly these mistakes, in any order.
function invalid(mistakes) {
  const fits = (reply) => {
    if (!Array.isArray(reply) || reply[0] !== 'INVALID' || reply.length !== 1 + 2 * mistakes.length)
      return false
    const came = []
    for (let at = 1; at < reply.length; at += 2) came.push([reply[at], reply[at + 1]])
    return mistakes.every(([pointer, pattern]) =>
      came.some((one) => one[0] === pointer && pattern.test(one[1])),
    )
  }
  fits.toString = () =>
    `INVALID ${mistakes.map(([pointer, pattern]) => `${show(pointer)} ${pattern}`).join(', ')}`
  return fits
}

const put = (name, document, ...mistakes) => ({
  name: `document: ${name}`,
  send: encode([
    'CAMPAIGN.PUT',
    'draft',
    Buffer.isBuffer(document) ? document : Buffer.from(document),
  ]),
  expect: [invalid(mistakes)],
  then: 'open',
})
const refused = (name, document, pattern) => ({
  name: `document: ${name}`,
  send: encode(['CAMPAIGN.PUT', 'draft', document]),
  expect: [pattern],
  then: 'open',
})
const whole = (pattern) => ['', pattern]
const stock = (shown, pattern = new RegExp(COUPONS)) =>
  put(`stock ${shown}`, `{"name":"Sale","stock":${shown},${VALUE}}`, ['/stock', pattern])
const with_value = (name, value, ...mistakes) =>
  put(name, `{"name":"Sale","stock":10,"value":${value}}`, ...mistakes)
const when = (name, moment, pattern) =>
  put(`opens_at ${name}`, `{${GOOD},"opens_at":${moment}}`, ['/opens_at', pattern])

export const json_rows = [
  // no document at all
  put('not JSON', 'not json', whole(/^line 1, column \d+: not JSON$/)),
  put('a lone brace', '{', whole(/^line 1, column \d+: the document ends too early$/)),
  put('cut in the middle', `{${GOOD}`, whole(/the document ends too early/)),
  put(
    'trailing bytes',
    `{${GOOD}} x`,
    whole(/^line 1, column \d+: something follows the document's end$/),
  ),
  put('two documents', `{${GOOD}}{${GOOD}}`, whole(/something follows the document's end/)),
  put(
    'a NUL behind',
    Buffer.concat([Buffer.from(`{${GOOD}}`), Buffer.from([0])]),
    whole(/something follows the document's end|NUL/),
  ),
  put('a trailing comma', `{${GOOD},}`, whole(/not JSON/)),
  put('single quotes', "{'name':'Sale'}", whole(/not JSON/)),
  put('a comment', `{/* no */${GOOD}}`, whole(/not JSON/)),
  put('a UTF-8 byte order mark', `\ufeff{${GOOD}}`, whole(/not JSON|not UTF-8/)),
  put('UTF-16', Buffer.from(`{${GOOD}}`, 'utf16le'), whole(/not JSON|NUL|ends too early/)),
  put(
    'the mistake in line 3',
    '{\n"name":\n"Sale" "stock"}',
    whole(/^line 3, column \d+: not JSON$/),
  ),
  put('an array', '[]', whole(/^the document is an object: /)),
  put('a text', '"sale"', whole(/^the document is an object|not JSON/)),
  put('a number', '5', whole(/^the document is an object|not JSON/)),
  put('null', 'null', whole(/^the document is an object|not JSON/)),
  put('spaces only', '   ', whole(/the document ends too early|not JSON/)),
  put('the same member twice', `{${GOOD},"name":"Other"}`, whole(/a member is given twice/)),
  put(
    'the same member twice, once escaped',
    `{${GOOD},"n\\u0061me":"Other"}`,
    whole(/a member is given twice/),
  ),
  put(
    '1000 arrays deep',
    '['.repeat(1000) + ']'.repeat(1000),
    whole(/^the document is nested at most 8 levels deep$/),
  ),
  put('16,000 objects deep', '{"a":'.repeat(6000), whole(/nested at most 8 levels deep/)),
  put(
    '9 levels deep in a member',
    `{${GOOD},"x":${'['.repeat(8)}${']'.repeat(8)}}`,
    whole(/nested at most 8 levels deep/),
  ),
  put('brackets in a text are no depth', `{"name":"${'['.repeat(40)}","stock":0,${VALUE}}`, [
    '/stock',
    new RegExp(COUPONS),
  ]),
  put(
    'broken UTF-8 in a text',
    Buffer.concat([
      Buffer.from('{"name":"a'),
      Buffer.from([0xff]),
      Buffer.from(`","stock":1,${VALUE}}`),
    ]),
    whole(/not UTF-8/),
  ),
  put(
    'an overlong byte in a text',
    Buffer.concat([
      Buffer.from('{"name":"'),
      Buffer.from([0xc0, 0xaf]),
      Buffer.from(`","stock":1,${VALUE}}`),
    ]),
    whole(/not UTF-8/),
  ),
  put(
    'a surrogate in UTF-8',
    Buffer.concat([
      Buffer.from('{"name":"'),
      Buffer.from([0xed, 0xa0, 0x80]),
      Buffer.from(`","stock":1,${VALUE}}`),
    ]),
    whole(/not UTF-8/),
  ),
  put(
    'half a surrogate pair',
    `{"name":"\\ud83d","stock":1,${VALUE}}`,
    whole(/not JSON|not UTF-8/),
  ),
  put(
    'the second half alone',
    `{"name":"\\ude00","stock":1,${VALUE}}`,
    whole(/not JSON|not UTF-8/),
  ),
  put('an escaped NUL', `{"name":"a\\u0000b","stock":1,${VALUE}}`, whole(/NUL/)),
  put('an unknown escape', `{"name":"\\x41","stock":1,${VALUE}}`, whole(/not JSON/)),
  put('a raw line break in a text', `{"name":"a\nb","stock":1,${VALUE}}`, whole(/not JSON/)),
  refused(
    '32 KiB and 1 byte',
    `{${GOOD}}`.padEnd(32769),
    /^-ERR CAMPAIGN\.PUT: document must be a JSON document of 1 to 32768 bytes$/,
  ),
  refused(
    'of no byte',
    '',
    /^-ERR CAMPAIGN\.PUT: document must be a JSON document of 1 to 32768 bytes$/,
  ),

  // name
  put('no name', `{"stock":10,${VALUE}}`, ['/name', new RegExp(`^is missing: ${NAME}$`)]),
  put('an empty name', `{"name":"","stock":10,${VALUE}}`, ['/name', new RegExp(`^${NAME}$`)]),
  put('a name that is a number', `{"name":5,"stock":10,${VALUE}}`, [
    '/name',
    new RegExp(`^is not text: ${NAME}$`),
  ]),
  put('a name that is null', `{"name":null,"stock":10,${VALUE}}`, ['/name', /^is not text: /]),
  put('a name of 10,000 bytes', `{"name":"${'n'.repeat(10000)}","stock":10,${VALUE}}`, [
    '/name',
    new RegExp(`^${NAME}$`),
  ]),
  put('a name with a tab', `{"name":"a\\tb","stock":10,${VALUE}}`, [
    '/name',
    /^holds a control character: /,
  ]),
  put('a name with DEL', `{"name":"a\\u007fb","stock":10,${VALUE}}`, [
    '/name',
    /^holds a control character: /,
  ]),
  put('a name with a C1 control', `{"name":"a\\u0085b","stock":10,${VALUE}}`, [
    '/name',
    /^holds a control character: /,
  ]),

  // stock and per_member
  put('no stock', `{"name":"Sale",${VALUE}}`, ['/stock', new RegExp(`^is missing: ${COUPONS}$`)]),
  stock('0', new RegExp(`^${COUPONS}$`)),
  stock('-1', new RegExp(`^${COUPONS}$`)),
  stock('4000000001', new RegExp(`^${COUPONS}$`)),
  stock('9007199254740993', new RegExp(`^${COUPONS}$`)),
  stock('9223372036854775807', new RegExp(`^${COUPONS}$`)),
  put(
    'stock 9223372036854775808',
    `{"name":"Sale","stock":9223372036854775808,${VALUE}}`,
    whole(/the number is too large/),
  ),
  stock('1.5', /^has a fraction or an exponent: /),
  stock('10.0', /^has a fraction or an exponent: /),
  stock('1e9', /^has a fraction or an exponent: /),
  put('stock 1e400', `{"name":"Sale","stock":1e400,${VALUE}}`, whole(/the number is too large/)),
  stock('"5"', /^is not a number: /),
  stock('true', /^is not a number: /),
  stock('null', /^is not a number: /),
  stock('[5]', /^is not a number: /),
  put('stock 010', `{"name":"Sale","stock":010,${VALUE}}`, whole(/not JSON/)),
  put('stock +5', `{"name":"Sale","stock":+5,${VALUE}}`, whole(/not JSON/)),
  put('stock NaN', `{"name":"Sale","stock":NaN,${VALUE}}`, whole(/not JSON/)),
  put('stock 0x10', `{"name":"Sale","stock":0x10,${VALUE}}`, whole(/not JSON/)),
  put('per_member 0', `{${GOOD},"per_member":0}`, [
    '/per_member',
    /^a whole number of coupons, 1 to 65535$/,
  ]),
  put('per_member 65536', `{${GOOD},"per_member":65536}`, [
    '/per_member',
    /^a whole number of coupons, 1 to 65535$/,
  ]),
  put('per_member "1"', `{${GOOD},"per_member":"1"}`, [
    '/per_member',
    /^is not a number: a whole number of coupons, 1 to 65535$/,
  ]),

  // moments
  when('without an offset', '"2026-11-11T00:00:00"', /offset|Z|\+08:00/),
  when('in month 13', '"2026-13-01T00:00:00Z"', /month|01.*12|2026-11-11T00:00:00\+08:00/),
  when('on February 30', '"2026-02-30T00:00:00Z"', /day|month|2026-11-11T00:00:00\+08:00/),
  when('on February 29 of no leap year', '"2027-02-29T00:00:00Z"', /day|month/),
  when('on day 0', '"2026-01-00T00:00:00Z"', /day|month/),
  when("at 24 o'clock", '"2026-11-11T24:00:00Z"', /hour|23/),
  when('in minute 60', '"2026-11-11T00:60:00Z"', /minute|59/),
  when('with an offset of 24 hours', '"2026-11-11T00:00:00+24:00"', /offset/),
  when('in words', '"tomorrow"', /2026-11-11T00:00:00\+08:00/),
  when('as a number', '1795296273900', /^a text such as 2026-11-11T00:00:00\+08:00, or left out$/),
  when('as null', 'null', /^a text such as 2026-11-11T00:00:00\+08:00, or left out$/),
  when('with a space for T', '"2026-11-11 00:00:00Z"', /T|2026-11-11T00:00:00\+08:00/),
  when('before 1970', '"1969-12-31T23:59:59Z"', /^the year lies between 2000 and 2199$/),
  when('of no byte', '""', /2026-11-11T00:00:00\+08:00/),
  put(
    'ends before it opens',
    `{${GOOD},"opens_at":"2026-11-12T00:00:00+08:00","ends_at":"2026-11-11T00:00:00+08:00"}`,
    ['/ends_at', /^later than opens_at$/],
  ),
  put(
    'ends as it opens, in another zone',
    `{${GOOD},"opens_at":"2026-11-11T00:00:00+08:00","ends_at":"2026-11-10T16:00:00Z"}`,
    ['/ends_at', /^later than opens_at$/],
  ),

  // value
  put('no value', '{"name":"Sale","stock":10}', [
    '/value',
    /^is missing: an object with a kind, such as /,
  ]),
  with_value('a value that is a number', '500', ['/value', /^an object with a kind, such as /]),
  with_value('a value of nothing', '{}', [
    '/value/kind',
    /^is missing: one of amount_off, percent_off, exchange$/,
  ]),
  with_value('an unknown kind', '{"kind":"gift"}', [
    '/value/kind',
    /^one of amount_off, percent_off, exchange$/,
  ]),
  with_value('a kind mistyped', '{"kind":"amount_of","amount":5}', [
    '/value/kind',
    /^one of amount_off, percent_off, exchange; did you mean amount_off\?$/,
  ]),
  with_value('a kind in capitals', '{"kind":"AMOUNT_OFF","amount":5}', [
    '/value/kind',
    /one of amount_off, percent_off, exchange/,
  ]),
  with_value('no amount', '{"kind":"amount_off"}', [
    '/value/amount',
    new RegExp(`^is missing: ${FEN}`),
  ]),
  with_value('amount 0', '{"kind":"amount_off","amount":0}', [
    '/value/amount',
    new RegExp(`^${FEN}`),
  ]),
  with_value('amount -1', '{"kind":"amount_off","amount":-1}', [
    '/value/amount',
    new RegExp(`^${FEN}`),
  ]),
  with_value('amount INT64_MAX', '{"kind":"amount_off","amount":9223372036854775807}', [
    '/value/amount',
    new RegExp(`^${FEN}`),
  ]),
  with_value('minimum -1', '{"kind":"amount_off","amount":5,"minimum":-1}', [
    '/value/minimum',
    /^a whole number of fen, 0 to /,
  ]),
  with_value('percent 0', '{"kind":"percent_off","percent":0}', [
    '/value/percent',
    /^a whole number of percent, 1 to 99$/,
  ]),
  with_value('percent 100', '{"kind":"percent_off","percent":100}', [
    '/value/percent',
    /^a whole number of percent, 1 to 99$/,
  ]),
  with_value('percent 12.5', '{"kind":"percent_off","percent":12.5}', [
    '/value/percent',
    /^has a fraction or an exponent: a whole number of percent, 1 to 99$/,
  ]),
  with_value('an amount in percent_off', '{"kind":"percent_off","percent":5,"amount":5}', [
    '/value/amount',
    /^there is no such member/,
  ]),
  with_value('price -1', '{"kind":"exchange","price":-1}', [
    '/value/price',
    /^a whole number of fen, 0 to /,
  ]),
  with_value('no price', '{"kind":"exchange"}', ['/value/price', /^is missing: /]),

  // members that are none
  put('an unknown member', `{${GOOD},"colour":"red"}`, ['/colour', /^there is no such member$/]),
  put('a member mistyped', `{${GOOD},"per_menber":1}`, [
    '/per_menber',
    /^there is no such member; did you mean per_member\?$/,
  ]),
  put('an empty member', `{${GOOD},"":1}`, ['/', /^there is no such member/]),
  put('a member with slash and tilde', `{${GOOD},"a/b~c":1}`, [
    '/a~1b~0c',
    /^there is no such member$/,
  ]),
  put('a member with a line break', `{${GOOD},"a\\nb":1}`, ['/a\nb', /^there is no such member$/]),
  put('__proto__', `{${GOOD},"__proto__":{}}`, ['/__proto__', /^there is no such member$/]),
  put(
    'all at once',
    '{"stock":1.5,"per_member":0,"opens_at":"soon","ends_at":7,"value":{"kind":"percent_off","percent":100,"extra":1},"nmae":"x"}',
    ['/name', /^is missing/],
    ['/stock', /^has a fraction/],
    ['/per_member', /^a whole number/],
    ['/opens_at', /2026-11-11T00:00:00\+08:00/],
    ['/ends_at', /^a text such as/],
    ['/value/percent', /1 to 99$/],
    ['/value/extra', /^there is no such member/],
    ['/nmae', /did you mean name\?$/],
  ),
  {
    name: 'document: 3,000 unknown members are counted, not all listed',
    send: encode([
      'CAMPAIGN.PUT',
      'draft',
      `{${Array.from({ length: 3000 }, (_, n) => `"m${n}":0`).join(',')}}`,
    ]),
    expect: [
      (reply) =>
        Array.isArray(reply) &&
        reply[0] === 'INVALID' &&
        reply.length <= 201 &&
        reply.at(-2) === '' &&
        /^and \d{4} more mistakes$/.test(reply.at(-1)),
    ],
    then: 'open',
  },
  {
    name: 'document: the same mistakes for a campaign that is not there create none',
    send: encode(['CAMPAIGN.PUT', 'fresh', '{}']),
    expect: [
      invalid([
        ['/name', /missing/],
        ['/stock', /missing/],
        ['/value', /missing/],
      ]),
    ],
    then: 'open',
  },
  {
    name: 'document: another stock for a running campaign is a conflict',
    send: encode(['CAMPAIGN.PUT', 'sale', `{${GOOD}}`]),
    expect: [['CONFLICT', 1000]],
    then: 'open',
  },
  {
    name: 'document: another value for a running campaign is refused with its state',
    send: encode([
      'CAMPAIGN.PUT',
      'sale',
      `{"name":"Sale sale","stock":1000,${VALUE.replace('500', '501')}}`,
    ]),
    expect: [['BAD_STATE', 'running']],
    then: 'open',
  },
  {
    name: "document: the draft's own document again changes nothing",
    send: encode([
      'CAMPAIGN.PUT',
      'draft',
      '{"name":"Draft","stock":5,"value":{"kind":"exchange","price":0}}',
    ]),
    expect: [['OK', 'unchanged']],
    then: 'open',
  },
]
