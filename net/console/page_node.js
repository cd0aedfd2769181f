// page_node.js -- the server itself: its promise, its load, its journal, its memory, what was slow.
import { get } from './api.js'
import { bars_card, chart_card } from './charts.js'
import { attribute, fill, h, icon, put } from './dom.js'
import { bytes, clock, duration, micros, moment, NONE, number, percent, short } from './format.js'
import { has_words, t } from './i18n.js'
import { live, node_history, on_live } from './live.js'

const SLOW_EVERY_MS = 10000
const BINARY = Array.from({ length: 44 }, (_, power) => 2 ** power)

// The mode is what every acknowledged coupon rests on: it comes first, in words.
function promise_card() {
  const title = h('b', { class: 'promise-mode', testid: 'durability' })
  const note = h('p', { class: 'promise-note' })
  const detail = h('small', { class: 'muted', lang: 'en' })
  const state = h('span', { class: 'badge' })
  const facts = h('p', { class: 'muted promise-facts' })
  const element = h(
    'section',
    { class: 'promise', 'aria-label': t('durability') },
    h(
      'div',
      { class: 'promise-text' },
      h('span', { class: 'ticket-label' }, t('durability')),
      title,
      note,
      detail,
    ),
    h('div', { class: 'promise-side' }, state, facts),
  )
  const show = ({ server }) => {
    element.dataset.strength =
      server.durability === 'always' && server.journal !== 'none' ? 'strong' : 'weak'
    put(
      title,
      has_words(`durability_${server.durability}`)
        ? t(`durability_${server.durability}`)
        : server.durability,
    )
    put(
      note,
      has_words(`durability_about_${server.durability}`)
        ? t(`durability_about_${server.durability}`)
        : server.durability_note,
    )
    put(detail, server.durability_note)
    detail.hidden = server.durability_note === '' || note.textContent === server.durability_note
    put(state, has_words(`server_${server.state}`) ? t(`server_${server.state}`) : server.state)
    attribute(state, 'data-state', server.state === 'leading' ? 'running' : 'paused')
    put(
      facts,
      t('server_facts', {
        name: server.name,
        shard: String(server.shard),
        version: server.version,
        uptime: duration(server.uptime_s * 1000),
      }),
    )
  }
  return { element, show }
}

function tiles() {
  const names = ['commands', 'http', 'cpu', 'memory', 'clients', 'turn']
  const parts = Object.fromEntries(
    names.map((name) => [
      name,
      {
        value: h('b', { class: 'tile-value num', testid: `node-${name}` }, NONE),
        about: h('small', { class: 'tile-about' }),
      },
    ]),
  )
  const element = h(
    'div',
    { class: 'tiles six' },
    names.map((name) =>
      h(
        'div',
        { class: 'tile' },
        h('span', { class: 'tile-name' }, t(`node_${name}`)),
        parts[name].value,
        parts[name].about,
      ),
    ),
  )
  const write = (name, value, about) => {
    put(parts[name].value, value)
    put(parts[name].about, about)
  }
  const show = ({ node, members, coupons }) => {
    const cpu = node_history().cpu.at(-1)
    write('commands', number(node.commands_per_s), t('per_second_word'))
    write('http', number(node.http_per_s), t('per_second_word'))
    write('cpu', cpu === null || cpu === undefined ? NONE : percent(cpu), t('of_one_core'))
    write(
      'memory',
      bytes(node.memory_bytes),
      t('memory_holds', { members: short(members), coupons: short(coupons) }),
    )
    write(
      'clients',
      number(node.clients),
      t('clients_about', {
        max: node.clients_max,
        http: node.http_clients,
        pages: node.live_pages,
      }),
    )
    write('turn', micros(node.turn_us_max), t('turn_about'))
  }
  return { element, show }
}

const from_node =
  (...names) =>
  () => {
    const history = node_history()
    return { time: history.time, values: names.map((name) => history[name]) }
  }

