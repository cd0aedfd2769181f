/* journal_redis_reply.h -- what hiredis read, in the journal's terms. */
#ifndef BOON_NET_JOURNAL_REDIS_REPLY_H
#define BOON_NET_JOURNAL_REDIS_REPLY_H

#include <hiredis/hiredis.h>

#include "net/journal.h"

/* Hands a reply to the journal; it stays the caller's. An array whose elements are all [id, …]
 * becomes entries, one of strings in pairs becomes pairs, one of neither shape
 * JOURNAL_ANSWER_OTHER. False: no memory, and the journal was given nothing. */
bool journal_redis_reply(struct journal *journal, const redisReply *reply)
    __attribute__((warn_unused_result));

#endif
