// app.js -- starts the console: session, language, shell, then the page that the address names.
import { announce, fill, h } from './dom.js'
import { use_language, t } from './i18n.js'
import { follow, stop_following } from './live.js'
import { login_page } from './page_login.js'
import { route_of } from './router.js'
import { load_session, must_log_in } from './session.js'
import { make_shell } from './shell.js'

const PAGES = {
  campaigns: () => import('./page_campaigns.js'),
  campaign: () => import('./page_campaign.js'),
  edit: () => import('./page_edit.js'),
  members: () => import('./page_members.js'),
  node: () => import('./page_node.js'),
  command: () => import('./page_command.js'),
}

const root = document.getElementById('app')
let shell = null
let leave = null
let turn = 0

function leave_page() {
  leave?.()
  leave = null
}

// Put the page of the address into the shell. `how` is 'navigated' where the reader came from
// another page: then the focus moves to its heading, or to what it is there for; else it stays
// where it is.
async function show_page(how) {
  const mine = ++turn
  const route = route_of(location.hash)
  const module = await PAGES[route.page]()
  if (mine !== turn || shell === null) return
  leave_page()
  follow(route.page === 'campaign' ? route.params.id : null)
  shell.mark(route.page)
  const { element, title, cleanup } = module.mount(route.params)
  leave = cleanup
  shell.show(element, route.page)
  document.title = `${title} · Boon`
  if (how === 'navigated') {
    scrollTo(0, 0)
    const first = element.querySelector('[data-first]') ?? element.querySelector('h1')
    first.focus({ preventScroll: true })
  }
}

function show_login() {
  if (shell === null && root.querySelector('form')) return
  turn++
  leave_page()
  stop_following()
  shell?.cleanup()
  shell = null
  document.title = `${t('login_title')} · Boon`
  fill(root, login_page(show_console))
  root.querySelector('input')?.focus()
}

function show_console() {
  shell?.cleanup()
  shell = make_shell(show_login)
  fill(root, shell.element)
  return show_page('first')
}

function show_unreachable(error) {
  const again = h('button', { class: 'button primary', on: { click: start } }, t('try_again'))
  fill(
    root,
    h(
      'main',
      { class: 'alone' },
      h('h1', {}, t('unreachable_title')),
      h('p', {}, error.message),
      again,
    ),
  )
}

async function start() {
  await use_language(document.documentElement.lang)
  try {
    await load_session()
  } catch (error) {
    show_unreachable(error)
    return
  }
  if (must_log_in()) show_login()
  else await show_console()
}

addEventListener('hashchange', () => {
  if (shell !== null) show_page('navigated')
})
addEventListener('boon:unauthorized', async () => {
  if (shell === null) return
  await load_session().catch(() => {})
  if (!must_log_in()) return
  show_login()
  announce(t('login_again'))
})
addEventListener('boon:language', async () => {
  if (shell === null) {
    const form = root.querySelector('form')
    if (form) {
      fill(root)
      show_login()
    }
    return
  }
  await show_console()
  root.querySelector('[data-testid=lang-toggle]')?.focus()
})

await start()
