// live.js -- the one stream from the server, what it showed last, and up to 15 minutes before that.
//
// state: connecting → live ⇄ stale → lost. Stale: connected, but nothing came for STALE_MS. Lost:
// the stream broke and is being opened again. Pages mark their figures as old in both. Refused: this user may
// not look.
import { can, load_session, must_log_in } from './session.js'

export const POINTS_MAX = 900
const STALE_MS = 3500
const RETRY_FIRST_MS = 1000
const RETRY_MAX_MS = 15000

const LATENCIES = ['durable', 'direct', 'sync']
const QUANTILES = ['p50', 'p99', 'p999']
const NODE_COLUMNS = [
  ...['commands', 'http', 'cpu', 'memory'],
  ...LATENCIES.flatMap((kind) => QUANTILES.map((quantile) => `${kind}_${quantile}`)),
]
const CAMPAIGN_COLUMNS = ['left', 'issued', 'per_s', 'asked']

export const live = {
  state: 'connecting',
  frame: null, // the newest `live` event
  detail: null, // the newest `campaign` event of the campaign watched
  received_at: 0, // ms, of the browser's clock
  retry_at: 0,
}

const listeners = new Set()
const campaigns = new Map() // id → columns
let node = columns(NODE_COLUMNS)
let watched = null
let unwatchable = null // a campaign that is not there, or not for this user
let outcomes = null // of the campaign watched: {columns, last}
let source = null
let retry_timer = 0
let retry_ms = RETRY_FIRST_MS

function columns(names) {
  return { time: [], ...Object.fromEntries(names.map((name) => [name, []])) }
}

// Append one row; a gap in time becomes a row of nothing, so that no line is drawn across it.
function append(series, time, row) {
  const last = series.time.at(-1)
  if (last !== undefined && time <= last) return
  const names = Object.keys(series).filter((name) => name !== 'time')
  const add = (at, values) => {
    series.time.push(at)
    for (const name of names) series[name].push(values[name] ?? null)
  }
  if (last !== undefined && time - last > 5) add(last + 1, {})
  add(time, row)
  const over = series.time.length - POINTS_MAX
  if (over > 0) for (const name of ['time', ...names]) series[name].splice(0, over)
}

function note_node(frame, time, before) {
  const row = {
    commands: frame.node.commands_per_s,
    http: frame.node.http_per_s,
    cpu: before ? cpu_share(before, frame) : null,
    memory: frame.node.memory_bytes,
  }
  for (const kind of LATENCIES)
    for (const quantile of QUANTILES) {
      const part = frame.node.latency?.[kind]
      row[`${kind}_${quantile}`] = part?.count > 0 ? part[`${quantile}_us`] : null
    }
  append(node, time, row)
}

// Processor time spent between two frames, as a share of one core.
function cpu_share(before, after) {
  const spent = (frame) => frame.node.cpu_user_s + frame.node.cpu_sys_s
  const passed = (Date.parse(after.time) - Date.parse(before.time)) / 1000
  return passed > 0 ? Math.max(0, (spent(after) - spent(before)) / passed) : null
}

function take_frame(frame) {
  const time = Date.parse(frame.time) / 1000
  const before = live.frame
  live.frame = frame
  note_node(frame, time, before)
  for (const campaign of frame.campaigns) {
    if (!campaigns.has(campaign.id)) campaigns.set(campaign.id, columns(CAMPAIGN_COLUMNS))
    append(campaigns.get(campaign.id), time, {
      left: campaign.stock - campaign.issued,
      issued: campaign.issued,
      per_s: campaign.per_s,
      asked: campaign.asked_per_s,
    })
  }
}

// Outcomes come as totals; the chart wants how many more there are each second.
function take_detail(detail) {
  const time = Date.parse(live.frame?.time ?? Date.now()) / 1000
  live.detail = detail
  if (outcomes === null || outcomes.id !== detail.id)
    outcomes = { id: detail.id, columns: columns([]), last: null, time: 0 }
  const { columns: series, last } = outcomes
  for (const name of Object.keys(detail.outcomes))
    if (!(name in series)) series[name] = series.time.map(() => 0)
  if (last && time > outcomes.time && time - outcomes.time < 5) {
    const row = {}
    for (const [name, total] of Object.entries(detail.outcomes))
      row[name] = Math.max(0, total - (last[name] ?? 0)) / (time - outcomes.time)
    append(series, time, row)
  }
  if (time > outcomes.time) {
    outcomes.last = detail.outcomes
    outcomes.time = time
  }
}

