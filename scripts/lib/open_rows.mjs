// open_rows.mjs -- rows of an open loop: how long the slowest answer takes at a rate that both sides can bear.
//
// First what Redis with the claim script can do at most: 512 connections, one claim in flight each. Then both
// sides get the same share of that as a fixed rate, and each latency counts from the moment its request was
// due, so that a server that stalls cannot hide what it kept from being sent.
import path from 'node:path';
import { generatorOf, median, shown, SIDES, turns } from './figures.mjs';
import { CLAIMS, giveBalances, ONE_IN_FLIGHT, secondsOf } from './rate_rows.mjs';
import { load, pause, startLoad, withServer } from './servers.mjs';
import { progress } from './show.mjs';

const SERVERS = { boon: 'boon', peer: 'redis' };
const PEAK_RUNS = 3;
const PEAK_SECONDS = 2;
const WARM_UP_SECONDS = 1;
const CLAIMS_SHARE = 0.8; // of the peer's peak, where claims alone are measured
const CLAIMS_SHARE_BESIDE_LOOKUPS = 0.5;
const LOOKUPS_PER_S = 20000;
const LOOKUP_MEMBERS = 200000;
// A generator whose own lateness, at its p99, is more than a quarter of what was measured has fallen behind.
const LATE_SHARE = 0.25;
const CLAIM_SECONDS_MAX = 600; // it is ended long before

const OPEN_CLAIMS = [...CLAIMS, '--connections', '512', '--campaign-prefix', 'open', '--audit', 'none'];
const OPEN_LOOKUPS = ['--balance-share', '100', '--connections', '64', '--rate', LOOKUPS_PER_S, '--audit', 'none',
    '--members', LOOKUP_MEMBERS, '--campaign-prefix', 'lookups'];

// Claims a second of Redis with the script at its best.
async function peersPeak(tell) {
    const rates = [];
    while (rates.length < PEAK_RUNS) {
        progress(`open loop: the peer's peak, run ${rates.length + 1} of ${PEAK_RUNS}`);
        const report = await withServer('redis', (server, directory) => load(server, [...ONE_IN_FLIGHT, ...CLAIMS,
            '--seconds', PEAK_SECONDS, '--warmup', 0.5, '--audit', 'none'], path.join(directory, 'report.json')));
        rates.push(report.throughput_per_s);
        progress('');
    }
    tell.line(`open loop: the peer's peak is ${shown(median(rates))} claims/s (${rates.map(shown).join(', ')})`);
    return median(rates);
}

// Claims alone, at that rate.
function measureClaims(kind, rate, options) {
    return withServer(kind, async (server, directory) => {
        const report = await load(server, [...OPEN_CLAIMS, '--rate', rate, '--warmup', WARM_UP_SECONDS,
            '--seconds', secondsOf(options)], path.join(directory, 'report.json'));
        return { reports: [report], value: report.latency_us.p999 / 1000, kind, durability: server.durability };
    });
}

// Look-ups while claims go on at that rate, from a generator of their own.
function measureLookups(kind, rate, options) {
    return withServer(kind, async (server, directory) => {
        await giveBalances(server, LOOKUP_MEMBERS, path.join(directory, 'report.json'));
        const claims = startLoad(server, [...OPEN_CLAIMS, '--rate', rate, '--seconds', CLAIM_SECONDS_MAX],
            path.join(directory, 'claims.json'));
        await pause(WARM_UP_SECONDS * 1000 / 2);
        const report = await load(server, [...OPEN_LOOKUPS, '--warmup', WARM_UP_SECONDS, '--seconds', secondsOf(options)],
            path.join(directory, 'report.json'));
        claims.child.kill('SIGINT');
        const reports = [report, await claims.report];
        return { reports, value: report.lookup_latency_us.p999 / 1000, kind, durability: server.durability };
    });
}

const MEASURES = {
    claims: { share: CLAIMS_SHARE, run: measureClaims, at: (rate) => `claims at ${shown(rate)}/s` },
    lookups: { share: CLAIMS_SHARE_BESIDE_LOOKUPS, run: measureLookups,
        at: (rate) => `look-ups at ${shown(LOOKUPS_PER_S)}/s beside claims at ${shown(rate)}/s` },
};

// What the generators' lateness says of one side's runs.
function latenessOf(side, runs) {
    const reports = runs.flatMap((one) => one.reports);
    const lateOf = (one) => Math.max(...one.reports.map((report) => report.generator.late_us_p99)) / 1000;
    const lateMs = median(runs.map(lateOf));
    const unsent = reports.reduce((sum, report) => sum + report.generator.unsent, 0);
    const behind = lateMs > LATE_SHARE * median(runs.map((one) => one.value)) || unsent > 0;
    return { text: `${side} sent late by p99 ${shown(lateMs)} ms`, behind, unsent };
}

export async function* openRows(wanted, options, count, tell) {
    const rows = wanted.filter((each) => each.open);
    if (rows.length === 0) return;
    const peak = await peersPeak(tell);
    for (const row of rows) {
        const measure = MEASURES[row.open];
        const rate = Math.round(peak * measure.share);
        const runs = { boon: [], peer: [] };
        let done = 0;
        for (const side of turns(count)) {
            progress(`${row.name}: ${side}, run ${++done} of ${2 * count}`);
            const one = await measure.run(SERVERS[side], rate, options);
            progress('');
            tell.durability(one);
            runs[side].push(one);
        }
        const found = { row, sides: {}, generator: {}, notes: [] };
        const lateness = SIDES.map((side) => latenessOf(side, runs[side]));
        tell.line(`${row.name}: ${measure.at(rate)}; ${lateness.map((late) => late.text).join(', ')}`);
        for (const [at, side] of SIDES.entries()) {
            found.sides[side] = runs[side].map((one) => one.value);
            found.generator[side] = generatorOf(runs[side].flatMap((one) => one.reports));
            const { behind, unsent } = lateness[at];
            if (behind) found.notes.push(`${side}: the generator fell behind${unsent ? `, ${shown(unsent)} never sent` : ''}`);
        }
        yield found;
    }
}
