// campaign_state.js -- what a campaign is for a person: its state, its window and its stock in one
// word.
import { h } from './dom.js'
import { duration, near } from './format.js'
import { t } from './i18n.js'
import { recent_rate, server_now } from './live.js'

export const FILTERS = ['running', 'scheduled', 'draft', 'paused', 'over']

// draft, scheduled, running, sold_out, paused, ended or stopped.
export function shown_state(campaign, now = server_now()) {
  if (campaign.state !== 'running') return campaign.state
  if (campaign.ends_at && Date.parse(campaign.ends_at) <= now) return 'ended'
  if (campaign.opens_at && Date.parse(campaign.opens_at) > now) return 'scheduled'
  return campaign.issued >= campaign.stock ? 'sold_out' : 'running'
}

export function filter_of(state) {
  if (state === 'ended' || state === 'stopped') return 'over'
  return state === 'sold_out' ? 'running' : state
}

export function show_badge(badge, state) {
  if (badge.dataset.state === state) return badge
  badge.dataset.state = state
  badge.textContent = t(`state_${state}`)
  return badge
}

export const make_badge = (state) =>
  show_badge(h('span', { class: 'badge', testid: 'state-badge' }), state)

// When the stock will be gone at the pace of the last seconds; null where that says nothing.
export function sold_out_in_ms(campaign) {
  const rate = recent_rate(campaign.id)
  const left = campaign.stock - campaign.issued
  return rate > 0 && left > 0 ? (left / rate) * 1000 : null
}

// The one sentence about the future: sells out in 3 min, opens 10:00, …
export function outlook(campaign, state = shown_state(campaign)) {
  const now = server_now()
  if (state === 'scheduled')
    return t('opens_in', { time: duration(Date.parse(campaign.opens_at) - now) })
  if (state === 'sold_out') return t('sold_out_now')
  if (state === 'running') {
    const left_ms = sold_out_in_ms(campaign)
    if (left_ms !== null && left_ms < 30 * 86400e3) {
      const ends_ms = campaign.ends_at ? Date.parse(campaign.ends_at) - now : Infinity
      return left_ms < ends_ms
        ? t('sells_out_in', { time: duration(left_ms) })
        : t('ends_before_sold_out', { time: duration(ends_ms) })
    }
    return campaign.ends_at
      ? t('ends_in', { time: duration(Date.parse(campaign.ends_at) - now) })
      : t('no_claims_now')
  }
  return t(`outlook_${state}`)
}

export function window_text(campaign) {
  const now = server_now()
  if (campaign.opens_at && campaign.ends_at)
    return `${near(campaign.opens_at, now)} – ${near(campaign.ends_at, now)}`
  if (campaign.opens_at) return t('window_from', { time: near(campaign.opens_at, now) })
  if (campaign.ends_at) return t('window_until', { time: near(campaign.ends_at, now) })
  return t('window_open')
}
