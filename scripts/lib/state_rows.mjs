// state_rows.mjs -- rows that need ten million coupons: starts of a killed server, and snapshots under load.
import { measureRecovery, prepareBoon } from './recovery.mjs';
import { removeDirectory } from './servers.mjs';
import { progress } from './show.mjs';
import { measureStall, stallLine } from './snapshot_stall.mjs';

const RECOVERY_COUPONS = { full: 10000000, quick: 5000000 };
const RECOVERY_STARTS = { full: 2, quick: 1 };
const STALL = { full: { rounds: 3, calmMs: 4000 }, quick: { rounds: 1, calmMs: 2000 } };

async function* recoveryRows(rows, data, options, tell) {
    const starts = options.quick ? RECOVERY_STARTS.quick : RECOVERY_STARTS.full;
    const { runs, lines } = await measureRecovery(data, starts, progress);
    progress('');
    lines.forEach(tell.line);
    for (const row of rows) {
        const seconds = (side) => runs[side].map((run) => run.seconds);
        yield { row, sides: { boon: seconds('boon'), peer: seconds(row.recovery) } };
    }
}

async function* stallRows(rows, data, options, tell) {
    const rounds = [];
    const plan = options.quick ? STALL.quick : STALL.full;
    while (rounds.length < plan.rounds) {
        progress(`snapshot_stall: round ${rounds.length + 1} of ${plan.rounds}`);
        rounds.push(await measureStall(data, plan.calmMs));
        progress('');
        tell.line(stallLine(rounds.at(-1)));
    }
    for (const row of rows) {
        const pairs = rounds.map(row.stall);
        yield { row, sides: { boon: pairs.map(([during]) => during), peer: pairs.map(([, before]) => before) } };
    }
}

// Both need the same data set.
export async function* stateRows(wanted, options, tell) {
    const recovery = wanted.filter((row) => row.recovery);
    const stall = wanted.filter((row) => row.stall);
    if (recovery.length + stall.length === 0) return;
    const coupons = options.recoveryCoupons ?? (options.quick ? RECOVERY_COUPONS.quick : RECOVERY_COUPONS.full);
    const data = await prepareBoon(coupons, progress);
    progress('');
    tell.durability({ kind: 'boon', durability: data.durability });
    if (recovery.length > 0) yield* recoveryRows(recovery, data, options, tell);
    if (stall.length > 0) yield* stallRows(stall, data, options, tell);
    removeDirectory(data.directory);
}
