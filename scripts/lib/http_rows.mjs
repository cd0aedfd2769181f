// http_rows.mjs -- claims over HTTP beside nginx and evhttp that do nothing, and claims while pages watch.
//
// One wrk, one thread, 128 connections that stay open, the same requests for all three. nginx answers `return 200`
// with one worker; evhttp-hello (tests/peers) is the smallest server that evhttp makes.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { turns } from './figures.mjs';
import { progress } from './show.mjs';
import { CLAIMS, secondsOf } from './rate_rows.mjs';
import {
    ask, BUILD, freePort, load, makeDirectory, pause, removeDirectory, ROOT, startProgram, withServer,
} from './servers.mjs';

const CONNECTIONS = 128;
const PAGES = 50;
const PORT_LIMIT_MS = 5000;
const WRK_LIMIT_MS = 60000;

// What of a run's answers counts, of wrk's own report.
function readReport(text) {
    const requests = Number(text.match(/(\d+) requests in/)[1]);
    const perSecond = Number(text.match(/Requests\/sec:\s+([\d.]+)/)[1]);
    const bad = text.match(/Non-2xx or 3xx responses: (\d+)/) ?? text.match(/Socket errors: (.*)/);
    if (bad) throw new Error(`wrk was answered otherwise than it should be:\n${text}`);
    return { requests, perSecond };
}

function wrk(port, options) {
    return new Promise((resolve, reject) => {
        const args = ['-t', '1', '-c', `${CONNECTIONS}`, '-d', `${secondsOf(options)}s`,
            '-s', path.join(ROOT, 'scripts/lib/claim.lua'), `http://127.0.0.1:${port}`];
        const child = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: WRK_LIMIT_MS });
        let text = '';
        child.stdout.on('data', (data) => { text += data; });
        child.on('error', reject);
        child.on('close', (code) => (code === 0 ? resolve(readReport(text)) : reject(new Error(`wrk ended with ${code}`))));
    });
}

const answers = (port) => new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => { socket.end(); resolve(true); });
    socket.on('error', () => resolve(false));
});

async function untilListening(port) {
    for (const late = performance.now() + PORT_LIMIT_MS; performance.now() < late;) {
        if (await answers(port)) return;
        await pause(20);
    }
    throw new Error(`nobody listens on port ${port}`);
}

// Where the server's HTTP is, as its log says.
const httpPort = (server) => Number(fs.readFileSync(server.log, 'utf8').match(/HTTP API: http:\/\/\S+:(\d+)\//)[1]);

async function openCampaign(server) {
    const document = '{"name":"Bench","stock":4000000000,"value":{"kind":"amount_off","amount":500}}';
    await ask(server.port, [`CAMPAIGN.PUT bench '${document}'`, 'CAMPAIGN.START bench']);
}

// Runs wrk against Boon; every claim that was answered must have been issued.
function measureBoon(options, tell) {
    return withServer('boon', async (server) => {
        tell.durability(server);
        await openCampaign(server);
        const report = await wrk(httpPort(server), options);
        const issued = Number((await ask(server.port, 'CAMPAIGN.GET bench')).match(/issued\r\n:(\d+)/)[1]);
        if (issued < report.requests) throw new Error(`${report.requests} claims were answered, ${issued} issued`);
        return report.perSecond;
    });
}

async function measureOther(program, args, port, options, directory) {
    const child = startProgram(program, args, path.join(directory, 'server.log'));
    try {
        await untilListening(port);
        return (await wrk(port, options)).perSecond;
    } finally {
        child.kill('SIGTERM');
        await child.ended;
    }
}

async function measureNginx(options) {
    const directory = makeDirectory('nginx');
    const port = await freePort();
    fs.writeFileSync(path.join(directory, 'nginx.conf'), `
        worker_processes 1; daemon off; pid ${directory}/nginx.pid; error_log ${directory}/error.log;
        events { worker_connections 1024; }
        http {
            access_log off; keepalive_requests 1000000000;
            server {
                listen 127.0.0.1:${port};
                location / { default_type application/json; return 200 '{"hello":"world"}'; }
            }
        }`);
    const args = ['-e', `${directory}/error.log`, '-c', `${directory}/nginx.conf`];
    const figure = await measureOther('nginx', args, port, options, directory);
    removeDirectory(directory);
    return figure;
}

async function measureEvhttp(options) {
    const directory = makeDirectory('evhttp');
    const port = await freePort();
    const figure = await measureOther(path.join(BUILD, 'evhttp-hello'), [`${port}`], port, options, directory);
    removeDirectory(directory);
    return figure;
}

const PEERS = { nginx: measureNginx, evhttp: measureEvhttp };

// Boon, its peers, and backwards: each of Boon's runs stands beside one of each peer.
async function* claimRows(rows, options, count, tell) {
    const found = Object.fromEntries(rows.map((row) => [row.name, { boon: [], peer: [] }]));
    for (let run = 0; run < count; run++) {
        const round = ['boon', ...new Set(rows.map((row) => row.http))];
        for (const who of run % 2 ? round.reverse() : round) {
            progress(`http_claim: ${who}, run ${run + 1} of ${count}`);
            const figure = await (who === 'boon' ? measureBoon(options, tell) : PEERS[who](options));
            progress('');
            for (const row of rows) {
                if (who === 'boon') found[row.name].boon.push(figure);
                if (who === row.http) found[row.name].peer.push(figure);
            }
        }
    }
    for (const row of rows) yield { row, sides: found[row.name] };
}

// Opens live pages that read what they get.
async function openPages(port, count) {
    const pages = [];
    for (let at = 0; at < count; at++) {
        const socket = net.connect(port, '127.0.0.1');
        const page = { socket, bytes: 0 };
        socket.on('data', (data) => { page.bytes += data.length; });
        socket.write('GET /v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
        pages.push(page);
    }
    await pause(1500);
    if (pages.some((page) => page.bytes === 0)) throw new Error('a live page got nothing');
    return pages;
}

function measureWatched(pageCount, options, tell) {
    return withServer('boon', async (server, directory) => {
        tell.durability(server);
        const pages = await openPages(httpPort(server), pageCount);
        const report = await load(server, ['--connections', '50', '--pipeline', '64', ...CLAIMS, '--audit', 'totals',
            '--seconds', secondsOf(options)], path.join(directory, 'report.json'));
        for (const page of pages) page.socket.destroy();
        return report.throughput_per_s;
    });
}

async function* pageRows(rows, options, count, tell) {
    for (const row of rows) {
        const sides = { boon: [], peer: [] };
        for (const side of turns(count)) {
            progress(`${row.name}: ${side}, run ${sides[side].length + 1} of ${count}`);
            sides[side].push(await measureWatched(side === 'boon' ? PAGES : 0, options, tell));
            progress('');
        }
        yield { row, sides };
    }
}

export async function* httpRows(wanted, options, count, tell) {
    const claims = wanted.filter((row) => row.http && row.http !== 'pages');
    if (claims.length > 0) {
        const versions = ['wrk -v', 'nginx -v'].map((line) => {
            try {
                return execFileSync('sh', ['-c', `${line} 2>&1 | head -n 1`]).toString().trim();
            } catch {
                return `${line}: not here`;
            }
        });
        tell.line(versions.join('; '));
        yield* claimRows(claims, options, count, tell);
    }
    yield* pageRows(wanted.filter((row) => row.http === 'pages'), options, count, tell);
}
