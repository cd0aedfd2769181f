// check.mjs -- one line a check: ok, or FAIL with what was expected and what came.
//
// A suite is a list of groups, each an async function that calls check_…() as it goes. A check that
// fails does not end its group; an exception does, and counts as one failed check.
//
//     await run_suite('wire', { cli: check_cli, … }, process.argv.slice(2))
//
// Groups named as arguments run alone. The exit code is 0 only if every check passed.
import { inspect, isDeepStrictEqual } from 'node:util'

const colour = process.stdout.isTTY && !process.env.NO_COLOR
const paint = (code, text) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text)

let passed = 0
const failed = []
let group_name = ''

export function show(value) {
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : inspect(value, { depth: 6, breakLength: Infinity, maxArrayLength: 20 })
  return text.length > 600 ? `${text.slice(0, 600)}… (${text.length} characters)` : text
}

// Note one check. `expected` and `got` are texts shown when it failed.
export function note(name, good, expected, got) {
  if (good) {
    passed++
    console.log(`  ${paint(32, 'ok')}    ${name}`)
    return true
  }
  failed.push(`${group_name}: ${name}`)
  console.log(
    `  ${paint(31, 'FAIL')}  ${name}\n        expected ${expected}\n        got      ${got}`,
  )
  return false
}

export const check_that = (name, good, got = 'otherwise') =>
  note(name, Boolean(good), 'that it is so', show(got))
export const check_equal = (name, got, expected) =>
  note(name, isDeepStrictEqual(got, expected), show(expected), show(got))
export const check_match = (name, got, pattern) =>
  note(name, pattern.test(String(got)), String(pattern), show(String(got)))
export const check_at_most = (name, got, most) =>
  note(name, got <= most, `at most ${most}`, show(got))
export const check_at_least = (name, got, least) =>
  note(name, got >= least, `at least ${least}`, show(got))

// Check that an async function throws what fits the pattern.
export async function check_throws(name, action, pattern) {
  let came
  try {
    came = `no error but ${show(await action())}`
  } catch (error) {
    came = String(error?.message ?? error)
    return note(name, pattern.test(came), `an error like ${pattern}`, show(came))
  }
  return note(name, false, `an error like ${pattern}`, came)
}

export const say = (text) => console.log(`        ${text}`)
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms))

// Ask until the answer is true; false when the time is over.
export async function until(question, limit_ms = 10000, every_ms = 20) {
  const end = Date.now() + limit_ms
  for (;;) {
    if (await question()) return true
    if (Date.now() >= end) return false
    await sleep(every_ms)
  }
}

// Wait for a promise, but not for ever.
export function within(ms, what, promise) {
  let timer
  const over = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms)
  })
  return Promise.race([promise, over]).finally(() => clearTimeout(timer))
}

async function run_group(name, action, limit_ms) {
  const began = Date.now()
  group_name = name
  console.log(paint(1, name))
  try {
    await within(limit_ms, name, action())
  } catch (error) {
    note(`${name} goes through to its end`, false, 'no exception', error?.stack ?? String(error))
  }
  say(`${((Date.now() - began) / 1000).toFixed(1)} s`)
}

// Run the groups of a suite in order and end the process.
export async function run_suite(title, groups, wanted = [], limit_ms = 120000) {
  const began = Date.now()
  const unknown = wanted.filter((name) => !(name in groups))
  if (unknown.length > 0) {
    console.error(
      `${title}: no group named ${unknown.join(', ')}; there are ${Object.keys(groups).join(', ')}`,
    )
    process.exit(2)
  }
  for (const [name, action] of Object.entries(groups)) {
    if (wanted.length === 0 || wanted.includes(name)) await run_group(name, action, limit_ms)
  }
  const seconds = ((Date.now() - began) / 1000).toFixed(1)
  for (const name of failed) console.log(`${paint(31, 'FAILED')} ${name}`)
  console.log(`${title}: ${passed} checks passed, ${failed.length} failed, ${seconds} s`)
  process.exit(failed.length === 0 && passed > 0 ? 0 : 1)
}
