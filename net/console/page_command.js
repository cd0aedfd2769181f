// page_command.js -- a box for commands that behaves as redis-cli does.
//
// Up and down walk the history (or the completions while they are open), Tab completes, Escape
// closes, Ctrl-L clears. A line that ends inside quotes is not sent.
import { command_bytes } from './api.js'
import { attribute, fill, h, put } from './dom.js'
import { remember, remembered, t } from './i18n.js'
import { command_of, completions, load_docs, rest_of } from './hints.js'
import { parse, print, split } from './resp.js'

const HISTORY_MAX = 200
const OUTPUT_MAX = 200
const SECRET = /^\s*(auth|hello)\b/i

// What was printed stays while the console is open.
const printed = h('div', {
  class: 'console-out',
  role: 'log',
  'aria-live': 'polite',
  tabindex: '0',
  testid: 'command-output',
})

function load_history() {
  try {
    const lines = JSON.parse(remembered('commands') ?? '[]')
    return Array.isArray(lines) ? lines.filter((line) => typeof line === 'string') : []
  } catch {
    return []
  }
}

function keep(history, line) {
  if (history.at(-1) === line || SECRET.test(line)) return
  history.push(line)
  history.splice(0, history.length - HISTORY_MAX)
  remember('commands', JSON.stringify(history))
}

function print_out(line, text, kind) {
  printed.append(
    h(
      'pre',
      { class: 'echo' },
      h('span', { class: 'prompt', 'aria-hidden': 'true' }, 'boon> '),
      line,
    ),
    h('pre', { class: `answer ${kind}` }, text),
  )
  while (printed.children.length > 2 * OUTPUT_MAX) printed.firstChild.remove()
  printed.scrollTop = printed.scrollHeight
}

async function carry_out(line) {
  const args = split(line)
  if (args === null) return print_out(line, t('bad_quotes'), 'bad')
  if (args.length === 0) return undefined
  const first = args[0].toLowerCase()
  if (first === 'clear') return fill(printed)
  if (first === 'help' || first === '?') return help(line, args.slice(1))
  try {
    const reply = parse(await command_bytes(args))
    print_out(line, print(reply), reply.type === '-' ? 'bad' : '')
  } catch (error) {
    print_out(line, error.message, 'bad')
  }
  return undefined
}

// As redis-cli's help: syntax, summary and group of one command, or of those of a name.
async function help(line, words) {
  try {
    const docs = await load_docs()
    const wanted = words.join(' ').toUpperCase()
    const found = [...docs.values()].filter(
      ({ name, container }) =>
        !container && (wanted === '' ? name.includes('.') : name.startsWith(wanted)),
    )
    const text = found
      .map(
        (command) =>
          `  ${command.name} ${rest_of(command, command.name.split(' '))}\n  ${t('help_summary')}: ${command.summary}\n`,
      )
      .join('\n')
    print_out(line, text || t('help_none'), '')
  } catch (error) {
    print_out(line, error.message, 'bad')
  }
}

class Prompt {
  history = load_history()
  at = this.history.length
  unsent = ''
  docs = null
  matches = []
  chosen = -1

  constructor() {
    this.input = h('input', {
      class: 'prompt-input',
      type: 'text',
      autocomplete: 'off',
      autocapitalize: 'off',
      autocorrect: 'off',
      spellcheck: 'false',
      role: 'combobox',
      'aria-expanded': 'false',
      'aria-controls': 'completions',
      'aria-autocomplete': 'list',
      placeholder: 'CAMPAIGN.LIST',
      'data-first': true,
      'aria-label': t('command_label'),
      'aria-describedby': 'command-about',
      testid: 'command-input',
    })
    this.typed = h('span', { class: 'ghost-typed' })
    this.hint = h('span', { class: 'ghost-hint', testid: 'command-hint' })
    this.about = h('p', { class: 'prompt-about', id: 'command-about' })
    this.list = h('ul', {
      class: 'completions',
      role: 'listbox',
      id: 'completions',
      'aria-label': t('completions'),
      hidden: true,
    })
    this.input.addEventListener('input', () => this.show())
    this.input.addEventListener('keydown', (event) => this.on_key(event))
    this.input.addEventListener('blur', () => this.close())
    this.element = h(
      'form',
      { class: 'prompt-form', on: { submit: (event) => this.on_submit(event) } },
      h(
        'div',
        { class: 'prompt-line' },
        h('span', { class: 'prompt', 'aria-hidden': 'true' }, 'boon>'),
        h(
          'div',
          { class: 'prompt-field' },
          h('div', { class: 'ghost', 'aria-hidden': 'true' }, this.typed, this.hint),
          this.input,
        ),
        h('button', { class: 'button primary small', testid: 'command-send' }, t('send')),
      ),
      this.list,
      this.about,
    )
    load_docs().then(
      (docs) => {
        this.docs = docs
        this.show()
      },
      () => put(this.about, t('no_docs')),
    )
  }

