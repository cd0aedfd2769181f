// campaign_charts.js -- the charts of one campaign: stock, claims by outcome, latency, funnel,
// reasons.
import { sold_out_in_ms } from './campaign_state.js'
import { bars_card, chart_card } from './charts.js'
import { h } from './dom.js'
import { duration, micros, number, percent, short } from './format.js'
import { has_words, t } from './i18n.js'
import { campaign_history, live, node_history, outcome_history } from './live.js'

// A colour each, so that a reason keeps its colour however many others there are.
const COLOURS = {
  OK: 'c1',
  SOLD_OUT: 'c6',
  DUPLICATE: 'c2',
  LIMIT: 'c4',
  NOT_OPEN: 'c7',
  PAUSED: 'c3',
  ENDED: 'c5',
  FULL: 'c8',
  REQUEST_MISMATCH: 'c8',
}
const STACKED = ['OK', 'DUPLICATE', 'LIMIT', 'NOT_OPEN', 'PAUSED', 'ENDED', 'SOLD_OUT']

export const outcome_name = (name) => (has_words(`outcome_${name}`) ? t(`outcome_${name}`) : name)

const whole = (value) => number(Math.round(value))
const sum = (values) => values.reduce((all, value) => all + value, 0)
const refusals_of = (detail) =>
  Object.entries(detail?.outcomes ?? {})
    .filter(([name, count]) => name !== 'OK' && count > 0)
    .sort((one, other) => other[1] - one[1])

function stock_chart(id, current) {
  return chart_card({
    title: t('chart_stock'),
    name: 'stock',
    class: 'wide',
    height: 240,
    filled: true,
    series: [{ label: t('left'), colour: 'c1' }],
    read: () => {
      const { time, left } = campaign_history(id)
      return { time, values: [left] }
    },
    summary: () => {
      const gone_ms = current() ? sold_out_in_ms(current()) : null
      return gone_ms === null ? '' : t('sells_out_in', { time: duration(gone_ms) })
    },
    write: (value) => (value >= 10000 ? short(value) : whole(value)),
  })
}

function claims_chart(id) {
  return chart_card({
    title: t('chart_claims'),
    name: 'claims',
    stacked: true,
    series: STACKED.map((name) => ({ label: outcome_name(name), colour: COLOURS[name] })),
    read: () => {
      const history = outcome_history(id)
      return {
        time: history.time,
        values: STACKED.map((name) => history[name] ?? history.time.map(() => 0)),
      }
    },
    write: (value) => (value >= 10000 ? short(value) : whole(value)),
  })
}

function latency_chart() {
  return chart_card({
    title: t('chart_latency'),
    name: 'latency',
    note: h('small', { class: 'muted' }, t('latency_note')),
    series: [
      { label: 'p50', colour: 'c1' },
      { label: 'p99', colour: 'c2' },
      { label: 'p99.9', colour: 'c5' },
    ],
    read: () => {
      const { time, durable_p50, durable_p99, durable_p999 } = node_history()
      return { time, values: [durable_p50, durable_p99, durable_p999] }
    },
    write: micros,
  })
}

function funnel_card(current) {
  const step = (name, value, first, colour) => ({
    name: t(`funnel_${name}`),
    about: name === 'asked' ? t('since_start') : '', // coupons are of all time
    value,
    share: first > 0 ? value / first : 0,
    shown_share: percent(first > 0 ? value / first : NaN, 1),
    colour,
  })
  return bars_card({
    title: t('chart_funnel'),
    name: 'funnel',
    columns: [t('step'), t('count'), t('share')],
    empty: t('nothing_yet'),
    write: number,
    rows: () => {
      const { detail } = live
      if (!detail) return []
      const asked = sum(Object.values(detail.outcomes))
      const issued = current()?.issued ?? detail.coupons.issued
      const most = Math.max(asked, issued, 1)
      const { redeemed = 0, expired = 0, void: voided = 0 } = detail.coupons
      const rows = [
        step('asked', asked, most, 'c6'),
        step('issued', issued, most, 'c1'),
        step('redeemed', redeemed, most, 'c2'),
      ]
      if (expired > 0) rows.push(step('expired', expired, most, 'c5'))
      if (voided > 0) rows.push(step('void', voided, most, 'c3'))
      return rows
    },
  })
}

function refusals_card() {
  return bars_card({
    title: t('chart_refusals'),
    name: 'refusals',
    columns: [t('reason_why'), t('count'), t('share')],
    empty: t('no_refusals'),
    write: number,
    note: h('small', { class: 'muted' }, t('since_start')),
    rows: () => {
      const refusals = refusals_of(live.detail)
      const all = sum(refusals.map(([, count]) => count))
      return refusals.map(([name, count]) => ({
        name: outcome_name(name),
        about: name,
        value: count,
        share: count / all,
        shown_share: percent(count / all, 1),
        colour: COLOURS[name] ?? 'c8',
      }))
    },
  })
}

// Coupons by channel or by store, as far as they are counted.
function places_card(kind, current) {
  return bars_card({
    title: t(`chart_${kind}`),
    name: kind,
    columns: [t(`col_${kind}`), t('issued'), t('share')],
    empty: t('nothing_yet'),
    write: number,
    foot: () => {
      const { detail } = live
      if (!detail) return ''
      const missing = kind === 'stores' ? (detail.stores_total ?? 0) - detail.stores.length : 0
      const texts = []
      if (detail.tallied !== undefined && detail.tallied < 1)
        texts.push(t('tallied', { share: percent(detail.tallied) }))
      if (missing > 0) texts.push(t('stores_more', { n: missing }))
      return texts.join(' ')
    },
    rows: () => {
      const places = live.detail?.[kind] ?? []
      const all = Math.max(1, sum(places.map(({ issued }) => issued)), current()?.issued ?? 0)
      return places.map(({ name, issued }) => ({
        name: name || t('not_given'),
        value: issued,
        share: issued / all,
        shown_share: percent(issued / all, 1),
        colour: kind === 'channels' ? 'c1' : 'c7',
      }))
    },
  })
}

export function campaign_charts(id, current) {
  const cards = [
    stock_chart(id, current),
    claims_chart(id),
    latency_chart(),
    funnel_card(current),
    refusals_card(),
    places_card('channels', current),
    places_card('stores', current),
  ]
  return {
    element: h(
      'div',
      { class: 'grid' },
      cards.map((card) => card.element),
    ),
    update: () => cards.forEach((card) => card.update()),
    cleanup: () => cards.forEach((card) => card.cleanup()),
  }
}
