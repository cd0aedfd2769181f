// figures.mjs -- medians, the order of turns, and numbers as they are shown.
export const SIDES = ['boon', 'peer'];

export const median = (numbers) => {
    const sorted = [...numbers].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

// A, B, B, A, A, B, B, A … until each side has had `count` turns.
export function* turns(count) {
    for (let turn = 0; turn < count; turn++) yield* turn % 2 ? ['peer', 'boon'] : ['boon', 'peer'];
}

export function shown(number) {
    if (number === null || Number.isNaN(number)) return '-';
    if (!Number.isFinite(number)) return 'never';
    if (number >= 1000) return Math.round(number).toLocaleString('en-US');
    return number.toPrecision(3);
}

export const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

// What the generator had to say about itself in some runs: its busiest thread, and whether it was the limit.
export function generatorOf(reports) {
    return {
        share: Math.max(...reports.map((report) => report.generator.cpu_share)),
        bound: reports.some((report) => report.generator.generator_bound),
    };
}
