// generate.mjs -- the client's types, generated from docs/openapi.json, and what TypeScript says of the
// calls in client.mjs.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'
import ts from 'typescript'
import { check_equal, say } from '../lib/check.mjs'
import { api } from './lint.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const PACKAGE = join(HERE, 'node_modules/boon-api')

// Write the types as a package of their own: import('boon-api').paths.
export async function generate() {
  const types = astToString(await openapiTS(structuredClone(api)))
  mkdirSync(PACKAGE, { recursive: true })
  writeFileSync(join(PACKAGE, 'package.json'), '{"name":"boon-api","types":"index.d.ts"}\n')
  writeFileSync(join(PACKAGE, 'index.d.ts'), types)
  return types
}

// Every call in the file has a path, parameters and a body that the document knows.
export function check_types(file) {
  const path = join(HERE, file)
  const program = ts.createProgram([path], {
    allowJs: true,
    checkJs: true,
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    noImplicitAny: false,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  })
  const source = program.getSourceFile(path)
  const found = [
    ...program.getSyntacticDiagnostics(source),
    ...program.getSemanticDiagnostics(source),
  ]
  for (const one of found) {
    const { line } = ts.getLineAndCharacterOfPosition(source, one.start ?? 0)
    say(`${file}:${line + 1}: ${ts.flattenDiagnosticMessageText(one.messageText, '\n')}`)
  }
  check_equal('the calls fit the generated types', found.length, 0)
  return source.text
}