  write(line) {
    this.input.value = line
    this.input.setSelectionRange(line.length, line.length)
    this.show()
  }

  async on_submit(event) {
    event.preventDefault()
    const line = this.input.value
    if (line.trim() === '') return
    keep(this.history, line)
    this.at = this.history.length
    this.write('')
    await carry_out(line)
  }

  show() {
    const line = this.input.value
    const words = line.trim().split(/\s+/).filter(Boolean)
    const command = this.docs && words.length > 0 ? command_of(this.docs, words) : undefined
    const ended = /\s$/.test(line) || line.trim().toUpperCase() === command?.name
    put(this.typed, line)
    put(
      this.hint,
      command && ended && !command.container
        ? `${/\s$/.test(line) ? '' : ' '}${rest_of(command, words)}`
        : '',
    )
    put(this.about, command?.summary ?? t('command_about'))
    this.matches = this.docs ? completions(this.docs, line) : []
    this.chosen = -1
    this.show_matches()
  }

  show_matches() {
    this.list.hidden = this.matches.length === 0
    attribute(this.input, 'aria-expanded', String(!this.list.hidden))
    attribute(
      this.input,
      'aria-activedescendant',
      this.chosen < 0 ? null : `completion-${this.chosen}`,
    )
    fill(
      this.list,
      this.matches.map((match, at) =>
        h(
          'li',
          {
            id: `completion-${at}`,
            role: 'option',
            'aria-selected': String(at === this.chosen),
            testid: 'completion',
            on: {
              mousedown: (event) => {
                event.preventDefault()
                this.write(match.text)
              },
            },
          },
          h('b', {}, match.name),
          h('span', {}, match.summary),
        ),
      ),
    )
    this.list.children[this.chosen]?.scrollIntoView({ block: 'nearest' })
  }

  close() {
    this.matches = []
    this.chosen = -1
    this.show_matches()
  }

  walk(step) {
    if (this.at === this.history.length) this.unsent = this.input.value
    this.at = Math.max(0, Math.min(this.history.length, this.at + step))
    this.write(this.history[this.at] ?? this.unsent)
    this.close()
  }

  choose(step) {
    this.chosen = (this.chosen + step + this.matches.length) % this.matches.length
    this.show_matches()
  }

  on_key(event) {
    const open = this.matches.length > 0
    const { key } = event
    if (key === 'Tab' && open && !event.shiftKey)
      this.write(this.matches[Math.max(0, this.chosen)].text)
    else if (key === 'Enter' && open && this.chosen >= 0) this.write(this.matches[this.chosen].text)
    else if (key === 'ArrowDown' && open) this.choose(1)
    else if (key === 'ArrowUp' && open && this.chosen >= 0) this.choose(-1)
    else if (key === 'ArrowUp') this.walk(-1)
    else if (key === 'ArrowDown') this.walk(1)
    else if (key === 'Escape' && open) this.close()
    else if (key === 'l' && event.ctrlKey) fill(printed)
    else return
    event.preventDefault()
  }
}

function welcome() {
  const lines = ['CAMPAIGN.LIST', 'INFO boon', 'HELP COUPON.CLAIM']
  return h(
    'div',
    { class: 'console-welcome' },
    h('p', {}, t('command_welcome')),
    h('pre', {}, lines.join('\n')),
  )
}

export function mount() {
  const prompt = new Prompt()
  if (!printed.hasChildNodes()) fill(printed, welcome())
  const element = h(
    'div',
    { class: 'page page-command' },
    h('header', { class: 'page-head' }, h('h1', { tabindex: '-1' }, t('nav_command'))),
    h('section', { class: 'console', 'aria-label': t('nav_command') }, printed, prompt.element),
  )
  requestAnimationFrame(() => (printed.scrollTop = printed.scrollHeight))
  return { element, title: t('nav_command'), cleanup: () => {} }
}
