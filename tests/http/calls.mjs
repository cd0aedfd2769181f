// calls.mjs -- a client generated from the document, and every operation called through it.
//
// TypeScript checks this file against the generated types: a path, a parameter, a member of a body or
// of an answer that the document does not know is an error before anything runs.
import createClient from 'openapi-fetch'

/** @typedef {import('boon-api').paths} Paths */

/** @param {string} url @param {import('openapi-fetch').Middleware} [middleware] */
export function boon_client(url, middleware) {
  /** @type {import('openapi-fetch').Client<Paths>} */
  const client = createClient({ baseUrl: url })
  if (middleware) client.use(middleware)
  return client
}

/** @typedef {ReturnType<typeof boon_client>} Client */

const value = /** @type {const} */ ({ kind: 'amount_off', amount: 500, minimum: 0 })

/** @param {Client} client @param {string} campaign @param {number} stock @param {{version?: string, per_member?: number, key?: string}} [more] */
export const put = (client, campaign, stock, { version, per_member = 1, key } = {}) =>
  client.PUT('/v1/campaigns/{campaign}', {
    params: { path: { campaign }, header: { 'If-Match': version, 'Idempotency-Key': key } },
    body: { name: `Sale ${campaign}`, stock, per_member, value },
  })

/** @param {Client} client @param {string} campaign */
export const get = (client, campaign) =>
  client.GET('/v1/campaigns/{campaign}', { params: { path: { campaign } } })

/** @param {Client} client @param {number} [page_size] @param {string} [page_token] */
export const list = (client, page_size, page_token) =>
  client.GET('/v1/campaigns', { params: { query: { page_size, page_token } } })

/** @param {Client} client @param {string} campaign @param {'start' | 'pause' | 'stop'} move @param {string} [key] */
export function move(client, campaign, move, key) {
  const params = { path: { campaign }, header: { 'Idempotency-Key': key } }
  if (move === 'start') return client.POST('/v1/campaigns/{campaign}/start', { params })
  if (move === 'pause') return client.POST('/v1/campaigns/{campaign}/pause', { params })
  return client.POST('/v1/campaigns/{campaign}/stop', { params })
}

/** @param {Client} client @param {string} campaign @param {number} delta @param {number} expect */
export const restock = (client, campaign, delta, expect) =>
  client.POST('/v1/campaigns/{campaign}/restock', {
    params: { path: { campaign } },
    body: { delta, expect },
  })

/** @param {Client} client @param {string} member @param {string} campaign @param {{key?: string, channel?: string, store?: string, staff?: string}} [more] */
export const claim = (client, member, campaign, { key, ...more } = {}) =>
  client.POST('/v1/members/{member}/coupons', {
    params: { path: { member }, header: { 'Idempotency-Key': key } },
    body: { campaign, ...more },
  })

/** @param {Client} client @param {string} code */
export const coupon = (client, code) =>
  client.GET('/v1/coupons/{code}', { params: { path: { code } } })

/** @param {Client} client @param {string} member @param {number} [page_size] @param {string} [page_token] */
export const coupons = (client, member, page_size, page_token) =>
  client.GET('/v1/members/{member}/coupons', {
    params: { path: { member }, query: { page_size, page_token } },
  })

/** @param {Client} client @param {string} member @param {string} asset @param {number} amount @param {string} [key] */
export const earn = (client, member, asset, amount, key) =>
  client.POST('/v1/members/{member}/accounts/{asset}/earn', {
    params: { path: { member, asset }, header: { 'Idempotency-Key': key } },
    body: { amount },
  })

/** @param {Client} client @param {string} member @param {string} asset @param {number} amount @param {string} [key] */
export const spend = (client, member, asset, amount, key) =>
  client.POST('/v1/members/{member}/accounts/{asset}/spend', {
    params: { path: { member, asset }, header: { 'Idempotency-Key': key } },
    body: { amount },
  })

/** @param {Client} client @param {string} member @param {string} asset */
export const balance = (client, member, asset) =>
  client.GET('/v1/members/{member}/accounts/{asset}', { params: { path: { member, asset } } })

/** @param {Client} client @param {string} member */
export const balances = (client, member) =>
  client.GET('/v1/members/{member}/accounts', { params: { path: { member } } })

/** @param {Client} client @param {string} member */
export const member = (client, member) =>
  client.GET('/v1/members/{member}', { params: { path: { member } } })

/** @param {Client} client @param {number} time_ms */
export const set_clock = (client, time_ms) => client.PUT('/v1/clock', { body: { time_ms } })

/** @param {Client} client @param {string} user @param {string} secret */
export const log_in = (client, user, secret) => client.POST('/v1/session', { body: { user, secret } })

/** @param {Client} client */
export const session = (client) => client.GET('/v1/session')

/** @param {Client} client */
export const log_out = (client) => client.DELETE('/v1/session')

/** @param {Client} client @param {string[]} line */
export const command = (client, ...line) =>
  client.POST('/v1/command', { body: { arguments: line }, parseAs: 'text' })

/** @param {Client} client */
export const slowlog = (client) => client.GET('/v1/slowlog')

/** @param {Client} client */
export const livez = (client) => client.GET('/livez', { parseAs: 'text' })

/** @param {Client} client */
export const readyz = (client) =>
  client.GET('/readyz', { params: { query: { verbose: '' } }, parseAs: 'text' })

/** @param {Client} client */
export const metrics = (client) => client.GET('/metrics', { parseAs: 'text' })

/** @param {Client} client */
export const openapi = (client) => client.GET('/openapi.json', { parseAs: 'text' })

/** @param {Client} client @param {string} campaign @param {AbortSignal} signal */
export const live = (client, campaign, signal) =>
  client.GET('/v1/live', { params: { query: { campaign } }, parseAs: 'stream', signal })
