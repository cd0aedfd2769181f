// memory_rows.mjs -- bytes of a coupon, bytes of a member, and how long growing keeps the others waiting.
import path from 'node:path';
import { generatorOf, mebibytes, shown } from './figures.mjs';
import { ask, infoField, load, residentBytes, withServer } from './servers.mjs';
import { progress } from './show.mjs';
import { journalMemory, journalTrimmed, takeSnapshot } from './snapshot.mjs';

// The script would need five minutes and more for as many on the peer's side; there the figure is beside the bar,
// and hardly depends on their number: 288 bytes with one million coupons, 283 with ten.
const COUPON_MEMBERS = { boon: { full: 2000000, quick: 200000 }, redis: { full: 400000, quick: 200000 } };
const CAMPAIGNS = 5;
const MEMBERS = { full: 50000000, quick: 2000000 };
const LOOKUP_SECONDS = { full: 5, quick: 2 };
// Every 256 MB of journal a snapshot of all members, up to twenty of them, would be most of the work, and their
// forks would be the longest turns: snapshot_stall measures those. Without, the journal stays as it is.
const GROWING = ['--snapshot-bytes', '0', '--snapshot-every', '0'];

// --- coupons -----------------------------------------------------------------------------------------

// What the peer uses for the records and the sets: its event stream is not counted.
async function usedByPeer(server) {
    let used = Number(infoField(await ask(server.port, 'INFO memory'), 'used_memory'));
    for (let campaign = 0; campaign < CAMPAIGNS; campaign++) {
        const answer = await ask(server.port, `MEMORY USAGE {bytes-${campaign}}:events SAMPLES 0`);
        used -= answer.startsWith(':') ? Number(answer.slice(1).split('\r\n')[0]) : 0;
    }
    return used;
}

// What Boon's own Redis uses, before and after two snapshots: the journal is trimmed behind the older one.
async function redisAround(server) {
    const before = await journalMemory(server);
    const first = await takeSnapshot(server);
    const after = await journalMemory(server);
    await ask(server.port, 'ACCOUNT.EARN member0000000000 points 1'); // without a change there is no second one
    await takeSnapshot(server);
    await journalTrimmed(server);
    return `Boon's Redis uses ${mebibytes(before)}, after SNAPSHOT ${mebibytes(after)}, after a second one, the journal trimmed, `
        + `${mebibytes(await journalMemory(server))}; a snapshot has ${mebibytes(first.bytes)}`;
}

// Memory of coupons for members that exist: Boon's resident memory, or what the peer says that it uses.
function measureCoupons(kind, members, tell) {
    const coupons = members * CAMPAIGNS;
    return withServer(kind, async (server, directory) => {
        const file = path.join(directory, 'report.json');
        const common = ['--members', members, '--audit', 'none', '--connections', 50, '--pipeline', 64];
        await load(server, [...common, '--prepare-points', '--balance-share', 100, '--requests', 1], file);
        const used = () => (kind === 'boon' ? residentBytes(server.pids[0]) : usedByPeer(server));
        const before = await used();
        const report = await load(server, [...common, '--draw', 'sequence', '--requests', coupons, '--stock', members,
            '--campaigns', CAMPAIGNS, '--campaign-prefix', 'bytes'], file);
        const grown = await used() - before;
        if (report.outcomes.OK !== coupons) throw new Error(`${report.outcomes.OK} of ${coupons} coupons were issued`);
        if (kind === 'boon') tell.line(`bytes_per_coupon: ${shown(coupons)} coupons; ${await redisAround(server)}`);
        return { value: grown / coupons, generator: generatorOf([report]), kind, durability: server.durability };
    });
}

async function* couponRows(row, options, tell) {
    const found = { row, sides: {}, generator: {} };
    for (const [side, kind] of [['boon', 'boon'], ['peer', 'redis']]) {
        progress(`${row.name}: ${side}`);
        const one = await measureCoupons(kind, COUPON_MEMBERS[kind][options.quick ? 'quick' : 'full'], tell);
        progress('');
        tell.durability(one);
        found.sides[side] = [one.value];
        found.generator[side] = one.generator;
    }
    yield found;
}

// --- members -----------------------------------------------------------------------------------------

// Members with a balance each, from none on, and then look-ups of all of them.
function measureMembers(options) {
    const members = options.quick ? MEMBERS.quick : MEMBERS.full;
    return withServer('boon', async (server, directory) => {
        const file = path.join(directory, 'report.json');
        const common = ['--members', members, '--balance-share', 100, '--audit', 'none'];
        const before = residentBytes(server.pids[0]);
        await ask(server.port, 'CONFIG RESETSTAT');
        const began = performance.now();
        await load(server, [...common, '--prepare-points', '--requests', 1], file);
        const seconds = (performance.now() - began) / 1000;
        const bytes = (residentBytes(server.pids[0]) - before) / members;
        const info = await ask(server.port, 'INFO boon');
        if (Number(infoField(info, 'members')) !== members) throw new Error(`there are ${infoField(info, 'members')} members`);
        const turnUs = Number(infoField(info, 'turn_cpu_us_max') ?? NaN);
        const journal = await journalMemory(server);
        const report = await load(server, [...common, '--connections', 50, '--pipeline', 64, '--seconds',
            options.quick ? LOOKUP_SECONDS.quick : LOOKUP_SECONDS.full], file);
        return { members, seconds, bytes, turnMs: turnUs / 1000, journal, report, kind: 'boon', durability: server.durability };
    }, GROWING);
}

async function* memberRows(rows, options, tell) {
    progress('members_50m: growing');
    const one = await measureMembers(options);
    progress('');
    tell.durability(one);
    tell.line(`members_50m: ${shown(one.members)} members in ${shown(one.seconds)} s, without snapshots; Boon's Redis uses `
        + `${mebibytes(one.journal)}; then ${shown(one.report.throughput_per_s)} look-ups/s of all of them, 64 in flight on each of 50 connections`);
    const values = { members: one.bytes, turn: one.turnMs };
    for (const row of rows) {
        yield { row, sides: { boon: [values[row.memory]] }, generator: { boon: generatorOf([one.report]) } };
    }
}

export async function* couponMemoryRows(wanted, options, tell) {
    for (const row of wanted.filter((each) => each.memory === 'coupons')) yield* couponRows(row, options, tell);
}

export async function* memberMemoryRows(wanted, options, tell) {
    const rows = wanted.filter((row) => row.memory === 'members' || row.memory === 'turn');
    if (rows.length > 0) yield* memberRows(rows, options, tell);
}
