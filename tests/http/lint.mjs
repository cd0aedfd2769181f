// lint.mjs -- docs/openapi.json is what OpenAPI 3.1 allows, its examples are what its schemas allow,
// and it is what the server serves.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { Validator } from '@seriousme/openapi-schema-validator'
import Ajv2020 from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { ROOT } from '../lib/boon.mjs'
import { check_at_least, check_equal, check_that, say } from '../lib/check.mjs'

export const FILE = join(ROOT, 'docs/openapi.json')
export const source = readFileSync(FILE, 'utf8')
export const api = JSON.parse(source)
const METHODS = ['get', 'put', 'post', 'delete']

// Rules of good style that we do not follow, and why.
const LEFT_OUT = {
  'no-server-example.com': 'off', // the server is the one that serves the document
  'operation-4xx-response': 'off', // health checks have none
  'no-ambiguous-paths': 'error',
  'operation-operationId-url-safe': 'error',
  'no-unused-components': 'error',
  'no-invalid-schema-examples': 'error',
  'no-invalid-media-type-examples': ['error', { allowAdditionalProperties: true }],
}

function resolve(value) {
  let at = value
  while (at?.$ref) at = at.$ref.slice(2).split('/').reduce((node, key) => node[key], api)
  return at
}

// Every operation: {path, method, operation}.
export function operations() {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({
      path,
      method,
      operation: item[method],
    })),
  )
}

// A function that says what is wrong with a value by a schema of the document; '' for nothing.
export function make_judge() {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats(ajv)
  ajv.addSchema({ $id: 'boon', components: api.components })
  const inside = (schema) => JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"boon#/'))
  const compiled = new Map()
  return (schema, value) => {
    const key = JSON.stringify(schema)
    if (!compiled.has(key)) compiled.set(key, ajv.compile(inside(schema)))
    const fits = compiled.get(key)
    return fits(value) ? '' : ajv.errorsText(fits.errors)
  }
}

function check_examples() {
  const judge = make_judge()
  let count = 0
  const look = (where, schema, example) => {
    count++
    const wrong = judge(schema, example)
    if (wrong) check_equal(`the example of ${where}`, wrong, '')
  }
  for (const { path, method, operation } of operations()) {
    const where = `${method} ${path}`
    for (const parameter of operation.parameters.map(resolve))
      if ('example' in parameter) look(`${where} ${parameter.name}`, parameter.schema, parameter.example)
    const bodies = [operation.requestBody, ...Object.values(operation.responses)].map(resolve)
    for (const content of bodies.flatMap((body) => Object.values(body?.content ?? {}))) {
      if ('example' in content) look(where, content.schema, content.example)
      for (const { value } of Object.values(content.examples ?? {}))
        look(where, content.schema, value)
    }
  }
  check_at_least('examples that fit their schemas', count, 100)
}

export async function lint() {
  const validator = new Validator()
  const result = await validator.validate(structuredClone(api))
  check_that('the document is OpenAPI', result.valid, result.errors)
  check_equal('its version', [validator.version, api.openapi], ['3.1', '3.1.0'])
  const problems = await lintFromString({
    source,
    absoluteRef: FILE,
    config: await createConfig({ extends: ['recommended'], rules: LEFT_OUT }),
  })
  for (const problem of problems)
    say(`${problem.severity} ${problem.ruleId}: ${problem.message} ${problem.location[0].pointer}`)
  check_equal("the linter's complaints", problems.length, 0)
  const ids = operations().map(({ operation }) => operation.operationId)
  check_equal('every operation has an id of its own', new Set(ids).size, ids.length)
  check_examples()
}
