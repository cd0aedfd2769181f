/* journal_redis_reply.h -- what hiredis read, in the journal's terms.
 *
 *     struct journal_redis_room room = {0};
 *     struct journal_answer answer;
 *     if (journal_redis_reply(reply, &room, &answer)) { … answer, while reply and room live … }
 *     journal_redis_room_deinit(&room);
 */
#ifndef BOON_NET_JOURNAL_REDIS_REPLY_H
#define BOON_NET_JOURNAL_REDIS_REPLY_H

#include <hiredis/hiredis.h>

#include "net/journal.h"

#define JOURNAL_REDIS_PAIRS_MAX 16U /* more are not asked for, and left out */

/* Where entries and pairs of one answer lie. It grows to the longest answer and is used again; all zeros
 * is an empty one. */
struct journal_redis_room {
    struct journal_entry *entries; /* owned */
    size_t entries_room;
    struct journal_pair pairs[JOURNAL_REDIS_PAIRS_MAX];
};

/* Turns a reply into an answer, which points into both. An array whose elements are all [id, …] becomes
 * entries, one of strings in pairs becomes pairs, one of neither shape JOURNAL_ANSWER_OTHER. False: no
 * memory, and there is no answer. */
bool journal_redis_reply(const redisReply *reply, struct journal_redis_room *room,
                         struct journal_answer *answer) __attribute__((warn_unused_result));

void journal_redis_room_deinit(struct journal_redis_room *room);

#endif
