// book.mjs -- a mixed load of claims and points, and a book of every answer.
//
// Each request carries a request id. One whose answer never came is sent again under the same id, or
// sometimes given up: then it may or may not have happened, but at most once. Some answered requests
// are sent again on purpose and must get their first answer. What an answer has shown must be there
// from then on, whoever is killed: a coupon by its code, a balance, "sold out".
//
//     const book = new Book(dice, 'lane-0')
//     await book.open(client)
//     book.start(boon)                        … faults …
//     await book.stop()
//     await book.audit(client)                what was answered since the last audit, and all counts
//     await book.audit(client, {all: true})   every member and every code
//     book.wrong                              [] when every promise was kept
import { sleep, until } from './check.mjs'
import { open_campaign } from './boon.mjs'
import { CLOSED, Reply_error, fields } from './resp.mjs'

const TRY_AGAIN = /^-(BUSY|TRYAGAIN|LOADING) /
const BIG_STOCK = 50000000
const FEW_STOCK = 150
const POINT_MEMBERS = 24
const WRONG_MAX = 20
const GIVEN_UP = 0.03 // share of unanswered requests that are not sent again
const MIX = { claim: 50, few: 14, twin: 6, earn: 12, spend: 8, again: 6, coupon: 2, balance: 2 }

export class Book {
  wrong = [] // what broke a promise, in words
  answered = 0 // requests with an answer that counts
  cut = 0 // answers that never came
  put_off = 0 // BUSY and the like
  repeated = 0 // answered requests sent again
  refused = 0
  checked = 0 // facts compared with the server
  told = new Map() // "member campaign" → code
  told_by_campaign = new Map()
  points = new Map() // member → sum of what was acknowledged
  sold_out = new Set()
  members = 0
  number = 0
  few = 0
  campaigns = new Map() // id → stock
  open_ops = [] // to be sent again
  given_up = []
  fresh = [] // answered since the last audit
  kept = [] // a sample of answered requests
  runs = []

  constructor(dice, prefix) {
    Object.assign(this, { dice, prefix, going: false })
    this.point_members = Array.from({ length: POINT_MEMBERS }, (_, at) => `${prefix}-p${at}`)
  }

  fault(text) {
    if (this.wrong.length < WRONG_MAX) this.wrong.push(text)
  }

  async open(client) {
    this.big = `${this.prefix}-big`
    await open_campaign(client, this.big, BIG_STOCK)
    this.campaigns.set(this.big, BIG_STOCK)
    await this.open_few(client)
  }

  async open_few(client) {
    const id = `${this.prefix}-few${this.few++}`
    this.campaigns.set(id, FEW_STOCK)
    await open_campaign(client, id, FEW_STOCK)
    this.few_id = id
  }

  // --- what is asked ---

  claim(member, campaign) {
    const args = [
      'COUPON.CLAIM',
      member,
      campaign,
      'CHANNEL',
      'app',
      'REQUEST',
      `r${this.number++}`,
    ]
    return { kind: 'claim', member, campaign, args }
  }

  next() {
    const { dice } = this
    const kind = dice.weighted(MIX)
    if (kind === 'again' && this.kept.length > 0) return { ...dice.one_of(this.kept), again: true }
    if (kind === 'coupon' && this.kept.length > 0) {
      const op = dice.one_of(this.kept)
      if (op.kind === 'claim')
        return { kind: 'coupon', member: op.member, args: ['COUPON.GET', op.code] }
    }
    const point_member = dice.one_of(this.point_members)
    if (kind === 'balance') return { kind, args: ['ACCOUNT.BALANCE', point_member, 'points'] }
    if (kind === 'earn' || kind === 'spend') {
      const amount = kind === 'earn' ? dice.between(1, 100) : dice.between(1, 60)
      const args = [`ACCOUNT.${kind.toUpperCase()}`, point_member, 'points', amount]
      return {
        kind,
        member: point_member,
        amount: kind === 'earn' ? amount : -amount,
        args: [...args, 'REQUEST', `r${this.number++}`],
      }
    }
    if (kind === 'twin' && this.members > 0)
      return this.claim(
        `${this.prefix}-m${dice.between(Math.max(0, this.members - 40), this.members - 1)}`,
        this.big,
      )
    return this.claim(`${this.prefix}-m${this.members++}`, kind === 'few' ? this.few_id : this.big)
  }

