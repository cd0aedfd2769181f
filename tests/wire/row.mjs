// row.mjs -- how the rows of the tables of hostile requests are written.
//
// A row is { name, send, expect, then }: bytes to send, the answers that must come (a text, an
// array, a pattern for an error, or a function that judges), and whether the connection is 'open'
// or 'closed' afterwards. Instead of `send` a row may act() on the connection itself; 'gone' means
// that it left.
import { encode } from '../lib/resp.mjs'

export const bytes = (...parts) =>
  Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(part))))
export const hex = (text) => Buffer.from(text.replaceAll(' ', ''), 'hex')
export const PING = encode(['PING'])
export const protocol = (what) => new RegExp(`^-ERR Protocol error: ${what}`)
export const asks = (name, args, expect) => ({
  name,
  send: encode(args),
  expect: [].concat([expect]),
  then: 'open',
})
export const error = (name, args, pattern) => ({
  name,
  send: encode(args),
  expect: [pattern],
  then: 'open',
})
export const unknown = (shown) => new RegExp(`^-ERR unknown command '${shown}', see COMMAND LIST$`)
export const broken = (name, send, what) => ({
  name,
  send,
  expect: [protocol(what)],
  then: 'closed',
})
