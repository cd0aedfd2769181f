// edit_form.js -- the fields of a campaign and the coupon as a member will see it.
import { KINDS, NEW_FIELDS, POINTER, USED, document_of } from './definition.js'
import { attribute, fill, h, put } from './dom.js'
import { money, zone_name } from './format.js'
import { t } from './i18n.js'
import { value_text } from './page_campaign.js'

const MONEY = new Set(['amount', 'minimum', 'maximum', 'price'])

// One labelled input with its hint and the place for its mistake.
function make_field(name, { hint, suffix, prefix, ...props } = {}) {
  const id = `form-${name}`
  const input = h('input', {
    id,
    name,
    class: 'input',
    autocomplete: 'off',
    testid: id,
    'aria-describedby': `${id}-hint ${id}-mistake`,
    ...props,
  })
  const mistake = h('p', { class: 'field-mistake', id: `${id}-mistake`, testid: `${id}-mistake` })
  const element = h(
    'div',
    { class: 'field' },
    h('label', { for: id }, t(`field_${name}`)),
    h(
      'div',
      { class: 'input-row' },
      prefix ? h('span', { class: 'affix', 'aria-hidden': 'true' }, prefix) : null,
      input,
      suffix ? h('span', { class: 'affix' }, suffix) : null,
    ),
    h('p', { class: 'field-hint', id: `${id}-hint` }, hint ?? ''),
    mistake,
  )
  const say = (text) => {
    put(mistake, text)
    attribute(input, 'aria-invalid', text === '' ? null : 'true')
  }
  return { input, element, say }
}

function make_fields() {
  const number = { inputmode: 'numeric' }
  const amount = { inputmode: 'decimal', prefix: '¥', placeholder: '0.00' }
  const time = { type: 'datetime-local', step: '1', max: '9999-12-31T23:59:59' }
  return {
    name: make_field('name', { maxlength: 256, hint: t('hint_name') }),
    stock: make_field('stock', { ...number, hint: t('hint_stock') }),
    per_member: make_field('per_member', { ...number, hint: t('hint_per_member') }),
    opens_at: make_field('opens_at', { ...time, hint: t('hint_opens_at', { zone: zone_name() }) }),
    ends_at: make_field('ends_at', { ...time, hint: t('hint_ends_at') }),
    amount: make_field('amount', { ...amount, hint: t('hint_amount') }),
    percent: make_field('percent', { ...number, suffix: '%', hint: t('hint_percent') }),
    minimum: make_field('minimum', { ...amount, hint: t('hint_minimum') }),
    maximum: make_field('maximum', { ...amount, hint: t('hint_maximum') }),
    price: make_field('price', { ...amount, hint: t('hint_price') }),
  }
}

function kind_choice(on_change) {
  const inputs = KINDS.map((kind) =>
    h('input', {
      type: 'radio',
      name: 'kind',
      value: kind,
      id: `kind-${kind}`,
      testid: `kind-${kind}`,
      on: { change: on_change },
    }),
  )
  const labels = KINDS.map((kind, at) =>
    h(
      'label',
      { class: 'choice', for: `kind-${kind}` },
      inputs[at],
      h('span', {}, h('b', {}, t(`kind_${kind}`)), h('small', {}, t(`kind_about_${kind}`))),
    ),
  )
  return {
    element: h('fieldset', { class: 'choices' }, h('legend', {}, t('field_kind')), labels),
    inputs,
    read: () => inputs.find((input) => input.checked)?.value ?? KINDS[0],
    write: (kind) => inputs.forEach((input) => (input.checked = input.value === kind)),
  }
}

