// snapshot.mjs -- asking a running Boon for a snapshot, and watching its private Redis meanwhile.
import path from 'node:path';
import { ask, infoField, pause } from './servers.mjs';

export const journalSocket = (server) => path.join(server.directory, 'data', 'redis.sock');

export async function snapshotInfo(server) {
    const info = await ask(server.port, 'INFO boon');
    return {
        state: infoField(info, 'snapshot_state'),
        recorded: Number(infoField(info, 'snapshots_recorded')),
        failed: Number(infoField(info, 'snapshots_failed')),
        failure: infoField(info, 'snapshot_last_failure'),
        bytes: Number(infoField(info, 'snapshot_bytes')),
        forkMs: Number(infoField(info, 'snapshot_fork_last_us')) / 1000,
    };
}

// Takes a snapshot, behind one that may be under way, and waits until it is recorded: its numbers.
export async function takeSnapshot(server, everyMs = 50) {
    const before = await snapshotInfo(server);
    const until = async (isGood) => {
        for (;;) {
            const now = await snapshotInfo(server);
            if (now.failed > before.failed) throw new Error(`the snapshot failed: ${now.failure}`);
            if (isGood(now)) return now;
            await pause(everyMs);
        }
    };
    const calm = await until((now) => now.state === 'none');
    const answer = await ask(server.port, 'SNAPSHOT');
    if (!answer.startsWith('+')) throw new Error(`SNAPSHOT was answered ${answer}`);
    return until((now) => now.recorded > calm.recorded);
}

// Waits until no entry of the journal goes any more.
export async function journalTrimmed(server) {
    const entries = () => ask(journalSocket(server), "XLEN 'boon:{0}:journal'");
    for (let before = await entries(), still = 0; still < 5;) {
        await pause(100);
        const now = await entries();
        still = now === before ? still + 1 : 0;
        before = now;
    }
}

// What the private Redis says it has in memory, in bytes.
export async function journalMemory(server) {
    return Number(infoField(await ask(journalSocket(server), 'INFO memory'), 'used_memory'));
}
