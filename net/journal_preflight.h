/* journal_preflight.h -- does this Redis keep the promise that --durability makes?
 *
 *     setting                     always       everysec           none
 *     appendonly                  yes          yes                anything
 *     appendfsync                 always       always, everysec   anything
 *     no-appendfsync-on-rewrite   no           no                 anything
 *     maxmemory-policy            noeviction, volatile-*          anything
 *     role                        master       master             master
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

/* Tells whether what INFO replication answered is a master's. */
bool preflight_is_master(struct text info);

#endif
