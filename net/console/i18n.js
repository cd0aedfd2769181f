// i18n.js -- the console's words in the reader's language; en.js and zh-CN.js hold them.
//
// t('sells_out_in', { time: '3 min' }) fills {time}. A text with a number that decides between one
// and many is an object { one, other }, chosen by `n`. Numbers are written as the language writes
// them.

const LOAD = { en: () => import('./en.js'), 'zh-CN': () => import('./zh-CN.js') }

let words = {}
let plural = new Intl.PluralRules('en')
let number = new Intl.NumberFormat('en')

export const language = () => document.documentElement.lang

export async function use_language(next) {
  words = (await LOAD[next]()).default
  document.documentElement.lang = next
  plural = new Intl.PluralRules(next)
  number = new Intl.NumberFormat(next)
}

// Change the language and remember it.
export async function choose_language(next) {
  await use_language(next)
  remember('language', next)
  dispatchEvent(new Event('boon:language'))
}

export function t(key, values = {}) {
  const found = words[key]
  if (found === undefined) return key
  const text = typeof found === 'string' ? found : (found[plural.select(values.n)] ?? found.other)
  return text.replace(/\{(\w+)\}/g, (_, name) =>
    typeof values[name] === 'number' ? number.format(values[name]) : String(values[name] ?? ''),
  )
}

// Whether there are words for a key that is made up from data.
export const has_words = (key) => key in words

export function remember(name, value) {
  try {
    localStorage.setItem(`boon.${name}`, value)
  } catch {
    // Storage is forbidden in this browser: the choice lasts as long as the page.
  }
}

export function remembered(name) {
  try {
    return localStorage.getItem(`boon.${name}`)
  } catch {
    return null
  }
}
