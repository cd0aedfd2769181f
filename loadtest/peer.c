/* peer.c -- choosing the peer, and what both of them need. */
#include "peer.h"

#include <ctype.h>

const struct peer *peer_of(const struct options *options)
{
    return options->peer == PEER_REDIS_LUA ? &peer_redis_lua : &peer_boon;
}

uint64_t peer_number(const struct reply_item *item)
{
    if (item->kind == REPLY_INTEGER)
        return item->integer < 0 ? 0 : (uint64_t)item->integer;
    uint64_t number = 0;
    for (size_t i = 0; i < item->text.length && item->kind == REPLY_TEXT; i++) {
        if (!isdigit((unsigned char)item->text.bytes[i]))
            return 0;
        number = number * 10 + (uint64_t)(item->text.bytes[i] - '0');
    }
    return number;
}

/* So many are unanswered at most, so that the server never waits for the next ones. */
static const uint32_t ask_window = 4096;
static const uint32_t ask_batch = 1024;

bool peer_ask_each(struct client *client, const struct roll *roll, const struct form *form,
                   const char *what, struct failure *failure)
{
    char id[ROLL_NUMBERED_ID_BYTES];
    char request[512];
    ASSERT(form_bytes_max(form, ROLL_NUMBERED_ID_BYTES) <= sizeof request);
    uint32_t asked = 0;
    for (uint32_t taken = 0; taken < roll->member_count; taken++) {
        bool more = taken == 0 || asked - taken + ask_batch <= ask_window;
        while (more && asked < roll->member_count && asked - taken < ask_window) {
            struct span member = roll_member(roll, asked++, id);
            client_add_written(client, request, form_write(form, request, member, NULL));
        }
        struct reply reply;
        if (!client_read(client, &reply, failure))
            return false;
        if (!span_is(reply.status.text, "OK"))
            return peer_refused(failure, what, &reply);
    }
    return true;
}

bool peer_refused(struct failure *failure, const char *what, const struct reply *reply)
{
    char words[300];
    size_t used = 0;
    struct span rest = reply->bytes;
    struct reply_item item;
    words[0] = '\0';
    while (reply_item_next(&rest, &item) && used + 2 < sizeof words) {
        const char *gap = used ? " " : "";
        int wrote = 0;
        if (item.kind == REPLY_INTEGER)
            wrote = snprintf(words + used, sizeof words - used, "%s%lld", gap,
                             (long long)item.integer);
        else if (item.kind == REPLY_TEXT || item.kind == REPLY_ERROR)
            wrote = snprintf(words + used, sizeof words - used, "%s%.*s", gap,
                             (int)item.text.length, item.text.bytes);
        used += (size_t)wrote;
    }
    return failure_set(failure, "%s: the server answers \"%s\"", what, words);
}