  // --- what is answered ---

  take(op, reply) {
    if (reply === CLOSED) {
      this.cut++
      this.leave_open(op)
    } else if (reply instanceof Reply_error && TRY_AGAIN.test(String(reply))) {
      this.put_off++
      this.leave_open(op)
    } else if (!Array.isArray(reply)) {
      this.fault(
        `${op.args.join(' ')} was answered ${reply instanceof Reply_error ? reply : JSON.stringify(reply)}`,
      )
    } else if (op.kind === 'coupon' || op.kind === 'balance') {
      this.take_look(op, reply)
    } else if (op.again) {
      this.repeated++
      if (JSON.stringify(reply) !== op.answer)
        this.fault(
          `${op.args.join(' ')} was answered ${op.answer}, and again ${JSON.stringify(reply)}`,
        )
    } else {
      this.take_first(op, reply)
    }
  }

  leave_open(op) {
    if (op.again || op.kind === 'coupon' || op.kind === 'balance') return
    if (this.dice.chance(GIVEN_UP)) this.given_up.push(op)
    else this.open_ops.push(op)
  }

  take_look(op, reply) {
    this.checked++
    if (op.kind === 'coupon' && fields(reply).member !== op.member)
      this.fault(`${op.args.join(' ')} of ${op.member} was answered ${JSON.stringify(reply)}`)
    if (op.kind === 'balance' && reply[0] !== 'OK' && reply[0] !== 'UNKNOWN_MEMBER')
      this.fault(`${op.args.join(' ')} was answered ${JSON.stringify(reply)}`)
  }

  take_first(op, reply) {
    const [word, value] = reply
    this.answered++
    op.answer = JSON.stringify(reply)
    this.fresh.push(op)
    if (op.kind === 'claim' && (word === 'OK' || word === 'DUPLICATE')) {
      op.code = value
      this.tell(op.member, op.campaign, value)
      if (word === 'OK') this.keep(op)
    } else if (op.kind === 'claim' && word === 'SOLD_OUT' && op.campaign !== this.big) {
      this.refused++
      this.sold_out.add(op.campaign)
    } else if (word === 'OK' && op.amount !== undefined) {
      this.points.set(op.member, (this.points.get(op.member) ?? 0) + op.amount)
      this.keep(op)
    } else if (op.kind === 'spend' && (word === 'INSUFFICIENT' || word === 'UNKNOWN_MEMBER')) {
      this.refused++
    } else {
      this.fault(`${op.args.join(' ')} was answered ${op.answer}`)
    }
  }

  tell(member, campaign, code) {
    const key = `${member} ${campaign}`
    const before = this.told.get(key)
    if (before === undefined) {
      this.told.set(key, code)
      this.told_by_campaign.set(campaign, (this.told_by_campaign.get(campaign) ?? 0) + 1)
    } else if (before !== code) {
      this.fault(`${key} was told ${before} and ${code}`)
    }
  }

  keep(op) {
    if (this.kept.length < 500) this.kept.push(op)
    else this.kept[this.dice.below(500)] = op
  }

  // --- the load ---

  start(boon, { connections = 4, depth = 16 } = {}) {
    this.going = true
    for (let at = 0; at < connections; at++) this.runs.push(this.run(boon, depth))
  }

  async run(boon, depth) {
    let client
    try {
      client = await boon.client()
    } catch {
      return
    }
    while (this.going && !client.closed) {
      const ops = Array.from({ length: depth }, () => this.open_ops.pop() ?? this.next())
      await this.send(client, ops)
      if (this.open_ops.length > 0) await sleep(1)
    }
    client.end()
  }

  send(client, ops) {
    return Promise.all(
      ops.map(
        (op) =>
          new Promise((done) => {
            client.request(op.args, (reply) => {
              this.take(op, reply)
              done()
            })
          }),
      ),
    )
  }

  async stop() {
    this.going = false
    await Promise.all(this.runs)
    this.runs = []
  }

  // Send all that got no answer again, until it has one.
  settle(client, limit_ms = 10000) {
    return until(async () => {
      await this.send(client, this.open_ops.splice(0))
      return this.open_ops.length === 0
    }, limit_ms)
  }

