// raw.mjs -- an HTTP connection that sends any bytes, and reads answers as strictly as RFC 9112 has them.
import net from 'node:net'
import { until } from '../lib/check.mjs'

// A whole request. `headers` replace or, with null, take away those that a good request has.
export function request(target, headers = {}, body) {
  const [method, path] = target.split(' ')
  const all = { Host: 'localhost', ...headers }
  if (body !== undefined) {
    if (!('Content-Type' in all)) all['Content-Type'] = 'application/json'
    if (!('Content-Length' in all) && !('Transfer-Encoding' in all))
      all['Content-Length'] = Buffer.byteLength(body)
  }
  const lines = Object.entries(all).filter(([, value]) => value !== null)
  return bytes(`${method} ${path} HTTP/1.1\r\n`, ...lines.map(([name, value]) => bytes(`${name}: `, value, '\r\n')), '\r\n', body ?? '')
}

export const bytes = (...parts) =>
  Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(String(part)))))

// What would change the state if it were carried out: nobody but the hostile ask for mallory.
export const EARN = 'POST /v1/members/mallory/accounts/points/earn'
export const AMOUNT = '{"amount":5}'
// What is carried out and changes nothing: bob has one point.
export const SPEND = 'POST /v1/members/bob/accounts/points/spend'
export const TWO = '{"amount":2}'

const EMPTY = Buffer.alloc(0)

export class Wire {
  input = EMPTY
  closed = false

  static connect(port) {
    return new Promise((done, reject) => {
      const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      socket.once('error', reject)
      socket.once('connect', () => done(new Wire(socket)))
    })
  }

  constructor(socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (data) => (this.input = Buffer.concat([this.input, data])))
    socket.on('error', () => (this.closed = true))
    socket.on('end', () => (this.closed = true))
    socket.on('close', () => (this.closed = true))
  }

  write(data) {
    if (!this.socket.destroyed && this.socket.writable) this.socket.write(data)
  }

  end() {
    this.socket.destroy()
  }

  // Takes the next answer off what has come: {status, headers, body}; undefined: it is not whole.
  take(head = false) {
    const end = this.input.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const [line, ...lines] = this.input.subarray(0, end).toString('latin1').split('\r\n')
    const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(line)?.[1] ?? NaN)
    const headers = {}
    for (const one of lines) {
      const colon = one.indexOf(':')
      headers[one.slice(0, colon).toLowerCase()] = one.slice(colon + 1).trim()
    }
    let at = end + 4
    let body = EMPTY
    if (!head && status >= 200 && status !== 204 && status !== 304) {
      if (/chunked/.test(headers['transfer-encoding'] ?? '')) {
        const last = this.input.indexOf('0\r\n\r\n', at)
        if (last < 0) return undefined
        body = this.input.subarray(at, last)
        at = last + 5
      } else if (headers['content-length'] !== undefined) {
        const length = Number(headers['content-length'])
        if (this.input.length < at + length) return undefined
        body = this.input.subarray(at, at + length)
        at += length
      } else {
        if (!this.closed) return undefined // the end of the connection is the end of the body
        body = this.input.subarray(at)
        at = this.input.length
      }
    }
    this.input = this.input.subarray(at)
    return { status, headers, body: body.toString() }
  }

  // Waits for the next answer; undefined: the connection closed, or nothing came in time.
  async next(limit_ms = 2500, head = false) {
    let answer
    await until(() => (answer = this.take(head)) !== undefined || this.closed, limit_ms, 3)
    return answer ?? this.take(head)
  }

  gone(limit_ms = 1500) {
    return until(() => this.closed, limit_ms, 3)
  }
}
