// shell.js -- the frame around every page: navigation, live state, who is logged in, notices.
import { announce, attribute, fill, h, icon, logo, put } from './dom.js'
import { clock, duration } from './format.js'
import { choose_language, language, remember, remembered, t } from './i18n.js'
import { live, on_live, reconnect_now } from './live.js'
import { SECTION, link } from './router.js'
import { log_out, session } from './session.js'

const ENTRIES = ['campaigns', 'members', 'node', 'command']

function nav_link(name) {
  return h(
    'a',
    { href: link(name), class: 'nav-link', testid: `nav-${name}` },
    icon(name),
    h('span', {}, t(`nav_${name}`)),
  )
}

export function theme_toggle() {
  const order = ['system', 'light', 'dark']
  const now = () => (order.includes(remembered('theme')) ? remembered('theme') : 'system')
  let choice = now()
  const name = h('span', { class: 'tool-name' })
  const button = h(
    'button',
    { class: 'tool', type: 'button', testid: 'theme-toggle' },
    icon('theme'),
    name,
  )
  const show = () => {
    put(name, t(`theme_${choice}`))
    attribute(button, 'aria-label', t('theme_label', { theme: t(`theme_${choice}`) }))
  }
  button.addEventListener('click', () => {
    choice = order[(order.indexOf(choice) + 1) % order.length]
    remember('theme', choice)
    dispatchEvent(new CustomEvent('boon:theme-chosen', { detail: choice }))
    show()
    announce(t('theme_label', { theme: t(`theme_${choice}`) }))
  })
  show()
  return button
}

export function language_toggle() {
  const other = language() === 'en' ? 'zh-CN' : 'en'
  const name = other === 'en' ? 'English' : '中文'
  return h(
    'button',
    {
      class: 'tool',
      type: 'button',
      lang: other,
      testid: 'lang-toggle',
      'aria-label': name,
      on: { click: () => choose_language(other) },
    },
    icon('language'),
    h('span', { class: 'tool-name' }, name),
  )
}

function user_box(show_login) {
  if (session.user === null) return null
  const leave = async () => {
    await log_out()
    show_login()
  }
  return h(
    'div',
    { class: 'user' },
    h(
      'span',
      { class: 'user-mark', 'aria-hidden': 'true' },
      session.user.slice(0, 1).toUpperCase(),
    ),
    h(
      'span',
      { class: 'user-text' },
      h('b', {}, session.user),
      h('small', {}, session.roles.map((role) => t(`role_${role}`)).join(t('list_comma'))),
    ),
    h(
      'button',
      {
        class: 'tool',
        type: 'button',
        testid: 'logout',
        'aria-label': t('log_out'),
        title: t('log_out'),
        on: { click: leave },
      },
      icon('leave'),
    ),
  )
}

// The pill that says whether what is shown is now; it speaks only when that changes.
function live_pill() {
  const words = h('span', {})
  const pill = h(
    'span',
    { class: 'pill', testid: 'live-state' },
    h('i', { class: 'pill-dot', 'aria-hidden': 'true' }),
    words,
  )
  let said = null
  const show = () => {
    pill.dataset.state = live.state
    put(words, t(`live_${live.state}`))
    if (said !== null && said !== live.state) announce(t(`live_${live.state}`))
    said = live.state
  }
  return { pill, show }
}

// What an operator must know before anything else: old figures, a fault, a weaker promise.
function notices() {
  const old = h('div', { class: 'notice warn', testid: 'stale-notice' })
  const fault = h('div', { class: 'notice bad', role: 'alert' })
  const promise = h('div', { class: 'notice quiet' })
  const text = h('span', {})
  const again = h(
    'button',
    { class: 'button small', type: 'button', on: { click: reconnect_now } },
    t('reconnect_now'),
  )
  fill(old, icon('warning'), text, again)
  const show = () => {
    const { state, frame, received_at, retry_at } = live
    const is_old = (state === 'lost' || state === 'stale') && (frame !== null || state === 'lost')
    old.hidden = !is_old && state !== 'refused'
    again.hidden = state === 'refused'
    if (state === 'refused') put(text, t('needs_read'))
    if (is_old) {
      const wait = Math.max(0, retry_at - Date.now())
      const said = frame ? t('figures_of', { time: clock(received_at) }) : t('no_figures')
      put(
        text,
        state === 'lost' ? `${said} ${t('reconnecting_in', { time: duration(wait) })}` : said,
      )
    }
    const trouble = frame?.server.fault || ''
    fault.hidden = trouble === ''
    put(fault, trouble && t('fault', { what: trouble }))
    const manual = frame?.server.clock === 'manual'
    promise.hidden = !manual
    put(promise, manual ? t('clock_is_manual', { time: clock(frame.time) }) : '')
  }
  return { element: h('div', { class: 'notices' }, old, fault, promise), show }
}

// Returns {element, show(page), mark(page name), cleanup}.
export function make_shell(show_login) {
  const { pill, show: show_pill } = live_pill()
  const { element: notice, show: show_notices } = notices()
  const links = ENTRIES.map(nav_link)
  const brand = h('span', { class: 'brand-name' })
  const main = h('main', { id: 'main', class: 'main', tabindex: '-1' })
  const element = h(
    'div',
    { class: 'shell' },
    h(
      'a',
      { class: 'skip', href: '#main', on: { click: (event) => skip(event, main) } },
      t('skip'),
    ),
    h(
      'header',
      { class: 'side' },
      h(
        'a',
        { class: 'brand', href: link('campaigns'), 'aria-label': t('home') },
        logo(),
        h('span', { class: 'wordmark' }, 'Boon'),
        brand,
      ),
      h('nav', { class: 'nav', 'aria-label': t('nav_label') }, links),
      h(
        'div',
        { class: 'side-foot' },
        pill,
        h('div', { class: 'tools' }, language_toggle(), theme_toggle()),
        user_box(show_login),
      ),
    ),
    h('div', { class: 'content' }, notice, main),
  )
  const show_state = () => {
    show_pill()
    show_notices()
    put(brand, live.frame && live.frame.server.name !== 'boon' ? live.frame.server.name : '')
    main.classList.toggle('is-old', live.state === 'lost' || live.state === 'stale')
  }
  show_state()
  const off = on_live(show_state)
  return {
    element,
    cleanup: off,
    show: (page, name) => {
      main.dataset.page = name
      fill(main, page)
    },
    mark: (page) => {
      const section = SECTION[page] ?? page
      for (const [at, name] of ENTRIES.entries())
        attribute(links[at], 'aria-current', name === section ? 'page' : null)
    },
  }
}

// The address holds the page: the skip link moves the focus and leaves the address alone.
function skip(event, main) {
  event.preventDefault()
  main.focus()
}
