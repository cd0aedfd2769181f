// page_members.js -- look a member up, or the coupon behind a code: balances and coupons.
import { get, path_of } from './api.js'
import { attribute, fill, h, icon, put } from './dom.js'
import { moment, number } from './format.js'
import { has_words, t } from './i18n.js'
import { go, link } from './router.js'

const PAGE = 20
const EXAMPLE = `redis-cli -p 7400 MEMBER.GET alice
curl ${location.origin}/v1/members/alice`
const CODE = /^[0-9a-hjkmnp-tv-z]{4}(-?[0-9a-hjkmnp-tv-z]{4}){4}$/i

const asset_name = (asset) => (has_words(`asset_${asset}`) ? t(`asset_${asset}`) : asset)

function search_form(text) {
  const input = h('input', {
    id: 'member-input',
    name: 'text',
    class: 'input big',
    type: 'search',
    autocomplete: 'off',
    spellcheck: 'false',
    autocapitalize: 'off',
    placeholder: t('member_placeholder'),
    testid: 'member-input',
    value: text,
    'aria-label': t('member_label'),
  })
  const look_up = (event) => {
    event.preventDefault()
    const wanted = input.value.trim()
    if (wanted === '') return
    if (CODE.test(wanted)) go('coupons', wanted.toUpperCase())
    else go('members', wanted)
  }
  return h(
    'form',
    { class: 'look-up', role: 'search', on: { submit: look_up } },
    h('div', { class: 'search grow' }, icon('search'), input),
    h('button', { class: 'button primary', testid: 'member-search' }, t('look_up')),
  )
}

function coupon_facts(coupon) {
  const row = (name, text) => (text ? [h('dt', {}, name), h('dd', {}, text)] : [])
  return h(
    'dl',
    { class: 'facts' },
    row(t('col_channel'), coupon.channel),
    row(t('col_store'), coupon.store),
    row(t('col_staff'), coupon.staff),
    coupon.channel || coupon.store || coupon.staff ? [] : row(t('col_channel'), t('not_given')),
  )
}

const coupon_state = (state) =>
  h(
    'span',
    { class: 'badge', 'data-coupon': state },
    has_words(`coupon_${state}`) ? t(`coupon_${state}`) : state,
  )

function coupon_row(coupon) {
  const more = h('div', { class: 'coupon-more', hidden: true })
  const button = h(
    'button',
    { class: 'link', type: 'button', 'aria-expanded': 'false' },
    t('details'),
  )
  button.addEventListener('click', async () => {
    more.hidden = !more.hidden
    attribute(button, 'aria-expanded', String(!more.hidden))
    if (more.hidden || more.hasChildNodes()) return
    try {
      fill(more, coupon_facts(await get(path_of('coupons', coupon.code))))
    } catch (error) {
      fill(more, error.message)
    }
  })
  return h(
    'li',
    { class: 'coupon-row', testid: 'coupon-row' },
    h('code', { class: 'code-text' }, coupon.code),
    h('a', { href: link('campaigns', coupon.campaign) }, coupon.campaign),
    coupon_state(coupon.state),
    h('time', { class: 'muted num', datetime: coupon.issued_at }, moment(coupon.issued_at)),
    button,
    more,
  )
}

function coupons_card(member) {
  const list = h('ul', { class: 'coupon-rows', testid: 'member-coupons' })
  const count = h('small', { class: 'muted' })
  const more = h(
    'button',
    { class: 'button', type: 'button', hidden: true, testid: 'more-coupons' },
    t('more_coupons'),
  )
  const none = h('p', { class: 'plot-empty', hidden: true }, t('no_coupons'))
  let token = null
  const load = async () => {
    const query = token ? `&page_token=${encodeURIComponent(token)}` : ''
    const page = await get(`${path_of('members', member)}/coupons?page_size=${PAGE}${query}`)
    list.append(...page.items.map(coupon_row))
    token = page.next_page_token
    more.hidden = !token
    none.hidden = list.hasChildNodes()
    put(count, t('coupons_shown', { shown: list.children.length, n: page.total }))
  }
  const try_load = () => load().catch((error) => put(count, error.message))
  more.addEventListener('click', try_load)
  try_load()
  return h(
    'section',
    { class: 'card' },
    h('header', { class: 'card-head' }, h('h2', {}, t('coupons')), count),
    none,
    list,
    more,
  )
}

function accounts_card(member) {
  const tiles = member.accounts.map(({ asset, balance }) =>
    h(
      'div',
      { class: 'tile' },
      h('span', { class: 'tile-name' }, asset_name(asset)),
      h('b', { class: 'tile-value num', testid: `balance-${asset}` }, number(balance)),
      h('small', { class: 'tile-about' }, h('code', {}, asset)),
    ),
  )
  return h(
    'section',
    { class: 'card' },
    h('header', { class: 'card-head' }, h('h2', {}, t('accounts'))),
    tiles.length > 0
      ? h('div', { class: 'tiles inside' }, tiles)
      : h('p', { class: 'plot-empty' }, t('no_accounts')),
  )
}

async function show_member(id, place) {
  const member = await get(path_of('members', id))
  fill(
    place,
    h(
      'header',
      { class: 'member-head' },
      h(
        'span',
        { class: 'user-mark big', 'aria-hidden': 'true' },
        member.id.slice(0, 1).toUpperCase(),
      ),
      h(
        'div',
        {},
        h('h2', { class: 'member-id', testid: 'member-id' }, member.id),
        h(
          'p',
          { class: 'muted' },
          t('joined', { time: moment(member.joined_at) }),
          ' · ',
          t('coupons_n', { n: member.coupons }),
        ),
      ),
    ),
    accounts_card(member),
    coupons_card(id),
  )
}

async function show_coupon(code, place) {
  const coupon = await get(path_of('coupons', code))
  fill(
    place,
    h(
      'section',
      { class: 'card', testid: 'coupon-found' },
      h(
        'header',
        { class: 'card-head' },
        h('h2', { class: 'code-text' }, coupon.code),
        coupon_state(coupon.state),
      ),
      h(
        'dl',
        { class: 'facts' },
        h('dt', {}, t('col_member')),
        h('dd', {}, h('a', { href: link('members', coupon.member) }, coupon.member)),
        h('dt', {}, t('col_campaign')),
        h('dd', {}, h('a', { href: link('campaigns', coupon.campaign) }, coupon.campaign)),
        h('dt', {}, t('col_issued_at')),
        h('dd', {}, moment(coupon.issued_at)),
      ),
      coupon_facts(coupon),
    ),
  )
}

function invitation() {
  return h(
    'div',
    { class: 'card empty' },
    h('h2', {}, t('look_up_title')),
    h('p', { class: 'muted' }, t('look_up_about')),
    h('pre', { class: 'code', tabindex: '0' }, EXAMPLE),
  )
}

function not_found(error) {
  return h(
    'div',
    { class: 'card empty', testid: 'not-found' },
    h('h2', {}, error.message),
    h('p', { class: 'muted' }, t('not_found_about')),
  )
}

export function mount({ id, code }) {
  const place = h('div', { class: 'stack', 'aria-live': 'polite' })
  const text = id ?? code ?? ''
  const element = h(
    'div',
    { class: 'page' },
    h('header', { class: 'page-head' }, h('h1', { tabindex: '-1' }, t('nav_members'))),
    search_form(text),
    place,
  )
  const found = id ? show_member(id, place) : code ? show_coupon(code, place) : null
  if (found === null) fill(place, invitation())
  else found.catch((error) => fill(place, not_found(error)))
  return { element, title: text || t('nav_members'), cleanup: () => {} }
}
