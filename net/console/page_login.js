// page_login.js -- asks for user and secret where the server wants them.
import { attribute, h, logo, put } from './dom.js'
import { t } from './i18n.js'
import { log_in } from './session.js'
import { language_toggle, theme_toggle } from './shell.js'

function field(id, label, props) {
  return h(
    'div',
    { class: 'field' },
    h('label', { for: id }, label),
    h('input', { id, class: 'input', required: true, ...props }),
  )
}

// `done` is called once the server has let the reader in.
export function login_page(done) {
  const said = h('p', { class: 'field-mistake', role: 'alert', testid: 'login-mistake' })
  const submit = h('button', { class: 'button primary wide', testid: 'login-submit' }, t('log_in'))
  const try_it = async (event) => {
    event.preventDefault()
    const values = new FormData(event.target)
    attribute(submit, 'disabled', true)
    put(said, '')
    try {
      await log_in(values.get('user'), values.get('secret'))
      await done()
    } catch (error) {
      put(said, error.status === 401 ? t('login_wrong') : error.message)
      attribute(submit, 'disabled', null)
      event.target.elements.secret.select()
    }
  }
  const form = h(
    'form',
    { class: 'card login', on: { submit: try_it } },
    h('div', { class: 'login-brand' }, logo(), h('span', { class: 'wordmark' }, 'Boon')),
    h('h1', {}, t('login_title')),
    h('p', { class: 'muted' }, t('login_about')),
    field('login-user', t('login_user'), {
      name: 'user',
      autocomplete: 'username',
      testid: 'login-user',
      value: 'default',
      spellcheck: 'false',
      autocapitalize: 'off',
    }),
    field('login-secret', t('login_secret'), {
      name: 'secret',
      type: 'password',
      autocomplete: 'current-password',
      testid: 'login-secret',
    }),
    said,
    submit,
  )
  return h(
    'main',
    { class: 'alone' },
    form,
    h('div', { class: 'tools' }, language_toggle(), theme_toggle()),
  )
}
