// bad_start.mjs -- mistakes in flags, environment, config file, secret file and directory: the
// server says in one sentence what is wrong and what is allowed, and does not start. A living
// server beside it is not touched.
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { check_at_most, check_equal, check_match, note, show } from '../lib/check.mjs'
import { clean_env, run_boon, start_boon, work_dir } from '../lib/boon.mjs'
import { damage, finish, row_counts, start_victim } from './bad_input.mjs'
import { user_files } from './bad_users.mjs'
import { SECRET, config, environment, flags, places, secrets } from './bad_start_rows.mjs'

function lay_out(directory, files = {}) {
  for (const [name, content] of Object.entries(files)) {
    const [text, mode] = Array.isArray(content) ? content : [content, 0o644]
    writeFileSync(join(directory, name), text)
    chmodSync(join(directory, name), mode)
  }
}

async function run_row(kind, [name, args, pattern, more = {}], victim) {
  const directory = work_dir()
  lay_out(directory, more.files)
  const own = (text) => text.replace('@', directory)
  const env = Object.fromEntries(
    Object.entries(more.env ?? {}).map(([key, value]) => [key, own(value)]),
  )
  const came = await run_boon(args.map(own), { cwd: directory, env: clean_env(env) }).catch(() => ({
    code: 'it runs',
    said: '',
    out: '',
  }))
  const harm = await damage(victim)
  const kept = Object.entries(more.keeps ?? {}).every(
    ([file, text]) => readFileSync(join(directory, file), 'utf8') === text,
  )
  const code = more.code ?? 2
  note(
    `${kind}: ${name}`,
    came.code === code && pattern.test(came.said) && (more.err ?? /./).test(came.err) && harm === '' && kept && came.out === '',
    `exit code ${code} and ${pattern}`,
    `exit code ${came.code ?? came.signal} and ${show(came.err ?? came.said)} ${came.out}${harm}${kept ? '' : ' and a file was changed'}`,
  )
}

// What needs a living server: its port, its directory, its unix socket.
async function beside(victim) {
  const port = await run_boon(['--port', String(victim.boon.port), '--journal', 'none'])
  check_equal('place: a port in use: exit code', port.code, 1)
  check_match(
    'place: a port in use is named',
    port.err,
    new RegExp(
      `cannot listen on 127\\.0\\.0\\.1 port ${victim.boon.port}: Address already in use; is another boon-server running\\? choose another --port`,
    ),
  )

  const linked = join(work_dir(), 'link')
  symlinkSync(victim.boon.dir, linked)
  const began = Date.now()
  const [second, third] = await Promise.all(
    [victim.boon.dir, linked].map((dir) =>
      run_boon(['--port', '0', '--dir', dir], { limit_ms: 30000 }),
    ),
  )
  check_equal('place: a second server on one directory: exit code', second.code, 1)
  check_match(
    'place: a second server on one directory is told who has it',
    second.err,
    new RegExp(
      `another boon-server \\(pid ${victim.boon.pid}\\) uses .*; stop it, or give this one a --dir of its own`,
    ),
  )
  check_match(
    'place: nor does a symbolic link make it another directory',
    third.err,
    /another boon-server \(pid \d+\) uses/,
  )
  check_at_most('place: both give up within 15 s', Date.now() - began, 15000)
  check_equal('place: the first goes on unharmed', await damage(victim), '')
  row_counts.starts += 3
}

// What looks like a mistake and is none.
async function allowed() {
  const directory = work_dir()
  lay_out(directory, {
    secret: [SECRET, 0o600],
    'boon.conf': '# all is well\nmax-clients = 5\njournal none\nname "brand-1"\n',
    password: 'open sesame\nnot this\n',
  })
  mkdirSync(join(directory, 'data'))
  const boon = await start_boon(
    [
      '--config',
      join(directory, 'boon.conf'),
      '--secret-file',
      join(directory, 'secret'),
      '--password-file',
      join(directory, 'password'),
      '--bind',
      '0.0.0.0',
    ],
    { env: clean_env({ BOON_MAX_CLIENTS: '7' }), password: 'open sesame' },
  )
  const client = await boon.client()
  check_equal(
    'start: flags before environment before file',
    await client.call('CONFIG', 'GET', 'max-clients'),
    ['max-clients', '7'],
  )
  check_equal('start: the file alone', await client.call('CONFIG', 'GET', 'name'), [
    'name',
    'brand-1',
  ])
  check_equal(
    'start: CONFIG GET does not show the password',
    String(await client.call('CONFIG', 'GET', '*')).includes('sesame'),
    false,
  )
  check_equal('start: nor does the log', boon.err.includes('sesame'), false)
  check_equal('start: it ends cleanly', (await boon.end()).code, 0)
  for (const [flag, pattern] of [
    ['--help', /--max-clients/],
    ['--version', /^boon-server \d+\.\d+\.\d+\n$/],
  ]) {
    const came = await run_boon([flag])
    check_equal(`start: ${flag}: exit code`, came.code, 0)
    check_match(`start: ${flag} answers on stdout`, came.out, pattern)
  }
}

export async function bad_start() {
  const victim = await start_victim()
  const tables = { flag: flags, environment, config, secret: secrets, users: user_files, place: places }
  row_counts.starts = 0
  for (const [kind, rows] of Object.entries(tables)) {
    for (const row of rows) await run_row(kind, row, victim)
    row_counts.starts += rows.length
  }
  await beside(victim)
  await allowed()
  await finish(victim)
}
