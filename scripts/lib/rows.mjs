// rows.mjs -- the rows of scripts/bench: name, unit, bar, and where each is measured.
//
// A bar is what the row has to reach, `beyond` what would be better still: { of, least, most }, of the ratio
// Boon to the other side (`ratio`) or of Boon's own figure (`boon`). One of these says where it is measured:
//   run       a run of rate_rows.mjs; `value` reads it            memory    a measurement of memory_rows.mjs
//   open      a measurement of open_rows.mjs                      overload  a figure of overload.mjs
//   http      a server of http_rows.mjs
//   recovery  a start of recovery.mjs                             stall     a figure of snapshot_stall.mjs
// `with` names the row that brings this one along; `called` says what stands on the other side.
const atLeast = (value) => ({ of: 'ratio', least: value });
const atMost = (value) => ({ of: 'ratio', most: value });
const ownAtMost = (value) => ({ of: 'boon', most: value });

const rate = (report) => report.throughput_per_s;
const cpuPerAccepted = (report, cpuSeconds) => cpuSeconds * 1e6 / report.outcomes.OK;
const cpuPerRequest = (report, cpuSeconds) =>
    cpuSeconds * 1e6 / (report.throughput_per_s * report.seconds);

// Of one round of a snapshot under load: meanwhile, and just before.
const stalled = (round) => [Math.max(0, round.during.stallMs - round.forkMs), round.before.stallMs];
const claimed = (round) => [round.during.claims, round.before.claims];

export const ROWS = [
    { name: 'claim_p64', run: 'claim_p64', unit: 'claims/s', value: rate, bar: atLeast(12), beyond: atLeast(20) },
    { name: 'cpu_p64', run: 'claim_p64', unit: 'CPU-us/claim', value: cpuPerAccepted,
        bar: atMost(1 / 15), beyond: atMost(1 / 25) },
    { name: 'claim_p1', run: 'claim_p1', unit: 'claims/s', value: rate, bar: atLeast(1.5), beyond: atLeast(2) },
    { name: 'cpu_p1', run: 'claim_p1', unit: 'CPU-us/claim', value: cpuPerAccepted,
        bar: atMost(0.65), beyond: atMost(0.5) },
    { name: 'tax_p1', run: 'tax_p1', unit: 'claims/s', value: rate, bar: atLeast(0.85), beyond: atLeast(0.95),
        called: 'Boon with --journal none' },
    { name: 'claim_p64_request', run: 'claim_p64_request', unit: 'claims/s', value: rate,
        bar: atLeast(0.75), beyond: atLeast(0.9), called: 'Boon, claims without request ids' },
    { name: 'balance_p1', run: 'balance_p1', unit: 'look-ups/s', value: rate,
        bar: atLeast(1), beyond: atLeast(1.2), called: 'Redis, GET' },
    { name: 'balance_p64', run: 'balance_p64', unit: 'look-ups/s', value: rate,
        bar: atLeast(4), beyond: atLeast(6), called: 'Redis, GET' },
    { name: 'sold_out_p64', run: 'sold_out_p64', unit: 'answers/s', value: rate,
        bar: atLeast(6), beyond: atLeast(10) },
    { name: 'sold_out_cpu', run: 'sold_out_p64', unit: 'CPU-us/answer', value: cpuPerRequest,
        bar: atMost(1 / 12), beyond: atMost(1 / 20) },
    { name: 'mixed_one_conn', run: 'mixed_one_conn', unit: 'requests/s', value: rate,
        bar: atLeast(3), beyond: atLeast(6), called: 'Redis with the claim script, GET for look-ups' },
    { name: 'hot_over_cold', run: 'hot_over_cold', unit: 'claims/s', value: rate,
        bar: { of: 'ratio', least: 0.97, most: 1.18 }, called: 'Boon, the same claims over 10,000 campaigns' },
    { name: 'p999_open', open: 'claims', unit: 'ms', bar: atMost(0.5), beyond: atMost(0.3) },
    { name: 'p999_read', open: 'lookups', unit: 'ms', bar: atMost(1 / 4), beyond: atMost(1 / 8),
        called: 'Redis, GET while the claim script runs' },
    { name: 'overload', overload: 'answers', unit: 'answers/s', bar: atLeast(0.85),
        called: 'what Boon can do under the same quota' },
    { name: 'overload_recovery_s', with: 'overload', overload: 'recovery', unit: 's',
        bar: ownAtMost(1), called: 'none' },
    { name: 'bytes_per_coupon', memory: 'coupons', unit: 'bytes', bar: ownAtMost(56), beyond: ownAtMost(40) },
    { name: 'recovery_10m', recovery: 'aof', unit: 's', bar: atMost(1 / 8), beyond: atMost(1 / 15),
        called: 'Redis, loading an append only file' },
    { name: 'recovery_10m_rdb', with: 'recovery_10m', recovery: 'rdb', unit: 's',
        bar: atMost(1 / 3), beyond: atMost(1 / 5), called: 'Redis, loading an RDB file' },
    { name: 'snapshot_stall', stall: stalled, unit: 'ms', bar: ownAtMost(20),
        called: 'the same server just before; without the time of the fork' },
    { name: 'snapshot_claims', with: 'snapshot_stall', stall: claimed, unit: 'claims/s', bar: atLeast(2 / 3),
        called: 'the same server just before' },
    { name: 'http_claim', http: 'nginx', unit: 'claims/s', bar: atLeast(0.45),
        called: 'nginx, one worker, `return 200`' },
    { name: 'http_claim_evhttp', with: 'http_claim', http: 'evhttp', unit: 'claims/s', bar: atLeast(0.8),
        called: 'evhttp, a hello world' },
    { name: 'live_pages', http: 'pages', unit: 'claims/s', bar: atLeast(0.98),
        called: 'the same claims while no page is open; 50 are on this side' },
    { name: 'members_50m', memory: 'members', unit: 'bytes', bar: ownAtMost(112), called: 'none' },
    { name: 'members_50m_turn', with: 'members_50m', memory: 'turn', unit: 'CPU-ms', bar: ownAtMost(2), called: 'none' },
];
