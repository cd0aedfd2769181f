// page_campaign.js -- one campaign, live: the stock drains, the claims come, the reasons for no.
import { action_button, allowed } from './actions.js'
import { get, path_of } from './api.js'
import { campaign_charts } from './campaign_charts.js'
import {
  make_badge,
  outlook,
  show_badge,
  shown_state,
  sold_out_in_ms,
  window_text,
} from './campaign_state.js'
import { fill, h, icon, put } from './dom.js'
import { clock, money, moment, number, percent } from './format.js'
import { t } from './i18n.js'
import { live, on_live, recent_rate, server_now } from './live.js'
import { link } from './router.js'
import { can } from './session.js'

const ACTIONS = ['start', 'pause', 'restock', 'stop']

// What the coupon is worth, in one line.
export function value_text(value) {
  const minimum = value.minimum ? t('value_minimum', { minimum: money(value.minimum) }) : ''
  if (value.kind === 'amount_off')
    return t('value_amount_off', { amount: money(value.amount), minimum })
  if (value.kind === 'percent_off') {
    const most = value.maximum ? t('value_maximum', { maximum: money(value.maximum) }) : ''
    return t('value_percent_off', {
      percent: value.percent,
      zhe: number((100 - value.percent) / 10),
      minimum,
      most,
    })
  }
  return value.price ? t('value_exchange', { price: money(value.price) }) : t('value_free')
}

// The big ticket: what is left, of how much, how fast, until when.
function ticket() {
  const left = h('b', { class: 'ticket-number num', testid: 'stock-left' }, '–')
  const of = h('span', { class: 'ticket-of' })
  const bar = h('i')
  const issued = h('span', { class: 'num' })
  const share = h('span', { class: 'num' })
  const facts = ['pace', 'outlook', 'asked'].map((name) => {
    const value = h('b', { class: 'num', testid: `fact-${name}` }, '–')
    const about = h('small', { class: 'muted' })
    return {
      value,
      about,
      element: h(
        'div',
        { class: 'fact' },
        h('span', { class: 'fact-name' }, t(`fact_${name}`)),
        value,
        about,
      ),
    }
  })
  const [pace, future, asked] = facts
  const element = h(
    'section',
    { class: 'ticket', 'aria-label': t('stock') },
    h(
      'div',
      { class: 'ticket-main' },
      h('span', { class: 'ticket-label' }, t('left_now')),
      left,
      of,
      h('span', { class: 'bar big', 'aria-hidden': 'true' }, bar),
      h('span', { class: 'ticket-under' }, issued, share),
    ),
    h(
      'div',
      { class: 'ticket-stub' },
      facts.map((fact) => fact.element),
    ),
  )
  const show = (campaign) => {
    const state = shown_state(campaign)
    const remaining = campaign.stock - campaign.issued
    element.dataset.state = state
    put(left, number(remaining))
    put(of, t('of_stock', { stock: campaign.stock }))
    bar.style.width = `${(campaign.issued / campaign.stock) * 100}%`
    put(issued, t('issued_n', { n: campaign.issued }))
    put(share, percent(campaign.issued / campaign.stock, 1))
    put(pace.value, t('per_second', { n: Math.round(recent_rate(campaign.id, 5)) }))
    put(pace.about, t('pace_about'))
    put(future.value, outlook(campaign, state))
    const gone_ms = state === 'running' ? sold_out_in_ms(campaign) : null
    put(
      future.about,
      gone_ms !== null && gone_ms < 86400e3
        ? t('at_about', { time: clock(server_now() + gone_ms) })
        : window_text(campaign),
    )
    put(asked.value, t('per_second', { n: campaign.asked_per_s ?? 0 }))
    put(asked.about, t('asked_about'))
  }
  return { element, show }
}

