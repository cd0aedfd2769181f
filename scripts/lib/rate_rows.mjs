// rate_rows.mjs -- rows of a closed loop: as many requests a second as a server answers, and their CPU.
//
// Each run has a server and an empty store of its own, in turn A-B-B-A. But for `kept` runs: look-ups change
// nothing and ten million members take long, so one server of each side is prepared once, and all their runs
// are taken on these two in turn; the one that has no turn is idle.
import path from 'node:path';
import { generatorOf, SIDES, turns } from './figures.mjs';
import { progress } from './show.mjs';
import {
    cpuSeconds, load, makeDirectory, removeDirectory, startSide, stopSide, untilIdle, withServer,
} from './servers.mjs';

// Claims by members of whom each comes once.
export const CLAIMS = ['--draw', 'sequence', '--members', '50000000', '--stock', '4000000000'];
const LOOKUPS = ['--balance-share', '100', '--audit', 'none'];
// One in flight on each of 512 connections keeps one thread of the generator busy to 85-96 % of a core, two to
// 45 % each.
export const ONE_IN_FLIGHT = ['--connections', '512', '--pipeline', '1', '--threads', '2'];
const DEEP = ['--connections', '50', '--pipeline', '64'];
// Small answers in deep pipelines: one thread would be busy to 60-90 % of a core.
const DEEP_ON_TWO = [...DEEP, '--threads', '2'];
const AUDITED = ['--audit', 'totals'];

// Which server stands on each side: `boon`, `volatile` (Boon with --journal none) or `redis`.
const BOON_AND_REDIS = { boon: { server: 'boon', args: [] }, peer: { server: 'redis', args: [] } };

// `members`: so many with a balance each before the run begins.
const RUNS = {
    claim_p1: { args: [...ONE_IN_FLIGHT, ...CLAIMS, ...AUDITED] },
    claim_p64: { args: [...DEEP, ...CLAIMS, ...AUDITED] },
    claim_p64_request: {
        args: [...DEEP, ...CLAIMS, ...AUDITED],
        sides: { boon: { server: 'boon', args: ['--claim-request-ids'] }, peer: { server: 'boon', args: [] } },
    },
    tax_p1: {
        args: [...ONE_IN_FLIGHT, ...CLAIMS, ...AUDITED],
        sides: { boon: { server: 'boon', args: [] }, peer: { server: 'volatile', args: [] } },
    },
    // A ledger of so many members and campaigns would not fit: no audit.
    hot_over_cold: {
        args: [...DEEP, ...CLAIMS, '--audit', 'none'],
        sides: {
            boon: { server: 'boon', args: ['--campaigns', '1'] },
            peer: { server: 'boon', args: ['--campaigns', '10000'] },
        },
    },
    balance_p1: { args: [...ONE_IN_FLIGHT, ...LOOKUPS], members: { full: 10000000, quick: 1000000 }, kept: true },
    balance_p64: { args: [...DEEP_ON_TWO, ...LOOKUPS], members: { full: 10000000, quick: 1000000 }, kept: true },
    sold_out_p64: { args: [...DEEP_ON_TWO, '--stock', '1', '--members', '1000000', ...AUDITED] },
    mixed_one_conn: {
        args: ['--connections', '50', '--pipeline', '16', '--threads', '2', '--balance-share', '90', '--draw', 'sequence',
            '--stock', '4000000000', ...AUDITED],
        members: { full: 1000000, quick: 1000000 },
    },
};

const sideOf = (run, side) => (run.sides || BOON_AND_REDIS)[side];
const membersOf = (run, options) => run.members?.[options.quick ? 'quick' : 'full'];
export const secondsOf = (options) => (options.quick ? 2 : 3);

// Gives so many members a balance each, and waits until that left no work behind.
export async function giveBalances(server, members, file) {
    await load(server, ['--members', members, '--prepare-points', '--balance-share', '100', '--requests', '1',
        '--audit', 'none'], file);
    await untilIdle(server.pids);
}

// Runs one load on a server that is prepared.
async function measureOn(server, run, side, options) {
    const members = membersOf(run, options);
    const before = cpuSeconds(server.pids);
    const report = await load(server, [...run.args, ...sideOf(run, side).args, ...(members ? ['--members', members] : []),
        '--seconds', secondsOf(options), '--campaign-prefix', 'bench'], path.join(server.directory, 'report.json'));
    return { report, cpu: cpuSeconds(server.pids) - before, kind: server.kind, durability: server.durability };
}

function measureOnce(run, side, options) {
    return withServer(sideOf(run, side).server, async (server, directory) => {
        const members = membersOf(run, options);
        if (members) await giveBalances(server, members, path.join(directory, 'report.json'));
        return measureOn(server, run, side, options);
    });
}

// The runs of both sides, in turn: { boon: [{ report, cpu }…], peer: […] }.
async function runsOf(name, count, tell, measure) {
    const runs = { boon: [], peer: [] };
    let done = 0;
    for (const side of turns(count)) {
        progress(`${name}: ${side}, run ${++done} of ${2 * count}`);
        const one = await measure(side);
        progress('');
        tell.durability(one);
        runs[side].push(one);
    }
    return runs;
}

function* rowsOf(rows, runs) {
    const generator = {};
    for (const side of SIDES) generator[side] = generatorOf(runs[side].map((one) => one.report));
    for (const row of rows) {
        const sides = {};
        for (const side of SIDES) sides[side] = runs[side].map((one) => row.value(one.report, one.cpu));
        yield { row, sides, generator };
    }
}

// One server of each side for all runs that change nothing.
async function* keptRows(names, wanted, options, count, tell) {
    const run = RUNS[names[0]];
    const servers = {};
    for (const side of SIDES) {
        const { server: kind } = sideOf(run, side);
        const members = membersOf(run, options);
        progress(`${names.join(', ')}: ${side}, ${members.toLocaleString('en-US')} members`);
        servers[side] = await startSide(kind, makeDirectory(kind));
        await giveBalances(servers[side], members, path.join(servers[side].directory, 'report.json'));
        progress('');
    }
    for (const name of names) {
        const runs = await runsOf(name, count, tell, (side) => measureOn(servers[side], RUNS[name], side, options));
        yield* rowsOf(wanted.filter((row) => row.run === name), runs);
    }
    for (const side of SIDES) {
        await stopSide(servers[side]);
        removeDirectory(servers[side].directory);
    }
}

export async function* rateRows(wanted, options, count, tell) {
    const names = [...new Set(wanted.filter((row) => row.run).map((row) => row.run))];
    const kept = names.filter((name) => RUNS[name].kept);
    for (const name of names) {
        if (name === kept[0]) yield* keptRows(kept, wanted, options, count, tell);
        if (RUNS[name].kept) continue;
        const runs = await runsOf(name, count, tell, (side) => measureOnce(RUNS[name], side, options));
        yield* rowsOf(wanted.filter((row) => row.run === name), runs);
    }
}
