// hostile_conduct.mjs -- pages of other sites, pipelines, and connections that are slow or too many.
import { sleep, until } from '../lib/check.mjs'
import { AMOUNT, EARN, SPEND, TWO, Wire, bytes, request } from './raw.mjs'

const row = (name, send, expect, then, more = {}) => ({ name, send, expect, then, ...more })
const forbidden = (name, send) => row(name, send, [403], 'either', { code: 'not_allowed' })
const look = (host) => request('GET /v1/campaigns/sale', { Host: host })
const from = (origin, more = {}) => request(EARN, { Origin: origin, ...more }, AMOUNT)

// A name that another site's owner points at this address makes the browser send that site's Host.
export const origin_rows = [
  forbidden('the Host of another site', look('evil.example')),
  forbidden('the Host of another site with our port', look('evil.example:7480')),
  forbidden('a Host that begins like ours', look('localhost.evil.example')),
  forbidden('a Host that begins like an address', look('127.0.0.1.evil.example')),
  forbidden('a Host that is a number', look('2130706433x')),
  forbidden('an empty Host', request('GET /v1/campaigns/sale', { Host: '' })),
  row('localhost with any port', look('localhost:12345'), [200], 'open'),
  row('an IPv6 address', look('[::1]:7480'), [200], 'open'),
  row('an IPv4 address', look('127.0.0.1:7480'), [200], 'open'),
  forbidden('a POST from a page of another site', from('http://evil.example')),
  forbidden('a POST from a page without a site', from('null')),
  forbidden('a POST from another port of this machine', from('http://localhost:3000')),
  forbidden('a POST from a site that ends like ours', from('http://evil-localhost')),
  forbidden('a POST from a site that has ours as its user', from('http://localhost@evil.example')),
  forbidden('a PUT from a page of another site', request('PUT /v1/campaigns/draft', { Origin: 'http://evil.example' }, '{}')),
  forbidden('a DELETE from a page of another site', request('DELETE /v1/session', { Origin: 'http://evil.example' })),
  row('a form from a page of another site', request(EARN, { Origin: 'http://evil.example', 'Content-Type': 'text/plain' }, AMOUNT), [403], 'either'),
  row('a preflight gets no leave', request('OPTIONS /v1/members/mallory/coupons', { Origin: 'http://evil.example', 'Access-Control-Request-Method': 'POST' }), [[403, 404, 405]], 'either', {
    judge: ([{ headers }]) => (headers['access-control-allow-origin'] ? 'it is allowed' : ''),
  }),
  row('a GET from a page of another site cannot be read there', request('GET /v1/campaigns/sale', { Origin: 'http://evil.example' }), [[200, 403]], 'either', {
    judge: ([{ headers }]) => (headers['access-control-allow-origin'] ? 'it is allowed' : ''),
  }),
  row('a POST from our own page', request(SPEND, { Origin: 'http://localhost' }, TWO), [409], 'open', { code: 'insufficient' }),
]

const name_of = ({ status, body }) => {
  try {
    const { id, code } = JSON.parse(body)
    return `${status} ${id ?? code}`
  } catch {
    return `${status} ${body.trim()}`
  }
}
const order = (wanted) => (answers) => {
  const got = answers.map(name_of)
  const at = wanted.findIndex((one, place) => one !== got[place])
  return at < 0 ? '' : `answer ${at + 1} is ${got[at]}, not ${wanted[at]}`
}
const mixed = [
  [request('GET /v1/campaigns/sale'), '200 sale'],
  [request(SPEND, {}, TWO), '409 insufficient'],
  [request('GET /livez'), '200 ok'],
  [request('POST /v1/members/alice/coupons', {}, '{"campaign":"sale"}'), '409 duplicate'],
  [request('GET /v1/members/mallory'), '404 unknown_member'],
  [request(EARN, {}, '{"amount":0}'), '422 invalid_argument'],
]
const pipeline = (count) => Array.from({ length: count }, (_, at) => mixed[at % mixed.length])

async function byte_by_byte(wire, data, every_ms) {
  for (const byte of data) {
    if (wire.closed) return
    wire.write(Buffer.from([byte]))
    await sleep(every_ms)
  }
}

