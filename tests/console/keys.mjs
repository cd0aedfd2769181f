// keys.mjs -- the console's words: both languages have the same keys, all used keys exist, none is idle.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { check_equal, run_suite } from '../lib/check.mjs'

const CONSOLE = join(dirname(fileURLToPath(import.meta.url)), '../../net/console')
const NOT_OURS = ['en.js', 'zh-CN.js', 'uplot.js']

// A module of words, read as text: net/ has no package.json that would make it a module to Node.
async function words_of(file) {
  const source = readFileSync(join(CONSOLE, file))
  return (await import(`data:text/javascript;base64,${source.toString('base64')}`)).default
}

const sources = readdirSync(CONSOLE)
  .filter((file) => file.endsWith('.js') && !NOT_OURS.includes(file))
  .map((file) => readFileSync(join(CONSOLE, file), 'utf8'))
  .join('\n')
const found = (pattern) => [...new Set([...sources.matchAll(pattern)].map((match) => match[1]))]
const blanks = (text) =>
  [...new Set([...JSON.stringify(text).matchAll(/\{(\w+)\}/g)].map(([, name]) => name))].sort()

const en = await words_of('en.js')
const zh = await words_of('zh-CN.js')

async function keys() {
  check_equal('both languages have the same keys', Object.keys(zh), Object.keys(en))
  const used = found(/\bt\('(\w+)'/g)
  check_equal(
    'every key used exists',
    used.filter((key) => !(key in en)),
    [],
  )
  const prefixes = found(/\b(?:t|has_words)\(`(\w+)\$\{/g)
  const begun = (prefix) => Object.keys(en).some((key) => key.startsWith(prefix))
  check_equal(
    'every made-up key has words',
    prefixes.filter((prefix) => !begun(prefix)),
    [],
  )
  const is_used = (key) =>
    sources.includes(`'${key}'`) || prefixes.some((prefix) => key.startsWith(prefix))
  check_equal(
    'no key is idle',
    Object.keys(en).filter((key) => !is_used(key)),
    [],
  )
}

// A blank may be left out in a language that says it otherwise, but none may be made up.
async function blanks_filled() {
  const wrong = Object.keys(en).filter((key) => {
    const known =
      key === 'value_percent_off' || key === 'percent_big'
        ? ['percent', 'zhe', 'minimum', 'most']
        : blanks(en[key])
    return blanks(zh[key]).some((name) => !known.includes(name))
  })
  check_equal('no language has a blank that the other does not know', wrong, [])
  const assets = readFileSync(join(CONSOLE, 'assets.def'), 'utf8')
  const files = readdirSync(CONSOLE).filter((file) => file !== 'assets.def')
  check_equal(
    'every file stands in assets.def',
    files.filter((file) => !assets.includes(`"${file}"`)),
    [],
  )
}

await run_suite('console words', { keys, blanks_filled }, process.argv.slice(2))
