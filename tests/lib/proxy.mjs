// proxy.mjs -- a small TCP proxy that loses, delays and cuts what goes through it.
//
//     const proxy = await start_proxy({ port: redis_port })
//     … --redis 127.0.0.1:${proxy.port}
//     proxy.lose_request(/XADD/i)    the next bytes that match never reach the server, and the connection is cut
//     proxy.lose_reply(/XADD/i)      the server gets them, its answer never comes back, and the connection is cut
//     proxy.late_request(/XADD/i)    the connection is cut, and what it carried arrives when one likes
//     proxy.half_open()              nothing passes any more, and nobody is told
//     proxy.delay_ms = 50            everything takes longer, in order
//     proxy.cut()                    all connections end; proxy.closed = true refuses new ones
//     proxy.pass()                   as if nothing had been
import net from 'node:net'
import { sleep } from './check.mjs'

class Proxy {
  pairs = new Set()
  delay_ms = 0
  closed = false
  silent = false
  plan = undefined // {pattern, lose: "request" | "reply" | "late", cut: what follows, done}
  lost_requests = 0
  lost_replies = 0
  connections = 0

  constructor(target) {
    this.target = target
    this.server = net.createServer((client) => this.connect(client))
  }

  connect(client) {
    if (this.closed) return client.destroy()
    this.connections++
    const server = net.connect(this.target)
    const pair = { client, server, silent: this.silent }
    this.pairs.add(pair)
    for (const [from, to, on_bytes] of [
      [client, server, (bytes) => this.on_request(pair, bytes)],
      [server, client, (bytes) => this.on_reply(pair, bytes)],
    ]) {
      let last = Promise.resolve()
      from.setNoDelay(true)
      from.on('error', () => {})
      from.on('data', (bytes) => {
        if (pair.silent || !on_bytes(bytes)) return
        const wait = this.delay_ms
        if (wait === 0 && pair.late === undefined) return to.write(bytes)
        pair.late = last = last.then(() => sleep(wait)).then(() => to.writable && to.write(bytes))
      })
      from.on('close', () => {
        if (!pair.silent) to.destroy()
        this.pairs.delete(pair)
      })
    }
    return pair
  }

  on_request(pair, bytes) {
    if (this.plan === undefined || !this.plan.pattern.test(bytes.latin1Slice())) return true
    const { lose, cut, done } = this.plan
    this.plan = undefined
    if (lose === 'request') {
      this.lost_requests++
      if (cut) this.end(pair)
      else pair.silent = true
      done()
      return false
    }
    if (lose === 'late') {
      pair.silent = true // its server side stays open
      pair.client.destroy()
      done(() => pair.server.write(bytes))
      return false
    }
    pair.lose = { cut, done }
    return true
  }

  on_reply(pair) {
    if (pair.lose === undefined) return true
    const { cut, done } = pair.lose
    this.lost_replies++
    if (cut) this.end(pair)
    else pair.silent = true
    done()
    return false
  }

  end(pair) {
    this.pairs.delete(pair)
    pair.client.destroy()
    pair.server.destroy()
  }

  // Lose one; resolved when it was lost. With cut: false the connection stays, and is silent.
  lose_request(pattern, cut = true) {
    return new Promise((done) => (this.plan = { pattern, lose: 'request', cut, done }))
  }

  lose_reply(pattern, cut = true) {
    return new Promise((done) => (this.plan = { pattern, lose: 'reply', cut, done }))
  }

  half_open() {
    this.silent = true
    for (const pair of this.pairs) pair.silent = true
  }

  cut() {
    for (const pair of [...this.pairs]) this.end(pair)
  }

  // Cut the connection, but keep the bytes: resolved with a function that delivers them at last.
  late_request(pattern) {
    return new Promise((done) => (this.plan = { pattern, lose: 'late', cut: true, done }))
  }

  // From now on connections are passed on; those that were silent stay so, as they would.
  pass() {
    Object.assign(this, { silent: false, closed: false, delay_ms: 0, plan: undefined })
  }

  end_all() {
    this.closed = true
    this.cut()
    this.server.close()
  }
}

// Listen on a free port of loopback, for connections to {port} or {path}.
export function start_proxy(target) {
  const proxy = new Proxy({ host: target.path ? undefined : '127.0.0.1', ...target })
  return new Promise((done, reject) => {
    proxy.server.once('error', reject)
    proxy.server.listen(0, '127.0.0.1', () => {
      proxy.port = proxy.server.address().port
      done(proxy)
    })
  })
}
