// claims.mjs -- many members claim at once, and a book is kept of every answer.
//
// Each claim is of a new member and carries its own request id. A claim that was not answered
// before its connection ended is either forgotten (lost) or, with `retry`, sent again under the
// same request id.
import { say, sleep, until } from './check.mjs'
import { CLOSED, Reply_error, fields } from './resp.mjs'

const TRY_AGAIN = /^-(BUSY|TRYAGAIN|LOADING) /

export class Claimers {
  ok = new Map() // member → code
  refused = new Map() // word → count
  odd = [] // answers that no claim should get
  lost = 0 // claims whose answer never came
  put_off = 0 // answers of BUSY and the like
  number = 0
  runs = []
  retries = []

  constructor(campaign, { prefix = campaign, retry = false, channel = 'app' } = {}) {
    Object.assign(this, { campaign, prefix, retry, channel, going: false })
  }

  // Begin: so many connections, each with so many claims in flight, and a pause after each such
  // batch.
  start(boon, { connections = 8, depth = 32, pause_ms = 0 } = {}) {
    this.going = true
    for (let at = 0; at < connections; at++) this.runs.push(this.run(boon, depth, pause_ms))
  }

  async run(boon, depth, pause_ms) {
    let client
    try {
      client = await boon.client()
    } catch {
      return
    }
    while (this.going && !client.closed) {
      const batch = []
      for (let at = 0; at < depth; at++)
        batch.push(this.claim(client, this.retries.pop() ?? `${this.prefix}-${this.number++}`))
      await Promise.all(batch)
      if (pause_ms > 0) await sleep(pause_ms)
    }
    client.end()
  }

  claim(client, member) {
    return new Promise((done) => {
      client.request(
        ['COUPON.CLAIM', member, this.campaign, 'CHANNEL', this.channel, 'REQUEST', `r-${member}`],
        (reply) => {
          this.take(member, reply)
          done()
        },
      )
    })
  }

  take(member, reply) {
    if (reply === CLOSED) {
      this.lost++
      if (this.retry) this.retries.push(member)
    } else if (Array.isArray(reply) && reply[0] === 'OK') {
      const before = this.ok.get(member)
      if (before !== undefined && before !== reply[1])
        this.odd.push(`${member} got ${before} and ${reply[1]}`)
      this.ok.set(member, reply[1])
    } else if (Array.isArray(reply) && reply[0] === 'SOLD_OUT') {
      this.refused.set('SOLD_OUT', (this.refused.get('SOLD_OUT') ?? 0) + 1)
    } else if (reply instanceof Reply_error && TRY_AGAIN.test(String(reply))) {
      this.put_off++
      if (this.retry) this.retries.push(member)
    } else {
      this.odd.push(`${member} got ${reply instanceof Reply_error ? reply : JSON.stringify(reply)}`)
    }
  }

  // Stop asking, and wait for the answers that are still to come.
  async stop() {
    this.going = false
    await Promise.all(this.runs)
    this.runs = []
  }

  // Send every claim again that got no answer, until all have one.
  async settle(boon, limit_ms = 10000) {
    const client = await boon.client()
    const done = await until(async () => {
      const members = this.retries.splice(0)
      await Promise.all(members.map((member) => this.claim(client, member)))
      if (this.retries.length > 0) await sleep(50)
      return this.retries.length === 0
    }, limit_ms)
    client.end()
    return done
  }

  // Compare the server with the book: {missing, wrong}, both [] when all is well.
  async audit(client) {
    const missing = []
    const wrong = []
    const codes = [...this.ok]
    const coupons = await client.all(codes.map(([, code]) => ['COUPON.GET', code]))
    coupons.forEach((reply, at) => {
      const [member, code] = codes[at]
      const coupon = fields(reply)
      if (reply[0] !== 'OK') missing.push(`${member} ${code}: ${JSON.stringify(reply)}`)
      else if (
        coupon.member !== member ||
        coupon.campaign !== this.campaign ||
        coupon.code !== code ||
        coupon.channel !== this.channel
      )
        wrong.push(`${code} is ${JSON.stringify(coupon)}, not of ${member}`)
    })
    if (new Set(codes.map(([, code]) => code)).size !== codes.length)
      wrong.push('one code was given twice')
    const members = Array.from({ length: this.number }, (_, at) => `${this.prefix}-${at}`)
    const lists = await client.all(members.map((member) => ['COUPON.LIST', member]))
    let held = 0
    const seen = new Set()
    lists.forEach((reply, at) => {
      const mine = reply[0] === 'OK' ? reply.slice(2) : []
      held += mine.length
      for (const [code] of mine) {
        if (seen.has(code)) wrong.push(`${code} is held twice`)
        seen.add(code)
      }
      if (mine.length > 1) wrong.push(`${members[at]} holds ${mine.length}`)
      const told = this.ok.get(members[at])
      if (told !== undefined && mine.length === 1 && mine[0][0] !== told)
        wrong.push(`${members[at]} was told ${told} and holds ${mine[0][0]}`)
    })
    const campaign = fields(await client.call('CAMPAIGN.GET', this.campaign))
    if (campaign.issued !== held)
      wrong.push(`CAMPAIGN.GET says ${campaign.issued} issued, members hold ${held}`)
    if (campaign.issued > campaign.stock)
      wrong.push(`${campaign.issued} issued of ${campaign.stock}`)
    if (campaign.issued + campaign.remaining !== campaign.stock)
      wrong.push('issued and remaining are not the stock')
    this.held = held
    if (missing.length + wrong.length > 0)
      say(`${missing.length} missing, ${wrong.length} wrong of ${codes.length} acknowledged`)
    return { missing: missing.slice(0, 3), wrong: wrong.slice(0, 3) }
  }
}
