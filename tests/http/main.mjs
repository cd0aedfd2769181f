// main.mjs -- the groups of the HTTP tests, in the order they run.
import { run_suite } from '../lib/check.mjs'
import { need_build } from '../lib/boon.mjs'
import { generated_client } from './client.mjs'
import { crowds } from './crowds.mjs'
import { check_types, generate } from './generate.mjs'
import { hostile_bodies, hostile_conduct, hostile_requests } from './hostile.mjs'
import { lint } from './lint.mjs'

async function types() {
  await generate()
  check_types('calls.mjs')
}

need_build('boon-server')
await run_suite('http', { lint, types, generated_client, hostile_requests, hostile_bodies, hostile_conduct, crowds }, process.argv.slice(2))
