// redis_tools.mjs -- redis-cli and redis-benchmark, as they come with Redis.
import {
  check_at_least,
  check_equal,
  check_match,
  check_that,
  say,
  sleep,
  until,
} from '../lib/check.mjs'
import { Program, clean_env, open_campaign, run_program, start_boon } from '../lib/boon.mjs'
import { Client, encode, fields } from '../lib/resp.mjs'

const CODE = '[0-9A-Z]{4}(?:-[0-9A-Z]{4}){4}'

const cli = (boon, args, options) =>
  run_program('redis-cli', ['-p', String(boon.port), ...args], { limit_ms: 10000, ...options })

async function commands(boon) {
  for (const [at, flags] of [[], ['-3']].entries()) {
    const title = `redis-cli ${flags.join(' ') || '-2'}`
    const claim = await cli(boon, [
      ...flags,
      'COUPON.CLAIM',
      `cli${at}`,
      'sale',
      'CHANNEL',
      'app',
      'REQUEST',
      `r${at}`,
    ])
    check_match(`${title}: a claim`, claim.out, new RegExp(`^OK\n${CODE}\n$`))
    const code = claim.out.split('\n')[1]
    check_equal(
      `${title}: a second claim`,
      (await cli(boon, [...flags, 'COUPON.CLAIM', `cli${at}`, 'sale'])).out,
      `DUPLICATE\n${code}\n`,
    )
    check_equal(
      `${title}: the request id again`,
      (
        await cli(boon, [
          ...flags,
          'COUPON.CLAIM',
          `cli${at}`,
          'sale',
          'CHANNEL',
          'app',
          'REQUEST',
          `r${at}`,
        ])
      ).out,
      `OK\n${code}\n`,
    )
    check_match(
      `${title}: COUPON.GET`,
      (await cli(boon, [...flags, 'coupon.get', code.toLowerCase()])).out,
      new RegExp(
        `^OK\ncode\n${code}\nmember\ncli${at}\ncampaign\nsale\nstate\nissued\nissued_at\n\\d{13}\nchannel\napp\nstore\n\nstaff\n\n$`,
      ),
    )
    check_equal(
      `${title}: points`,
      (await cli(boon, [...flags, 'ACCOUNT.EARN', `cli${at}`, 'points', '1000000000000'])).out,
      'OK\n1000000000000\n',
    )
    check_match(
      `${title}: an error`,
      (await cli(boon, [...flags, '-e', 'COUPON.CLAIM', 'x'])).err,
      /^ERR wrong number of arguments for 'COUPON\.CLAIM' command/,
    )
    check_equal(
      `${title}: an error's exit code with -e`,
      (await cli(boon, [...flags, '-e', 'NO.SUCH'])).code,
      1,
    )
    check_match(
      `${title}: INFO boon`,
      (await cli(boon, [...flags, 'INFO', 'boon'])).out,
      /^# Boon\r\n(.*\r\n)*durability:always\r\n/,
    )
    check_equal(
      `${title}: SELECT by -n`,
      (await cli(boon, [...flags, '-n', '0', 'PING'])).out,
      'PONG\n',
    )
  }
  const json = await cli(boon, ['--json', 'COUPON.LIST', 'cli0'])
  const list = JSON.parse(json.out)
  check_equal(
    'redis-cli --json: COUPON.LIST is JSON',
    [list[0], list[1], list[2][1], list[2][2]],
    ['OK', 1, 'sale', 'issued'],
  )
  const told = JSON.parse((await cli(boon, ['--json', 'HELLO', '3'])).out)
  check_equal(
    'redis-cli --json: HELLO is an object',
    [told.proto, told.mode, told.role],
    [3, 'standalone', 'master'],
  )
  const docs = JSON.parse((await cli(boon, ['--json', 'COMMAND', 'DOCS', 'COUPON.CLAIM'])).out)
  check_match(
    'redis-cli --json: COMMAND DOCS is an object',
    JSON.stringify(docs),
    /"summary":"A member asks for a coupon/,
  )
  check_equal(
    'redis-cli --csv',
    (await cli(boon, ['--csv', 'ACCOUNT.BALANCE', 'cli0'])).out,
    '"OK","points",1000000000000\n',
  )
  const unicode = await cli(boon, ['--json', 'ACCOUNT.EARN', '会员', '积分', '7'])
  check_equal(
    'redis-cli --json: unicode',
    [unicode.out, (await cli(boon, ['--json', 'MEMBER.GET', '会员'])).out.includes('"会员"')],
    ['["OK",7]\n', true],
  )
}

