// cgroup.mjs -- a group of processes that may use only a share of a core, on Linux, as root.
//
//     const group = makeQuota(0.25);      // throws an Error that says why it is not possible here
//     group.add([pid, …]);                // they and the children they have from now on
//     group.remove();                     // at exit it is removed in any case
//
// Version 1 (cpu.cfs_quota_us) and version 2 (cpu.max) of control groups; whichever has the cpu controller.
import fs from 'node:fs';
import path from 'node:path';

const PERIOD_US = 10000;
const REMOVE_TRIES = 100;

const made = new Set();
process.on('exit', () => made.forEach((group) => group.remove()));

const sleepMs = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

// Where the controller of CPU time is mounted: { version, root }.
function findController() {
    const mounts = fs.readFileSync('/proc/mounts', 'utf8').split('\n').map((line) => line.split(' '));
    for (const [, root, type, words = ''] of mounts) {
        if (type === 'cgroup' && words.split(',').includes('cpu')) return { version: 1, root };
        const offered = path.join(root || '.', 'cgroup.controllers');
        if (type === 'cgroup2' && fs.existsSync(offered) && fs.readFileSync(offered, 'utf8').split(/\s+/).includes('cpu')) {
            return { version: 2, root };
        }
    }
    throw new Error('no control group with the cpu controller is mounted');
}

function limit(version, root, directory, quotaUs) {
    if (version === 1) {
        fs.writeFileSync(path.join(directory, 'cpu.cfs_period_us'), String(PERIOD_US));
        fs.writeFileSync(path.join(directory, 'cpu.cfs_quota_us'), String(quotaUs));
    } else {
        fs.writeFileSync(path.join(root, 'cgroup.subtree_control'), '+cpu');
        fs.writeFileSync(path.join(directory, 'cpu.max'), `${quotaUs} ${PERIOD_US}`);
    }
}

const membersOf = (directory) =>
    fs.readFileSync(path.join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);

// Moves who is still there to the root, and removes the group; a process that is just ending may need a moment.
function removeGroup(root, directory) {
    for (let attempt = 0; attempt < REMOVE_TRIES && fs.existsSync(directory); attempt++) {
        try {
            for (const pid of membersOf(directory)) fs.writeFileSync(path.join(root, 'cgroup.procs'), pid);
            fs.rmdirSync(directory);
        } catch {
            sleepMs(10);
        }
    }
}

// A group whose processes together use at most this share of one core in every 10 ms.
export function makeQuota(share) {
    if (process.platform !== 'linux') throw new Error('control groups are there on Linux only');
    if (process.getuid() !== 0) throw new Error('only root can make a control group');
    const { version, root } = findController();
    const directory = path.join(root, `boon-bench-${process.pid}-${made.size}`);
    const group = {
        add: (pids) => pids.forEach((pid) => fs.writeFileSync(path.join(directory, 'cgroup.procs'), String(pid))),
        remove() {
            removeGroup(root, directory);
            made.delete(group);
        },
    };
    try {
        fs.mkdirSync(directory);
        made.add(group);
        limit(version, root, directory, Math.round(share * PERIOD_US));
    } catch (error) {
        group.remove();
        throw new Error(`no control group can be made below ${root}: ${error.message}`);
    }
    return group;
}
