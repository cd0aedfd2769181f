// recovery.mjs -- how long a killed server needs until it answers again, beside Redis with the same coupons.
//
// Boon's data set: 9 of 10 coupons in the snapshot, the others in the journal behind it; members have five
// each, one of each campaign. Its Redis rewrites its append only file when it wants to. The server is killed
// with SIGKILL, and its Redis dies of that.
//
// Redis' data set: one hash a coupon with the fields and the keys of the claim script (loadtest/peer_redis.c),
// and neither its sets, stocks nor stream: less than it would need. Once as commands in an append only file,
// once as an RDB file.
//
// Time runs from the start of the process to the first look-up that is answered with a coupon. All files
// have just been written, so none is read from the disk.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { mebibytes } from './figures.mjs';
import {
    ask, askUntil, bytesOf, cpuSeconds, infoField, killSide, load, makeDirectory, spawnSide, startSide, stopSide,
} from './servers.mjs';
import { journalTrimmed, snapshotInfo, takeSnapshot } from './snapshot.mjs';

const CAMPAIGNS = 5;
const SNAPSHOT_SHARE = 0.9;
const CHANNEL = 'wechat';
const LOOK_AGAIN_MS = 5;
const DIGEST_MEMBERS = 200;

const memberId = (number) => `member${String(number).padStart(10, '0')}`;
const campaignId = (number) => `recovery-${number}`;

// --- Boon's data set ---------------------------------------------------------------------------------

// A hash of what the server answers about its counts, its campaigns and some members.
async function digest(server, members) {
    const info = await ask(server.port, 'INFO boon');
    const counts = ['members', 'campaigns', 'coupons', 'accounts'].map((name) => infoField(info, name));
    const lines = [];
    for (let campaign = 0; campaign < CAMPAIGNS; campaign++) lines.push(`CAMPAIGN.GET ${campaignId(campaign)}`);
    for (let at = 0; at < DIGEST_MEMBERS; at++) {
        const member = memberId(Math.floor(at * members / DIGEST_MEMBERS));
        lines.push(`COUPON.LIST ${member}`, `ACCOUNT.BALANCE ${member} points`);
    }
    const answers = await ask(server.port, lines);
    return { counts, hash: createHash('sha256').update(answers).digest('hex') };
}

// Makes a directory from which a server of `coupons` coupons can be started: { directory, coupons, members,
// digest, snapshotBytes, durability }.
export async function prepareBoon(coupons, progress) {
    const directory = makeDirectory('recovery-boon');
    const file = path.join(directory, 'report.json');
    const members = Math.ceil(coupons / CAMPAIGNS);
    const early = Math.floor(coupons * SNAPSHOT_SHARE);
    const server = await startSide('boon', directory);
    const claims = ['--members', members, '--campaigns', CAMPAIGNS, '--campaign-prefix', 'recovery', '--stock', coupons,
        '--draw', 'sequence', '--connections', 50, '--pipeline', 64, '--channel', CHANNEL, '--audit', 'none'];
    progress(`recovery: ${early} coupons for the snapshot`);
    await load(server, [...claims, '--requests', early], file);
    // The journal is trimmed behind the older of two snapshots; a change between them makes them two.
    for (let at = 0; at < 2; at++) {
        progress(`recovery: snapshot ${at + 1} of 2`);
        await ask(server.port, [0, 1, 2].map((n) => `ACCOUNT.EARN ${memberId(n)} points ${100 + n + at}`));
        await takeSnapshot(server);
    }
    await journalTrimmed(server);
    progress(`recovery: ${coupons - early} coupons for the journal`);
    await load(server, [...claims, '--requests', coupons - early, '--sequence-from', early], file);
    const data = {
        directory, coupons, members,
        digest: await digest(server, members),
        snapshotBytes: (await snapshotInfo(server)).bytes,
        durability: server.durability,
    };
    if (Number(data.digest.counts[2]) !== coupons) {
        throw new Error(`there are ${data.digest.counts[2]} coupons instead of ${coupons}`);
    }
    await killSide(server);
    return data;
}

// --- Redis' data set ---------------------------------------------------------------------------------

const bulk = (text) => `$${text.length}\r\n${text}\r\n`;
const couponKey = (number, members) =>
    `{${campaignId(Math.floor(number / members))}}:coupon:be7c0de5-${number.toString(16).padStart(16, '0')}`;

function couponCommand(number, members, now) {
    const words = ['HSET', couponKey(number, members), 'member', memberId(number % members), 'campaign',
        campaignId(Math.floor(number / members)), 'state', 'issued', 'channel', CHANNEL, 'event', `${now}-${number % 100}`];
    return `*${words.length}\r\n${words.map(bulk).join('')}`;
}

// Writes all coupons over one connection, in bunches; each answer has to be ":5".
function writeCoupons(port, coupons, members) {
    return new Promise((resolve, reject) => {
        const answer = ':5\r\n';
        let written = 0;
        let answered = 0;
        const socket = net.connect(port, '127.0.0.1');
        const more = () => {
            for (let flowing = true; flowing && written < coupons;) {
                let bunch = '';
                const end = Math.min(coupons, written + 1000);
                const now = Date.now();
                for (; written < end; written++) bunch += couponCommand(written, members, now);
                flowing = socket.write(bunch, 'latin1');
            }
        };
        socket.on('connect', more);
        socket.on('drain', more);
        socket.on('data', (data) => {
            if (data.includes('-')) socket.destroy(new Error(`Redis refuses: ${data.toString().slice(0, 200)}`));
            answered += data.length;
            if (answered === coupons * answer.length) socket.end();
        });
        socket.on('end', resolve);
        socket.on('error', reject);
    });
}

