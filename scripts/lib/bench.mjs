// bench.mjs -- the rows of scripts/bench: what is measured, how often, and how it is shown.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { instructions } from './instructions.mjs';
import { measureRecovery, prepareBoon } from './recovery.mjs';
import {
    ask, BUILD, cpuSeconds, infoField, load, removeDirectory, residentBytes, ROOT, withServer,
} from './servers.mjs';
import { measureStall, stallLine } from './snapshot_stall.mjs';

const SIDES = ['boon', 'peer'];
const RECOVERY_COUPONS = 10000000;
const RECOVERY_STARTS = { full: 3, quick: 1 };
const STALL = { full: { rounds: 3, calmMs: 5000 }, quick: { rounds: 1, calmMs: 2000 } };

// --- rows --------------------------------------------------------------------------------------------

// What one run measures: arguments of boon-load, and how to read its report. `floor` and `atMost` are
// what the ratio boon/peer has to reach.
const CLAIMS = ['--draw', 'sequence', '--members', '50000000', '--stock', '4000000000'];
const LOOKUPS = ['--balance-share', '100', '--prepare-points'];

// Which server stands on each side: `boon`, `volatile` (Boon with --journal none) or `redis`.
const BOON_AND_REDIS = { boon: { server: 'boon', args: [] }, peer: { server: 'redis', args: [] } };

const RUNS = {
    claim_p1: { args: ['--connections', '512', '--pipeline', '1', ...CLAIMS] },
    claim_p64: { args: ['--connections', '50', '--pipeline', '64', ...CLAIMS] },
    claim_p64_request: {
        args: ['--connections', '50', '--pipeline', '64', ...CLAIMS],
        sides: {
            boon: { server: 'boon', args: ['--claim-request-ids'] },
            peer: { server: 'boon', args: [], called: 'Boon, claims without request ids' },
        },
    },
    tax_p1: {
        args: ['--connections', '512', '--pipeline', '1', ...CLAIMS],
        sides: {
            boon: { server: 'boon', args: [] },
            peer: { server: 'volatile', args: [], called: 'Boon with --journal none' },
        },
    },
    balance_p1: { args: ['--connections', '512', '--pipeline', '1', ...LOOKUPS], members: true },
    balance_p64: { args: ['--connections', '50', '--pipeline', '64', ...LOOKUPS], members: true },
    sold_out_p64: {
        args: ['--connections', '50', '--pipeline', '64', '--stock', '1', '--members', '1000000'],
    },
    mixed_one_conn: {
        args: ['--connections', '50', '--pipeline', '16', '--balance-share', '90', '--prepare-points',
            '--draw', 'sequence', '--stock', '4000000000'],
        members: true,
    },
};

const rate = (report) => report.throughput_per_s;
const cpuPerAccepted = (report, cpuSeconds) => cpuSeconds * 1e6 / report.outcomes.OK;
const cpuPerRequest = (report, cpuSeconds) =>
    cpuSeconds * 1e6 / (report.throughput_per_s * report.seconds);

// Of one round of a snapshot under load: meanwhile, and just before.
const stalled = (round) => [Math.max(0, round.during.stallMs - round.forkMs), round.before.stallMs];
const claimed = (round) => [round.during.claims, round.before.claims];

