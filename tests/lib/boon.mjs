// boon.mjs -- starts real servers for tests, and ends every one it started, whatever happens.
//
// Each server has a free port and a directory of its own below TMPDIR. Processes are ended by their
// id only. The directories are removed at exit, at Ctrl-C too.
import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
} from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { say, until, within } from './check.mjs'
import { Client, Reply_error, info_fields } from './resp.mjs'

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
export const BUILD = resolve(ROOT, process.env.BOON_BUILD ?? 'build/release')
const SERVER = join(BUILD, 'boon-server')

const processes = new Set()
const directories = []

process.on('exit', () => {
  for (const child of processes) {
    try {
      child.kill('SIGCONT')
      child.kill('SIGKILL')
    } catch {
      // gone already
    }
  }
  for (const directory of directories)
    rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
})
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])
  process.on(signal, () => process.exit(code))

// Stop at once where the programs are not built.
export function need_build(...programs) {
  for (const program of programs) {
    if (!existsSync(join(BUILD, program))) {
      console.error(
        `${join(BUILD, program)} is not built: cmake --preset release && cmake --build --preset release`,
      )
      process.exit(1)
    }
  }
}

// Make a directory that goes away at exit.
export function work_dir() {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'boon-e2e-'))
  directories.push(directory)
  return directory
}

// The environment without what would change a server's options; but HTTP takes any free port.
export function clean_env(more = {}) {
  const env = { ...process.env, LC_ALL: 'C.UTF-8' }
  for (const key of Object.keys(env)) if (key.startsWith('BOON_')) delete env[key]
  return { ...env, BOON_HTTP_PORT: '0', ...more }
}

// A port that nobody listens on at this moment.
export function free_port() {
  return new Promise((done, reject) => {
    const server = net.createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => done(port))
    })
  })
}

// A program that was started here: its output as it grows, and its end.
export class Program {
  out = ''
  err = ''
  ended = false

  constructor(command, args, { env = clean_env(), cwd, detached = false, stdin = 'ignore' } = {}) {
    this.child = spawn(command, args, { env, cwd, detached, stdio: [stdin, 'pipe', 'pipe'] })
    processes.add(this.child)
    this.pid = this.child.pid
    this.child.stdout.setEncoding('utf8').on('data', (text) => (this.out += text))
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.err += text))
    this.exited = new Promise((done) => {
      this.child.once('error', (error) => {
        this.err += error.message
        this.finish(done, { code: -1, signal: null })
      })
      this.child.once('close', (code, signal) => this.finish(done, { code, signal }))
      this.child.once('exit', () => (this.ended = true))
    })
  }

  finish(done, how) {
    this.ended = true
    this.how = how
    processes.delete(this.child)
    done(how)
  }

  signal(name) {
    if (!this.ended) this.child.kill(name)
  }

  // Send a signal and wait for the end: {code, signal, ms}.
  async end(name = 'SIGTERM', limit_ms = 15000) {
    const began = Date.now()
    this.signal(name)
    const how = await within(limit_ms, `the end of process ${this.pid} after ${name}`, this.exited)
    return { ...how, ms: Date.now() - began }
  }
}

// Run a program to its end: {code, signal, out, err}.
export async function run_program(command, args, options = {}) {
  const program = new Program(command, args, {
    ...options,
    stdin: options.input === undefined ? 'ignore' : 'pipe',
  })
  if (options.input !== undefined) {
    program.child.stdin.on('error', () => {})
    program.child.stdin.end(options.input)
  }
  try {
    const how = await within(options.limit_ms ?? 60000, command, program.exited)
    return { ...how, out: program.out, err: program.err }
  } finally {
    program.signal('SIGKILL')
  }
}

export class Boon extends Program {
  clients = []

  constructor(args, options = {}) {
    super(SERVER, args, options)
  }

  get port() {
    return Number(/answers on \S+:(\d+)\. /.exec(this.out)?.[1] ?? 0)
  }

  get http_port() {
    return Number(/HTTP API: http:\S+:(\d+)\/$/m.exec(this.out)?.[1] ?? 0)
  }

  get url() {
    return `http://127.0.0.1:${this.http_port}`
  }

  // A connection of the test's own client, authenticated where there is a password.
  async client() {
    const client = await Client.connect({ port: this.port })
    this.clients.push(client)
    if (this.password) await client.call('AUTH', this.password)
    return client
  }

