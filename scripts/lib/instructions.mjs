// instructions.mjs -- scripts/bench --instructions: machine instructions per command, counted by valgrind.
//
// boon-count (tests/instructions/) takes the shipped path through fixed scenarios; callgrind counts and writes
// one file for each. The same program gives the same figures, whatever else the machine does. They are kept in
// tests/instructions/counts.txt, which says with what they were counted.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { BUILD, ROOT } from './servers.mjs';

const COUNTS = path.join(ROOT, 'tests/instructions/counts.txt');
const OUT = path.join(BUILD, 'instructions'); // for callgrind_annotate and kcachegrind
const GROWTH_MAX = 0.03;
const PLACES_SHOWN = 12;

const fromRoot = (file) => (file.startsWith(`${ROOT}/`) ? path.relative(ROOT, file) : file);
const percent = (change) => `${change > 0 ? '+' : ''}${(100 * change).toFixed(2)} %`;

// --- counting ----------------------------------------------------------------------------------------

function build() {
    const configured = fs.existsSync(path.join(BUILD, 'build.ninja'));
    if (!configured && process.env.BOON_BUILD) throw new Error(`${BUILD} is no build directory`);
    try {
        if (!configured) execFileSync('cmake', ['--preset', 'release'], { cwd: ROOT, stdio: 'pipe' });
        execFileSync('cmake', ['--build', BUILD, '--target', 'boon-count'], { cwd: ROOT, stdio: 'pipe' });
    } catch (error) {
        throw new Error(`boon-count does not build:\n${error.stdout ?? ''}${error.stderr ?? error.message}`);
    }
}

function valgrindVersion() {
    try {
        return execFileSync('valgrind', ['--version']).toString().trim().replace('valgrind-', 'valgrind ');
    } catch {
        throw new Error('valgrind is not installed: scripts/setup');
    }
}

// What boon-count prints. Nothing of this shell's environment or of anybody's .valgrindrc has a say.
function countAll() {
    fs.rmSync(OUT, { recursive: true, force: true });
    fs.mkdirSync(OUT, { recursive: true });
    const child = spawn('valgrind', ['--tool=callgrind', '--instr-atstart=no', '--collect-atstart=no',
        '--compress-strings=no', '--compress-pos=no', `--callgrind-out-file=${path.join(OUT, 'all')}`,
        path.join(BUILD, 'boon-count')], { cwd: OUT, env: { PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'pipe'] });
    process.once('exit', () => child.kill('SIGKILL'));
    let printed = '';
    let said = '';
    child.stdout.on('data', (data) => { printed += data; });
    child.stderr.on('data', (data) => { said += data; });
    return new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code) => (code === 0 ? resolve(printed) : reject(new Error(`boon-count failed:\n${said}`))));
    });
}

// --- callgrind's files -------------------------------------------------------------------------------

const add = (map, key, count) => map.set(key, (map.get(key) ?? 0) + count);