const ROWS = [
    { name: 'claim_p1', run: 'claim_p1', unit: 'claims/s', value: rate, floor: 1.2 },
    { name: 'claim_p64', run: 'claim_p64', unit: 'claims/s', value: rate, floor: 8 },
    { name: 'cpu_p1', run: 'claim_p1', unit: 'CPU-us/claim', value: cpuPerAccepted, atMost: 0.8 },
    { name: 'cpu_p64', run: 'claim_p64', unit: 'CPU-us/claim', value: cpuPerAccepted, atMost: 1 / 8 },
    { name: 'claim_p64_request', run: 'claim_p64_request', unit: 'claims/s', value: rate, floor: 0.75 },
    { name: 'tax_p1', run: 'tax_p1', unit: 'claims/s', value: rate, floor: 0.8 },
    { name: 'balance_p1', run: 'balance_p1', unit: 'look-ups/s', value: rate },
    { name: 'balance_p64', run: 'balance_p64', unit: 'look-ups/s', value: rate, floor: 2 },
    { name: 'sold_out_p64', run: 'sold_out_p64', unit: 'answers/s', value: rate },
    { name: 'sold_out_cpu', run: 'sold_out_p64', unit: 'CPU-us/answer', value: cpuPerRequest },
    { name: 'mixed_one_conn', run: 'mixed_one_conn', unit: 'requests/s', value: rate },
    { name: 'bytes_per_coupon', memory: true, unit: 'bytes', boonAtMost: 72 },
    { name: 'recovery_10m', recovery: 'aof', unit: 's', atMost: 1 / 5, called: 'Redis, loading an append only file' },
    { name: 'recovery_10m_rdb', with: 'recovery_10m', recovery: 'rdb', unit: 's', atMost: 1 / 2,
        called: 'Redis, loading an RDB file' },
    { name: 'snapshot_stall', stall: stalled, unit: 'ms', boonAtMost: 20,
        called: 'the same server just before; without the time of the fork' },
    { name: 'snapshot_claims', with: 'snapshot_stall', stall: claimed, unit: 'claims/s', floor: 2 / 3,
        called: 'the same server just before' },
];

// --- arguments ---------------------------------------------------------------------------------------

function die(message) {
    process.stderr.write(`scripts/bench: ${message}\n`);
    process.exit(2);
}

// Fewer than this are loaded before the first look.
const RECOVERY_COUPONS_MIN = 1000;
const RECOVERY_COUPONS_MAX = 50000000;

function wholeNumber(flag, text) {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= RECOVERY_COUPONS_MIN && number <= RECOVERY_COUPONS_MAX) return number;
    return die(`${flag} is a number from ${RECOVERY_COUPONS_MIN} to ${RECOVERY_COUPONS_MAX}`);
}

function parseArguments(argv, script) {
    const options = {
        quick: false, json: null, rows: ROWS.map((row) => row.name), recoveryCoupons: RECOVERY_COUPONS,
        instructions: false, record: false,
    };
    for (let at = 0; at < argv.length; at++) {
        const [flag, inline] = argv[at].split(/=(.*)/s);
        const value = () => inline ?? argv[++at] ?? die(`${flag} needs a value`);
        if (flag === '--quick') options.quick = true;
        else if (flag === '--instructions') options.instructions = true;
        else if (flag === '--record') options.record = true;
        else if (flag === '--json') options.json = value();
        else if (flag === '--rows') options.rows = value().split(',');
        else if (flag === '--recovery-coupons') options.recoveryCoupons = wholeNumber(flag, value());
        else if (flag === '--list') {
            console.log(ROWS.map((row) => row.name).join('\n'));
            process.exit(0);
        } else if (flag === '--help' || flag === '-h') {
            const text = fs.readFileSync(script, 'utf8').split('\n').slice(1);
            console.log(text.slice(0, text.findIndex((line) => !line.startsWith('//')))
                .map((line) => line.replace(/^\/\/ ?/, '')).join('\n'));
            process.exit(0);
        } else die(`unknown argument ${argv[at]}; see --help`);
    }
    if (options.record && !options.instructions) die('--record goes with --instructions');
    for (const name of options.rows) {
        if (!ROWS.some((row) => row.name === name)) die(`no row named ${name}; see --list`);
    }
    return options;
}

// --- one run -----------------------------------------------------------------------------------------

// Runs one load; preparation (members with points) is done before the CPU is read.
function measure(side, run, options) {
    const { server: kind, args: extra } = (run.sides || BOON_AND_REDIS)[side];
    return withServer(kind, async (server, directory) => {
        const file = path.join(directory, 'report.json');
        const seconds = options.quick ? 2 : 5;
        const members = options.quick ? '200000' : '1000000';
        const own = run.members ? ['--members', members] : [];
        let args = run.args;
        if (args.includes('--prepare-points')) {
            await load(server, ['--members', members, '--prepare-points', '--balance-share', '100',
                '--requests', '1', '--audit', 'none'], file);
            args = args.filter((word) => word !== '--prepare-points');
        }
        const before = cpuSeconds(server.pids);
        const report = await load(server,
            [...args, ...extra, ...own, '--seconds', seconds, '--campaign-prefix', 'bench', '--audit', 'totals'], file);
        return { report, cpu: cpuSeconds(server.pids) - before, kind, durability: server.durability };
    });
}

