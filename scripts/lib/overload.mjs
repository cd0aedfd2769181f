// overload.mjs -- three times as many claims as the server can take, for ten seconds.
//
// Boon and its Redis get a share of one core, so that the generator can outrun them. What they can do under
// that quota is measured first, in a closed loop: 50 connections, 64 requests in flight each. Then, on as many, an
// open loop at three times that rate: callers who find no room on a connection within 50 ms go away, and of
// the answers those count that came within 100 ms of the moment their request was due; errors such as BUSY
// are none. Meanwhile, and for three seconds more, a probe of its own
// claims from another campaign a hundred times a second: back to normal is the server when its answers are.
import path from 'node:path';
import { makeQuota } from './cgroup.mjs';
import { generatorOf, median, shown } from './figures.mjs';
import { load, pause, startLoad, withServer } from './servers.mjs';
import { progress } from './show.mjs';

const QUOTA = 0.25; // of one core
const CAPACITY_RUNS = 3;
const CAPACITY_SECONDS = 3;
const FACTOR = 3;
const SECONDS = 10;
const THREADS = 2; // the quota leaves the generator room, and one thread would be busy to 74 % of a core
const AFTER_MS = 3000;
const GIVE_UP_MS = 50;
const PATIENCE_MS = 100;
const ROUNDS = { full: 3, quick: 1 };
const MEMBERS = 50000000;
const SEQUENCE_STEP = 5000000; // members for each load: more than it claims

const CLAIMS = ['--draw', 'sequence', '--members', MEMBERS, '--stock', '4000000000', '--audit', 'none',
    '--connections', 50, '--pipeline', 64];

const fileOf = (server, name) => path.join(server.directory, `${name}.json`);

// Claims a second under the quota, by one load after the other: the reports.
async function measureCapacity(server) {
    const reports = [];
    while (reports.length < CAPACITY_RUNS) {
        reports.push(await load(server, [...CLAIMS, '--seconds', CAPACITY_SECONDS,
            '--campaign-prefix', 'capacity', '--sequence-from', reports.length * SEQUENCE_STEP], fileOf(server, 'capacity')));
    }
    return reports;
}

// Seconds from the end of the sending to the end of the last slot in which the probe had an error or an answer
// that took too long; 0 when there is none, Infinity when the probe lost its connection.
export function secondsToNormal(probe, endUnixMs) {
    if (probe.generator.connections_lost > 0 || probe.unanswered > 0) return Infinity;
    const slotMs = probe.slot_s * 1000;
    let normalUnixMs = endUnixMs;
    for (const slot of probe.series) {
        const answers = Object.values(slot.outcomes).reduce((sum, count) => sum + count, 0);
        const isNormal = slot.errors === 0 && slot.within === answers;
        if (!isNormal) normalUnixMs = Math.max(normalUnixMs, probe.began_unix_ms + slot.at_s * 1000 + slotMs);
    }
    return (normalUnixMs - endUnixMs) / 1000;
}

async function overloadOnce(server, group) {
    group.add(server.pids);
    const capacities = await measureCapacity(server);
    const capacity = median(capacities.map((report) => report.throughput_per_s));
    const probe = startLoad(server, ['--draw', 'sequence', '--members', MEMBERS, '--stock', '4000000000', '--audit', 'none',
        '--connections', 1, '--rate', 100, '--within', PATIENCE_MS, '--seconds', 600, '--campaign-prefix', 'probe'],
    fileOf(server, 'probe'));
    await pause(1000);
    const report = await load(server, [...CLAIMS, '--threads', THREADS, '--rate', Math.round(FACTOR * capacity),
        '--seconds', SECONDS, '--give-up', GIVE_UP_MS, '--within', PATIENCE_MS, '--campaign-prefix', 'overload',
        '--sequence-from', CAPACITY_RUNS * SEQUENCE_STEP], fileOf(server, 'overload'));
    const endUnixMs = report.began_unix_ms + SECONDS * 1000;
    await pause(Math.max(0, endUnixMs + AFTER_MS - Date.now()));
    probe.child.kill('SIGINT');
    const probed = await probe.report;
    return {
        capacities: capacities.map((each) => each.throughput_per_s), capacity, report, probed,
        inTime: report.within / SECONDS, recovery: secondsToNormal(probed, endUnixMs),
        generator: generatorOf([...capacities, report]), durability: server.durability,
    };
}

async function measureOverload() {
    const group = makeQuota(QUOTA);
    try {
        return await withServer('boon', (server) => overloadOnce(server, group));
    } finally {
        group.remove();
    }
}

function roundLine({ capacities, report, probed, recovery }) {
    const sent = report.answers + report.error_answers + report.unanswered;
    const errors = Object.entries(report.errors).map(([word, times]) => `${word} ${shown(times)}`);
    const worst = probed.series.reduce((most, slot) => Math.max(most, slot.max_us), 0) / 1000;
    return `overload: capacity ${capacities.map(shown).join(', ')}/s at ${QUOTA} of a core; of ${shown(FACTOR * SECONDS * median(capacities))} `
        + `${shown(sent)} sent, ${shown(report.given_up)} given up, ${shown(report.generator.unsent)} unsent; answers ${shown(report.answers)}, `
        + `in time ${shown(report.within)}; errors: ${errors.join(', ') || 'none'}; p99 ${shown(report.latency_us.p99 / 1000)} ms, `
        + `generator late p99 ${shown(report.generator.late_us_p99 / 1000)} ms; probe: longest ${shown(worst)} ms, `
        + `errors ${shown(probed.error_answers)}, normal after ${shown(recovery)} s`;
}

export async function* overloadRows(wanted, options, tell) {
    const rows = wanted.filter((row) => row.overload);
    if (rows.length === 0) return;
    try {
        makeQuota(QUOTA).remove();
    } catch (error) {
        tell.line(`overload: left out: ${error.message}`);
        return;
    }
    const count = options.quick ? ROUNDS.quick : ROUNDS.full;
    const rounds = [];
    while (rounds.length < count) {
        progress(`overload: round ${rounds.length + 1} of ${count}`);
        const round = await measureOverload();
        progress('');
        tell.durability({ kind: 'boon', durability: round.durability });
        tell.line(roundLine(round));
        rounds.push(round);
    }
    const boon = {
        share: Math.max(...rounds.map((round) => round.generator.share)),
        bound: rounds.some((round) => round.generator.bound),
    };
    for (const row of rows) {
        const sides = row.overload === 'answers'
            ? { boon: rounds.map((round) => round.inTime), peer: rounds.map((round) => round.capacity) }
            : { boon: rounds.map((round) => round.recovery) };
        yield { row, sides, generator: { boon } };
    }
}