function charts() {
  const percentiles = ['p50', 'p99', 'p99.9'].map((label, at) => ({
    label,
    colour: ['c1', 'c2', 'c5'][at],
  }))
  return [
    chart_card({
      title: t('chart_ops'),
      name: 'ops',
      filled: true,
      write: (value) => short(Math.round(value)),
      series: [
        { label: 'RESP', colour: 'c1' },
        { label: 'HTTP', colour: 'c2' },
      ],
      read: from_node('commands', 'http'),
    }),
    chart_card({
      title: t('chart_cpu'),
      name: 'cpu',
      filled: true,
      top: 1,
      write: (value) => percent(value),
      series: [{ label: t('node_cpu'), colour: 'c1' }],
      read: from_node('cpu'),
    }),
    chart_card({
      title: t('chart_durable'),
      name: 'durable',
      note: h('small', { class: 'muted' }, t('durable_note')),
      series: percentiles,
      read: from_node('durable_p50', 'durable_p99', 'durable_p999'),
      write: micros,
    }),
    chart_card({
      title: t('chart_direct'),
      name: 'direct',
      note: h('small', { class: 'muted' }, t('direct_note')),
      series: percentiles,
      read: from_node('direct_p50', 'direct_p99', 'direct_p999'),
      write: micros,
    }),
    chart_card({
      title: t('chart_sync'),
      name: 'sync',
      write: micros,
      note: h('small', { class: 'muted' }, t('sync_note')),
      series: percentiles,
      read: from_node('sync_p50', 'sync_p99', 'sync_p999'),
    }),
    chart_card({
      title: t('chart_memory'),
      name: 'memory',
      filled: true,
      write: bytes,
      incrs: BINARY,
      series: [{ label: t('node_memory'), colour: 'c1' }],
      read: from_node('memory'),
    }),
  ]
}

function pools_card() {
  return bars_card({
    title: t('pools'),
    name: 'pools',
    columns: [t('pool'), t('count'), t('used')],
    empty: t('nothing_yet'),
    write: number,
    rows: () =>
      (live.frame?.node.pools ?? []).map(({ name, count, max, bytes: size }) => ({
        name: has_words(`pool_${name}`) ? t(`pool_${name}`) : name,
        about: bytes(size),
        value: count,
        share: max > 0 ? count / max : 0,
        shown_share:
          max > 0 ? t('of_max', { share: percent(count / max, 1), max: short(max) }) : '',
        colour: max > 0 && count / max > 0.9 ? 'bad' : max > 0 && count / max > 0.75 ? 'c3' : 'c1',
      })),
  })
}

// A list of facts, made once and rewritten: [key, text] pairs of the frame.
function facts_card(title, read) {
  const list = h('dl', { class: 'facts' })
  const status = h(
    'span',
    { class: 'pill' },
    h('i', { class: 'pill-dot', 'aria-hidden': 'true' }),
    h('span'),
  )
  const element = h(
    'section',
    { class: 'card' },
    h('header', { class: 'card-head' }, h('h2', {}, title), status),
    list,
  )
  const values = new Map()
  const show = (frame) => {
    const { state, word, rows } = read(frame)
    status.dataset.state = state
    put(status.lastChild, word)
    for (const [name, text] of rows) {
      if (!values.has(name)) {
        values.set(name, h('dd', { class: 'num' }))
        list.append(h('dt', {}, name), values.get(name))
      }
      put(values.get(name), text)
    }
  }
  return { element, show }
}

function journal_facts({ node: { journal }, server }) {
  if (!journal || server.journal === 'none')
    return { state: 'lost', word: t('journal_none'), rows: [] }
  return {
    state: journal.connected ? 'live' : 'lost',
    word: journal.connected ? t('redis_connected') : t('redis_lost'),
    rows: [
      [t('journal_redis'), journal.redis === 'private' ? t('redis_private') : journal.redis],
      [t('journal_state'), journal.state],
      [
        t('journal_waiting'),
        t('journal_events', {
          n: journal.unacknowledged_events,
          size: bytes(journal.queue_bytes),
          max: bytes(journal.queue_bytes_max),
        }),
      ],
      [t('journal_seq'), `${number(journal.durable_seq)} / ${number(journal.seq)}`],
      [
        t('journal_written'),
        t('journal_batches', { n: journal.batches, size: bytes(journal.bytes) }),
      ],
      [
        t('journal_sync'),
        `${micros(journal.sync_us)} · ${micros(journal.sync_us_mean)} · ${micros(journal.sync_us_max)}`,
      ],
      [t('journal_reconnects'), number(journal.reconnects)],
      [t('journal_trouble'), journal.trouble || t('none')],
    ],
  }
}

