// servers.mjs -- the servers and loads that scripts/bench starts, and what it asks of them.
//
// Every process runs on loopback, on a free port, in a directory below one that goes away at exit; every
// process is ended at exit, too.
import { spawn, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const BUILD = path.resolve(ROOT, process.env.BOON_BUILD || 'build/release');
const TICKS_PER_S = Number(execFileSync('getconf', ['CLK_TCK']).toString());
const START_LIMIT_MS = 600000;
const IDLE_MS = 250;
const IDLE_SHARE = 0.05; // of a core

const running = new Set();
let scratch = null;

function cleanUp() {
    for (const child of running) child.kill('SIGKILL');
    if (scratch) fs.rmSync(scratch, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}
process.on('exit', cleanUp);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

export const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// A directory of its own.
export function makeDirectory(name) {
    scratch ??= fs.mkdtempSync(path.join(os.tmpdir(), 'boon-bench.'));
    return fs.mkdtempSync(path.join(scratch, `${name}-`));
}

export function removeDirectory(directory) {
    fs.rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

// Bytes of all files below a directory, or of one file.
export function bytesOf(file) {
    const status = fs.statSync(file);
    if (!status.isDirectory()) return status.isFile() ? status.size : 0;
    return fs.readdirSync(file).reduce((sum, name) => sum + bytesOf(path.join(file, name)), 0);
}

export function freePort() {
    return new Promise((resolve, reject) => {
        const server = net.createServer().on('error', reject);
        server.listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}

// --- processes ---------------------------------------------------------------------------------------

// boon-server reads BOON_* as options; a measured one has those of these files only, and any free port for HTTP.
const SERVER_ENV = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('BOON_'))),
    BOON_HTTP_PORT: '0',
};

export function startProgram(program, args, log) {
    const out = fs.openSync(log, 'a');
    const child = spawn(program, args, { stdio: ['ignore', out, out], env: SERVER_ENV });
    fs.closeSync(out);
    running.add(child);
    child.ended = new Promise((resolve) => {
        child.on('exit', (code) => { running.delete(child); resolve(code); });
        child.on('error', () => { running.delete(child); resolve(-1); });
    });
    return child;
}

// One inline request, or several; resolves to the bytes of all answers, that to QUIT included. `where` is a
// port, or the path of a unix socket.
export function ask(where, lines) {
    return new Promise((resolve, reject) => {
        let text = '';
        const place = typeof where === 'number' ? { port: where, host: '127.0.0.1' } : { path: where };
        const socket = net.connect(place, () => socket.write(`${[lines].flat().join('\r\n')}\r\nQUIT\r\n`));
        socket.on('data', (data) => { text += data; });
        socket.on('end', () => resolve(text));
        socket.on('error', reject);
    });
}

export const infoField = (text, field) => (text.match(new RegExp(`^${field}:(.*?)\\r?$`, 'm')) || [])[1];

// Asks again and again until the answer is as hoped for; the answer. `child` may end instead, with its log.
export async function askUntil(where, line, isGood, { child, log, everyMs = 50, limitMs = START_LIMIT_MS }) {
    for (const late = performance.now() + limitMs; performance.now() < late;) {
        if (child.exitCode !== null || child.signalCode !== null) break;
        const text = await ask(where, line).catch(() => '');
        if (isGood(text)) return text;
        await pause(everyMs);
    }
    throw new Error(`${line} was not answered as it should be:\n${fs.readFileSync(log, 'utf8').slice(-2000)}`);
}

// The peer as well as it can be had. Its append only file is rewritten from 2 GB on, as that of Boon's Redis is:
// from 64 MB, the default, it forks and writes everything anew in the middle of a run of seconds.
// Tried in turn, and left out: --io-threads 2, with and without reads (twice the CPU for no more claims: the
// script runs on one thread); --latency-tracking no and --slowlog-log-slower-than -1 (no difference).
const REDIS = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'yes', '--appendfsync', 'always',
    '--no-appendfsync-on-rewrite', 'no', '--auto-aof-rewrite-min-size', '2gb'];

// A server that is starting: { kind, port, child, log, directory }. `kind` is boon, volatile (Boon with
// --journal none) or redis; `more` are options that come last.
export async function spawnSide(kind, directory, more = []) {
    const port = await freePort();
    const log = path.join(directory, 'server.log');
    const keeps = kind === 'volatile' ? ['--journal', 'none'] : ['--dir', path.join(directory, 'data')];
    const child = kind === 'redis'
        ? startProgram('redis-server', ['--port', port, '--dir', directory, ...REDIS, ...more], log)
        : startProgram(path.join(BUILD, 'boon-server'), ['--port', port, ...keeps,
            '--max-members', '60000000', '--max-coupons', '200000000', ...more], log);
    return { kind, port, child, log, directory, pids: [child.pid] };
}

// Starts a server and waits until it answers; adds to the above its processes, and how durable it says it is.
export async function startSide(kind, directory, more = []) {
    const server = await spawnSide(kind, directory, more);
    await askUntil(server.port, 'PING', (text) => text.includes('PONG'), server);
    const info = await askUntil(server.port, 'INFO everything',
        (text) => text.includes('\r\n') && !text.includes('loading:1'), server);
    if (kind === 'boon') server.pids.push(Number(infoField(info, 'journal_redis_pid')));
    server.durability = `durability:${infoField(info, 'durability')}`;
    if (kind === 'redis') {
        const config = await ask(server.port, 'CONFIG GET appendfsync');
        server.durability = `appendfsync:${config.split('\r\n')[4]} aof_enabled:${infoField(info, 'aof_enabled')}`;
    }
    if (kind !== 'volatile' && !server.durability.includes('always')) {
        throw new Error(`${kind} is not durable: ${server.durability}`);
    }
    return server;
}

export async function stopSide(server) {
    server.child.kill('SIGTERM');
    const late = setTimeout(() => server.child.kill('SIGKILL'), 30000);
    await server.child.ended;
    clearTimeout(late);
}

// Ends it the hard way, and waits until its Redis, which dies of it, is gone as well.
export async function killSide(server) {
    server.child.kill('SIGKILL');
    await server.child.ended;
    while (server.pids.some((pid) => fs.existsSync(`/proc/${pid}/exe`))) await pause(10);
}

export async function withServer(kind, work, more = []) {
    const directory = makeDirectory(kind);
    const server = await startSide(kind, directory, more);
    try {
        return await work(server, directory);
    } finally {
        await stopSide(server);
        removeDirectory(directory);
    }
}

// CPU seconds that these processes used so far.
export function cpuSeconds(pids) {
    return pids.reduce((sum, pid) => {
        const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
        return sum + (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
    }, 0);
}

// Waits until these processes have nothing left to do: a snapshot, a rewrite.
export async function untilIdle(pids) {
    for (let before = cpuSeconds(pids), still = 0; still < 2;) {
        await pause(IDLE_MS);
        const now = cpuSeconds(pids);
        still = now - before <= IDLE_SHARE * IDLE_MS / 1000 ? still + 1 : 0;
        before = now;
    }
}

export function residentBytes(pid) {
    const text = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(text.match(/VmRSS:\s+(\d+) kB/)[1]) * 1024;
}

// --- loads -------------------------------------------------------------------------------------------

// Starts boon-load. `report` resolves to what it found out, once it ended, or was ended by SIGINT.
export function startLoad(server, args, file) {
    const peer = server.kind === 'redis' ? ['--peer', 'redis-lua'] : [];
    const all = ['sale', '--port', server.port, '--quiet', '--json', file, ...peer, ...args];
    const child = spawn(path.join(BUILD, 'boon-load'), all, { stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    let text = '';
    child.stdout.on('data', (data) => { text += data; });
    child.stderr.on('data', (data) => { text += data; });
    const report = new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code) => {
            running.delete(child);
            if (code === 0) resolve(JSON.parse(fs.readFileSync(file, 'utf8')));
            else reject(new Error(`boon-load ${all.join(' ')} ended with ${code}:\n${text}`));
        });
    });
    report.catch(() => {}); // who waits for it later still gets it
    return { child, report };
}

export const load = (server, args, file) => startLoad(server, args, file).report;
