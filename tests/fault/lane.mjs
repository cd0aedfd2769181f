// lane.mjs -- one brand that lives long: load, kill -9 of somebody, start, compare, again.
//
// A lane has a server and its Redis, private or of its own, on one directory, and a Book. Each round
// kills Boon, Redis, both, or a Boon that is just starting; then what was acknowledged since the round
// before is looked up, and now and then everything. `renew()` begins a new brand when the journal has
// become long, so that starts stay short.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sleep, until, within } from '../lib/check.mjs'
import { Boon, ROOT, redis_pids_in, start_boon, start_redis, work_dir } from '../lib/boon.mjs'
import { Book } from '../lib/book.mjs'
import { secret_file } from './own_redis.mjs'

const BACK_MS = 15000 // how long claims may wait for a Redis that was killed
const FULL_AUDIT_EVERY = 25 // rounds
const BRAND_ANSWERS = 60000 // answers after which a new brand is begun
const SNAPSHOT_BYTES = '256kb' // so that kills also meet snapshots and trims
const LEASE_MS = '100' // a start waits for it where a lock does not rule out a second server
const REWRITE_SHARE = 0.1 // of rounds
const PRIVATE_MIX = { boon: 55, birth: 20, redis: 10, both: 15 }
const OWN_MIX = { boon: 45, birth: 20, redis: 20, both: 15 }

export class Lane {
  kills = { boon: 0, redis: 0, both: 0, birth: 0 }
  rounds = 0
  brands = 0
  snapshots = 0
  starts = [] // ms that starts took
  past = { answered: 0, checked: 0, cut: 0, repeated: 0, put_off: 0 } // of brands that are over
  redis_lives = 0 // of the private Redis under this Boon

  constructor(name, dice, { own_redis = false } = {}) {
    Object.assign(this, { name, dice, own_redis })
  }

  get killed() {
    return Object.values(this.kills).reduce((sum, count) => sum + count, 0)
  }

  get wrong() {
    return this.book?.wrong ?? []
  }

  counted(what) {
    return this.past[what] + (this.book?.[what] ?? 0)
  }

  // Begin a brand.
  async begin() {
    this.dir = join(work_dir(), this.name)
    this.flags = ['--dir', this.dir, '--snapshot-bytes', SNAPSHOT_BYTES]
    if (this.own_redis) {
      await this.start_redis()
      this.flags.splice(0, 2, '--redis', `unix:${this.redis.path}`, '--create-journal')
      this.flags.push('--secret-file', secret_file([1, 2, 3]), '--lease-ms', LEASE_MS)
    }
    await this.start()
    this.brands++
    this.book = new Book(this.dice.child(this.brands), `${this.name}-${this.brands}`)
    await this.book.open(await this.boon.client())
  }

  async start_redis() {
    this.redis = await start_redis({}, this.dir)
  }

  // What the log of a server that has ended tells.
  tally() {
    this.snapshots += (this.boon?.err.match(/event=snapshot_recorded/g) ?? []).length
  }

  async start() {
    this.tally()
    const began = performance.now()
    this.boon = await start_boon(this.flags)
    this.starts.push(performance.now() - began)
    this.redis_lives = 1
  }

  // One round: up to `most` kills; afterwards a server leads and all is compared.
  async round(most = Infinity) {
    const kind = this.dice.weighted(this.own_redis ? OWN_MIX : PRIVATE_MIX)
    if (this.book.runs.length === 0) this.book.start(this.boon)
    await sleep(this.dice.between(4, 60))
    if (this.own_redis && this.dice.chance(REWRITE_SHARE)) await this.rewrite()
    // A private Redis that dies often is started again after a longer and longer pause: once a life.
    if (kind === 'redis' && (this.own_redis || this.redis_lives++ === 1)) await this.kill_redis()
    else if (kind === 'both') await this.kill_both()
    else if (kind === 'birth' && most > 1) await this.kill_births(most)
    else await this.kill_boon()
    this.rounds++
    const client = await this.boon.client()
    await this.book.audit(client, { all: this.rounds % FULL_AUDIT_EVERY === 0 })
    client.end()
    if (this.wrong.length > 0) this.keep_evidence()
    else if (this.book.answered > BRAND_ANSWERS) await this.renew()
  }

