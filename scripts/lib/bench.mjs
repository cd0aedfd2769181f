// bench.mjs -- scripts/bench: its arguments, and the kinds of rows one after the other.
//
//     rows.mjs          every row and its bar        show.mjs       how they are printed and written
//     rate_rows.mjs     closed loops                 figures.mjs    medians and turns
//     open_rows.mjs     open loops                   servers.mjs    servers and loads
//     overload.mjs      three times too much         cgroup.mjs     its quota
//     memory_rows.mjs   bytes                        snapshot.mjs   snapshots on demand
//     http_rows.mjs     HTTP, and the console's pages
//     state_rows.mjs    recovery.mjs and snapshot_stall.mjs
//     instructions.mjs  --instructions, which measures nothing else
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { httpRows } from './http_rows.mjs';
import { instructions } from './instructions.mjs';
import { couponMemoryRows, memberMemoryRows } from './memory_rows.mjs';
import { openRows } from './open_rows.mjs';
import { overloadRows } from './overload.mjs';
import { rateRows } from './rate_rows.mjs';
import { ROWS } from './rows.mjs';
import { BUILD, ROOT } from './servers.mjs';
import { printHeader, printRow, teller } from './show.mjs';
import { stateRows } from './state_rows.mjs';

const RUNS = { full: 5, quick: 2 };
const PINNING = 'no pinning: generator, server and its Redis share all cores';

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
        quick: false, json: null, rows: ROWS.map((row) => row.name), recoveryCoupons: null,
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

// --- the whole ---------------------------------------------------------------------------------------

const versionOf = (program, pattern) => (execFileSync(program, ['--version']).toString().match(pattern) || [])[1];

// What was measured, where: for the JSON file, too.
function introduce(wanted, options) {
    const cpus = os.cpus();
    const about = {
        date: new Date().toISOString(),
        machine: `${cpus.length} x ${cpus[0].model}, Linux ${os.release()}`,
        versions: {
            boon: versionOf(path.join(BUILD, 'boon-server'), /(\d+\.\S+)/), redis: versionOf('redis-server', /v=(\S+)/),
            node: process.versions.node,
        },
        pinning: PINNING, quick: options.quick, runs: options.quick ? RUNS.quick : RUNS.full,
    };
    console.log(`machine: ${about.machine}, Boon ${about.versions.boon}, Redis ${about.versions.redis}`);
    console.log(PINNING);
    console.log('peer: Redis, EVALSHA of the claim script (boon-load --peer redis-lua), unless it says otherwise here');
    for (const row of wanted) {
        if (row.called) console.log(`peer of ${row.name}: ${row.called}`);
    }
    return about;
}

function minutes(ms) {
    return `${Math.floor(ms / 60000)} min ${Math.round(ms / 1000) % 60} s`;
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
    const began = performance.now();
    const wanted = ROWS.filter((row) => options.rows.includes(row.name) || options.rows.includes(row.with));
    const about = introduce(wanted, options);
    const tell = teller();
    const rows = [];
    const kinds = [
        rateRows(wanted, options, about.runs, tell), openRows(wanted, options, about.runs, tell),
        overloadRows(wanted, options, tell), httpRows(wanted, options, about.runs, tell), couponMemoryRows(wanted, options, tell),
        stateRows(wanted, options, tell), memberMemoryRows(wanted, options, tell),
    ];
    for (const kind of kinds) {
        for await (const { row, ...found } of kind) {
            if (rows.length === 0) printHeader();
            rows.push(printRow(row, found));
        }
    }
    console.log(`took ${minutes(performance.now() - began)}`);
    about.durability = [...tell.said];
    if (options.json) fs.writeFileSync(options.json, `${JSON.stringify({ ...about, rows }, null, 2)}\n`);
}