// The coupon as it will be, so that fen and yuan cannot be mistaken.
function preview() {
  const worth = h('b', { class: 'coupon-worth' })
  const terms = h('span', { class: 'coupon-terms' })
  const name = h('span', { class: 'coupon-name' })
  const element = h(
    'aside',
    { class: 'coupon', 'aria-label': t('preview') },
    h('span', { class: 'coupon-label' }, t('preview')),
    worth,
    terms,
    h('hr'),
    name,
  )
  const big = (value) => {
    if (value.kind === 'amount_off')
      return Number.isInteger(value.amount) ? money(value.amount) : '¥ …'
    if (value.kind === 'percent_off')
      return Number.isInteger(value.percent)
        ? t('percent_big', { percent: value.percent, zhe: String((100 - value.percent) / 10) })
        : '… %'
    return value.price > 0 ? money(value.price) : t('free')
  }
  const show = (document) => {
    const { value } = document
    const whole = USED[value.kind].every(
      (member) => value[member] === undefined || Number.isInteger(value[member]),
    )
    put(worth, big(value))
    put(terms, whole ? value_text(value) : '')
    put(name, document.name || t('unnamed'))
  }
  return { element, show }
}

function section(title, about, ...content) {
  return h(
    'section',
    { class: 'card form-card' },
    h('h2', {}, title),
    about ? h('p', { class: 'muted' }, about) : null,
    content,
  )
}

export function make_form({ is_new }) {
  const fields = make_fields()
  const id = make_field('id', {
    maxlength: 64,
    spellcheck: 'false',
    autocapitalize: 'off',
    class: 'input mono',
    hint: t('hint_id'),
  })
  const kind = kind_choice(() => show_kind())
  const coupon = preview()
  const locked = h('p', { class: 'field-hint' })
  const values = h('div', { class: 'field-grid' })
  const parts = [
    section(
      t('section_basics'),
      null,
      h('div', { class: 'field-grid' }, is_new ? id.element : null, fields.name.element),
    ),
    section(
      t('section_stock'),
      null,
      h('div', { class: 'field-grid' }, fields.stock.element, fields.per_member.element),
    ),
    section(
      t('section_window'),
      t('section_window_about'),
      h('div', { class: 'field-grid' }, fields.opens_at.element, fields.ends_at.element),
    ),
    section(t('section_value'), t('section_value_about'), kind.element, values, locked),
  ]
  const column = h('div', { class: 'stack' }, parts)
  const element = h('div', { class: 'edit-columns' }, column, coupon.element)

  const read = () => ({
    ...Object.fromEntries(Object.entries(fields).map(([name, { input }]) => [name, input.value])),
    kind: kind.read(),
  })
  const show_preview = () => coupon.show(document_of(read()))
  const show_kind = () => {
    fill(
      values,
      USED[kind.read()].map((name) => fields[name].element),
    )
    show_preview()
  }
  const write = (given) => {
    for (const [name, { input }] of Object.entries(fields))
      input.value = given[name] ?? NEW_FIELDS[name]
    kind.write(given.kind)
    show_kind()
  }
  // What the campaign's state does not allow to be changed any more is shown and not offered.
  const lock = ({ state, issued }) => {
    const started = state !== 'draft'
    fields.stock.input.readOnly = started
    if (started) put(fields.stock.element.querySelector('.field-hint'), t('hint_stock_locked'))
    for (const name of Object.keys(fields))
      if (MONEY.has(name) || name === 'percent') fields[name].input.readOnly = issued > 0
    for (const input of kind.inputs) input.disabled = issued > 0
    put(locked, issued > 0 ? t('hint_value_locked') : '')
  }
  // Put each mistake at its field; return those that have none.
  const show_mistakes = (mistakes) => {
    const by_pointer = new Map(
      Object.entries(fields).map(([name, field]) => [POINTER[name], field]),
    )
    by_pointer.set('#id', id)
    const left = mistakes.filter(({ pointer, message }) => {
      by_pointer.get(pointer)?.say(message)
      return !by_pointer.has(pointer)
    })
    element.querySelector('[aria-invalid=true]')?.focus()
    return left
  }
  element.addEventListener('input', show_preview)
  return {
    element,
    // In the JSON view the id has a card of its own.
    id_card: () => section(t('section_basics'), null, id.element),
    read,
    write,
    lock,
    show_mistakes,
    id: () => id.input.value.trim(),
    set_id: (text) => (id.input.value = text),
    clear: () => [id, ...Object.values(fields)].forEach((field) => field.say('')),
    // The id's field stands in the JSON view too; here it comes back to its place.
    take_back: () => {
      if (is_new) parts[0].querySelector('.field-grid').prepend(id.element)
      return element
    },
  }
}