// Sums one file: all, by function with what was inlined into it, and by the source file of each line.
function readProfile(text) {
    const profile = { total: 0, functions: new Map(), files: new Map() };
    let object = '';
    let file = '';
    let name = '';
    let isCall = false;
    for (const line of text.split('\n')) {
        const [, key, value] = line.match(/^(ob|fl|fi|fe|fn|calls)=(.*)$/) ?? [];
        if (key === 'ob') object = path.basename(value);
        else if (key === 'fn') name = value.replace(/\.(lto_priv|constprop|isra|part|cold)\b.*$/, '').replace(/'\d+$/, '');
        else if (key === 'calls') isCall = true;
        else if (key) file = value;
        else if (/^\d/.test(line)) {
            if (!isCall) { // a called function's own cost has its own lines
                const count = Number(line.split(' ')[1]);
                profile.total += count;
                add(profile.functions, name.startsWith('0x') ? `(${object})` : name, count);
                add(profile.files, file === '???' ? `(${object})` : fromRoot(file), count);
            }
            isCall = false;
        }
    }
    return profile;
}

// The scenarios, in their order: { name, perCommand, functions, files }.
function readAll(printed) {
    const commands = new Map(printed.trim().split('\n').slice(1).map((line) => line.split(' ')));
    const found = new Map();
    for (const each of fs.readdirSync(OUT)) {
        const text = fs.readFileSync(path.join(OUT, each), 'utf8');
        const name = (text.match(/^desc: Trigger: Client Request: (\S+)$/m) ?? [])[1];
        fs.renameSync(path.join(OUT, each), path.join(OUT, name ? `${name}.callgrind` : 'rest.callgrind'));
        if (name) found.set(name, readProfile(text));
    }
    return [...commands].map(([name, count]) => {
        const profile = found.get(name);
        if (!profile?.total) throw new Error(`callgrind counted nothing for ${name}`);
        const places = (map) => [...map].map(([place, all]) => [place, all / count]).sort((a, b) => b[1] - a[1]);
        return {
            name, perCommand: profile.total / count, functions: places(profile.functions), files: places(profile.files),
        };
    });
}

// --- the recorded figures ----------------------------------------------------------------------------

const HEADER = `\
# Machine instructions per command, of fixed scenarios through the shipped path (docs/TESTING.md). The test step
# \`instructions\` fails when one has grown by more than 3 %. Written by scripts/bench --instructions --record; the
# commit that changes a figure says why.
#
`;

function readRecorded() {
    const recorded = { with: '', counts: new Map() };
    if (!fs.existsSync(COUNTS)) return recorded;
    for (const line of fs.readFileSync(COUNTS, 'utf8').split('\n')) {
        const [, tools] = line.match(/^# counted with: (.*)$/) ?? [];
        const [, name, count] = line.match(/^(\w+) +([\d.]+)$/) ?? [];
        if (tools) recorded.with = tools;
        if (name) recorded.counts.set(name, Number(count));
    }
    return recorded;
}

function record(scenarios, tools) {
    const lines = scenarios.map(({ name, perCommand }) => `${name.padEnd(16)}${perCommand.toFixed(2).padStart(10)}\n`);
    fs.writeFileSync(COUNTS, `${HEADER}# counted with: ${tools}\n\n${lines.join('')}`);
    console.log(`\nrecorded in ${fromRoot(COUNTS)}; say in the commit why a figure changed`);
}

const compilerOf = (tools) => (tools.match(/^\S.*? \d+(?=\.)/) ?? [''])[0];
const machineOf = (tools) => tools.split(', ').at(-1);

// What is to be said about the figures; true if all is well.
function judge(scenarios, recorded, tools) {
    const notes = [];
    let well = true;
    for (const { name, change } of scenarios) {
        if (change === null) notes.push(`${name} is not recorded`);
        else if (change > GROWTH_MAX) notes.push(`${name} GREW by ${percent(change)}; more than 3 % has to be recorded`);
        else if (change < -GROWTH_MAX) notes.push(`${name} fell by ${percent(-change).slice(1)}: record it, so that it stays there`);
        well &&= change !== null && change <= GROWTH_MAX;
    }
    for (const name of recorded.counts.keys()) {
        if (!scenarios.some((scenario) => scenario.name === name)) notes.push(`${name} is recorded and not counted any more`);
    }
    if (compilerOf(tools) !== compilerOf(recorded.with)) {
        notes.push(`another compiler: ${compilerOf(tools)}, recorded with ${compilerOf(recorded.with)}. That alone moves figures`);
    }
    if (!well) {
        notes.push('to do: mend it, or `scripts/bench --instructions --record` and say in the commit why',
            `where: the list above, and callgrind_annotate ${fromRoot(OUT)}/NAME.callgrind`);
    }
    if (notes.length > 0) console.log(`\n${notes.join('\n')}`);
    return well;
}

// --- the whole ---------------------------------------------------------------------------------------

function printPlaces({ name, perCommand, functions, files }) {
    const cell = (entry) => (entry ? `${entry[1].toFixed(1).padStart(8)}  ${entry[0]}` : '');
    console.log(`\n${name}: ${perCommand.toFixed(1)} by function, with what was inlined into it   | by source file`);
    for (let at = 0; at < PLACES_SHOWN; at++) {
        console.log(`${cell(functions[at]).padEnd(44)}  ${cell(files[at])}`.trimEnd());
    }
}

function printTable(scenarios) {
    console.log(`\n${'scenario'.padEnd(16)}${'instructions'.padStart(14)}${'recorded'.padStart(12)}${'change'.padStart(12)}`);
    for (const { name, perCommand, before, change } of scenarios) {
        console.log(name.padEnd(16) + perCommand.toFixed(2).padStart(14) + (before?.toFixed(2) ?? '-').padStart(12)
            + (change === null ? '-' : percent(change)).padStart(12));
    }
}

// True if no figure has grown by more than 3 % against the recorded one, or if they were recorded.
export async function instructions(options) {
    const valgrind = valgrindVersion();
    build();
    const printed = await countAll();
    const compiler = printed.split('\n')[0].replace('compiler ', '');
    const libc = execFileSync('getconf', ['GNU_LIBC_VERSION']).toString().trim();
    const tools = [compiler, valgrind, libc, process.arch].join(', ');
    const recorded = readRecorded();
    const scenarios = readAll(printed).map((scenario) => {
        const before = recorded.counts.get(scenario.name);
        const now = Number(scenario.perCommand.toFixed(2)); // as it would be recorded
        return { ...scenario, before, change: before ? now / before - 1 : null };
    });
    console.log(`instructions per command, counted with: ${tools}`);
    if (recorded.with !== tools) console.log(`recorded with: ${recorded.with || '(nothing)'}`);
    scenarios.forEach(printPlaces);
    printTable(scenarios);
    if (options.json) {
        const rows = scenarios.map(({ name, perCommand, before = null }) => ({
            name, boon: perCommand, peer: before, ratio: before && perCommand / before, unit: 'instructions/command',
        }));
        fs.writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
    }
    if (options.record) {
        record(scenarios, tools);
        return true;
    }
    if (recorded.with && machineOf(recorded.with) !== machineOf(tools)) {
        console.log('\nnot compared: the figures were recorded on another kind of machine');
        return true;
    }
    return judge(scenarios, recorded, tools);
}
