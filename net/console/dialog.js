// dialog.js -- asks before something happens, in the browser's own <dialog>.
//
// The dialog closes when `act` succeeds; what it throws is shown inside, and the reader may try
// again.
import { attribute, h, put } from './dom.js'
import { t } from './i18n.js'

let count = 0

// `content` is what the reader fills in; `ready()` tells whether it is filled in well enough.
// `act()` does it. Resolves to what `act` returned, or undefined when the reader thought better of
// it.
export function ask({
  title,
  about,
  content = [],
  confirm,
  danger = false,
  ready = () => true,
  act,
}) {
  const id = `dialog-${++count}`
  const mistake = h('p', { class: 'field-mistake', role: 'alert', testid: 'dialog-mistake' })
  const yes = h(
    'button',
    { class: `button ${danger ? 'danger' : 'primary'}`, testid: 'confirm' },
    confirm,
  )
  const no = h('button', { class: 'button', type: 'button', testid: 'cancel' }, t('cancel'))
  const form = h(
    'form',
    { class: 'dialog-form', method: 'dialog' },
    h('h2', { id }, title),
    about ? h('p', { class: 'muted' }, about) : null,
    content,
    mistake,
    h('div', { class: 'dialog-actions' }, no, yes),
  )
  const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': id }, form)
  const check = () => attribute(yes, 'disabled', !ready())
  const leave = () => dialog.close() // the page that asked is gone
  return new Promise((resolve) => {
    let result
    form.addEventListener('input', check)
    form.addEventListener('submit', async (event) => {
      event.preventDefault()
      if (yes.disabled) return
      attribute(yes, 'disabled', true)
      put(mistake, '')
      try {
        result = await act()
        dialog.close()
      } catch (error) {
        put(mistake, error.message)
        check()
      }
    })
    no.addEventListener('click', () => dialog.close())
    addEventListener('hashchange', leave)
    dialog.addEventListener('close', () => {
      removeEventListener('hashchange', leave)
      dialog.remove()
      resolve(result)
    })
    document.body.append(dialog)
    dialog.showModal()
    check()
  })
}

// A short word at the edge of the window that something has happened.
export function toast(text) {
  const element = h('div', { class: 'toast', role: 'status', testid: 'toast' }, text)
  document.body.append(element)
  setTimeout(() => element.remove(), 4000)
}