async function preparePeer(data, progress) {
    const directory = makeDirectory('recovery-peer');
    progress(`recovery: ${data.coupons} hashes in Redis`);
    const filling = await spawnSide('redis', directory, ['--appendfsync', 'no', ...AOF]);
    await askUntil(filling.port, 'PING', (text) => text.includes('PONG'), filling);
    await writeCoupons(filling.port, data.coupons, data.members);
    progress('recovery: the RDB file of Redis');
    const saved = await ask(filling.port, 'SAVE');
    if (!saved.startsWith('+OK')) throw new Error(`SAVE was answered ${saved}`);
    await stopSide(filling);
    return { directory };
}

// A plain append only file, never rewritten as RDB.
const AOF = ['--aof-use-rdb-preamble', 'no', '--auto-aof-rewrite-percentage', '0'];
const RDB = ['--appendonly', 'no', '--dbfilename', 'dump.rdb'];

// --- one start ---------------------------------------------------------------------------------------

// What the newest line of a Redis log says about how long it loaded.
function secondsLoaded(log) {
    const found = [...fs.readFileSync(log, 'utf8').matchAll(/DB loaded from (?:disk|append only file): ([\d.]+) sec/g)];
    return found.length > 0 ? Number(found.at(-1)[1]) : NaN;
}

async function startAndLook(kind, directory, more, look, isFound) {
    const began = performance.now();
    const server = await spawnSide(kind, directory, more);
    await askUntil(server.port, look, isFound, { ...server, everyMs: LOOK_AGAIN_MS });
    server.seconds = (performance.now() - began) / 1000;
    return server;
}

async function startBoon(data) {
    const server = await startAndLook('boon', data.directory, [], `COUPON.LIST ${memberId(0)}`,
        (text) => text.startsWith('*') && text.includes('OK'));
    server.pids.push(Number(infoField(await ask(server.port, 'INFO boon'), 'journal_redis_pid')));
    const one = {
        seconds: server.seconds, cpu: cpuSeconds(server.pids), cpuOfRedis: cpuSeconds(server.pids.slice(1)),
        loaded: secondsLoaded(path.join(data.directory, 'data', 'redis.log')),
    };
    const now = await digest(server, data.members);
    if (JSON.stringify(now) !== JSON.stringify(data.digest)) {
        throw new Error(`the state after the start is not the one before: ${JSON.stringify([data.digest, now])}`);
    }
    await killSide(server);
    return one;
}

async function startPeer(data, peer, more) {
    const last = couponKey(data.coupons - 1, data.members);
    const server = await startAndLook('redis', peer.directory, more, `HGET ${last} member`,
        (text) => text.includes(memberId((data.coupons - 1) % data.members)));
    const one = { seconds: server.seconds, cpu: cpuSeconds(server.pids), loaded: secondsLoaded(server.log) };
    const keys = await ask(server.port, 'DBSIZE');
    if (!keys.startsWith(`:${data.coupons}\r\n`)) throw new Error(`Redis has ${keys.trim()} coupons`);
    await killSide(server);
    return one;
}

// --- the whole ---------------------------------------------------------------------------------------

const listed = (runs, field) => runs.map((run) => run[field].toFixed(2)).join(' ');

function tell(data, files, runs) {
    return [
        `recovery: ${data.coupons} coupons of ${data.members} members; snapshot ${mebibytes(data.snapshotBytes)}, `
            + `append only files ${mebibytes(files.boon)}; Redis' ${mebibytes(files.aof)}, its RDB ${mebibytes(files.rdb)}`,
        `recovery, Boon: ${listed(runs.boon, 'seconds')} s; of that its Redis loaded ${listed(runs.boon, 'loaded')} s; `
            + `CPU ${listed(runs.boon, 'cpu')} s, of that its Redis ${listed(runs.boon, 'cpuOfRedis')} s`,
        `recovery, AOF: ${listed(runs.aof, 'seconds')} s, CPU ${listed(runs.aof, 'cpu')} s`,
        `recovery, RDB: ${listed(runs.rdb, 'seconds')} s, CPU ${listed(runs.rdb, 'cpu')} s`,
    ];
}

// Starts each `count` times, in turn: { runs: { boon, aof, rdb }, lines }.
export async function measureRecovery(data, count, progress) {
    const peer = await preparePeer(data, progress);
    const files = {
        boon: bytesOf(path.join(data.directory, 'data', 'appendonlydir')),
        aof: bytesOf(path.join(peer.directory, 'appendonlydir')),
        rdb: bytesOf(path.join(peer.directory, 'dump.rdb')),
    };
    const runs = { boon: [], aof: [], rdb: [] };
    const sides = {
        boon: () => startBoon(data),
        aof: () => startPeer(data, peer, AOF),
        rdb: () => startPeer(data, peer, RDB),
    };
    for (let turn = 0; turn < count; turn++) {
        const order = turn % 2 ? ['rdb', 'aof', 'boon'] : ['boon', 'aof', 'rdb'];
        for (const side of order) {
            progress(`recovery: ${side}, start ${turn + 1} of ${count}`);
            runs[side].push(await sides[side]());
        }
    }
    return { runs, lines: tell(data, files, runs) };
}
