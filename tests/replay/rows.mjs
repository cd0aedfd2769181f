// rows.mjs -- claims from a CSV file, and what a server must make of them: counted here, on our
// own.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ROOT, work_dir } from '../lib/boon.mjs'

const HEADER = 'User_id,Merchant_id,Coupon_id,Discount_rate,Distance,Date_received'
const KNOWN = '../shared/data/o2o_coupon_claims.csv'

// Rows of the same shape as the real ones: few large campaigns, many small, 7 % claimed twice. The
// same each time.
function made_up(path) {
  let state = 20160712
  const draw = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const lines = [HEADER]
  for (let row = 0; row < 30000; row++) {
    const earlier = row > 100 && draw(100) < 7
    const [user, coupon] = earlier
      ? lines[1 + draw(row)].split(',').filter((_, at) => at % 2 === 0)
      : [1000 + draw(20000), 1 + Math.floor(300 * (draw(1000) / 1000) ** 3)]
    lines.push(
      `${user},${7000 + (Number(coupon) % 90)},${coupon},30:5,${draw(10) || 'null'},201607${10 + draw(20)}`,
    )
  }
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

export function find_rows() {
  const named = process.env.BOON_O2O_CSV
  if (named && !existsSync(named))
    throw new Error(`BOON_O2O_CSV names ${named}, which is not there`)
  const beside = resolve(ROOT, KNOWN)
  const path = named ?? (existsSync(beside) ? beside : made_up(join(work_dir(), 'claims.csv')))
  const lines = readFileSync(path, 'utf8').split(/\r?\n/).filter(Boolean)
  const columns = lines[0].split(',')
  const [member_at, campaign_at] = [columns.indexOf('User_id'), columns.indexOf('Coupon_id')]
  if (member_at < 0 || campaign_at < 0)
    throw new Error(`${path} has no columns User_id and Coupon_id`)
  const rows = {
    path,
    count: lines.length - 1,
    pairs: 0,
    members: new Map(),
    campaigns: new Map(),
    is_real: false,
  }
  for (const line of lines.slice(1)) {
    const cells = line.split(',')
    const [member, campaign] = [cells[member_at], `o2o-${cells[campaign_at]}`]
    if (!rows.members.has(member)) rows.members.set(member, new Set())
    if (!rows.campaigns.has(campaign)) rows.campaigns.set(campaign, new Set())
    rows.members.get(member).add(campaign)
    rows.campaigns.get(campaign).add(member)
  }
  for (const campaigns of rows.members.values()) rows.pairs += campaigns.size
  rows.is_real = rows.count === 113640 && rows.members.size === 76309
  return rows
}

// Coupons that each campaign must have issued when it has this stock.
export const issued_with = (rows, stock) =>
  new Map([...rows.campaigns].map(([id, members]) => [id, Math.min(stock, members.size)]))
