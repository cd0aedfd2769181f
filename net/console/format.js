// format.js -- numbers, money, times and lengths of time as the reader's language writes them.
import { language } from './i18n.js'

const made = new Map()

function formatter(kind, options) {
  const key = `${language()} ${kind} ${JSON.stringify(options)}`
  if (!made.has(key)) made.set(key, new Intl[kind](language(), options))
  return made.get(key)
}

const numbers = (options) => formatter('NumberFormat', options)
const dates = (options) => formatter('DateTimeFormat', options)

export const NONE = '–'

export const number = (value) => (Number.isFinite(value) ? numbers({}).format(value) : NONE)

// 1,234 in full, 1.2M short: for axes and tiles.
export const short = (value) =>
  Number.isFinite(value)
    ? numbers({ notation: 'compact', maximumFractionDigits: 1 }).format(value)
    : NONE

// A share of 0 … 1. What is not all is never written as 100 %, what is something never as 0 %.
export function percent(share, digits = 0) {
  if (!Number.isFinite(share)) return NONE
  const step = 10 ** -(digits + 2)
  const write = (value) =>
    numbers({ style: 'percent', maximumFractionDigits: digits }).format(value)
  if (share > 0 && share < step) return `<${write(step)}`
  return write(share < 1 ? Math.min(share, 1 - step) : share)
}

const unit = (value, name, digits = 0) =>
  numbers({
    style: 'unit',
    unit: name,
    unitDisplay: 'short',
    maximumFractionDigits: digits,
  }).format(value)

// A length of time in words of at most two units: 42 s, 3 min, 2 h 5 min, 4 d.
export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return unit(seconds, 'second')
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return unit(minutes, 'minute')
  const hours = Math.floor(minutes / 60)
  if (hours < 48) {
    const rest = minutes % 60
    return rest ? `${unit(hours, 'hour')} ${unit(rest, 'minute')}` : unit(hours, 'hour')
  }
  return unit(Math.round(hours / 24), 'day')
}

export function micros(us) {
  if (!Number.isFinite(us)) return NONE
  if (us < 1000) return unit(us, 'microsecond')
  if (us < 1e6) return unit(us / 1000, 'millisecond', us < 1e5 ? 1 : 0)
  return unit(us / 1e6, 'second', 2)
}

export function bytes(value) {
  if (!Number.isFinite(value)) return NONE
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let at = 0
  let rest = value
  for (; rest >= 1024 && at + 1 < names.length; at++) rest /= 1024
  return `${numbers({ maximumFractionDigits: rest < 10 && at > 0 ? 1 : 0 }).format(rest)} ${names[at]}`
}

// Fen as yuan with the currency's sign: ¥20 or ¥19.90.
export const money = (fen) =>
  numbers({
    style: 'currency',
    currency: 'CNY',
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: fen % 100 === 0 ? 0 : 2,
  }).format(fen / 100)

const as_date = (value) => (value instanceof Date ? value : new Date(value))

export const clock = (value) => dates({ timeStyle: 'medium' }).format(as_date(value))

// Below an axis there is little room: no AM and PM.
export const clock_24 = (value) =>
  dates({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(
    as_date(value),
  )

export const moment = (value) =>
  value ? dates({ dateStyle: 'medium', timeStyle: 'medium' }).format(as_date(value)) : NONE

// A moment within the day as its hour, another with its day.
export function near(value, now) {
  const date = as_date(value)
  const same_day = date.toDateString() === as_date(now).toDateString()
  return same_day
    ? dates({ hour: '2-digit', minute: '2-digit' }).format(date)
    : dates({ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' }).format(date)
}

// A moment as <input type=datetime-local> holds it, in the browser's zone, and back as RFC 3339.
const two = (value) => String(value).padStart(2, '0')

export function to_input(text) {
  if (!text) return ''
  const at = new Date(text)
  if (Number.isNaN(at.getTime())) return ''
  const date = `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${date}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

export function from_input(value) {
  const at = new Date(value)
  if (Number.isNaN(at.getTime())) return null
  const ahead = -at.getTimezoneOffset()
  const sign = ahead < 0 ? '-' : '+'
  const zone = `${sign}${two(Math.floor(Math.abs(ahead) / 60))}:${two(Math.abs(ahead) % 60)}`
  return `${to_input(at)}${zone}`
}

export function zone_name() {
  const parts = dates({ timeZoneName: 'short' }).formatToParts(new Date())
  const short_name = parts.find((part) => part.type === 'timeZoneName')?.value ?? ''
  return `${Intl.DateTimeFormat().resolvedOptions().timeZone} (${short_name})`
}

// Yuan as a person types them, to fen; NaN where it is no amount. Never through a fraction.
export function fen_of(text) {
  const found = /^\s*(\d{1,10})(?:[.。](\d{1,2}))?\s*$/.exec(text)
  return found ? Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0')) : NaN
}

export const yuan_of = (fen) =>
  fen % 100 === 0 ? String(fen / 100) : `${Math.floor(fen / 100)}.${two(fen % 100)}`