function tell(what) {
  for (const listener of [...listeners]) listener(what)
}

function become(state) {
  if (live.state === state) return
  live.state = state
  tell('state')
}

function receive(event, take) {
  const news = JSON.parse(event.data)
  if (event.type === 'live' && news.node === undefined) return // a server that has nothing to show yet
  live.received_at = Date.now()
  retry_ms = RETRY_FIRST_MS
  take(news)
  become('live')
  tell(event.type)
}

function open() {
  clearTimeout(retry_timer)
  source?.close()
  if (!can('read')) {
    become('refused')
    return
  }
  const query = watched === null || watched === unwatchable ? '' : `?campaign=${encodeURIComponent(watched)}`
  source = new EventSource(`/v1/live${query}`)
  source.addEventListener('live', (event) => receive(event, take_frame))
  source.addEventListener('campaign', (event) => receive(event, take_detail))
  source.addEventListener('error', on_error)
}

// The browser would retry by itself, but not after a refusal, and without telling when.
async function on_error() {
  source.close()
  become('lost')
  live.retry_at = Date.now() + retry_ms
  retry_timer = setTimeout(retry, retry_ms)
  retry_ms = Math.min(retry_ms * 2, RETRY_MAX_MS)
}

// Whether the server has this campaign for this user; yes, as long as it does not answer.
async function is_watchable(campaign) {
  const answer = await fetch(`/v1/campaigns/${encodeURIComponent(campaign)}`)
  return answer.status !== 404 && answer.status !== 403
}

async function retry() {
  try {
    await load_session()
    if (watched !== null && !(await is_watchable(watched))) unwatchable = watched
  } catch {
    // Unreachable still: opening the stream finds that out again, and waits longer.
  }
  if (must_log_in()) dispatchEvent(new Event('boon:unauthorized'))
  else if (source !== null) open()
}

setInterval(() => {
  if (live.state === 'live' && Date.now() - live.received_at > STALE_MS) become('stale')
  else if (live.state !== 'live' && live.state !== 'refused') tell('waiting')
}, 500)

// Follow the node, and one campaign more closely (null: none).
export function follow(campaign) {
  if (source !== null && watched === campaign && live.state !== 'lost') return
  if (watched !== campaign) live.detail = unwatchable = null
  watched = campaign
  open()
}

export function stop_following() {
  clearTimeout(retry_timer)
  source?.close()
  source = null
  live.frame = live.detail = null
  live.state = 'connecting'
  campaigns.clear()
  outcomes = null
  node = columns(NODE_COLUMNS)
}

// Ask for the stream at once instead of at the next attempt.
export function reconnect_now() {
  retry_ms = RETRY_FIRST_MS
  open()
}

// Call `listener(what)` with each event: 'live', 'campaign', 'state' or 'waiting'. Returns the way
// out.
export function on_live(listener) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const node_history = () => node
export const campaign_history = (id) => campaigns.get(id) ?? columns(CAMPAIGN_COLUMNS)
export const outcome_history = (id) => (outcomes?.id === id ? outcomes.columns : columns([]))

// The server's time (a clock may be manual), else the browser's.
export const server_now = () => (live.frame ? Date.parse(live.frame.time) : Date.now())

// The mean of what was issued a second in the last `seconds`.
export function recent_rate(id, seconds = 15) {
  const { time, issued } = campaign_history(id)
  const last = time.length - 1
  if (last < 1) return 0
  let first = last
  while (first > 0 && time[last] - time[first - 1] <= seconds && issued[first - 1] !== null) first--
  if (first === last) return 0
  return Math.max(0, (issued[last] - issued[first]) / (time[last] - time[first]))
}
