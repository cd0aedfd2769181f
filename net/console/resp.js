// resp.js -- RESP3 as redis-cli shows it: bytes → value → text; and redis-cli's quoting of a line.

const DECODER = new TextDecoder()

// Read one reply. Values: {type, value}; type is RESP's first byte.
export function parse(bytes) {
  let at = 0
  const line = () => {
    const end = bytes.indexOf(13, at)
    if (end < 0) throw new Error('the reply is cut short')
    const text = DECODER.decode(bytes.subarray(at, end))
    at = end + 2
    return text
  }
  const many = (count) => Array.from({ length: Math.max(0, count) }, value)
  const bulk = (type, length) => {
    if (length < 0) return { type: '_' }
    const text = DECODER.decode(bytes.subarray(at, at + length))
    at += length + 2
    return { type, value: type === '=' ? text.slice(4) : text }
  }
  function value() {
    const head = line()
    const [type, rest] = [head[0], head.slice(1)]
    if ('$=!'.includes(type)) return bulk(type === '!' ? '-' : type, Number(rest))
    if ('*~>'.includes(type))
      return Number(rest) < 0 ? { type: '_' } : { type, value: many(Number(rest)) }
    if (type === '%') return { type, value: many(2 * Number(rest)) }
    if ('+-:,#(_'.includes(type)) return { type, value: rest }
    throw new Error(`not a reply: ${head}`)
  }
  return value()
}

// A value as plain JavaScript: maps are Maps, null is null.
export function plain({ type, value }) {
  if (type === '_') return null
  if (type === ':' || type === ',') return Number(value)
  if (type === '#') return value === 't'
  if ('*~>'.includes(type)) return value.map(plain)
  if (type !== '%') return value
  const map = new Map()
  for (let at = 0; at < value.length; at += 2) map.set(plain(value[at]), plain(value[at + 1]))
  return map
}

const ESCAPES = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\x07': '\\a',
  '\b': '\\b',
}

// As redis-cli quotes, but letters of every language stay readable.
const quote = (text) =>
  `"${text.replace(/[\\"\u0000-\u001f\u007f]/g, (char) => ESCAPES[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`

const EMPTY = { '*': '(empty array)', '>': '(empty push)', '~': '(empty set)', '%': '(empty hash)' }
const MARK = { '*': ')', '>': ')', '~': '~', '%': '#' }

// Lines as redis-cli prints them on a terminal.
export function print({ type, value }, prefix = '') {
  switch (type) {
    case '_':
      return '(nil)\n'
    case '-':
      return `(error) ${value}\n`
    case '+':
    case '=':
      return value.endsWith('\n') ? value : `${value}\n`
    case ':':
      return `(integer) ${value}\n`
    case ',':
      return `(double) ${value}\n`
    case '(':
      return `(big number) ${value}\n`
    case '#':
      return value === 't' ? '(true)\n' : '(false)\n'
    case '$':
      return `${quote(value)}\n`
    default:
      return print_many(type, value, prefix)
  }
}

function print_many(type, values, prefix) {
  if (values.length === 0) return `${EMPTY[type]}\n`
  const step = type === '%' ? 2 : 1
  const width = String(values.length / step).length
  const inner = prefix + ' '.repeat(width + 2)
  let out = ''
  for (let at = 0; at < values.length; at += step) {
    const number = String(at / step + 1).padStart(width)
    out += `${at === 0 ? '' : prefix}${number}${MARK[type]} ${print(values[at], inner)}`
    if (step === 2) out = `${out.slice(0, -1)} => ${print(values[at + 1], inner)}`
  }
  return out
}

const NAMED = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' }
const is_space = (char) => /\s/.test(char)

// One argument in quotes that begins at `at`: {text, at} behind it, or null where it does not end
// well.
function quoted(line, at) {
  const mark = line[at]
  let text = ''
  for (let i = at + 1; i < line.length; i++) {
    if (line[i] === mark)
      return i + 1 < line.length && !is_space(line[i + 1]) ? null : { text, at: i + 1 }
    if (line[i] !== '\\' || i + 1 >= line.length) text += line[i]
    else if (mark === "'") text += line[i + 1] === "'" ? line[++i] : '\\'
    else {
      const hex = /^x([0-9a-f]{2})/i.exec(line.slice(i + 1, i + 4))
      text += hex ? String.fromCharCode(parseInt(hex[1], 16)) : (NAMED[line[i + 1]] ?? line[i + 1])
      i += hex ? 3 : 1
    }
  }
  return null
}

// Split a line as redis-cli does; null where quotes do not match.
export function split(line) {
  const args = []
  let at = 0
  for (;;) {
    while (at < line.length && is_space(line[at])) at++
    if (at >= line.length) return args
    let text = ''
    while (at < line.length && !is_space(line[at])) {
      if (line[at] !== '"' && line[at] !== "'") text += line[at++]
      else {
        const part = quoted(line, at)
        if (part === null) return null
        text += part.text
        at = part.at
      }
    }
    args.push(text)
  }
}
