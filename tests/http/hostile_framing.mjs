// hostile_framing.mjs -- request lines, headers and lengths that could be read in two ways, after RFC 9112.
import { until } from '../lib/check.mjs'
import { AMOUNT, EARN, SPEND, TWO, bytes, request } from './raw.mjs'

const raw = (name, send, expect, then = 'closed', more = {}) => ({ name, send, expect, then, ...more })
const closes = (name, send, expect = 400, more = {}) => raw(name, send, [expect], 'closed', more)
const line = (text) => `${text}\r\nHost: localhost\r\n\r\n`
const bad = { code: 'bad_request' }
// A request that was smuggled in behind a first one would earn.
const smuggled = request(EARN, {}, AMOUNT)

export const line_rows = [
  closes('an unknown method', line('BREW /livez HTTP/1.1'), [400, 405, 501]),
  closes('a method in lower case', line('get /livez HTTP/1.1'), [400, 405, 501]),
  closes('a method of 4,000 letters', line(`${'G'.repeat(4000)} /livez HTTP/1.1`), [400, 405, 501]),
  closes('CONNECT', line('CONNECT example.com:443 HTTP/1.1'), 400, bad),
  closes('CONNECT to a path', line('CONNECT /livez HTTP/1.1'), 400, bad),
  raw('TRACE shows nothing', 'TRACE /livez HTTP/1.1\r\nHost: localhost\r\nCookie: boon_session=x\r\n\r\n', [405], 'open', {
    judge: ([{ body }]) => (/cookie/i.test(body) ? 'it echoes the cookie' : ''),
  }),
  raw('OPTIONS *', line('OPTIONS * HTTP/1.1'), [[400, 404, 405]], 'either'),
  raw('PATCH', line('PATCH /v1/campaigns/sale HTTP/1.1'), [405], 'open', {
    code: 'method_not_allowed',
    judge: ([{ headers }]) => (headers.allow === 'GET, HEAD, PUT' ? '' : `Allow: ${headers.allow}`),
  }),
  closes('HTTP/0.9', 'GET /livez\r\n\r\n'),
  closes("HTTP/2's preface", 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400, 501, 505]),
  closes('HTTP/9.9', line('GET /livez HTTP/9.9'), [400, 505]),
  closes('HTTP/1.2', line('GET /livez HTTP/1.2'), [400, 505]),
  closes('HTTP/-1.1', line('GET /livez HTTP/-1.1'), [400, 505]),
  closes('HTTP/1.1 with a letter behind', line('GET /livez HTTP/1.1x')),
  closes('http/1.1', line('GET /livez http/1.1')),
  closes('two spaces in the request line', line('GET  /livez HTTP/1.1')),
  closes('a space within the target', line('GET /livez /x HTTP/1.1')),
  closes('a tab in the request line', line('GET\t/livez HTTP/1.1')),
  closes('no target', line('GET HTTP/1.1')),
  closes('an empty line that goes on for ever', '\r\n'.repeat(3000), 400, { then: 'either' }),
  raw('HTTP/1.0 without Host', 'GET /livez HTTP/1.0\r\n\r\n', [200], 'closed'),
  raw('HTTP/1.0 with keep-alive', 'GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', [200], 'either'),
  raw('Connection: close', request('GET /livez', { Connection: 'close' }), [200], 'closed'),
  raw('the absolute form', line('GET http://localhost/livez HTTP/1.1'), [200], 'either'),
  raw("the absolute form of another's host", line('GET http://evil.example/v1/campaigns/sale HTTP/1.1'), [400], 'closed'),
  raw('a NUL in the path, percent-encoded', request('GET /v1/members/alice%00'), [400], 'open', bad),
  raw('an escape that is none', request('GET /v1/members/%zz'), [400], 'either', bad),
  raw('an escape cut short', request('GET /v1/members/alice%4'), [400], 'either', bad),
  raw('a percent sign at the end', request('GET /v1/members/alice%'), [400], 'either', bad),
  raw('an escape in the query that is none', request('GET /v1/campaigns?page_token=%g1'), [400], 'either', bad),
  raw('bytes that are no UTF-8 in a path', request('GET /v1/members/%ff%fe'), [422], 'open', { code: 'invalid_argument' }),
  raw('a control character in a path', request('GET /v1/members/a%0ab'), [422], 'open', { code: 'invalid_argument' }),
  raw('an id of 65 bytes in a path', request(`GET /v1/members/${'m'.repeat(65)}`), [422], 'open', { code: 'invalid_argument' }),
  raw('an id that begins with @', request('GET /v1/members/@phone'), [422], 'open', { code: 'invalid_argument' }),
  raw('an empty id', request('GET /v1/members/'), [[404, 422]], 'open'),
  raw('..', request('GET /v1/../livez'), [404], 'open', { code: 'not_found' }),
  raw('.. as escapes', request('GET /v1/%2e%2e/livez'), [404], 'open', { code: 'not_found' }),
  raw('.. to a file', request('GET /../../../../etc/passwd'), [404], 'open', { code: 'not_found' }),
  raw('a slash within an id, percent-encoded', request('GET /v1/members/alice%2fcoupons'), [404], 'open', { code: 'unknown_member' }),
  raw('two slashes at first', request('GET //livez'), [[400, 404]], 'either'),
  raw('two slashes within', request('GET /v1//members/alice'), [404], 'open', { code: 'not_found' }),
  raw('a fragment', request('GET /livez#x'), [[200, 400, 404]], 'either'),
  closes('a bare LF in place of CRLF', 'GET /livez HTTP/1.1\nHost: localhost\n\n'),
  closes('a request line of 10 KiB', line(`GET /${'a'.repeat(10240)} HTTP/1.1`), [400, 413, 414, 431]),
  closes('a request line without end', 'GET /'.padEnd(100000, 'a'), [400, 413, 414, 431]),
  closes('a NUL in the request line', bytes('GET /li', Buffer.from([0]), 'vez HTTP/1.1\r\nHost: localhost\r\n\r\n'), [400]),
  closes('bytes over 127 in the target', bytes('GET /', Buffer.from([0xff, 0xfe]), ' HTTP/1.1\r\nHost: localhost\r\n\r\n'), [400, 404], { then: 'either' }),
  closes('what Redis clients send', '*1\r\n$4\r\nPING\r\n'),
  closes('an inline command', 'ACCOUNT.EARN mallory points 5\r\n'),
  closes('a TLS greeting', Buffer.from('16030100050100000100160301000501000001000d0a0d0a', 'hex')),
  closes('random bytes', Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7919 + (at >> 3)) & 255)), [400, 413]),
]