// What is typed at redis-cli, in a terminal of its own.
async function interactive(boon, flags) {
  const title = `redis-cli ${flags.join(' ')} at a terminal`.replace('  ', ' ')
  const command = `stty cols 150 rows 40 2>/dev/null; exec redis-cli -p ${boon.port} ${flags.join(' ')}`
  const terminal = new Program('script', ['-qfec', command, '/dev/null'], {
    env: clean_env({ TERM: 'xterm', HOME: boon.dir, REDISCLI_HISTFILE: '/dev/null' }),
    stdin: 'pipe',
  })
  const type = async (text, pattern) => {
    const from = terminal.out.length
    for (const letter of text) {
      terminal.child.stdin.write(letter)
      await sleep(1)
    }
    return until(() => pattern.test(terminal.out.slice(from)), 3000)
  }
  try {
    check_that(
      `${title}: it greets with its prompt`,
      await until(() => terminal.out.includes(`127.0.0.1:${boon.port}> `), 5000),
      terminal.out.slice(-300),
    )
    check_that(
      `${title}: it hints at the arguments`,
      await type('COUPON.CLAIM ', /member campaign/),
      terminal.out.slice(-300),
    )
    check_that(
      `${title}: it hints at the keywords`,
      await type('typist sale ', /\[?CHANNEL/),
      terminal.out.slice(-300),
    )
    check_that(
      `${title}: a claim is answered`,
      await type('CHANNEL app\r', new RegExp(`1\\) "OK"\\s+2\\) "${CODE}"`)),
      terminal.out.slice(-300),
    )
    check_that(
      `${title}: help shows the summary`,
      await type('help COUPON.CLAIM\r', /A member asks for a coupon/),
      terminal.out.slice(-400),
    )
    check_that(
      `${title}: an error is shown and it goes on`,
      await type('COUPON.CLAIM\r', /\(error\) ERR wrong number of arguments/),
      terminal.out.slice(-300),
    )
    await type('quit\r', /./)
    check_that(
      `${title}: quit ends it`,
      await until(() => terminal.ended, 3000),
      terminal.out.slice(-300),
    )
    check_that(
      `${title}: nothing was refused at its start`,
      !/\(error\) (?!ERR wrong number)|[Cc]ould not|Warning/.test(terminal.out),
      terminal.out,
    )
  } finally {
    terminal.signal('SIGKILL')
  }
}

async function pipes(boon) {
  const claims = Array.from({ length: 2000 }, (_, at) =>
    encode(['COUPON.CLAIM', `pipe${at % 1000}`, 'sale']),
  ).join('')
  const piped = await cli(boon, ['--pipe'], { input: claims })
  check_match('redis-cli --pipe takes 2000 claims', piped.out, /errors: 0, replies: 2000/)
  const lines = await cli(boon, [], {
    input: 'PING\nCOUPON.CLAIM "in line" sale\nACCOUNT.EARN "in line" points 5\n',
  })
  check_match(
    'redis-cli reads commands from its input',
    lines.out,
    new RegExp(`^PONG\nOK\n${CODE}\nOK\n5\n$`),
  )
  const repeated = await cli(boon, [
    '-r',
    '20',
    '-i',
    '0',
    'ACCOUNT.EARN',
    'repeater',
    'points',
    '1',
  ])
  check_equal('redis-cli -r repeats', repeated.out.trim().split('\n').pop(), '20')

  const inline = await Client.connect({ port: boon.port })
  inline.write(
    "PING\r\n  coupon.claim   \"a b\\x21\"\tsale CHANNEL 'it''s'\r\n".replace(
      "'it''s'",
      "'it\\'s'",
    ),
  )
  check_equal('inline: PING', await inline.next(), 'PONG')
  check_equal('inline: a claim with quotes and escapes', (await inline.next())[0], 'OK')
  inline.write('MEMBER.GET "a b!"\nQUIT\n')
  check_equal('inline: LF alone ends a line', fields(await inline.next()).coupons, 1)
  check_equal('inline: QUIT', await inline.next(), 'OK')
  check_that('inline: and the connection ends', await until(() => inline.closed, 2000))
}

export async function redis_cli() {
  const boon = await start_boon()
  const client = await boon.client()
  await open_campaign(client, 'sale', 100000)
  await commands(boon)
  await interactive(boon, [])
  await client.call(
    'CAMPAIGN.PUT',
    'second',
    '{"name":"Second","stock":9,"value":{"kind":"exchange","price":0}}',
  )
  await pipes(boon)
  check_equal('redis-cli: the server ends cleanly', (await boon.end()).code, 0)

  const guarded = await start_boon(['--password', 'open sesame'], { password: 'open sesame' })
  await open_campaign(await guarded.client(), 'sale', 10)
  check_match(
    'redis-cli without the password',
    (await cli(guarded, ['COUPON.CLAIM', 'a', 'sale'])).out,
    /^NOAUTH Authentication required\./,
  )
  for (const flags of [[], ['-3']]) {
    const named = flags.join('') || '-2'
    check_equal(
      `redis-cli ${named} -a`,
      (await cli(guarded, [...flags, '--no-auth-warning', '-a', 'open sesame', 'PING'])).out,
      'PONG\n',
    )
    check_equal(
      `redis-cli ${named} --user default --pass`,
      (
        await cli(guarded, [
          ...flags,
          '--no-auth-warning',
          '--user',
          'default',
          '--pass',
          'open sesame',
          'PING',
        ])
      ).out,
      'PONG\n',
    )
    check_match(
      `redis-cli ${named} -a wrong`,
      (await cli(guarded, [...flags, '--no-auth-warning', '-a', 'wrong', 'PING'])).err,
      /WRONGPASS/,
    )
  }
  check_equal('redis-cli: the guarded server ends cleanly', (await guarded.end()).code, 0)
}

// --- redis-benchmark -----------------------------------------------------------------------------

const REQUESTS = 60000
const MEMBERS = 5000

async function benchmark(boon, flags, campaign) {
  const title = `redis-benchmark ${flags.join(' ')} ${campaign}`
  const client = await boon.client()
  await open_campaign(client, campaign, campaign === 'short' ? 1000 : 1000000)
  const ran = await run_program(
    'redis-benchmark',
    [
      '-p',
      String(boon.port),
      '-n',
      String(REQUESTS),
      '-c',
      '20',
      '-P',
      '16',
      '-r',
      String(MEMBERS),
      '-q',
      ...flags,
      'COUPON.CLAIM',
      `${campaign}:__rand_int__`,
      campaign,
    ],
    { limit_ms: 60000 },
  )
  const output =
    `${ran.out}${ran.err}`
      .split(/[\r\n]+/)
      .filter(Boolean)
      .pop() ?? ''
  check_equal(`${title}: exit code`, ran.code, 0)
  check_that(
    `${title}: no errors`,
    !/error/i.test(ran.out + ran.err),
    `${ran.out}${ran.err}`.slice(-300),
  )
  check_match(`${title}: it tells its rate`, output, /\d+\.\d+ requests per second/)
  say(output.trim())
  const members = Array.from(
    { length: MEMBERS },
    (_, at) => `${campaign}:${String(at).padStart(12, '0')}`,
  )
  const counts = (await client.all(members.map((member) => ['MEMBER.GET', member]))).map(
    (reply) => fields(reply).coupons ?? 0,
  )
  const { issued, stock } = fields(await client.call('CAMPAIGN.GET', campaign))
  check_equal(
    `${title}: CAMPAIGN.GET and all members agree`,
    counts.reduce((sum, count) => sum + count, 0),
    issued,
  )
  check_that(
    `${title}: no member has two`,
    counts.every((count) => count <= 1),
    Math.max(...counts),
  )
  if (campaign === 'short') check_equal(`${title}: exactly the stock is issued`, issued, stock)
  else check_at_least(`${title}: most members got one`, issued, MEMBERS * 0.9)
  client.end()
}

export async function redis_benchmark() {
  const boon = await start_boon()
  await benchmark(boon, [], 'sale2')
  await benchmark(boon, ['-3'], 'sale3')
  await benchmark(boon, ['--threads', '2'], 'short')
  const broken = await run_program(
    'redis-benchmark',
    ['-p', String(boon.port), '-n', '100', '-q', 'COUPON.CLAIM', 'x'],
    { limit_ms: 20000 },
  )
  check_match(
    'redis-benchmark tells errors when there are any',
    broken.out + broken.err,
    /wrong number of arguments/,
  )
  check_equal('redis-benchmark: the server ends cleanly', (await boon.end()).code, 0)
}
