// page_edit.js -- makes a campaign or changes one, in a form or as JSON; mistakes stand at their
// fields.
import { Problem, new_key, path_of, request } from './api.js'
import { differences, document_of, fields_of, NEW_FIELDS } from './definition.js'
import { toast } from './dialog.js'
import { attribute, fill, h, icon, put } from './dom.js'
import { make_form } from './edit_form.js'
import { t } from './i18n.js'
import { go, link } from './router.js'
import { can } from './session.js'

// What was typed outlives a change of language, which puts the page together anew.
let kept = null

// Another person was faster: show both versions and let the reader decide.
function conflict_box(mine, theirs, { take, keep }) {
  const show = (value) => (value === undefined ? '–' : JSON.stringify(value))
  const rows = differences(mine, theirs.definition).map((one) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, h('code', {}, one.pointer)),
      h('td', {}, show(one.mine)),
      h('td', {}, show(one.theirs)),
    ),
  )
  return h(
    'div',
    { class: 'conflict', testid: 'conflict' },
    h('h2', { tabindex: '-1' }, t('changed_title')),
    h('p', {}, t('changed_about')),
    h(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': t('changed_title') },
      h(
        'table',
        { class: 'table' },
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ['member_of_document', 'yours', 'theirs'].map((key) =>
              h('th', { scope: 'col' }, t(key)),
            ),
          ),
        ),
        h('tbody', {}, rows),
      ),
    ),
    h(
      'div',
      { class: 'page-actions' },
      h(
        'button',
        { class: 'button', type: 'button', testid: 'take-theirs', on: { click: take } },
        t('take_theirs'),
      ),
      h(
        'button',
        { class: 'button primary', type: 'button', testid: 'keep-mine', on: { click: keep } },
        t('keep_mine'),
      ),
    ),
  )
}

const explain = (error) => {
  if (error.code === 'conflict') return t('stock_conflict', { stock: error.body.current })
  if (error.code === 'bad_state') return t('state_conflict')
  return error.message
}

// The document as text, for whoever would rather write it.
function raw_view() {
  const text = h('textarea', {
    id: 'raw',
    class: 'input mono raw-input',
    rows: 18,
    spellcheck: 'false',
    testid: 'form-raw',
  })
  const said = h('p', { class: 'field-mistake', role: 'alert' })
  const element = h(
    'div',
    { class: 'card form-card' },
    h('label', { for: 'raw' }, t('raw_label')),
    text,
    said,
  )
  const read = () => {
    try {
      const document = JSON.parse(text.value)
      put(said, '')
      if (document === null || typeof document !== 'object' || Array.isArray(document))
        throw new Error(t('raw_object'))
      return document
    } catch (error) {
      put(said, error.message)
      return null
    }
  }
  return {
    element,
    text,
    read,
    write: (document) => (text.value = JSON.stringify(document, null, 2)),
  }
}

class Editor {
  constructor(id) {
    this.id = id // null: a new campaign
    this.before = {}
    this.etag = null
    this.key = new_key()
    this.raw = raw_view()
    this.is_raw = false
    this.form = make_form({ is_new: id === null })
    this.said = h('div', { class: 'form-said', role: 'alert', testid: 'form-said' })
    this.conflict = h('div')
    this.submit = h(
      'button',
      { class: 'button primary', type: 'submit', testid: 'form-submit' },
      t(id === null ? 'create' : 'save'),
    )
    this.body = h('div', { class: 'edit-body', hidden: id !== null }, this.form.element)
    this.tabs = ['form', 'raw'].map((name) =>
      h(
        'button',
        {
          class: 'chip',
          type: 'button',
          'aria-pressed': String(name === 'form'),
          testid: `view-${name}`,
          on: { click: () => this.turn_to(name === 'raw') },
        },
        t(`view_${name}`),
      ),
    )
    this.element = this.make_element()
  }

  make_element() {
    const back = this.id === null ? link('campaigns') : link('campaigns', this.id)
    const form = h(
      'form',
      { novalidate: true, on: { submit: (event) => this.on_submit(event) } },
      this.conflict,
      this.body,
      this.said,
      h(
        'div',
        { class: 'form-foot' },
        h('a', { class: 'button', href: back, testid: 'form-cancel' }, t('cancel')),
        this.submit,
      ),
    )
    return h(
      'div',
      { class: 'page' },
      h(
        'header',
        { class: 'page-head' },
        h(
          'div',
          { class: 'page-title' },
          h('a', { class: 'crumb', href: back }, icon('back'), this.id ?? t('nav_campaigns')),
          h(
            'h1',
            { tabindex: '-1' },
            this.id === null ? t('new_campaign') : t('edit_title', { id: this.id }),
          ),
        ),
        h('div', { class: 'chips', role: 'group', 'aria-label': t('view_label') }, this.tabs),
      ),
      form,
    )
  }

