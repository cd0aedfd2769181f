// hints.js -- what COMMAND DOCS says, as completions and as the rest of a line being typed.
import { command_bytes } from './api.js'
import { parse, plain } from './resp.js'

const MATCHES_MAX = 12
let loaded = null

// Every command and sub-command by its name as typed: 'COUPON.CLAIM', 'CONFIG GET'.
function collect(docs, into, above = '') {
  for (const [name, doc] of docs) {
    const typed = name.replace('|', ' ').toUpperCase()
    const subcommands = doc.get('subcommands')
    into.set(typed, {
      name: typed,
      summary: doc.get('summary') ?? '',
      group: doc.get('group') ?? '',
      args: doc.get('arguments') ?? [],
      container: subcommands !== undefined,
      above,
    })
    if (subcommands) collect(subcommands, into, typed)
  }
  return into
}

export function load_docs() {
  loaded ??= command_bytes(['COMMAND', 'DOCS'])
    .then((bytes) => collect(plain(parse(bytes)), new Map()))
    .catch((error) => {
      loaded = null
      throw error
    })
  return loaded
}

const flag = (arg, name) => (arg.get('flags') ?? []).includes(name)

function syntax_of(arg) {
  const token = arg.get('token')
  const inner = arg.get('arguments') ?? []
  const name = (arg.get('display_text') ?? arg.get('name')).replace(/^request$/, 'request-id')
  let text
  if (arg.get('type') === 'pure-token') text = token
  else if (arg.get('type') === 'oneof')
    text = [token, inner.map(syntax_of).join('|')].filter(Boolean).join(' ')
  else if (arg.get('type') === 'block')
    text = [token, ...inner.map(syntax_of)].filter(Boolean).join(' ')
  else text = token ? `${token} ${name}` : name
  if (flag(arg, 'multiple')) text += ` [${text} …]`
  return flag(arg, 'optional') ? `[${text}]` : text
}

// The command that a line begins with: the longest name that fits.
export function command_of(docs, words) {
  const two = words.length > 1 ? docs.get(`${words[0]} ${words[1]}`.toUpperCase()) : undefined
  return two ?? docs.get((words[0] ?? '').toUpperCase())
}

// What may still follow: positions that are filled and words that are given are left out.
export function rest_of(command, words) {
  const given = words.slice(command.name.split(' ').length)
  const rest = []
  let at = 0
  for (const arg of command.args) {
    const token = arg.get('token')
    if (!token && !flag(arg, 'optional') && at < given.length) at++
    else if (!token && at < given.length && !flag(arg, 'multiple')) at++
    else if (token && given.some((word) => word.toUpperCase() === token)) continue
    else rest.push(syntax_of(arg))
  }
  return rest.join(' ')
}

// Completions of what is typed so far: names of commands, then the words of their optional
// arguments.
export function completions(docs, line) {
  if (/["']/.test(line)) return []
  const typed = line.trimStart().toUpperCase()
  if (typed === '') return []
  const names = [...docs.values()].filter(({ name }) => name.startsWith(typed) && name !== typed)
  if (names.length > 0)
    return names
      .slice(0, MATCHES_MAX)
      .map(({ name, summary }) => ({ text: `${name} `, name, summary }))
  const words = typed.split(/\s+/)
  const last = words.at(-1)
  const command = command_of(docs, words)
  if (command === undefined || last === '') return []
  const before = line.slice(0, line.length - last.length)
  return command.args
    .filter((arg) => arg.get('token')?.startsWith(last) && arg.get('token') !== last)
    .map((arg) => ({
      text: `${before}${arg.get('token')} `,
      name: syntax_of(arg),
      summary: arg.get('summary') ?? '',
    }))
}
