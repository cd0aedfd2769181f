// api.js -- asks the server: JSON in, JSON out, a refusal as a Problem.
import { language, t } from './i18n.js'

// What the server (or the network) said no with: RFC 9457 members in `body`, `code` to decide by.
export class Problem extends Error {
  constructor(status, body) {
    super([body.title ?? t('problem_unreadable'), body.detail].filter(Boolean).join(' '))
    this.status = status
    this.body = body
    this.code = body.code ?? 'unknown'
  }
}

const RETRY_MAX = 3
const sleep = (ms) => new Promise((done) => setTimeout(done, ms))

// A key for one intent of a person: however often it is sent, it happens once.
export function new_key() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

async function send(method, path, body, headers, signal) {
  try {
    return await fetch(path, {
      method,
      signal,
      cache: 'no-store',
      headers: {
        Accept: 'application/json, application/problem+json',
        'Accept-Language': language(),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    })
  } catch (error) {
    if (error.name === 'AbortError') throw error
    throw new Problem(0, { code: 'unreachable', title: t('problem_unreachable') })
  }
}

async function read(response) {
  const type = response.headers.get('Content-Type') ?? ''
  if (response.status === 204) return null
  if (!type.includes('json')) return response.text()
  try {
    return await response.json()
  } catch {
    throw new Problem(response.status, { code: 'unreadable', title: t('problem_unreadable') })
  }
}

const may_wait = (status) => status === 429 || status === 503

// Ask and answer {status, data, etag}. `body` is an object, or text that is JSON already. What says
// that it will work in a second is asked again, where asking twice does nothing twice.
export async function request(method, path, { body, headers = {}, signal } = {}) {
  const harmless = method === 'GET' || 'Idempotency-Key' in headers
  for (let attempt = 1; ; attempt++) {
    const response = await send(method, path, body, headers, signal)
    const wait_s = Number(response.headers.get('Retry-After') ?? 0)
    if (may_wait(response.status) && harmless && attempt < RETRY_MAX && wait_s > 0 && wait_s <= 2) {
      await sleep(wait_s * 1000)
      continue
    }
    const data = await read(response)
    if (response.ok) return { status: response.status, data, etag: response.headers.get('ETag') }
    if (response.status === 401) dispatchEvent(new Event('boon:unauthorized'))
    throw new Problem(response.status, data && typeof data === 'object' ? data : {})
  }
}

export const get = async (path, options) => (await request('GET', path, options)).data
export const post = async (path, body, headers) =>
  (await request('POST', path, { body, headers })).data

export const path_of = (kind, ...parts) => `/v1/${kind}/${parts.map(encodeURIComponent).join('/')}`

// Every item of a list, page by page, at most `max` of them.
export async function all_items(path, max = 2000) {
  const items = []
  let token = null
  do {
    const query = token ? `?page_size=50&page_token=${encodeURIComponent(token)}` : '?page_size=50'
    const page = await get(path + query)
    items.push(...page.items)
    token = page.next_page_token
  } while (token && items.length < max)
  return items
}

// One command as a Redis client would send it; the reply's bytes.
export async function command_bytes(args) {
  const response = await send('POST', '/v1/command', { arguments: args }, {})
  if (!response.ok) {
    const body = await read(response)
    if (response.status === 401) dispatchEvent(new Event('boon:unauthorized'))
    throw new Problem(response.status, body && typeof body === 'object' ? body : {})
  }
  return new Uint8Array(await response.arrayBuffer())
}
