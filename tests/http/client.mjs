// client.mjs -- what the generated client gets from the real server.
//
// Every answer is held against the document: its status is listed for the operation, its headers and
// its body are as described there.
import { check_equal, check_match, check_that, note, until } from '../lib/check.mjs'
import { start_boon } from '../lib/boon.mjs'
import * as calls from './calls.mjs'
import { api, make_judge, operations, source } from './lint.mjs'

const judge = make_judge()
const asked = new Set() // "status method path" of every answer

const resolve = (value) =>
  value?.$ref
    ? resolve(value.$ref.slice(2).split('/').reduce((node, key) => node[key], api))
    : value

// Says what the document does not allow about an answer; '' for nothing.
async function deviation(method, path, response) {
  const described = resolve(api.paths[path][method].responses[response.status])
  asked.add(`${response.status} ${method} ${path}`)
  if (!described) return 'a status that is not in the document'
  for (const [header, said] of Object.entries(described.headers ?? {}))
    if (resolve(said).required && !response.headers.has(header)) return `no header ${header}`
  const type = (response.headers.get('content-type') ?? '').split(';')[0]
  const expected = Object.keys(described.content ?? { '': 0 })[0]
  if (type !== expected) return `the type ${type}, not ${expected}`
  if (!/json$/.test(type)) return ''
  const body = await response.clone().json()
  if (type === 'application/problem+json' && body.status !== response.status)
    return `the status ${body.status} in the body`
  return judge(described.content[expected].schema, body)
}

const keeper = {
  async onResponse({ request, response, schemaPath }) {
    const method = request.method.toLowerCase()
    const wrong = await deviation(method, schemaPath, response)
    if (wrong) note(`${method} ${schemaPath} answers as described`, false, 'what the document says', wrong)
  },
}

async function start(args = [], options = {}) {
  const boon = await start_boon(['--http-port', '0', ...args], options)
  await until(() => boon.http_port > 0)
  return { boon, client: calls.boon_client(boon.url, keeper) }
}

const status = (came) => came.response.status
const refusal = ({ error, response }) => {
  const { title, instance, type, request_id, ...rest } = error ?? {}
  check_equal(`the type of ${rest.code}`, type, `urn:boon:${rest.code}`)
  return { http: response.status, ...rest }
}

async function campaigns(client) {
  const made = await calls.put(client, 'sale', 3, { key: 'put-1' })
  check_equal('a campaign is created', [status(made), made.data], [201, { id: 'sale', result: 'created' }])
  const again = await calls.put(client, 'sale', 3)
  check_equal('the same again', [status(again), again.data?.result], [200, 'unchanged'])
  const repeated = await calls.put(client, 'sale', 3, { key: 'put-1' })
  check_equal('the first request again gets the first answer',
    [status(repeated), repeated.data?.result, repeated.response.headers.get('idempotent-replayed')],
    [201, 'created', 'true'])
  const { data, response } = await calls.get(client, 'sale')
  const version = response.headers.get('etag')
  check_equal('it can be read', [data?.state, data?.stock, data?.issued, data?.opens_at], ['draft', 3, 0, null])
  check_equal('its ETag is its version', version, `"${data?.version}"`)
  check_equal('its document is JSON', data?.definition.value.kind, 'amount_off')

  const changed = await calls.put(client, 'sale', 4, { version })
  check_equal('If-Match with the version at hand changes it', [status(changed), changed.data?.result], [200, 'updated'])
  const late = refusal(await calls.put(client, 'sale', 5, { version }))
  check_equal('If-Match with an older one does not', late, {
    http: 412, status: 412, code: 'changed', version: Number(changed.response.headers.get('etag')?.slice(1, -1)),
  })
  const nobody = refusal(await calls.put(client, 'nothing', 5, { version: '"1"' }))
  check_equal('nor one that is not there', nobody, { http: 412, status: 412, code: 'changed', version: 0 })

  const wrong = refusal(await calls.put(client, 'wrong', 0, { per_member: 70000 }))
  check_equal('every mistake is told', [wrong.http, wrong.code, wrong.mistakes.map(({ pointer }) => pointer)],
    [422, 'invalid', ['/stock', '/per_member']])
  check_equal('it starts', (await calls.move(client, 'sale', 'start')).data, { id: 'sale', state: 'running' })
  check_equal('it pauses', (await calls.move(client, 'sale', 'pause', 'p1')).data, { id: 'sale', state: 'paused' })
  check_equal('a paused one issues nothing', refusal(await calls.claim(client, 'zoe', 'sale')),
    { http: 409, status: 409, code: 'paused' })
  check_equal('it starts again', (await calls.move(client, 'sale', 'start')).data?.state, 'running')
  const late_pause = await calls.move(client, 'sale', 'pause', 'p1')
  check_equal('a late repetition of the pause says paused', late_pause.data?.state, 'paused')
  check_equal('and pauses nothing', (await calls.get(client, 'sale')).data?.state, 'running')
  check_equal('the stock is lowered', (await calls.restock(client, 'sale', -2, 4)).data, { id: 'sale', stock: 2 })
  check_equal('but not by who knows an older one', refusal(await calls.restock(client, 'sale', 1, 4)),
    { http: 409, status: 409, code: 'conflict', current: 2 })
  check_equal('an unknown one', refusal(await calls.get(client, 'nothing')),
    { http: 404, status: 404, code: 'unknown_campaign' })
}