const get = (headers) => request('GET /livez', headers)
const earn = (headers) => request(EARN, headers, AMOUNT)
const head = (text) => `GET /livez HTTP/1.1\r\n${text}\r\n\r\n`

export const header_rows = [
  closes('no Host', get({ Host: null }), 400, bad),
  closes('Host twice, the same', head('Host: localhost\r\nHost: localhost'), 400, bad),
  closes('Host twice, another', head('Host: localhost\r\nhost: evil.example'), 400, bad),
  closes('a Host with a path', get({ Host: 'localhost/x' }), 400, bad),
  closes('a Host with a user', get({ Host: 'x@localhost' }), 400, bad),
  closes('a Host of two', get({ Host: 'localhost, evil.example' }), 400, bad),
  closes('an empty header name', head('Host: localhost\r\n: x')),
  closes('a header without a colon', head('Host: localhost\r\nnonsense')),
  closes('a space before the colon', head('Host: localhost\r\nX-A : x')),
  closes('a space before the colon of Content-Length', request(EARN, { 'Content-Length': null, 'Content-Length ': 12 }, AMOUNT)),
  closes('a space at the start of the first header', head(' Host: localhost')),
  closes('a bracket in a header name', head('Host: localhost\r\nX(A): x')),
  closes('a byte over 127 in a header name', bytes('GET /livez HTTP/1.1\r\nHost: localhost\r\nX', Buffer.from([0xe9]), ': x\r\n\r\n')),
  closes('a folded header', head('Host: localhost\r\nX-A: 1\r\n 2')),
  closes('a folded Content-Length', `${EARN} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1\r\n 2\r\n\r\n${AMOUNT}`),
  closes('a folded Transfer-Encoding', `${EARN} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding:\r\n chunked\r\n\r\nc\r\n${AMOUNT}\r\n0\r\n\r\n`, [400]),
  closes('a NUL in a header', bytes('GET /livez HTTP/1.1\r\nHost: localhost\r\nX-A: a', Buffer.from([0]), 'b\r\n\r\n')),
  closes('a NUL in Content-Length', bytes(`${EARN} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 12`, Buffer.from([0]), `34\r\n\r\n${AMOUNT}`)),
  closes('a NUL in Host', bytes('GET /livez HTTP/1.1\r\nHost: localhost', Buffer.from([0]), '.evil.example\r\n\r\n')),
  closes('a bare CR in a header', head('Host: localhost\r\nX-A: a\rb')),
  closes('a control character in a header', head('Host: localhost\r\nX-A: a\x01b'), 400, bad),
  raw('64 headers', head(['Host: localhost', ...Array.from({ length: 63 }, (_, at) => `X-${at}: x`)].join('\r\n')), [200], 'open'),
  closes('110 headers', head(['Host: localhost', ...Array.from({ length: 109 }, (_, at) => `X-${at}: x`)].join('\r\n')), [400, 431]),
  closes('a header of 9 KiB', get({ 'X-A': 'a'.repeat(9216) }), [400, 413, 431]),
  closes('9 KiB of small headers', head(['Host: localhost', ...Array.from({ length: 60 }, (_, at) => `X-${at}: ${'x'.repeat(150)}`)].join('\r\n')), [400, 413, 431]),
  closes('headers without end', bytes('GET /livez HTTP/1.1\r\nHost: localhost\r\n', 'X-A: x\r\n'.repeat(20000)), [400, 413, 431]),
  closes('Idempotency-Key twice', head('Host: localhost\r\nIdempotency-Key: a\r\nIdempotency-Key: b').replace('GET /livez', EARN), 400, bad),
  closes('Content-Type twice', `${EARN} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\n${AMOUNT}`, 400, bad),
  closes('If-Match twice', head('Host: localhost\r\nIf-Match: "1"\r\nIf-Match: "2"').replace('GET /livez', 'PUT /v1/campaigns/draft'), 400, bad),
  closes('Authorization twice', head('Host: localhost\r\nAuthorization: Basic eDp5\r\nAuthorization: Basic eDp5').replace('/livez', '/v1/campaigns/sale'), 400, bad),
  raw('Expect: 100-continue', async (wire) => {
    wire.write(request(SPEND, { Expect: '100-continue', 'Content-Length': 12, 'Content-Type': 'application/json' }))
    await until(() => wire.input.length > 0, 1500, 5)
    wire.write(TWO)
  }, [100, 409], 'open', { code: 'insufficient' }),
  raw('Expect: 100-continue with the body at once', request(SPEND, { Expect: '100-continue' }, TWO), [409], 'open', { code: 'insufficient' }),
  closes('Expect: 100-continue of a body too large', request(SPEND, { Expect: '100-continue', 'Content-Length': 70000, 'Content-Type': 'application/json' }), [413, 417]),
  raw('Expect of something else', request('GET /livez', { Expect: 'the unexpected' }), [[200, 417]], 'either'),
  raw('Upgrade: websocket', request('GET /livez', { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version': 13 }), [200], 'either'),
  raw('Upgrade: h2c', request('GET /livez', { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAARAAAAAAAIAAAAA' }), [200], 'either'),
]

const typed = { 'Content-Type': 'application/json' }
const chunked = (body, more = {}) => request(EARN, { ...typed, 'Transfer-Encoding': 'chunked', ...more }, body)
const length_is = (value) => request(EARN, { 'Content-Length': value }, AMOUNT)

export const framing_rows = [
  closes('Content-Length twice, the same', `${EARN} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 12\r\nContent-Length: 12\r\n\r\n${AMOUNT}`, 400, bad),
  closes('Content-Length twice, another', `${EARN} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 12\r\nContent-Length: 0\r\n\r\n${AMOUNT}`, 400, bad),
  closes('Content-Length twice, the shorter first', bytes(`${EARN} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 0\r\ncontent-length: ${smuggled.length}\r\n\r\n`, smuggled), 400, bad),
  closes('a list of equal Content-Lengths', length_is('12, 12')),
  closes('Content-Length -1', length_is('-1')),
  closes('Content-Length -12', length_is('-12')),
  closes('Content-Length +12', length_is('+12')),
  closes('Content-Length 0xc', length_is('0xc')),
  closes('Content-Length 1e1', length_is('1e1')),
  closes('Content-Length 12 with a letter behind', length_is('12a')),
  closes('an empty Content-Length', length_is('')),
  closes('Content-Length of 2^64 + 12', length_is('18446744073709551628'), [400, 413]),
  closes('Content-Length of 2^63', length_is('9223372036854775808'), [400, 413]),
  closes('Content-Length of a hundred digits', length_is('9'.repeat(100)), [400, 413]),
  closes('Content-Length of 99 GB', length_is('99000000000'), 413),
  raw('Content-Length with leading zeros', request(SPEND, { 'Content-Length': '0012' }, TWO), [[400, 409]], 'either'),
  closes('both Content-Length and chunked', chunked(`c\r\n${AMOUNT}\r\n0\r\n\r\n`, { 'Content-Length': 12 })),
  closes('chunked, then Content-Length 0, and a request behind', bytes(chunked('0\r\n\r\n', { 'Content-Length': 5 }), smuggled)),
  closes('gzip, chunked', chunked(`c\r\n${AMOUNT}\r\n0\r\n\r\n`, { 'Transfer-Encoding': 'gzip, chunked' }), [400, 501]),
  closes('gzip, chunked, and a request in the body', chunked(smuggled, { 'Transfer-Encoding': 'gzip, chunked' }), [400, 413, 501]),
  closes('chunked, gzip', chunked(`c\r\n${AMOUNT}\r\n0\r\n\r\n`, { 'Transfer-Encoding': 'chunked, gzip' }), [400, 501]),
  closes('gzip alone', chunked(AMOUNT, { 'Transfer-Encoding': 'gzip' }), [400, 501]),
  closes('identity', chunked(AMOUNT, { 'Transfer-Encoding': 'identity', 'Content-Length': 12 }), [400, 501]),
  closes('chunked twice', `${EARN} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n${AMOUNT}\r\n0\r\n\r\n`, 400),
  closes('xchunked', chunked(smuggled, { 'Transfer-Encoding': 'xchunked' }), [400, 501]),
  closes('chunked in quotes', chunked(smuggled, { 'Transfer-Encoding': '"chunked"' }), [400, 501]),
  closes('chunked behind a vertical tab', chunked(smuggled, { 'Transfer-Encoding': '\x0bchunked' }), [400, 501]),
  closes('an empty Transfer-Encoding', chunked(AMOUNT, { 'Transfer-Encoding': '', 'Content-Length': 12 }), [400, 501]),
  closes('chunked in HTTP/1.0', `${EARN} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n${AMOUNT}\r\n0\r\n\r\n`),
  raw('chunked works', request(SPEND, { ...typed, 'Transfer-Encoding': 'chunked' }, `5\r\n${TWO.slice(0, 5)}\r\n7\r\n${TWO.slice(5)}\r\n0\r\n\r\n`), [409], 'open', { code: 'insufficient' }),
  raw('Chunked in capitals works', request(SPEND, { ...typed, 'Transfer-Encoding': 'Chunked' }, `c\r\n${TWO}\r\n0\r\n\r\n`), [409], 'open', { code: 'insufficient' }),
  closes('a chunk extension', request(SPEND, { ...typed, 'Transfer-Encoding': 'chunked' }, `c;a=b\r\n${TWO}\r\n0\r\n\r\n`), [400, 413]),
  raw('trailers are no headers', request(SPEND, { ...typed, 'Transfer-Encoding': 'chunked' }, `c\r\n${TWO}\r\n0\r\nContent-Length: 5\r\nHost: evil.example\r\n\r\n`), [400], 'closed'),
  closes('a chunk size that is none', chunked(`zz\r\n${AMOUNT}\r\n0\r\n\r\n`), [400, 413]),
  closes('a negative chunk size', chunked(`-c\r\n${AMOUNT}\r\n0\r\n\r\n`), [400, 413]),
  closes('a chunk size with a plus', chunked(`+c\r\n${AMOUNT}\r\n0\r\n\r\n`)),
  closes('a chunk size with 0x', chunked(`0xc\r\n${AMOUNT}\r\n0\r\n\r\n`)),
  closes('a chunk size behind a space', chunked(` c\r\n${AMOUNT}\r\n0\r\n\r\n`)),
  closes('an empty chunk size', chunked(`\r\n${AMOUNT}\r\n0\r\n\r\n`), [400, 413]),
  closes('a chunk of 2^64 bytes', chunked(`10000000000000000\r\n${AMOUNT}\r\n0\r\n\r\n`), [400, 413]),
  closes('a chunk of 2^64 - 1 bytes', chunked(`ffffffffffffffff\r\n${AMOUNT}\r\n0\r\n\r\n`), [400, 413]),
  closes('a chunk of 2^63 - 1 bytes', chunked(`7fffffffffffffff\r\n${AMOUNT}\r\n0\r\n\r\n`), [400, 413]),
  closes('a chunk longer than its size', chunked(`5\r\n${AMOUNT}\r\n0\r\n\r\n`), [400, 413]),
  closes('a chunk size of 8 KiB of zeros', chunked(`${'0'.repeat(9000)}c\r\n${AMOUNT}\r\n0\r\n\r\n`), [400, 413]),
]

export const body_rows = [
  closes('a body longer than its length', request(SPEND, { 'Content-Length': 12 }, `${TWO}GARBAGE\r\n\r\n`), 400, { expect: [409, 400] }),
  closes('an end in the middle of a body', async (wire) => wire.socket.end(request(EARN, { 'Content-Length': 13 }, AMOUNT)), 400, { expect: [], then: 'closed' }),
  closes('an end in the middle of a header', async (wire) => wire.socket.end(`${EARN} HTTP/1.1\r\nHost: loc`), 400, { expect: [], then: 'closed' }),
  closes('an end in the middle of a chunk', async (wire) => wire.socket.end(chunked(`c\r\n${AMOUNT.slice(0, 6)}`)), 400, { expect: [], then: 'closed' }),
  closes('a body of 64 KiB and a byte', request(EARN, {}, `{"amount":5}${' '.repeat(65525)}`), 413),
  raw('a body of exactly 64 KiB', request(SPEND, {}, `${TWO}${' '.repeat(65524)}`), [409], 'open', { code: 'insufficient' }),
  closes('a body of 200,000 bytes', request(EARN, {}, `{"amount":5}${' '.repeat(200000)}`), 413),
  closes('a chunked body of 70,000 bytes', chunked(`7\r\n${'x'.repeat(7)}\r\n`.repeat(10000)), 413),
  closes('one chunk of 70,000 bytes', chunked(`11170\r\n${'x'.repeat(70000)}\r\n0\r\n\r\n`), 413),
  closes('a GET with a body', request('GET /v1/campaigns/sale', typed, AMOUNT), 400, bad),
  closes('a GET with a chunked body', request('GET /v1/campaigns/sale', { ...typed, 'Transfer-Encoding': 'chunked' }, bytes('0\r\n\r\n')), 400, { ...bad, then: 'either' }),
  closes('a GET with a request in its body', request('GET /v1/campaigns/sale', typed, smuggled), 400, bad),
  closes('a HEAD with a body', request('HEAD /v1/campaigns/sale', typed, smuggled), 400, { head: true }),
  closes('a DELETE with a body', request('DELETE /v1/session', typed, smuggled), 400, bad),
  raw('a HEAD has the headers alone', request('HEAD /v1/campaigns/sale'), [200], 'open', {
    head: true,
    judge: ([{ headers }]) => (Number(headers['content-length']) > 100 && headers.etag ? '' : JSON.stringify(headers)),
  }),
]
