// actions.js -- start, pause, stop and restock a campaign: asked for in a dialog, sent once.
import { new_key, path_of, post } from './api.js'
import { ask, toast } from './dialog.js'
import { h, icon, put } from './dom.js'
import { number } from './format.js'
import { t } from './i18n.js'
import { can } from './session.js'

const ICON = { start: 'play', pause: 'pause', stop: 'stop', restock: 'stock' }

// Which of them a campaign's state allows.
export const allowed = (state) =>
  ({
    draft: ['start', 'restock', 'stop'],
    running: ['pause', 'restock', 'stop'],
    paused: ['start', 'restock', 'stop'],
  })[state] ?? []

function reason_field() {
  const input = h('input', {
    id: 'reason',
    class: 'input',
    maxlength: 200,
    testid: 'reason',
    autocomplete: 'off',
  })
  return {
    input,
    element: h(
      'div',
      { class: 'field' },
      h('label', { for: 'reason' }, t('reason'), ' ', h('small', {}, t('optional'))),
      input,
    ),
  }
}

const send = (campaign, action, body, key) =>
  post(`${path_of('campaigns', campaign.id)}/${action}`, body, { 'Idempotency-Key': key })

const with_reason = (body, input) =>
  input.value.trim() ? { ...body, reason: input.value.trim() } : body

async function simple(campaign, action) {
  const reason = reason_field()
  const key = new_key()
  await ask({
    title: t(`ask_${action}`, { name: campaign.name }),
    about: t(`about_${action}`),
    content: [h('p', { class: 'mono muted' }, campaign.id), reason.element],
    confirm: t(`action_${action}`),
    act: () => send(campaign, action, with_reason({}, reason.input), key),
  }).then((done) => done && toast(t(`done_${action}`, { name: campaign.name })))
}

async function stop(campaign) {
  const reason = reason_field()
  const typed = h('input', {
    id: 'typed-id',
    class: 'input mono',
    autocomplete: 'off',
    spellcheck: 'false',
    autocapitalize: 'off',
    testid: 'typed-id',
  })
  const key = new_key()
  const done = await ask({
    title: t('ask_stop', { name: campaign.name }),
    about: t('about_stop'),
    content: [
      h(
        'div',
        { class: 'field' },
        h('label', { for: 'typed-id' }, t('stop_type_id'), ' ', h('code', {}, campaign.id)),
        typed,
      ),
      reason.element,
    ],
    confirm: t('action_stop'),
    danger: true,
    ready: () => typed.value.trim() === campaign.id,
    act: () => send(campaign, 'stop', with_reason({}, reason.input), key),
  })
  if (done) toast(t('done_stop', { name: campaign.name }))
}

// The stock is changed by compare and set: what the reader saw goes along, and another's change is
// shown instead of overwritten.
async function restock(campaign) {
  const reason = reason_field()
  const delta = h('input', {
    id: 'delta',
    class: 'input',
    inputmode: 'numeric',
    autocomplete: 'off',
    testid: 'restock-delta',
    'aria-describedby': 'restock-after',
  })
  const after = h('p', { id: 'restock-after', class: 'sum', 'aria-live': 'polite' })
  let { stock } = campaign
  let key = new_key()
  const amount = () => (/^\s*[+-]?\d{1,10}\s*$/.test(delta.value) ? Number(delta.value) : NaN)
  const show = () => {
    const more = amount()
    const to = Number.isFinite(more) ? number(stock + more) : '…'
    put(after, t('restock_sum', { from: number(stock), to, issued: number(campaign.issued) }))
  }
  const act = async () => {
    try {
      return await send(
        campaign,
        'restock',
        with_reason({ delta: amount(), expect: stock }, reason.input),
        key,
      )
    } catch (error) {
      if (error.code !== 'conflict') throw error
      stock = error.body.current ?? stock
      key = new_key() // another stock is another intent
      show()
      throw new Error(t('restock_conflict', { stock: number(stock) }))
    }
  }
  delta.addEventListener('input', show)
  show()
  const done = await ask({
    title: t('ask_restock', { name: campaign.name }),
    about: t('about_restock'),
    content: [
      h('div', { class: 'field' }, h('label', { for: 'delta' }, t('restock_delta')), delta, after),
      reason.element,
    ],
    confirm: t('action_restock'),
    ready: () => Number.isFinite(amount()) && amount() !== 0,
    act,
  })
  if (done) toast(t('done_restock', { stock: number(done.stock) }))
}

const RUN = {
  start: (campaign) => simple(campaign, 'start'),
  pause: (campaign) => simple(campaign, 'pause'),
  stop,
  restock,
}

// One button of a campaign; `current()` gives the campaign as it is when it is pressed.
export function action_button(action, current, { after }) {
  const look = { start: 'primary', pause: 'primary', stop: 'danger-quiet', restock: '' }[action]
  return h(
    'button',
    {
      class: `button ${look}`,
      type: 'button',
      testid: `action-${action}`,
      hidden: !can('admin'),
      on: { click: () => RUN[action](current()).then(after) },
    },
    icon(ICON[action]),
    h('span', {}, t(`action_${action}`)),
  )
}