function definition_card() {
  const list = h('dl', { class: 'facts' })
  const raw = h('pre', { class: 'code', tabindex: '0' })
  const element = h(
    'section',
    { class: 'card' },
    h('header', { class: 'card-head' }, h('h2', {}, t('definition'))),
    list,
    h('details', { class: 'raw' }, h('summary', {}, t('raw_json')), raw),
  )
  const show = (campaign) => {
    const row = (name, text) => [h('dt', {}, name), h('dd', {}, text)]
    fill(
      list,
      row(t('field_value'), value_text(campaign.definition.value)),
      row(t('field_per_member'), number(campaign.per_member)),
      row(t('field_opens_at'), campaign.opens_at ? moment(campaign.opens_at) : t('at_start')),
      row(t('field_ends_at'), campaign.ends_at ? moment(campaign.ends_at) : t('never')),
      campaign.stopped_at ? row(t('stopped_at'), moment(campaign.stopped_at)) : [],
      row(t('version'), String(campaign.version)),
    )
    put(raw, JSON.stringify(campaign.definition, null, 2))
  }
  return { element, show }
}

function page_head(id, current, reload) {
  const name = h('h1', { tabindex: '-1' }, id)
  const badge = make_badge('draft')
  const buttons = new Map(
    ACTIONS.map((action) => [action, action_button(action, current, { after: reload })]),
  )
  const edit = h(
    'a',
    {
      class: 'button',
      href: link('campaigns', id, 'edit'),
      testid: 'action-edit',
      hidden: !can('admin'),
    },
    icon('edit'),
    t('action_edit'),
  )
  const element = h(
    'header',
    { class: 'page-head' },
    h(
      'div',
      { class: 'page-title' },
      h('a', { class: 'crumb', href: link('campaigns') }, icon('back'), t('nav_campaigns')),
      name,
      h(
        'p',
        { class: 'under-title' },
        badge,
        h('code', {}, id),
        can('admin') ? null : h('span', { class: 'muted' }, t('read_only')),
      ),
    ),
    h('div', { class: 'page-actions' }, edit, [...buttons.values()]),
  )
  const show = (campaign) => {
    put(name, campaign.name)
    show_badge(badge, shown_state(campaign))
    const now = allowed(campaign.state)
    for (const [action, button] of buttons) button.hidden = !can('admin') || !now.includes(action)
    edit.hidden = !can('admin') || campaign.state === 'stopped'
  }
  return { element, show }
}

function unknown(id, problem) {
  return h(
    'div',
    { class: 'card empty' },
    h(
      'h2',
      {},
      problem.code === 'unknown_campaign' ? t('unknown_campaign', { id }) : t('cannot_show'),
    ),
    h('p', { class: 'muted' }, problem.message),
    h('a', { class: 'button', href: link('campaigns') }, t('all_campaigns')),
  )
}

export function mount({ id }) {
  let campaign = null
  let asked_version = null
  const head = page_head(
    id,
    () => campaign,
    () => load(),
  )
  const big = ticket()
  const definition = definition_card()
  const charts = campaign_charts(id, () => campaign)
  const body = h(
    'div',
    { class: 'stack', hidden: true },
    big.element,
    charts.element,
    definition.element,
  )
  const element = h('div', { class: 'page' }, head.element, body)

  const show = () => {
    if (campaign === null) return
    body.hidden = false
    head.show(campaign)
    big.show(campaign)
    charts.update()
  }
  const load = async () => {
    try {
      campaign = { ...campaign, ...(await get(path_of('campaigns', id))) }
      asked_version = campaign.version
      definition.show(campaign)
      show()
    } catch (error) {
      if (campaign === null) fill(element, unknown(id, error))
    }
  }
  const take = (what) => {
    if (what !== 'live' && what !== 'campaign') return
    const news =
      what === 'campaign' ? live.detail : live.frame.campaigns.find((one) => one.id === id)
    if (news?.id !== id || campaign === null) return
    campaign = { ...campaign, ...news }
    if (what === 'campaign' && news.version !== undefined && news.version !== asked_version) {
      asked_version = news.version
      load()
    }
    show()
  }
  const off = on_live(take)
  load()
  const cleanup = () => {
    off()
    charts.cleanup()
  }
  return { element, title: id, cleanup }
}