export const conduct_rows = [
  row('60 requests in one write are answered in order', bytes(...pipeline(60).map(([send]) => send)), Array(60).fill([200, 404, 409, 422]), 'open', {
    judge: order(pipeline(60).map(([, name]) => name)),
  }),
  row('2,000 requests in one write', bytes(...Array(2000).fill(request('GET /livez'))), Array(2000).fill(200), 'open'),
  row('nothing behind garbage is carried out', bytes(request('GET /livez'), 'garbage\r\n\r\n', request(EARN, {}, AMOUNT)), [200, 400], 'closed'),
  row('nothing behind Connection: close is carried out', bytes(request('GET /livez', { Connection: 'close' }), request(EARN, {}, AMOUNT)), [200], 'closed'),
  row('nothing behind a refused length is carried out', bytes(request(EARN, { 'Content-Length': '+12' }, AMOUNT), request(EARN, {}, AMOUNT)), [400], 'closed'),
  row('a request byte by byte', async (wire) => byte_by_byte(wire, request(SPEND, {}, TWO), 1), [409], 'open', { code: 'insufficient' }),
  row('an end of the sending half behind whole requests', async (wire) => wire.socket.end(bytes(request('GET /livez'), request(SPEND, {}, TWO))), [200, 409], 'either'),
  row('a reset in the middle of a request', async (wire) => {
    wire.write(request(EARN, { 'Content-Length': 20 }, AMOUNT))
    await sleep(20)
    wire.socket.resetAndDestroy()
  }, [], 'either'),
  row('a reset while the answer waits for the disk', async (wire) => {
    wire.write(request('POST /v1/members/alice/coupons', { 'Idempotency-Key': 'first' }, '{"campaign":"sale","channel":"app"}'))
    wire.socket.resetAndDestroy()
    await sleep(20)
  }, [], 'either'),
  row('two hundred connections that say nothing and end', async (wire) => {
    const all = await Promise.all(Array.from({ length: 200 }, () => Wire.connect(wire.socket.remotePort)))
    for (const one of all) one.end()
  }, [], 'open'),
  row('twenty live streams that nobody reads', async (wire, victim) => {
    const all = await Promise.all(Array.from({ length: 20 }, () => Wire.connect(victim.boon.http_port)))
    for (const one of all) {
      one.socket.pause()
      one.write(request('GET /v1/live?campaign=sale'))
    }
    await sleep(2500)
    for (const one of all) one.socket.resetAndDestroy()
  }, [], 'open'),
  row('a live stream of no campaign', request('GET /v1/live?campaign=nothing'), [404], 'open', { code: 'not_found' }),
  row('a live stream with a parameter more', request('GET /v1/live?campaign=sale&x=1'), [400], 'open', { code: 'bad_request' }),
  row('a request behind a live stream', bytes(request('GET /v1/live'), request(EARN, {}, AMOUNT)), [], 'either'),
]

// The time is absolute: who sends a byte now and then is cut off all the same.
const slow = (name, send) => row(name, async (wire) => {
  const began = Date.now()
  await Promise.race([send(wire), until(() => wire.closed, 6000)])
  await wire.gone(6000 - (Date.now() - began))
  if (!wire.closed) throw new Error('still open after 6 s')
  const answer = wire.take()
  if (answer && answer.status < 400) throw new Error(`answered with ${answer.status}`)
}, [], 'closed')

export const slow_server = [
  slow('a header byte by byte', (wire) => byte_by_byte(wire, request(EARN, { 'X-A': 'a'.repeat(100) }, AMOUNT), 60)),
  slow('a header line now and then', async (wire) => {
    wire.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n')
    for (let line = 0; line < 30 && !wire.closed; line++) {
      wire.write(`X-${line}: x\r\n`)
      await sleep(200)
    }
  }),
  slow('a body byte by byte', async (wire) => {
    wire.write(request(EARN, { 'Content-Length': 60 }, ''))
    await byte_by_byte(wire, Buffer.from(`{"amount":5}${' '.repeat(48)}`), 100)
  }),
  slow('a chunked body byte by byte', async (wire) => {
    wire.write(request(EARN, { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' }))
    await byte_by_byte(wire, Buffer.from('1\r\n \r\n'.repeat(20)), 60)
  }),
  slow('a first request, then half of a second', async (wire) => {
    wire.write(request('GET /livez'))
    await wire.next()
    wire.write('GET /livez HTTP/1.1\r\nHo')
  }),
  slow('empty lines now and then', async (wire) => {
    for (let line = 0; line < 30 && !wire.closed; line++) {
      wire.write('\r\n')
      await sleep(200)
    }
  }),
  row('a live stream is not cut off', async (wire) => {
    wire.write(request('GET /v1/live'))
    await sleep(3500)
    const events = wire.input.toString().match(/^event: live$/gm)?.length ?? 0
    if (events < 3 || wire.closed) throw new Error(`${events} events, closed ${wire.closed}`)
  }, [], 'either'),
  row('who asks again and again is not cut off', async (wire) => {
    for (let round = 0; round < 7; round++) {
      wire.write(request('GET /livez'))
      const answer = await wire.next()
      if (answer?.status !== 200) throw new Error(`round ${round}: ${JSON.stringify(answer)}`)
      await sleep(400)
    }
  }, [], 'open'),
]

// Eight connections at most: those that wait in silence make room for who has something to ask.
const crowd = (name, greet) => row(name, async (wire, victim) => {
  const all = []
  for (let number = 0; number < 12; number++) {
    const one = await Wire.connect(victim.boon.http_port)
    await greet(one)
    all.push(one)
  }
  const late = await Wire.connect(victim.boon.http_port)
  late.write(request('GET /livez'))
  const answer = await late.next(8000)
  for (const one of [...all, late]) one.end()
  if (answer?.status !== 200) throw new Error(`the thirteenth got ${JSON.stringify(answer)} in 8 s`)
}, [], 'either')

export const small_server = [
  crowd('twelve that say nothing', async () => {}),
  crowd('twelve in the middle of a header', async (one) => one.write('GET /livez HTTP/1.1\r\nHo')),
  crowd('twelve that asked once', async (one) => {
    one.write(request('GET /livez'))
    await one.next(300)
  }),
]
