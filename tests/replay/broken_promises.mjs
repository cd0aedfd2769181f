// broken_promises.mjs -- the load tester has to tell when a server does not keep what it is believed to keep.
//
// The server is a real one; what the load tester is told to expect of it is wrong. So each audit must find
// the difference, say it and end with 1.
import { join } from 'node:path'
import { check_equal, check_match } from '../lib/check.mjs'
import { BUILD, open_campaign, run_program, start_boon } from '../lib/boon.mjs'

const LOAD = join(BUILD, 'boon-load')

export async function broken_promises() {
  const boon = await start_boon()
  const client = await boon.client()
  const load = (...args) => run_program(LOAD, [args[0], '--port', String(boon.port), ...args.slice(1)])
  const expect = async (title, code, pattern, ...args) => {
    const ran = await load(...args)
    check_equal(`${title}: exit code`, ran.code, code)
    check_match(`${title}: says so`, `${ran.out}${ran.err}`, pattern)
  }
  const sale = ['--members', '20', '--campaigns', '1', '--quiet']

  await expect(
    'a sale that keeps its promises', 0, /audit: PASS/,
    'sale', ...sale, '--campaign-prefix', 'kept', '--requests', '40', '--draw', 'sequence', '--stock', '15',
  )
  await expect(
    'the same sale, asked about later', 0, /audit: PASS/,
    'audit', ...sale, '--campaign-prefix', 'kept', '--expect-issued', '15',
  )
  await expect(
    'more were acknowledged than are there', 1, /audit: FAIL/,
    'audit', ...sale, '--campaign-prefix', 'kept', '--expect-issued', '16',
  )
  await expect(
    'more are there than were acknowledged', 1, /audit: FAIL/,
    'audit', ...sale, '--campaign-prefix', 'kept', '--expect-issued', '14',
  )

  // Two for each member, where the load tester is told that one is the limit.
  await open_campaign(client, 'twice-0', 1000, { per_member: 2 })
  await expect(
    'two for each member, as the campaign allows', 0, /twice 0[\s\S]*audit: PASS/,
    'sale', ...sale, '--campaign-prefix', 'twice', '--no-create', '--requests', '40', '--draw', 'sequence',
  )
  await expect(
    'two for each member, where one is the limit', 1, /twice [1-9][\s\S]*audit: FAIL/,
    'audit', ...sale, '--campaign-prefix', 'twice', '--per-member', '1',
  )
  check_equal('the server ends cleanly', (await boon.end()).code, 0)
}