  async info() {
    const client = await this.client()
    const text = await client.call('INFO', 'everything')
    client.end()
    return info_fields(text)
  }

  async redis_pid() {
    return Number((await this.info()).journal_redis_pid ?? 0)
  }

  // The newest lines of the log.
  tail(lines = 8) {
    return this.err.trimEnd().split('\n').slice(-lines).join('\n')
  }

  async end(name, limit_ms) {
    const how = await super.end(name, limit_ms)
    for (const client of this.clients) client.end()
    return how
  }
}

// Start a server and wait until it leads. Without --dir among the arguments it gets a directory.
export async function start_boon(args = [], options = {}) {
  const flags = ['--port', '0', ...args]
  const keeps_nothing = args.includes('--redis') || args.includes('none')
  if (!args.includes('--dir') && !keeps_nothing) flags.push('--dir', join(work_dir(), 'data'))
  const boon = new Boon(flags, options)
  boon.dir = flags.includes('--dir') ? flags[flags.indexOf('--dir') + 1] : undefined
  boon.password = options.password
  const ready = await until(() => boon.port > 0 || boon.ended, options.start_ms ?? 20000, 10)
  if (!ready || boon.ended) {
    const log = `${boon.out}${boon.tail()}`
    boon.signal('SIGKILL')
    throw new Error(`the server did not start:\n${log}`)
  }
  return boon
}

// Start a server that is expected to refuse: {code, signal, out, err, said}; `said` is its one
// sentence.
export async function run_boon(args, options = {}) {
  const came = await run_program(SERVER, args, { limit_ms: 5000, ...options })
  return {
    ...came,
    said: came.err.split('\n').find((line) => line.startsWith('boon-server: ')) ?? came.err,
  }
}

// Start a Redis of the test's own, on a unix socket in a directory of its own.
export async function start_redis(settings = {}, directory = join(work_dir(), 'redis')) {
  mkdirSync(directory, { recursive: true })
  chmodSync(directory, 0o700)
  const path = join(directory, 'own.sock')
  const all = {
    port: 0,
    unixsocket: path,
    dir: directory,
    save: '',
    appendonly: 'yes',
    appendfsync: 'always',
    ...settings,
  }
  const redis = new Program(
    'redis-server',
    Object.entries(all).flatMap(([key, value]) => [`--${key}`, String(value)]),
  )
  redis.path = path
  redis.dir = directory
  redis.client = () => Client.connect({ path })
  const ready = await until(async () => {
    if (redis.ended) return true
    try {
      const client = await redis.client()
      const pong = await client.call('PING')
      client.end()
      return pong === 'PONG' || /^-NOAUTH/.test(String(pong))
    } catch {
      return false
    }
  })
  if (!ready || redis.ended) throw new Error(`redis-server did not start: ${redis.out}${redis.err}`)
  return redis
}

// The ids of the redis-servers that run in a directory; forked helpers of one are not counted.
export function redis_pids_in(directory) {
  const found = new Map()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      if (readFileSync(`/proc/${entry}/comm`, 'utf8') !== 'redis-server\n') continue
      if (readlinkSync(`/proc/${entry}/cwd`) !== directory) continue
      const status = readFileSync(`/proc/${entry}/stat`, 'utf8')
      const [state, parent] = status.slice(status.lastIndexOf(')') + 2).split(' ')
      if (state !== 'Z' && state !== 'X') found.set(Number(entry), Number(parent))
    } catch {
      // ended while it was looked at
    }
  }
  return [...found].filter(([, parent]) => !found.has(parent)).map(([pid]) => pid)
}

// Create and start a campaign of one coupon a member, unless told otherwise.
export async function open_campaign(client, id, stock, more = {}) {
  const document = {
    name: `Sale ${id}`,
    stock,
    value: { kind: 'amount_off', amount: 500, minimum: 0 },
    ...more,
  }
  const put = await client.call('CAMPAIGN.PUT', id, JSON.stringify(document))
  const start = await client.call('CAMPAIGN.START', id)
  if (put?.[0] !== 'OK' || start?.[0] !== 'OK') {
    throw new Error(`campaign ${id} cannot be opened: ${shown(put)} ${shown(start)}`)
  }
}

const shown = (reply) => (reply instanceof Reply_error ? String(reply) : JSON.stringify(reply))

export function say_log(boon) {
  for (const line of boon.tail().split('\n')) say(`log: ${line}`)
}
