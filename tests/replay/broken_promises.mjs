// broken_promises.mjs -- the load tester has to tell when a server does not keep what it is believed to keep.
//
// The server is a real one; what the load tester is told to expect of it is wrong. So each audit must find
// the difference, say it and end with 1.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { check_equal, check_match } from '../lib/check.mjs'
import { BUILD, open_campaign, run_program, start_boon, work_dir } from '../lib/boon.mjs'

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

  // The other ways to load: open loop, Zipf, several campaigns, look-ups in between; and the page of plots.
  const page = join(work_dir(), 'sale.html')
  await expect(
    'an open loop of everything', 0, /LOOKUP_OK[\s\S]*audit: PASS/,
    'sale', '--quiet', '--campaign-prefix', 'mixed', '--members', '500', '--campaigns', '3', '--stock', '100',
    '--rate', '2000', '--seconds', '1', '--draw', 'zipf', '--balance-share', '30', '--html', page,
  )
  const html = readFileSync(page, 'utf8')
  check_match('the page has plots', html, /<svg/)
  check_equal('the page asks for nothing from elsewhere', html.match(/(?:src|href)="(?!#)|url\(/g), null)

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