  // Let Redis write its append only file anew while all goes on, so that kills meet that too.
  async rewrite() {
    const client = await this.redis.client()
    await client.call('BGREWRITEAOF')
    client.end()
    await sleep(this.dice.between(0, 20))
  }

  async kill_boon() {
    await this.boon.end('SIGKILL')
    this.kills.boon++
    await this.book.stop()
    await this.start()
  }

  // Killed, and killed again at its next start, at any step of the replay.
  async kill_births(most) {
    await this.boon.end('SIGKILL')
    this.kills.boon++
    await this.book.stop()
    const times = Math.min(this.dice.between(1, 3), most - 1)
    for (let time = 0; time < times; time++) {
      const newborn = new Boon(['--port', '0', ...this.flags])
      await sleep(this.dice.between(0, 90))
      if (this.own_redis && this.dice.chance(0.3)) {
        await this.redis.end('SIGKILL')
        await newborn.end('SIGKILL')
        await this.start_redis()
        this.kills.both++
      } else {
        await newborn.end('SIGKILL')
        this.kills.birth++
      }
    }
    await this.start()
  }

  async kill_redis() {
    const before = this.book.answered
    if (this.own_redis) {
      await this.redis.end('SIGKILL')
      await sleep(this.dice.between(0, 30))
      await this.start_redis()
    } else {
      for (const pid of redis_pids_in(this.dir)) process.kill(pid, 'SIGKILL')
    }
    this.kills.redis++
    if (!(await until(() => this.book.answered > before + 100, BACK_MS, 5)))
      this.book.fault(`no answers ${BACK_MS} ms after Redis was killed: ${this.boon.tail(2)}`)
    await within(BACK_MS, 'the held answers', this.book.stop())
  }

  async kill_both() {
    if (this.own_redis) {
      const ends = [() => this.boon.end('SIGKILL'), () => this.redis.end('SIGKILL')]
      if (this.dice.chance(0.5)) ends.reverse()
      const first = ends[0]()
      await sleep(this.dice.between(0, 5))
      await Promise.all([first, ends[1]()])
      await this.book.stop()
      const late = this.dice.chance(0.5) ? this.dice.between(1, 60) : 0
      this.kills.both++
      await Promise.all([this.start(), sleep(late).then(() => this.start_redis())])
    } else {
      for (const pid of redis_pids_in(this.dir)) process.kill(pid, 'SIGKILL')
      await sleep(this.dice.between(0, 8))
      await this.boon.end('SIGKILL')
      await this.book.stop()
      this.kills.both++
      await this.start()
    }
  }

  // Settle and compare everything, and end cleanly.
  async end() {
    await within(BACK_MS, 'the held answers', this.book.stop())
    const client = await this.boon.client()
    if (!(await this.book.settle(client))) this.book.fault('some claims never got an answer')
    await this.book.audit(client, { all: true })
    const { code } = await this.boon.end()
    this.tally()
    this.boon = undefined
    if (code !== 0) this.book.fault(`a clean end came with exit code ${code}`)
    if (this.own_redis) await this.redis.end()
    if (this.wrong.length > 0) this.keep_evidence()
  }

  // End this brand and begin another.
  async renew() {
    await this.end()
    if (this.wrong.length > 0) return
    for (const what of Object.keys(this.past)) this.past[what] += this.book[what]
    rmSync(this.dir, { recursive: true, force: true })
    await this.begin()
  }

  keep_evidence() {
    this.evidence = join(ROOT, 'build/logs', `${this.name}-seed-${this.dice.seed}`)
    mkdirSync(this.evidence, { recursive: true })
    const filter = (path) => !path.endsWith('.sock')
    cpSync(this.dir, this.evidence, { recursive: true, force: true, filter })
    writeFileSync(
      join(this.evidence, 'wrong'),
      `${this.wrong.join('\n')}\n\n${this.boon?.err ?? ''}`,
    )
  }
}
