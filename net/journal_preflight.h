/* journal_preflight.h -- does this Redis keep the promise that --durability makes?
 *
 *     setting                     always       everysec           none
 *     appendonly                  yes          yes                anything
 *     appendfsync                 always       always, everysec   anything
 *     no-appendfsync-on-rewrite   no           no                 anything
 *     maxmemory-policy            noeviction, volatile-*          anything
 *     role                        master       master             master
 *     aof_last_write_status       ok           ok                 anything
 *
 * An append only file that was turned on while Redis runs holds nothing before its first rewrite is over: what
 * is written until then is lost if Redis dies. Settings alone do not show it; that it rewrites does.
 *
 * The journal's key has no time to live, so a volatile-* policy never evicts it.
 */
#ifndef BOON_NET_JOURNAL_PREFLIGHT_H
#define BOON_NET_JOURNAL_PREFLIGHT_H

#include "net/journal.h"

#define PREFLIGHT_SETTINGS 4U

/* The settings' names, for CONFIG GET. */
extern const char *const preflight_settings[PREFLIGHT_SETTINGS];

/* Checks what CONFIG GET answered. False: too weak; `message` says which setting has which
 * value, what is needed, and which --durability would accept it. */
bool preflight_check(enum journal_durability durability, const struct journal_answer *answer,
                     char message[JOURNAL_MESSAGE_BYTES]) __attribute__((warn_unused_result));

/* What INFO tells; the run id is borrowed. */
struct preflight_info {
    bool master;
    bool writes_fail;   /* its last write to the append only file failed */
    bool rewrites;      /* it rewrites that file, or is about to */
    struct text run_id; /* of the process; empty = it did not say */
};

/* Reads what INFO server replication persistence answered. */
struct preflight_info preflight_info_read(struct text info);

#endif
