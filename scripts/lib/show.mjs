// show.mjs -- how the rows of scripts/bench are printed, and written as JSON.
import { median, shown, SIDES } from './figures.mjs';

// A limit as it is read: 1/15 rather than 0.0667.
function limitShown(value, of) {
    const whole = 1 / value;
    if (of === 'ratio' && value < 0.5 && Math.abs(whole - Math.round(whole)) < 1e-9) return `1/${Math.round(whole)}`;
    return `${Number(value.toPrecision(2 + (value >= 1)))}${of === 'ratio' ? 'x' : ''}`;
}

// Whether a figure reaches a bar: 'ok', 'BELOW' or 'ABOVE'; '' when there is no figure.
export function judged(bar, boon, ratio) {
    const value = bar.of === 'ratio' ? ratio : boon;
    if (value === null || Number.isNaN(value)) return '';
    if (bar.least !== undefined && value < bar.least) return 'BELOW';
    return bar.most !== undefined && value > bar.most ? 'ABOVE' : 'ok';
}

export function barShown(bar) {
    const least = bar.least === undefined ? '' : limitShown(bar.least, bar.of);
    const most = bar.most === undefined ? '' : limitShown(bar.most, bar.of);
    if (least && most) return `${least} to ${most}`;
    return least ? `>= ${least}` : `<= ${most}`;
}

function verdictShown(row, result) {
    const bar = barShown(row.bar);
    if (!result.verdict) return `-  (${bar})`;
    if (!result.beyond_reached) return `${result.verdict.padEnd(5)} (${bar})`;
    return `ok    (${bar}), beyond (${barShown(row.beyond)})`;
}

function spread(values) {
    return `${shown(Math.min(...values))}..${shown(Math.max(...values))}`;
}

// The row's line in the JSON file. `found`: { sides: { boon, peer }, generator: { boon, peer } }, each side a
// list of runs; `peer` may be missing, and so may the generator.
function resultOf(row, { sides, generator = {}, notes = [] }) {
    const [boon, peer] = SIDES.map((side) => (sides[side]?.length ? median(sides[side]) : null));
    const ratio = boon === null || peer === null ? null : boon / peer;
    const verdict = judged(row.bar, boon, ratio);
    const of = (field) => Object.fromEntries(SIDES.filter((side) => generator[side])
        .map((side) => [side, generator[side][field]]));
    return {
        name: row.name, boon, peer, ratio, unit: row.unit, bar: row.bar, beyond: row.beyond ?? null, verdict,
        beyond_reached: Boolean(row.beyond) && judged(row.beyond, boon, ratio) === 'ok',
        runs: Object.fromEntries(SIDES.filter((side) => sides[side]).map((side) => [side, sides[side]])),
        generator_share: of('share'), generator_bound: of('bound'), notes,
    };
}

// Prints a row; gives what goes into the JSON file.
export function printRow(row, found) {
    const result = resultOf(row, found);
    const { boon, peer, ratio } = result;
    const runs = SIDES.filter((side) => result.runs[side]?.length)
        .map((side) => `${side} ${spread(result.runs[side])}`).join('  ');
    const shares = Object.values(result.generator_share).map((share) => `${Math.round(100 * share)} %`);
    const marks = SIDES.filter((side) => result.generator_bound[side]).map((side) => `VOID: ${side} generator-bound`);
    const ratioShown = ratio === null ? '-' : ratio.toFixed(ratio < 1 ? 3 : 2);
    console.log([row.name.padEnd(19), shown(boon).padStart(11), shown(peer).padStart(11), ratioShown.padStart(8),
        row.unit.padEnd(13), verdictShown(row, result).padEnd(34), runs,
        ...(shares.length > 0 ? [`generator ${shares.join(' / ')}`] : []), ...marks, ...result.notes].join('  '));
    return result;
}

export function printHeader() {
    console.log(`${'name'.padEnd(19)}  ${'Boon'.padStart(11)}  ${'peer'.padStart(11)}  ${'ratio'.padStart(8)}  unit`);
}

// On a terminal, what is going on; '' takes it away.
export function progress(text) {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

// Prints each kind of server's durability line once, and other lines as they come.
export function teller() {
    const said = new Set();
    return {
        said,
        durability(one) {
            const line = `${one.kind}: ${one.durability}`;
            if (!said.has(line)) console.log(line);
            said.add(line);
        },
        line: (text) => console.log(text),
    };
}
