// snapshot_stall.mjs -- what a snapshot does to claims that go on meanwhile.
//
// On a copy of the data set of recovery.mjs: 50 connections with 64 claims in flight each, and beside them one
// that sends a claim, waits for the answer, and sends the next: the longest of its answers is the stall.
// Claims are by members who are there, drawn uniform, so that they change memory all over. Some seconds
// without, then SNAPSHOT until it is recorded, then some seconds more. No other snapshot is taken.
import fs from 'node:fs';
import path from 'node:path';
import { makeDirectory, killSide, pause, removeDirectory, startLoad, startSide } from './servers.mjs';
import { takeSnapshot } from './snapshot.mjs';

const WARM_UP_MS = 2000;
const LOAD_SECONDS = 600; // it is ended long before
const REWRITE = 'Background append only file rewriting started';

const CLAIMS = ['--stock', '4000000000', '--per-member', '65535', '--draw', 'uniform', '--audit', 'none',
    '--channel', 'wechat', '--seconds', LOAD_SECONDS];

// Ends a load. When it began shows only by how long it says it ran.
async function endLoad(running) {
    const endedMs = performance.now();
    running.child.kill('SIGINT');
    const report = await running.report;
    return { report, beganMs: endedMs - report.seconds * 1000 };
}

// The slots of a load's series that lie in a time (`within`), or touch it.
function slotsOf({ report, beganMs }, fromMs, toMs, within) {
    const slotMs = report.slot_s * 1000;
    return report.series.filter((slot) => {
        const begins = beganMs + slot.at_s * 1000;
        return within ? begins >= fromMs && begins + slotMs <= toMs : begins + slotMs > fromMs && begins < toMs;
    });
}

const longestMs = (slots) => slots.reduce((longest, slot) => Math.max(longest, slot.max_us), 0) / 1000;

function claimsPerS({ report }, slots) {
    return slots.reduce((sum, slot) => sum + (slot.outcomes.OK || 0), 0) / (slots.length * report.slot_s);
}

// What two loads saw before, during and after. A slot is 100 ms, and when a load began is not known better than
// that: what touches the border counts as meanwhile. `times` are milliseconds: begin, snapshot, recorded, end.
export function judge(all, probe, times) {
    const slotMs = all.report.slot_s * 1000;
    const spans = {
        before: [times.begin, times.snapshot - slotMs, true],
        during: [times.snapshot - slotMs, times.recorded + slotMs, false],
        after: [times.recorded + slotMs, times.end, true],
    };
    return Object.fromEntries(Object.entries(spans).map(([name, [from, to, within]]) => {
        const slots = slotsOf(all, from, to, within);
        return [name, {
            stallMs: longestMs(slotsOf(probe, from, to, within)),
            busyMs: longestMs(slots),
            claims: claimsPerS(all, slots),
        }];
    }));
}

// One round, with so long before and after: { before, during, after: { stallMs, busyMs, claims }, forkMs, tookMs, bytes, rewrites }.
export async function measureStall(data, calmMs) {
    const directory = makeDirectory('stall');
    fs.cpSync(path.join(data.directory, 'data'), path.join(directory, 'data'),
        { recursive: true, filter: (file) => !file.endsWith('.sock') });
    fs.rmSync(path.join(directory, 'data', 'redis.log'), { force: true });
    const server = await startSide('boon', directory, ['--snapshot-bytes', '0', '--snapshot-every', '0']);
    const members = ['--members', data.members];
    const all = startLoad(server, [...CLAIMS, ...members, '--campaign-prefix', 'stall', '--connections', 50,
        '--pipeline', 64], path.join(directory, 'all.json'));
    const probe = startLoad(server, [...CLAIMS, ...members, '--campaign-prefix', 'probe', '--connections', 1,
        '--pipeline', 1, '--seed', 2], path.join(directory, 'probe.json'));
    const times = {};
    await pause(WARM_UP_MS);
    times.begin = performance.now();
    await pause(calmMs);
    times.snapshot = performance.now();
    const snapshot = await takeSnapshot(server, 100);
    times.recorded = performance.now();
    await pause(calmMs);
    times.end = performance.now();
    const loads = await Promise.all([endLoad(all), endLoad(probe)]);
    const rewrites = fs.readFileSync(path.join(directory, 'data', 'redis.log'), 'utf8').split(REWRITE).length - 1;
    await killSide(server);
    removeDirectory(directory);
    return {
        ...judge(loads[0], loads[1], times),
        forkMs: snapshot.forkMs, tookMs: times.recorded - times.snapshot, bytes: snapshot.bytes, rewrites,
    };
}

export function stallLine(round) {
    const each = (field, digits) => ['before', 'during', 'after'].map((span) => round[span][field].toFixed(digits)).join(' / ');
    return `snapshot: ${(round.tookMs / 1000).toFixed(1)} s, ${(round.bytes / 2 ** 20).toFixed(1)} MiB, fork ${round.forkMs.toFixed(1)} ms; `
        + `before / during / after: longest claim ${each('stallMs', 1)} ms, with 64 in flight ${each('busyMs', 1)} ms, `
        + `claims/s ${each('claims', 0)}; rewrites by Redis ${round.rewrites}`;
}