async function claims(client) {
  const first = await calls.claim(client, 'alice', 'sale', { key: 'c-1', channel: 'app', store: 's1' })
  const code = first.data?.coupon ?? ''
  check_equal('a claim is answered 201', status(first), 201)
  check_equal('with the place of the coupon', first.response.headers.get('location'), `/v1/coupons/${code}`)
  const again = await calls.claim(client, 'alice', 'sale', { key: 'c-1', channel: 'app', store: 's1' })
  check_equal('the same again gets the same coupon',
    [status(again), again.data?.coupon, again.response.headers.get('idempotent-replayed')], [201, code, 'true'])
  check_equal('the first was no repetition', first.response.headers.get('idempotent-replayed'), null)
  check_equal('the same key with another body', refusal(await calls.claim(client, 'alice', 'sale', { key: 'c-1' })),
    { http: 422, status: 422, code: 'request_mismatch' })
  check_equal('a second claim', refusal(await calls.claim(client, 'alice', 'sale')),
    { http: 409, status: 409, code: 'duplicate', coupon: code })
  await calls.claim(client, 'bob', 'sale')
  check_equal('sold out, with its number', refusal(await calls.claim(client, 'carol', 'sale')),
    { http: 409, status: 409, code: 'sold_out', stock: 2 })
  const { data } = await calls.coupon(client, code.toLowerCase().replaceAll('-', ''))
  check_equal('the coupon, from a code as people type it',
    { ...data, issued_at: typeof data?.issued_at },
    { code, member: 'alice', campaign: 'sale', state: 'issued', issued_at: 'string', channel: 'app', store: 's1', staff: null })
  check_match('its time is RFC 3339', data?.issued_at, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  check_equal('no such coupon', refusal(await calls.coupon(client, 'AAAA-AAAA-AAAA-AAAA-AAAA')),
    { http: 404, status: 404, code: 'unknown_coupon' })
  check_equal('a claim of nothing', refusal(await calls.claim(client, 'alice', 'nothing')),
    { http: 404, status: 404, code: 'unknown_campaign' })
  await calls.put(client, 'draft', 1)
  check_equal('a claim of a draft', refusal(await calls.claim(client, 'alice', 'draft')),
    { http: 409, status: 409, code: 'not_open', opens_at: null })
  await calls.move(client, 'draft', 'stop')
  check_equal('a stopped one is gone', refusal(await calls.claim(client, 'alice', 'draft')).http, 410)
  check_equal('and does not start again', refusal(await calls.move(client, 'draft', 'start')),
    { http: 409, status: 409, code: 'bad_state', state: 'stopped' })
  await calls.put(client, 'two', 10, { per_member: 2 })
  await calls.move(client, 'two', 'start')
  await calls.claim(client, 'alice', 'two')
  await calls.claim(client, 'alice', 'two')
  check_equal('the limit of two', refusal(await calls.claim(client, 'alice', 'two')),
    { http: 409, status: 409, code: 'limit', limit: 'per_member', current: 2, cap: 2, resets_at: null })
}

async function pages(client) {
  for (let number = 0; number < 7; number++) await calls.put(client, `page ${number}/券`, 9, { per_member: 9 })
  const seen = []
  let token
  do {
    const { data } = await calls.list(client, 3, token)
    check_that('a page has at most what was asked for', (data?.items.length ?? 9) <= 3)
    seen.push(...(data?.items ?? []).map(({ id }) => id))
    token = data?.next_page_token ?? undefined
  } while (token !== undefined && seen.length < 50)
  const { data } = await calls.list(client)
  check_equal('the pages are the whole list', seen, data?.items.map(({ id }) => id))
  check_equal('and no more', data?.next_page_token, null)
  check_equal('a campaign whose id needs escapes', (await calls.get(client, 'page 0/券')).data?.name, 'Sale page 0/券')
  await calls.move(client, 'page 1/券', 'start')
  const codes = []
  for (let number = 0; number < 5; number++)
    codes.unshift((await calls.claim(client, '小明 & co', 'page 1/券')).data?.coupon)
  const got = []
  let cursor
  do {
    const page = (await calls.coupons(client, '小明 & co', 2, cursor)).data
    check_equal('the total is on each page', page?.total, 5)
    got.push(...(page?.items ?? []).map((item) => item.code))
    cursor = page?.next_page_token ?? undefined
  } while (cursor !== undefined && got.length < 50)
  check_equal('coupons come newest first, page by page', got, codes)
  check_equal('nobody has no coupons', refusal(await calls.coupons(client, 'nobody')),
    { http: 404, status: 404, code: 'unknown_member' })
}

async function accounts(client) {
  check_equal('earn', (await calls.earn(client, 'alice', 'points', 500, 'e-1')).data, { asset: 'points', balance: 500 })
  const again = await calls.earn(client, 'alice', 'points', 500, 'e-1')
  check_equal('once', [again.data?.balance, again.response.headers.get('idempotent-replayed')], [500, 'true'])
  check_equal('spend', (await calls.spend(client, 'alice', 'points', 120, 's-1')).data?.balance, 380)
  check_equal('not more than there is', refusal(await calls.spend(client, 'alice', 'points', 381)),
    { http: 409, status: 409, code: 'insufficient', balance: 380, amount: 381 })
  await calls.earn(client, 'alice', 'stamps', 3)
  check_equal('one balance', (await calls.balance(client, 'alice', 'points')).data, { asset: 'points', balance: 380 })
  const all = (await calls.balances(client, 'alice')).data?.items ?? []
  check_equal('all balances', Object.fromEntries(all.map(({ asset, balance }) => [asset, balance])), { points: 380, stamps: 3 })
  const { data } = await calls.member(client, 'alice')
  check_equal('the member', [data?.id, data?.coupons, data?.accounts.length], ['alice', 3, 2])
  check_equal('nobody', refusal(await calls.member(client, 'nobody')), { http: 404, status: 404, code: 'unknown_member' })
  const most = refusal(await calls.earn(client, 'alice', 'points', 1e13))
  check_equal('more than a movement may be', [most.http, most.code], [422, 'invalid_argument'])
}

async function server(boon, client) {
  const chinese = await fetch(`${boon.url}/v1/members/nobody`, { headers: { 'accept-language': 'zh-CN,zh;q=0.9' } })
  check_equal('the title in Chinese', (await chinese.json()).title, '没有这个会员。')
  check_equal('it lives', (await calls.livez(client)).data?.trim(), 'ok')
  const ready = await calls.readyz(client)
  check_equal('it is ready', [status(ready), /^\[\+\]/m.test(ready.data ?? '')], [200, true])
  const metrics = await calls.metrics(client)
  check_equal('its metrics have the one type', metrics.response.headers.get('content-type'),
    'text/plain; version=0.0.4; charset=utf-8')
  check_match('and say something', metrics.data, /^# TYPE \w+ counter$/m)
  check_that('it serves docs/openapi.json', (await calls.openapi(client)).data === source)
  check_equal('a command line', (await calls.command(client, 'ACCOUNT.BALANCE', 'alice', 'points')).data, '*2\r\n$2\r\nOK\r\n:380\r\n')
  check_match('one that is none', (await calls.command(client, 'NONSENSE')).data, /^-ERR unknown command/)
  check_that('the slow log', Array.isArray((await calls.slowlog(client)).data?.items))
  check_equal('a clock that is not manual', (await calls.set_clock(client, 5)).response.ok, false)
  const session = (await calls.session(client)).data
  check_equal('no login is needed', [session?.user, session?.login_required, session?.roles],
    [null, false, ['read', 'issue', 'redeem', 'admin']])
  const stop = new AbortController()
  const { data } = await calls.live(client, 'sale', stop.signal)
  let text = ''
  const decoder = new TextDecoder()
  const reader = data?.getReader()
  const events = until(() => /^event: live$[^]*^event: campaign$/m.test(text), 5000)
  const read = async () => {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      text += decoder.decode(value, { stream: true })
    }
  }
  read().catch(() => {})
  check_that('the live stream shows the server and the campaign', await events, text.slice(0, 300))
  const frame = JSON.parse(/^event: live\n(?:id: .*\n)?data: (.*)$/m.exec(text)?.[1] ?? '{}')
  check_that('its figures are JSON', typeof frame.server === 'object' && Array.isArray(frame.campaigns), frame)
  stop.abort()
}

async function guarded() {
  const { boon, client } = await start(['--password', 'open sesame'])
  const stranger = await calls.get(client, 'sale')
  check_equal('a stranger gets nothing', refusal(stranger), { http: 401, status: 401, code: 'unauthorized' })
  check_match('and is told how to log in', stranger.response.headers.get('www-authenticate'), /^Basic /)
  const before = (await calls.session(client)).data
  check_equal('a stranger may ask who they are', [before?.user, before?.roles, before?.login_required], [null, [], true])
  check_equal('a wrong secret', refusal(await calls.log_in(client, 'default', 'open says me')).http, 401)
  const came = await calls.log_in(client, 'default', 'open sesame')
  check_equal('the right one', [status(came), came.data?.user], [200, 'default'])
  const cookie = came.response.headers.get('set-cookie') ?? ''
  check_match('the cookie is not for scripts and other sites', cookie, /^boon_session=[^;]+;.*HttpOnly.*SameSite=Strict/)
  const named = calls.boon_client(boon.url, keeper)
  named.use({ onRequest: ({ request }) => (request.headers.set('cookie', cookie.split(';')[0]), request) })
  check_equal('with the cookie', status(await calls.put(named, 'sale', 5)), 201)
  const basic = calls.boon_client(boon.url, keeper)
  const credentials = `Basic ${Buffer.from('default:open sesame').toString('base64')}`
  basic.use({ onRequest: ({ request }) => (request.headers.set('authorization', credentials), request) })
  check_equal('with Authorization', (await calls.get(basic, 'sale')).data?.stock, 5)
  const out = await calls.log_out(named)
  check_equal('logging out', [status(out), /Max-Age=0/.test(out.response.headers.get('set-cookie') ?? '')], [204, true])
  await boon.end()
}

async function manual_clock() {
  const { boon, client } = await start(['--journal', 'none', '--clock', 'manual'])
  const time_ms = Date.UTC(2031, 0, 1)
  check_equal('a manual clock moves', (await calls.set_clock(client, time_ms)).data, { time_ms })
  check_equal('forward only', refusal(await calls.set_clock(client, 1)),
    { http: 409, status: 409, code: 'clock_backwards', now: time_ms })
  await boon.end()
}

export async function generated_client() {
  const { boon, client } = await start()
  await campaigns(client)
  await claims(client)
  await pages(client)
  await accounts(client)
  await server(boon, client)
  check_equal('the server ends cleanly', (await boon.end()).code, 0)
  await guarded()
  await manual_clock()
  const missed = operations().filter(({ path, method }) => ![...asked].some((one) => one.endsWith(` ${method} ${path}`)))
  check_equal('no operation was left out', missed.map(({ operation }) => operation.operationId), [])
}
