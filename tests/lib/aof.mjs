// aof.mjs -- Redis's append only file, read, cut and changed by tests.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = 'appendonlydir'

// A stopped data directory in memory: {files: {path: bytes}, tail: path of the file written last}.
export function load_dir(dir) {
  const files = {}
  const add = (folder) => {
    for (const entry of readdirSync(join(dir, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) add(path)
      else if (entry.isFile()) files[path] = readFileSync(join(dir, path))
    }
  }
  add('.')
  const tails = Object.keys(files).filter((path) => path.endsWith('.incr.aof'))
  if (tails.length !== 1) throw new Error(`${tails.length} incremental files in ${dir}`)
  return { files, tail: tails[0] }
}

// Write it out again, with other bytes at its end.
export function store_dir({ files, tail }, dir, tail_bytes = files[tail]) {
  mkdirSync(join(dir, FOLDER), { recursive: true, mode: 0o700 })
  for (const [path, bytes] of Object.entries(files))
    writeFileSync(join(dir, path), path === tail ? tail_bytes : bytes, { mode: 0o600 })
  return dir
}

// The commands of an append only file: [{start, end, args: [{at, bytes}]}].
export function read_commands(bytes) {
  const commands = []
  let at = 0
  const count = (sign) => {
    if (bytes[at] !== sign.charCodeAt(0)) throw new Error(`no ${sign} at byte ${at}`)
    const end = bytes.indexOf('\r\n', at)
    const value = Number(bytes.latin1Slice(at + 1, end))
    at = end + 2
    return value
  }
  while (at < bytes.length) {
    const command = { start: at, args: [] }
    for (let left = count('*'); left > 0; left--) {
      const length = count('$')
      command.args.push({ at, bytes: bytes.subarray(at, at + length) })
      at += length + 2
    }
    command.end = at
    commands.push(command)
  }
  return commands
}

// The appends to one stream among them, with the id and the bytes of each.
export function appends_to(commands, key) {
  return commands
    .filter(({ args }) => /^xadd$/i.test(args[0].bytes) && args[1].bytes.toString() === key)
    .map((command) => ({ ...command, id: command.args.at(-3), value: command.args.at(-1) }))
}