  // --- the comparison: only while nothing is being sent ---

  async audit(client, { all = false } = {}) {
    const ops = this.fresh.splice(0)
    const codes = all
      ? [...this.told].map(([key, code]) => [...key.split(' '), code])
      : ops.filter((op) => op.code !== undefined).map((op) => [op.member, op.campaign, op.code])
    await this.audit_codes(client, codes)
    await this.audit_campaigns(client)
    await this.audit_points(client)
    if (all) await this.audit_members(client)
    if (this.sold_out.has(this.few_id)) await this.open_few(client)
  }

  async audit_codes(client, codes) {
    const replies = await client.all(codes.map(([, , code]) => ['COUPON.GET', code]))
    replies.forEach((reply, at) => {
      const [member, campaign, code] = codes[at]
      const coupon = fields(reply)
      this.checked++
      if (coupon.code !== code || coupon.member !== member || coupon.campaign !== campaign)
        this.fault(`${member} was told ${code} of ${campaign}, now it is ${JSON.stringify(reply)}`)
    })
  }

  unknown_ops() {
    return [...this.open_ops, ...this.given_up]
  }

  async audit_campaigns(client) {
    const unknown = new Map()
    for (const { kind, campaign } of this.unknown_ops())
      if (kind === 'claim') unknown.set(campaign, (unknown.get(campaign) ?? 0) + 1)
    this.issued = 0
    const ids = [...this.campaigns.keys()]
    const replies = await client.all(ids.map((id) => ['CAMPAIGN.GET', id]))
    ids.forEach((id, at) => {
      const stock = this.campaigns.get(id)
      const { issued, remaining } = fields(replies[at])
      const least = this.told_by_campaign.get(id) ?? 0
      const most = Math.min(stock, least + (unknown.get(id) ?? 0))
      this.checked++
      this.issued += issued
      if (!(issued >= least && issued <= most) || issued + remaining !== stock)
        this.fault(
          `${id}: ${issued} issued, ${remaining} remain of ${stock}, but ${least} to ${most} were acknowledged`,
        )
      if (this.sold_out.has(id) && issued !== stock)
        this.fault(`${id} was told to be sold out, but ${issued} of ${stock} are issued`)
    })
  }

  async audit_points(client) {
    const bounds = new Map(this.point_members.map((member) => [member, { least: 0, most: 0 }]))
    for (const { member, amount } of this.unknown_ops()) {
      if (amount > 0) bounds.get(member).most += amount
      if (amount < 0) bounds.get(member).least += amount
    }
    const replies = await client.all(
      this.point_members.map((member) => ['ACCOUNT.BALANCE', member, 'points']),
    )
    replies.forEach(([word, balance = 0], at) => {
      const member = this.point_members[at]
      const sum = this.points.get(member) ?? 0
      const { least, most } = bounds.get(member)
      this.checked++
      if (word !== 'OK' && (word !== 'UNKNOWN_MEMBER' || sum + least > 0))
        this.fault(`the balance of ${member} is ${word}`)
      if (balance < 0 || balance < sum + least || balance > sum + most)
        this.fault(`${member} has ${balance}, but ${sum} ${least} +${most} was acknowledged`)
    })
  }

  async audit_members(client) {
    const members = Array.from({ length: this.members }, (_, at) => `${this.prefix}-m${at}`)
    const lists = await client.all(members.map((member) => ['COUPON.LIST', member]))
    const seen = new Set()
    lists.forEach((reply, at) => {
      const mine = reply[0] === 'OK' ? reply.slice(2) : []
      const by_campaign = new Set(mine.map(([, campaign]) => campaign))
      this.checked++
      if (by_campaign.size !== mine.length)
        this.fault(`${members[at]} holds two of one campaign: ${JSON.stringify(mine)}`)
      for (const [code, campaign] of mine) {
        if (seen.has(code)) this.fault(`${code} is held twice`)
        seen.add(code)
        const told = this.told.get(`${members[at]} ${campaign}`)
        if (told !== undefined && told !== code)
          this.fault(`${members[at]} was told ${told} and holds ${code}`)
      }
    })
    if (seen.size !== this.issued)
      this.fault(`the campaigns say ${this.issued} issued, the members hold ${seen.size}`)
  }
}
