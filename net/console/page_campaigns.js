// page_campaigns.js -- all campaigns at a glance: state, stock, pace, and when they sell out.
import { all_items } from './api.js'
import {
  FILTERS,
  filter_of,
  make_badge,
  outlook,
  show_badge,
  shown_state,
  window_text,
} from './campaign_state.js'
import { save_csv } from './csv.js'
import { attribute, fill, h, icon, put } from './dom.js'
import { number, percent, short } from './format.js'
import { t } from './i18n.js'
import { campaign_history, live, on_live, recent_rate } from './live.js'
import { link } from './router.js'
import { can } from './session.js'
import { make_sparkline } from './sparkline.js'

const EXAMPLE = `redis-cli -p 7400 CAMPAIGN.PUT sale '{"name": "Double Eleven", "stock": 20000, "per_member": 1,
  "value": {"kind": "amount_off", "amount": 2000, "minimum": 10000}}'
redis-cli -p 7400 CAMPAIGN.START sale`

// Filter and search outlive the page: who looks into a campaign comes back to the same list.
const view = { filter: 'all', search: '' }

function tiles() {
  const names = ['running', 'pace', 'issued', 'refused']
  const parts = names.map((name) => {
    const value = h('b', { class: 'tile-value num', testid: `tile-${name}` }, '–')
    const about = h('small', { class: 'tile-about' })
    return {
      value,
      about,
      element: h(
        'div',
        { class: 'tile' },
        h('span', { class: 'tile-name' }, t(`tile_${name}`)),
        value,
        about,
      ),
    }
  })
  const [running, pace, issued, refused] = parts
  const show = (campaigns) => {
    const { frame } = live
    if (!frame) return
    const states = campaigns.map((campaign) => shown_state(campaign))
    put(running.value, number(states.filter((state) => state === 'running').length))
    put(running.about, t('tile_of_all', { n: Math.max(frame.campaigns_total, campaigns.length) }))
    put(pace.value, number(campaigns.reduce((sum, { per_s }) => sum + (per_s ?? 0), 0)))
    put(
      pace.about,
      t('tile_asked', {
        n: campaigns.reduce((sum, { asked_per_s }) => sum + (asked_per_s ?? 0), 0),
      }),
    )
    put(issued.value, short(frame.coupons))
    put(issued.about, t('tile_members', { n: frame.members }))
    const { OK = 0, ...no } = frame.outcomes
    const refusals = Object.values(no).reduce((sum, count) => sum + count, 0)
    put(refused.value, short(refusals))
    put(
      refused.about,
      OK + refusals > 0 ? t('tile_share', { share: percent(refusals / (OK + refusals), 1) }) : '',
    )
  }
  return {
    element: h(
      'div',
      { class: 'tiles' },
      parts.map(({ element }) => element),
    ),
    show,
  }
}

// One line of the list, kept and rewritten each second.
function make_row(campaign) {
  const name = h('span', { class: 'row-name' })
  const badge = make_badge('draft')
  const bar = h('i')
  const claimed = h('span', { class: 'num' })
  const share = h('span', { class: 'num muted' })
  const left = h('b', { class: 'num' })
  const rate = h('b', { class: 'num' })
  const spark = make_sparkline()
  const future = h('span', { class: 'row-future' })
  const when = h('small', { class: 'muted' })
  const cell = (label, klass, ...content) =>
    h('span', { class: `cell ${klass}` }, h('span', { class: 'cell-label' }, label), content)
  const element = h(
    'li',
    {},
    h(
      'a',
      { class: 'row', href: link('campaigns', campaign.id), testid: `campaign-row-${campaign.id}` },
      h('span', { class: 'cell cell-name' }, name, h('code', { class: 'row-id' }, campaign.id)),
      h('span', { class: 'cell cell-state' }, badge),
      cell(
        t('col_claimed'),
        'cell-stock',
        h('span', { class: 'stock-words' }, claimed, share),
        h('span', { class: 'bar', 'aria-hidden': 'true' }, bar),
      ),
      cell(t('col_left'), 'cell-left', left),
      cell(t('col_rate'), 'cell-rate', rate, spark.element),
      cell(t('col_outlook'), 'cell-future', future, when),
    ),
  )
  const show = (now) => {
    const state = shown_state(now)
    put(name, now.name)
    show_badge(badge, state)
    put(claimed, t('claimed_of', { issued: now.issued, stock: now.stock }))
    put(share, percent(now.issued / now.stock))
    bar.style.width = `${(now.issued / now.stock) * 100}%`
    element.firstChild.dataset.state = state
    put(left, number(now.stock - now.issued))
    const pace = recent_rate(now.id, 5)
    put(rate, t('per_second', { n: Math.round(pace) }))
    attribute(rate, 'class', pace > 0 ? 'num' : 'num faint')
    spark.draw(campaign_history(now.id).per_s)
    put(future, outlook(now, state))
    put(when, window_text(now))
  }
  return { element, show }
}

// The columns' names once above the list; each cell keeps its own for narrow screens and for ears.
function rows_head() {
  const names = ['nav_campaigns', 'col_state', 'col_claimed', 'col_left', 'col_rate', 'col_outlook']
  return h(
    'div',
    { class: 'rows-head', 'aria-hidden': 'true' },
    names.map((name) => h('span', {}, t(name))),
  )
}

