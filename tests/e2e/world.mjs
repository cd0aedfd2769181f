// world.mjs -- the server of the story, its users, its RESP connection, and sales by boon-load.
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BUILD, Program, start_boon, work_dir } from '../lib/boon.mjs'
import { until, within } from '../lib/check.mjs'

// Secrets of these tests alone; the file holds their hashes.
export const OPS = { user: 'ops', secret: 'boon_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE' }
export const READER = { user: 'reader', secret: 'boon_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI' }
const USERS = {
  users: [
    {
      name: 'ops',
      secret:
        'blake2b:01010101010101010101010101010101:f4bb70046b74c9d2853cce5410dae9f88840002154e950fbaaa0177a5b63b873',
      roles: ['read', 'issue', 'redeem', 'admin'],
    },
    {
      name: 'reader',
      secret:
        'blake2b:02020202020202020202020202020202:3ebf8f44d5fc974a73f69c56a3a6cd850d5e6904a7d5fb34ec06ee4fad6c127d',
      roles: ['read'],
    },
  ],
}
const PASSWORD = 'open sesame'

export const world = { boon: null, resp: null, origin: '' }

export async function make_world() {
  const file = join(work_dir(), 'users.json')
  writeFileSync(file, JSON.stringify(USERS))
  chmodSync(file, 0o600)
  const args = ['--users-file', file, '--password', PASSWORD, '--http-port', '0']
  world.boon = await start_boon(args, { password: PASSWORD })
  const http = () => /(http:\/\/[^\s/]+)\//.exec(world.boon.out)?.[1]
  await until(() => http() !== undefined)
  world.origin = http()
  world.resp = await world.boon.client()
}

// A command as a Redis client sends it; the reply must be OK.
export async function ask(...args) {
  const reply = await world.resp.call(...args)
  if (reply?.[0] !== 'OK') throw new Error(`${args[0]}: ${JSON.stringify(reply)}`)
  return reply.slice(1)
}

// CAMPAIGN.GET as an object.
export async function campaign(id) {
  const flat = await ask('CAMPAIGN.GET', id)
  const pairs = Array.from({ length: flat.length / 2 }, (_, at) => [flat[2 * at], flat[2 * at + 1]])
  return Object.fromEntries(pairs)
}

export const define = (id, document) => ask('CAMPAIGN.PUT', id, JSON.stringify(document))

// Members claim from `${prefix}-0` at a steady rate; end it, or wait for its end.
export function begin_sale(prefix, { rate, seconds, members = 1000000 }) {
  const flags = {
    port: world.boon.port,
    password: PASSWORD,
    'campaign-prefix': prefix,
    rate,
    seconds,
    members,
    channel: 'app',
    audit: 'none',
  }
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])
  return new Program(join(BUILD, 'boon-load'), ['sale', '--no-create', ...args])
}

export const sale_ended = (sale) => within(20000, 'the end of the sale', sale.exited)
