// definition.js -- a campaign's document as form fields and back.
//
// Fields are texts as typed; a document is what the server takes: money in fen, times in RFC 3339.
import { fen_of, from_input, to_input, yuan_of } from './format.js'

export const KINDS = ['amount_off', 'percent_off', 'exchange']

// The JSON pointer of each field's value, so that a mistake finds its place.
export const POINTER = {
  name: '/name',
  stock: '/stock',
  per_member: '/per_member',
  opens_at: '/opens_at',
  ends_at: '/ends_at',
  kind: '/value/kind',
  amount: '/value/amount',
  minimum: '/value/minimum',
  percent: '/value/percent',
  maximum: '/value/maximum',
  price: '/value/price',
}

export const USED = {
  amount_off: ['amount', 'minimum'],
  percent_off: ['percent', 'minimum', 'maximum'],
  exchange: ['price'],
}

export const NEW_FIELDS = {
  name: '',
  stock: '',
  per_member: '1',
  opens_at: '',
  ends_at: '',
  kind: 'amount_off',
  amount: '',
  minimum: '',
  percent: '',
  maximum: '',
  price: '',
}

const yuan = (fen) => (fen ? yuan_of(fen) : '')

export function fields_of(document) {
  const value = document.value ?? {}
  return {
    name: String(document.name ?? ''),
    stock: String(document.stock ?? ''),
    per_member: String(document.per_member ?? ''),
    opens_at: to_input(document.opens_at),
    ends_at: to_input(document.ends_at),
    kind: KINDS.includes(value.kind) ? value.kind : 'amount_off',
    amount: yuan(value.amount),
    minimum: yuan(value.minimum),
    percent: String(value.percent ?? ''),
    maximum: yuan(value.maximum),
    price: value.price === undefined ? '' : yuan_of(value.price),
  }
}

// What is no number goes as it was typed: the server says what is allowed there.
function whole(text) {
  const plain = text.trim().replaceAll(/[,\s_]/g, '')
  return /^-?\d{1,15}$/.test(plain) ? Number(plain) : text
}

function fen(text) {
  const amount = fen_of(text)
  return Number.isNaN(amount) ? text : amount
}

// A moment that was not touched keeps its zone and milliseconds. Browsers may leave seconds of 0
// out.
function moment(typed, before) {
  if (before && to_input(typed) === to_input(before)) return before
  return from_input(typed) ?? typed
}

function value_of(fields) {
  const value = { kind: fields.kind }
  for (const name of USED[fields.kind]) {
    const text = fields[name]
    if (text.trim() === '' && (name === 'minimum' || name === 'maximum')) continue
    value[name] =
      name === 'percent' ? whole(text) : fen(text.trim() === '' && name === 'price' ? '0' : text)
  }
  return value
}

// `before` is the document that is being changed, or {}. Members that the form does not know stay.
export function document_of(fields, before = {}) {
  const document = { ...before, name: fields.name, stock: whole(fields.stock) }
  if (fields.per_member.trim() === '') delete document.per_member
  else document.per_member = whole(fields.per_member)
  for (const name of ['opens_at', 'ends_at']) {
    if (fields[name] === '') delete document[name]
    else document[name] = moment(fields[name], before[name])
  }
  document.value = value_of(fields)
  return document
}

// The pointers at which two documents differ, with both values.
export function differences(mine, theirs, pointer = '') {
  const is_object = (value) => value !== null && typeof value === 'object' && !Array.isArray(value)
  const keys = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])]
  return keys.flatMap((key) => {
    const [one, other] = [mine[key], theirs[key]]
    const at = `${pointer}/${key}`
    if (is_object(one) && is_object(other)) return differences(one, other, at)
    return JSON.stringify(one) === JSON.stringify(other)
      ? []
      : [{ pointer: at, mine: one, theirs: other }]
  })
}