// Memory of `coupons` more coupons for members that exist: Boon's resident memory; of the peer what it
// uses for the records and the sets, its event stream not counted.
function measureMemory(side, options) {
    const members = options.quick ? 200000 : 2000000;
    const campaigns = 5;
    const coupons = members * campaigns;
    const { server: kind } = BOON_AND_REDIS[side];
    return withServer(kind, async (server, directory) => {
        const file = path.join(directory, 'report.json');
        const common = ['--members', members, '--audit', 'none', '--connections', 50, '--pipeline', 64];
        await load(server, [...common, '--prepare-points', '--balance-share', 100, '--requests', 1], file);
        const used = async () => (side === 'boon' ? residentBytes(server.pids[0])
            : Number(infoField(await ask(server.port, 'INFO memory'), 'used_memory')));
        const before = await used();
        await load(server, [...common, '--draw', 'sequence', '--requests', coupons, '--stock', members,
            '--campaigns', campaigns, '--campaign-prefix', 'bytes'], file);
        let grown = await used() - before;
        for (let campaign = 0; side === 'peer' && campaign < campaigns; campaign++) {
            const key = `{bytes-${campaign}}:events`;
            const answer = await ask(server.port, `MEMORY USAGE ${key} SAMPLES 0`);
            grown -= Number(answer.slice(1).split('\r\n')[0]);
        }
        return { value: grown / coupons, kind, durability: server.durability, coupons };
    });
}

// --- figures -----------------------------------------------------------------------------------------