  document() {
    return this.is_raw ? this.raw.read() : document_of(this.form.read(), this.before)
  }

  // Both views show one document: what was written in the one is taken over into the other.
  turn_to(is_raw) {
    if (is_raw === this.is_raw) return
    const document = this.document()
    if (document === null) return
    if (is_raw) this.raw.write(document)
    else {
      this.before = document
      this.form.write(fields_of(document))
    }
    this.is_raw = is_raw
    for (const [at, tab] of this.tabs.entries())
      attribute(tab, 'aria-pressed', String((at === 1) === is_raw))
    fill(
      this.body,
      is_raw
        ? [this.id === null ? this.form.id_card() : null, this.raw.element]
        : this.form.take_back(),
    )
  }

  async load() {
    const { data, etag } = await request('GET', path_of('campaigns', this.id))
    // The document keeps the stock it was written with; what counts is the stock of now.
    this.before = { ...data.definition, stock: data.stock }
    this.etag = etag
    this.form.write(fields_of(this.before))
    this.form.lock(data)
    this.raw.write(this.before)
    this.body.hidden = false // not before: what is typed would be written over
    fill(this.conflict)
  }

  async on_submit(event) {
    event.preventDefault()
    const id = this.id ?? this.form.id()
    const document = this.document()
    if (document === null || this.submit.disabled) return
    this.form.clear()
    put(this.said, '')
    attribute(this.submit, 'disabled', true)
    try {
      await this.save(id, document)
    } catch (error) {
      await this.on_problem(error, document)
    }
    attribute(this.submit, 'disabled', null)
  }

  async save(id, document) {
    if (id === '')
      throw new Problem(422, {
        code: 'invalid',
        title: t('mistakes_title'),
        mistakes: [{ pointer: '#id', message: t('id_needed') }],
      })
    await request('PUT', path_of('campaigns', id), {
      body: JSON.stringify(document),
      headers: {
        'Idempotency-Key': `${this.key}-${await digest(document)}`,
        ...(this.id === null ? { 'If-None-Match': '*' } : { 'If-Match': this.etag }),
      },
    }).catch((error) => {
      if (this.id !== null || error.status !== 412) throw error
      throw new Problem(422, {
        code: 'invalid',
        title: t('mistakes_title'),
        mistakes: [{ pointer: '#id', message: t('id_taken') }],
      })
    })
    kept = null
    this.saved = true
    toast(t(this.id === null ? 'created' : 'saved', { id }))
    go('campaigns', id)
  }

  async on_problem(error, mine) {
    if (error.code === 'precondition_failed' || error.code === 'changed') {
      const { data, etag } = await request('GET', path_of('campaigns', this.id))
      const take = () => this.load()
      const keep = () => {
        this.etag = etag
        fill(this.conflict)
        this.submit.click()
      }
      fill(
        this.conflict,
        conflict_box(
          mine,
          { ...data, definition: { ...data.definition, stock: data.stock } },
          { take, keep },
        ),
      )
      this.conflict.querySelector('h2').focus()
      return
    }
    const left = this.is_raw
      ? (error.body?.mistakes ?? [])
      : this.form.show_mistakes(error.body?.mistakes ?? [])
    put(this.said, '')
    fill(
      this.said,
      h('p', {}, explain(error)),
      left.length > 0
        ? h(
            'ul',
            {},
            left.map(({ pointer, message }) =>
              h('li', {}, h('code', {}, pointer || '/'), ' ', message),
            ),
          )
        : [],
    )
  }
}

// A short fingerprint: the same document sent again is the same request, another one is not.
async function digest(document) {
  let sum = 0
  for (const char of JSON.stringify(document))
    sum = (Math.imul(sum, 31) + char.codePointAt(0)) >>> 0
  return sum.toString(16)
}

export function mount({ id = null }) {
  const title = id === null ? t('new_campaign') : t('edit_title', { id })
  const editor = new Editor(id)
  const restore = () => {
    if (kept?.id !== id) return
    editor.before = kept.before
    editor.etag = kept.etag
    editor.form.write(kept.fields)
    editor.form.set_id(kept.typed_id)
  }
  if (!can('admin'))
    fill(
      editor.element,
      h(
        'div',
        { class: 'card empty' },
        h('h2', {}, t('needs_admin')),
        h('a', { class: 'button', href: link('campaigns') }, t('all_campaigns')),
      ),
    )
  else if (id === null) {
    editor.form.write(NEW_FIELDS)
    restore()
  } else {
    editor.load().then(restore, (error) => put(editor.said, error.message))
  }
  const cleanup = () => {
    kept =
      editor.saved || !location.hash.match(/(new|edit)$/)
        ? null
        : {
            id,
            before: editor.before,
            etag: editor.etag,
            fields: editor.form.read(),
            typed_id: editor.form.id(),
          }
  }
  return { element: editor.element, title, cleanup }
}