function snapshot_facts({ node: { snapshot } }) {
  if (!snapshot) return { state: 'stale', word: NONE, rows: [] }
  const state = snapshot.state ?? 'idle'
  return {
    state: snapshot.last_at ? 'live' : 'connecting',
    word: has_words(`snapshot_${state}`) ? t(`snapshot_${state}`) : state,
    rows: [
      [t('snapshot_last'), snapshot.last_at ? moment(snapshot.last_at) : t('snapshot_none')],
      [t('snapshot_size'), snapshot.last_at ? bytes(snapshot.last_bytes) : NONE],
      [t('snapshot_since'), bytes(snapshot.journal_bytes_since)],
      [t('snapshot_failure'), snapshot.failure || t('none')],
    ],
  }
}

function slow_row(entry) {
  return h(
    'tr',
    {},
    h('td', { class: 'num' }, clock(entry.at)),
    h('td', { class: 'num' }, micros(entry.took_us)),
    h(
      'td',
      {},
      h('code', {}, entry.command),
      entry.commands > 1
        ? h('small', { class: 'muted' }, ' ', t('and_more', { n: entry.commands - 1 }))
        : null,
    ),
    h('td', { class: 'muted' }, entry.address ?? ''),
  )
}

function slow_card() {
  const body = h('tbody')
  const none = h('p', { class: 'plot-empty' }, t('slow_none'))
  const table = h(
    'table',
    { class: 'table', hidden: true },
    h('caption', { class: 'visually-hidden' }, t('slow_log')),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        ['time', 'took', 'col_command', 'col_client'].map((key) =>
          h('th', { scope: 'col' }, t(key)),
        ),
      ),
    ),
    body,
  )
  const load = async () => {
    try {
      const { items } = await get('/v1/slowlog')
      fill(body, items.map(slow_row))
      table.hidden = items.length === 0
      none.hidden = items.length > 0
      put(none, t('slow_none'))
    } catch (error) {
      table.hidden = true
      none.hidden = false
      put(none, error.message)
    }
  }
  const again = h(
    'button',
    {
      class: 'icon-button',
      type: 'button',
      'aria-label': t('refresh'),
      title: t('refresh'),
      on: { click: load },
    },
    icon('refresh'),
  )
  load()
  const timer = setInterval(load, SLOW_EVERY_MS)
  const element = h(
    'section',
    { class: 'card wide', testid: 'slow-log' },
    h(
      'header',
      { class: 'card-head' },
      h('h2', {}, t('slow_log')),
      h('div', { class: 'card-tools' }, again),
    ),
    none,
    h(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': t('slow_log') },
      table,
    ),
  )
  return { element, cleanup: () => clearInterval(timer) }
}

export function mount() {
  const promise = promise_card()
  const head = tiles()
  const drawn = [...charts(), pools_card()]
  const facts = [
    facts_card(t('journal'), journal_facts),
    facts_card(t('snapshots'), snapshot_facts),
  ]
  const slow = slow_card()
  const body = h(
    'div',
    { class: 'stack' },
    promise.element,
    head.element,
    h(
      'div',
      { class: 'grid' },
      drawn.map((card) => card.element),
      h(
        'div',
        { class: 'stack' },
        facts.map((card) => card.element),
      ),
      slow.element,
    ),
  )
  const update = () => {
    if (!live.frame) return
    promise.show(live.frame)
    head.show(live.frame)
    for (const card of facts) card.show(live.frame)
    for (const card of drawn) card.update()
  }
  const off = on_live((what) => what === 'live' && update())
  update()
  const cleanup = () => {
    off()
    slow.cleanup()
    for (const card of drawn) card.cleanup()
  }
  const element = h(
    'div',
    { class: 'page' },
    h('header', { class: 'page-head' }, h('h1', { tabindex: '-1' }, t('nav_node'))),
    body,
  )
  return { element, title: t('nav_node'), cleanup }
}