function filters(on_change) {
  const buttons = new Map()
  for (const name of ['all', ...FILTERS]) {
    const count = h('span', { class: 'chip-count num' })
    const button = h(
      'button',
      {
        class: 'chip',
        type: 'button',
        testid: `filter-${name}`,
        'aria-pressed': String(view.filter === name),
        on: { click: () => choose(name) },
      },
      t(`filter_${name}`),
      count,
    )
    buttons.set(name, { button, count })
  }
  const choose = (name) => {
    view.filter = name
    for (const [other, { button }] of buttons)
      attribute(button, 'aria-pressed', String(other === name))
    on_change()
  }
  const show = (campaigns) => {
    const counts = { all: campaigns.length }
    for (const campaign of campaigns) {
      const name = filter_of(shown_state(campaign))
      counts[name] = (counts[name] ?? 0) + 1
    }
    for (const [name, { count }] of buttons) put(count, number(counts[name] ?? 0))
  }
  const element = h(
    'div',
    { class: 'chips', role: 'group', 'aria-label': t('filter_label') },
    [...buttons.values()].map(({ button }) => button),
  )
  return { element, show }
}

const fits = (campaign) => {
  const wanted = view.search.trim().toLowerCase()
  const named = `${campaign.id} ${campaign.name}`.toLowerCase().includes(wanted)
  return named && (view.filter === 'all' || filter_of(shown_state(campaign)) === view.filter)
}

function save(campaigns) {
  save_csv(
    'boon-campaigns',
    ['id', 'name', 'state', 'stock', 'issued', 'left', 'issued_per_s', 'opens_at', 'ends_at'],
    campaigns.map((one) => [
      one.id,
      one.name,
      shown_state(one),
      one.stock,
      one.issued,
      one.stock - one.issued,
      one.per_s ?? 0,
      one.opens_at,
      one.ends_at,
    ]),
  )
}

function empty_list() {
  return h(
    'div',
    { class: 'card empty', testid: 'empty' },
    h('h2', {}, t('no_campaigns_title')),
    h('p', { class: 'muted' }, t(can('admin') ? 'no_campaigns_about' : 'no_campaigns_reader')),
    h('pre', { class: 'code', tabindex: '0' }, EXAMPLE),
  )
}

// The newest come with the stream; older ones are fetched when asked for.
function make_store() {
  const known = new Map()
  const take = (campaign) => known.set(campaign.id, { ...known.get(campaign.id), ...campaign })
  const take_frame = () => live.frame?.campaigns.forEach(take)
  const fetch_all = async () => (await all_items('/v1/campaigns', 10000)).forEach(take)
  // Newest first: the stream's order, then the list's, backwards.
  const list = () => {
    const streamed = (live.frame?.campaigns ?? []).map(({ id }) => id)
    const first = new Set(streamed)
    const rest = [...known.keys()].filter((id) => !first.has(id)).reverse()
    return [...streamed, ...rest].map((id) => known.get(id))
  }
  return { take_frame, fetch_all, list }
}

export function mount() {
  const store = make_store()
  const rows = new Map()
  const head = tiles()
  const list = h('ul', { class: 'rows', 'aria-label': t('nav_campaigns') })
  const columns = rows_head()
  const none = h('p', { class: 'card empty muted' }, t('no_match'))
  const waiting = h(
    'div',
    { class: 'skeletons', 'aria-hidden': 'true' },
    [1, 2, 3].map(() => h('div', { class: 'skeleton' })),
  )
  const more = h('button', { class: 'button', type: 'button', hidden: true, testid: 'load-all' })
  const body = h('div', {}, waiting)
  const chips = filters(() => update())
  const search = h('input', {
    class: 'input',
    type: 'search',
    placeholder: t('search_campaigns'),
    'aria-label': t('search_campaigns'),
    testid: 'campaign-search',
    value: view.search,
    on: {
      input: (event) => {
        view.search = event.target.value
        update()
      },
    },
  })

  const row_of = (campaign) => {
    if (!rows.has(campaign.id)) rows.set(campaign.id, make_row(campaign))
    return rows.get(campaign.id)
  }
  const show_list = (campaigns) => {
    const shown = campaigns.filter(fits)
    const elements = shown.map((campaign) => row_of(campaign).element)
    if (
      elements.length !== list.children.length ||
      elements.some((one, at) => list.children[at] !== one)
    )
      fill(list, elements)
    for (const campaign of shown) row_of(campaign).show(campaign)
    none.hidden = shown.length > 0
    columns.hidden = shown.length === 0
  }
  const update = () => {
    store.take_frame()
    const campaigns = store.list()
    head.show(campaigns)
    chips.show(campaigns)
    if (!live.frame && campaigns.length === 0) return
    if (campaigns.length === 0) fill(body, empty_list())
    else {
      if (list.parentNode !== body) fill(body, columns, list, none, more)
      show_list(campaigns)
    }
    const hidden = (live.frame?.campaigns_total ?? 0) - campaigns.length
    more.hidden = hidden <= 0
    put(more, t('load_older', { n: Math.max(0, hidden) }))
  }
  more.addEventListener('click', () => store.fetch_all().then(update))
  const element = h(
    'div',
    { class: 'page' },
    h(
      'header',
      { class: 'page-head' },
      h('h1', { tabindex: '-1' }, t('nav_campaigns')),
      h(
        'div',
        { class: 'page-actions' },
        h(
          'button',
          {
            class: 'button',
            type: 'button',
            testid: 'csv-campaigns',
            on: { click: () => save(store.list().filter(fits)) },
          },
          icon('download'),
          'CSV',
        ),
        can('admin')
          ? h(
              'a',
              { class: 'button primary', href: link('new'), testid: 'new-campaign' },
              icon('plus'),
              t('new_campaign'),
            )
          : null,
      ),
    ),
    head.element,
    h(
      'div',
      { class: 'bar-of-filters' },
      chips.element,
      h('div', { class: 'search' }, icon('search'), search),
    ),
    body,
  )
  update()
  const off = on_live((what) => what === 'live' && update())
  return { element, title: t('nav_campaigns'), cleanup: off }
}
