// resp.mjs -- a small Redis client for tests: it sends what it is told, also nonsense, and hides
// nothing.
//
// Replies: bulk and simple strings are strings, integers are numbers (BigInt beyond 2^53), null is
// null, maps are Maps, sets and arrays are arrays. An error is a Reply_error, returned and not
// thrown. A connection that ends answers everything still open with CLOSED.
import net from 'node:net'

export const CLOSED = Symbol('closed')

export class Reply_error {
  constructor(message) {
    this.message = message
  }
  toString() {
    return `-${this.message}`
  }
}

// Write a request as an array of bulk strings. Arguments are strings, numbers or Buffers.
export function encode(args) {
  let plain = `*${args.length}\r\n`
  let is_plain = true
  for (const arg of args) {
    if (Buffer.isBuffer(arg)) is_plain = false
    else plain += `$${Buffer.byteLength(String(arg))}\r\n${arg}\r\n`
  }
  if (is_plain) return plain
  const parts = [Buffer.from(`*${args.length}\r\n`)]
  for (const arg of args) {
    const bytes = Buffer.isBuffer(arg) ? arg : Buffer.from(String(arg))
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'))
  }
  return Buffer.concat(parts)
}

// Read replies out of bytes as they come. next() gives one whole reply, or undefined for "more".
class Reader {
  bytes = Buffer.alloc(0)
  at = 0

  add(more) {
    this.bytes =
      this.at === this.bytes.length ? more : Buffer.concat([this.bytes.subarray(this.at), more])
    this.at = 0
  }

  next() {
    const start = this.at
    const reply = this.value()
    if (reply === undefined) this.at = start
    return reply
  }

  line() {
    const end = this.bytes.indexOf(13, this.at)
    if (end < 0 || end + 1 >= this.bytes.length) return undefined
    const text = this.bytes.latin1Slice(this.at, end)
    this.at = end + 2
    return text
  }

  bulk(length) {
    if (length < 0) return null
    if (this.bytes.length < this.at + length + 2) return undefined
    const text = this.bytes.utf8Slice(this.at, this.at + length)
    this.at += length + 2
    return text
  }

  many(count) {
    if (count < 0) return null
    const values = []
    for (let number = 0; number < count; number++) {
      const value = this.value()
      if (value === undefined) return undefined
      values.push(value)
    }
    return values
  }

  value() {
    const line = this.line()
    if (line === undefined) return undefined
    const rest = line.slice(1)
    switch (line[0]) {
      case '+':
        return Buffer.from(rest, 'latin1').toString()
      case '-':
        return new Reply_error(Buffer.from(rest, 'latin1').toString())
      case ':': {
        const number = Number(rest)
        return Number.isSafeInteger(number) ? number : BigInt(rest)
      }
      case '$':
        return this.bulk(Number(rest))
      case '=': {
        const text = this.bulk(Number(rest))
        return text?.slice(4)
      }
      case '*':
      case '~':
      case '>':
        return this.many(Number(rest))
      case '%': {
        const flat = this.many(2 * Number(rest))
        if (flat === undefined) return undefined
        const map = new Map()
        for (let at = 0; at < flat.length; at += 2) map.set(flat[at], flat[at + 1])
        return map
      }
      case '_':
        return null
      case '#':
        return rest === 't'
      case ',':
        return Number(rest)
      default:
        throw new Error(`not a reply: ${JSON.stringify(line)}`)
    }
  }
}

export class Client {
  reader = new Reader()
  waiting = [] // callbacks of requests without a reply, oldest first
  first = 0
  unasked = [] // replies that nobody waited for
  closed = false

  constructor(socket) {
    this.socket = socket
    this.ended = new Promise((done) => {
      this.on_ended = done
    })
    socket.setNoDelay(true)
    socket.on('data', (bytes) => this.take(bytes))
    socket.on('error', () => {})
    socket.on('end', () => this.close()) // the server says no more; what we still had to say is moot
    socket.on('close', () => this.close())
  }

  // Connect to a port or a unix socket; rejects when nobody listens.
  static connect({ port, path, host = '127.0.0.1' }) {
    return new Promise((done, reject) => {
      const socket = path ? net.connect({ path }) : net.connect({ port, host, allowHalfOpen: true })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        done(new Client(socket))
      })
    })
  }

  take(bytes) {
    this.reader.add(bytes)
    for (let reply; (reply = this.reader.next()) !== undefined;) {
      if (this.first < this.waiting.length) {
        const callback = this.waiting[this.first]
        this.waiting[this.first++] = undefined
        callback(reply)
      } else {
        this.unasked.push(reply)
      }
    }
    if (this.first > 1000) {
      this.waiting.splice(0, this.first)
      this.first = 0
    }
  }

  close() {
    if (this.closed) return
    this.closed = true
    this.socket.end()
    const open = this.waiting.slice(this.first)
    this.waiting = []
    this.first = 0
    for (const callback of open) callback(CLOSED)
    this.on_ended()
  }

  get open_requests() {
    return this.waiting.length - this.first
  }

  // Send a request; its reply goes to the callback.
  request(args, callback) {
    this.expect(callback)
    this.socket.write(encode(args))
  }

  expect(callback) {
    if (this.unasked.length > 0) callback(this.unasked.shift())
    else if (this.closed) callback(CLOSED)
    else this.waiting.push(callback)
  }

  call(...args) {
    return new Promise((done) => this.request(args, done))
  }

  // Send bytes as they are.
  write(bytes) {
    this.socket.write(bytes)
  }

  // The next reply that no request waits for.
  next() {
    return new Promise((done) => this.expect(done))
  }

  // Send many requests at once, a bounded number in flight; their replies in order.
  async all(requests, depth = 1000) {
    const replies = []
    for (let at = 0; at < requests.length; at += depth) {
      const some = requests.slice(at, at + depth)
      const answers = some.map(() => this.next())
      const parts = some.map(encode)
      this.socket.write(
        parts.every((part) => typeof part === 'string')
          ? parts.join('')
          : Buffer.concat(parts.map((part) => Buffer.from(part))),
      )
      replies.push(...(await Promise.all(answers)))
    }
    return replies
  }

  end() {
    this.socket.destroy()
    this.close()
  }
}

// [word, name, value, …] as an object; {} for anything else.
export function fields(reply, from = 1) {
  const object = {}
  for (let at = from; Array.isArray(reply) && at + 1 < reply.length; at += 2)
    object[reply[at]] = reply[at + 1]
  return object
}

// INFO's text as an object.
export function info_fields(text) {
  return Object.fromEntries(
    String(text)
      .split('\r\n')
      .filter((line) => /^[a-z]/i.test(line))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
}