const median = (numbers) => {
    const sorted = [...numbers].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

// A, B, B, A, A, B, B, A … until each side has had `count` turns.
function* turns(count) {
    for (let turn = 0; turn < count; turn++) yield* turn % 2 ? ['peer', 'boon'] : ['boon', 'peer'];
}

function shown(number) {
    if (number >= 1000) return Math.round(number).toLocaleString('en-US');
    return number.toPrecision(3);
}

function verdict(row, boon, ratio) {
    if (row.floor) {
        const floor = Number(row.floor.toPrecision(2));
        return ratio >= row.floor ? `ok  (>= ${floor}x)` : `BELOW ${floor}x`;
    }
    if (row.atMost) return ratio <= row.atMost ? `ok  (<= ${row.atMost})` : `ABOVE ${row.atMost}`;
    if (row.boonAtMost) return boon <= row.boonAtMost ? `ok  (<= ${row.boonAtMost})` : `ABOVE ${row.boonAtMost}`;
    return '';
}

function spread(values) {
    return `${shown(Math.min(...values))}..${shown(Math.max(...values))}`;
}

function printRow(row, sides, bound) {
    const boon = median(sides.boon);
    const peer = median(sides.peer);
    const ratio = boon / peer;
    const marks = SIDES.filter((side) => bound[side]).map((side) => `${side} generator-bound`);
    console.log([row.name.padEnd(17), shown(boon).padStart(11), shown(peer).padStart(11),
        ratio.toFixed(ratio < 1 ? 3 : 2).padStart(8), row.unit.padEnd(14), verdict(row, boon, ratio).padEnd(16),
        `boon ${spread(sides.boon)}  peer ${spread(sides.peer)}`, marks.join(', ')].join('  '));
    return { name: row.name, boon, peer, ratio, unit: row.unit };
}

function printHeader() {
    console.log(`${'name'.padEnd(17)}  ${'Boon'.padStart(11)}  ${'peer'.padStart(11)}  ${'ratio'.padStart(8)}  unit`);
}

function progress(text) {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

// --- kinds of rows: each gives { row, sides: { boon, peer }, bound } one by one -------------------------

async function* rateRows(wanted, options, count, tell) {
    for (const name of new Set(wanted.filter((row) => row.run).map((row) => row.run))) {
        const runs = { boon: [], peer: [] };
        let done = 0;
        for (const side of turns(count)) {
            progress(`${name}: ${side}, run ${++done} of ${2 * count}`);
            const one = await measure(side, RUNS[name], options);
            progress('');
            tell.durability(one);
            runs[side].push(one);
        }
        const bound = {};
        for (const side of SIDES) {
            bound[side] = runs[side].some((one) => one.report.generator.generator_bound);
        }
        for (const row of wanted.filter((each) => each.run === name)) {
            const sides = {};
            for (const side of SIDES) sides[side] = runs[side].map((one) => row.value(one.report, one.cpu));
            yield { row, sides, bound };
        }
    }
}

async function* memoryRows(wanted, options, tell) {
    for (const row of wanted.filter((each) => each.memory)) {
        const sides = {};
        for (const side of SIDES) {
            progress(`${row.name}: ${side}`);
            const one = await measureMemory(side, options);
            progress('');
            tell.durability(one);
            sides[side] = [one.value];
        }
        yield { row, sides, bound: {} };
    }
}

async function* recoveryRows(rows, data, options, tell) {
    const starts = options.quick ? RECOVERY_STARTS.quick : RECOVERY_STARTS.full;
    const { runs, lines } = await measureRecovery(data, starts, progress);
    progress('');
    lines.forEach(tell.line);
    for (const row of rows) {
        const seconds = (side) => runs[side].map((run) => run.seconds);
        yield { row, sides: { boon: seconds('boon'), peer: seconds(row.recovery) }, bound: {} };
    }
}

async function* stallRows(rows, data, options, tell) {
    const rounds = [];
    const plan = options.quick ? STALL.quick : STALL.full;
    while (rounds.length < plan.rounds) {
        progress(`snapshot_stall: round ${rounds.length + 1} of ${plan.rounds}`);
        rounds.push(await measureStall(data, plan.calmMs));
        progress('');
        tell.line(stallLine(rounds.at(-1)));
    }
    for (const row of rows) {
        const pairs = rounds.map(row.stall);
        yield { row, sides: { boon: pairs.map(([during]) => during), peer: pairs.map(([, before]) => before) }, bound: {} };
    }
}

// Both need the same data set.
async function* stateRows(wanted, options, tell) {
    const recovery = wanted.filter((row) => row.recovery);
    const stall = wanted.filter((row) => row.stall);
    if (recovery.length + stall.length === 0) return;
    const data = await prepareBoon(options.recoveryCoupons, progress);
    progress('');
    tell.durability({ kind: 'boon', durability: data.durability });
    if (recovery.length > 0) yield* recoveryRows(recovery, data, options, tell);
    if (stall.length > 0) yield* stallRows(stall, data, options, tell);
    removeDirectory(data.directory);
}

// --- the whole ---------------------------------------------------------------------------------------

function introduce(wanted) {
    const cpus = os.cpus();
    const redis = execFileSync('redis-server', ['--version']).toString().match(/v=(\S+)/)[1];
    console.log(`machine: ${cpus.length} x ${cpus[0].model}, Linux ${os.release()}, Redis ${redis}; no pinning`);
    console.log('peer: Redis, EVALSHA of the claim script (boon-load --peer redis-lua), GET for look-ups');
    for (const row of wanted) {
        const called = row.called || (row.run && RUNS[row.run].sides?.peer.called);
        if (called) console.log(`peer of ${row.name}: ${called}`);
    }
}

// Prints each kind of server's durability line once, and other lines as they come.
function teller() {
    const said = new Set();
    return {
        durability(one) {
            if (!said.has(one.kind)) console.log(`${one.kind}: ${one.durability}`);
            said.add(one.kind);
        },
        line: (text) => console.log(text),
    };
}

export async function bench(argv, script) {
    const options = parseArguments(argv, script);
    if (options.instructions) {
        if (!await instructions(options)) process.exitCode = 1;
        return;
    }
    for (const program of ['boon-server', 'boon-load']) {
        if (!fs.existsSync(path.join(BUILD, program))) {
            die(`${path.relative(ROOT, path.join(BUILD, program))} is not built: cmake --preset release && cmake --build --preset release`);
        }
    }
    const count = options.quick ? 2 : 5;
    const wanted = ROWS.filter((row) => options.rows.includes(row.name) || options.rows.includes(row.with));
    introduce(wanted);
    const tell = teller();
    const results = [];
    const kinds = [
        rateRows(wanted, options, count, tell), memoryRows(wanted, options, tell), stateRows(wanted, options, tell),
    ];
    for (const kind of kinds) {
        for await (const { row, sides, bound } of kind) {
            if (results.length === 0) printHeader();
            results.push(printRow(row, sides, bound));
        }
    }
    if (options.json) fs.writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
}
