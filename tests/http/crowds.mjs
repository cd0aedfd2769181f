// crowds.mjs -- many who pipeline deep and read late, and pages that are open when the server ends.
import { start_boon } from '../lib/boon.mjs'
import { check_equal, check_that, sleep, until } from '../lib/check.mjs'
import { Wire, request } from './raw.mjs'

const PEERS = 60
const DEEP = 40 // requests of each, looks and changes in turn
const MEMBER = (peer) => `/v1/members/p${peer}/accounts/points`

function pipeline(peer) {
  const requests = []
  for (let at = 0; at < DEEP; at += 2) {
    requests.push(request('GET /console/en.js'))
    requests.push(request(`POST ${MEMBER(peer)}/earn`, {}, '{"amount":1}'))
  }
  return Buffer.concat(requests)
}

// Nobody reads until all have sent: answers back up into the server, then all sockets are writable at once.
async function deep_pipelines(boon) {
  const wires = []
  for (let peer = 0; peer < PEERS; peer++) wires.push(await Wire.connect(boon.http_port))
  for (const wire of wires) wire.socket.pause()
  wires.forEach((wire, peer) => wire.write(pipeline(peer)))
  await sleep(500)
  for (const wire of wires) wire.socket.resume()
  const bystander = await fetch(`${boon.url}/livez`)
  check_equal('a bystander is served', bystander.status, 200)
  const wrong = []
  for (const [peer, wire] of wires.entries()) {
    for (let at = 0; at < DEEP; at++) {
      const answer = await wire.next(5000)
      const balance = at % 2 ? JSON.parse(answer?.body ?? '{}').balance : undefined
      const fits = answer?.status === 200 && (at % 2 === 0 || balance === (at + 1) / 2)
      if (!fits) wrong.push(`peer ${peer}, answer ${at}: ${answer?.status} ${balance}`)
      if (answer === undefined) break
    }
    wire.end()
  }
  check_equal(`${PEERS} peers get their ${DEEP} answers, each once and in order`, wrong, [])
}

// A live page is a connection that is being answered for ever: it must not outlive what it shows.
async function pages_at_the_end(boon) {
  const pages = []
  for (let at = 0; at < 5; at++) {
    const page = await Wire.connect(boon.http_port)
    page.write(request(at % 2 ? 'GET /v1/live?campaign=sale' : 'GET /v1/live'))
    pages.push(page)
  }
  const shown = await until(() => pages.every((page) => page.input.includes('event: live')), 5000)
  check_that('five pages are shown frames', shown)
  pages[0].end() // one leaves before
  await sleep(200)
  boon.signal('SIGTERM')
  const how = await boon.exited
  check_equal('the server ends cleanly with pages open', [how.code, how.signal], [0, null])
  check_that('and closes them', await until(() => pages.slice(1).every((page) => page.closed), 2000))
}

export async function crowds() {
  const boon = await start_boon()
  const document = JSON.stringify({ name: 'Sale', stock: 5, value: { kind: 'amount_off', amount: 1 } })
  const made = await fetch(`${boon.url}/v1/campaigns/sale`, {
    method: 'PUT', headers: { 'content-type': 'application/json' }, body: document,
  })
  check_equal('a campaign is there', made.status, 201)
  await deep_pipelines(boon)
  await pages_at_the_end(boon)
}
