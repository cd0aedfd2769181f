/* peer_redis.c -- a Redis with the usual atomic claim script, as the comparison.
 *
 * The script does what Boon does for a claim, in the fewest commands a careful author would use:
 * one look-up and one read decide; one decrement, one membership, one event and one record apply.
 * All keys of a campaign share a hash tag, so it runs on a cluster too, and all keys are declared.
 * The caller makes the coupon's code, as an application would; sent again under the same code, a
 * claim that was accepted is answered DUPLICATE.
 *
 *     {sale-0}:campaign       hash    stock and per_member as created
 *     {sale-0}:stock          string  what is left
 *     {sale-0}:claimed        set of members; with more than one per member a hash of counts
 *     {sale-0}:coupon:CODE    hash    the coupon
 *     {sale-0}:events         stream  one entry per coupon
 *     balance:MEMBER          string  points */
#include "peer.h"

#define WORDS(...)                                                                                 \
    (sizeof((struct span[]){__VA_ARGS__}) / sizeof(struct span)), (struct span[])                  \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

/* KEYS: stock, claimed, coupon, events.  ARGV: member, code, campaign, channel, per_member. */
#define SCRIPT_APPLY                                                                               \
    "local event = redis.call('XADD', KEYS[4], '*', 'type', 'coupon_issued', 'coupon', ARGV[2],\n" \
    "    'member', ARGV[1], 'campaign', ARGV[3], 'channel', ARGV[4])\n"                            \
    "redis.call('HSET', KEYS[3], 'member', ARGV[1], 'campaign', ARGV[3], 'state', 'issued',\n"     \
    "    'channel', ARGV[4], 'event', event)\n" /* the event's id begins with the time in ms */    \
    "return {'OK', ARGV[2]}\n"

#define SCRIPT_STOCK                                                                               \
    "local left = redis.call('GET', KEYS[1])\n"                                                    \
    "if not left then return {'UNKNOWN_CAMPAIGN'} end\n"                                           \
    "if tonumber(left) <= 0 then return {'SOLD_OUT'} end\n"                                        \
    "redis.call('DECR', KEYS[1])\n"

static const char script_once[] =
    "if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return {'DUPLICATE'} end\n" SCRIPT_STOCK
    "redis.call('SADD', KEYS[2], ARGV[1])\n" SCRIPT_APPLY;

static const char script_counted[] =
    "local had = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0')\n"
    "local cap = tonumber(ARGV[5])\n"
    "if had >= cap then return {'LIMIT', 'per_member', had, cap, 0} end\n" SCRIPT_STOCK
    "redis.call('HINCRBY', KEYS[2], ARGV[1], 1)\n" SCRIPT_APPLY;

struct key {
    char text[ID_BYTES_MAX + 32];
};

static struct span key_of(struct key *key, const char *campaign, const char *what)
{
    snprintf(key->text, sizeof key->text, "{%s}:%s", campaign, what);
    return span_of(key->text);
}

static bool redis_prepare(struct client *client, const struct options *options,
                          struct endpoint *endpoint, struct peer_session *session,
                          struct failure *failure)
{
    const char *script = options->per_member == 1 ? script_once : script_counted;
    client_add(client, WORDS(span_of("SCRIPT"), span_of("LOAD"), span_of(script)));
    struct reply reply;
    if (!client_read(client, &reply, failure))
        return false;
    if (reply.first.kind != REPLY_TEXT || reply.first.text.length != 40)
        return peer_refused(failure, "SCRIPT LOAD", &reply);
    memcpy(session->script, reply.first.text.bytes, 40);
    session->script[40] = '\0';
    /* A Redis that was restarted has forgotten the script: each connection brings it along. */
    endpoint_greet(endpoint, 3, (const char *[]){"SCRIPT", "LOAD", script});
    return true;
}

/* Read `count` replies, none of which may be an error. */
static bool replies_pass(struct client *client, size_t count, const char *what,
                         struct failure *failure)
{
    struct reply reply;
    while (count-- > 0) {
        if (!client_read(client, &reply, failure))
            return false;
        if (reply.first.kind == REPLY_ERROR)
            return peer_refused(failure, what, &reply);
    }
    return true;
}

static void redis_create_ask(struct client *client, const struct campaign *campaign)
{
    struct key definition, left;
    char stock[24], per_member[12];
    snprintf(stock, sizeof stock, "%llu", (unsigned long long)campaign->stock);
    snprintf(per_member, sizeof per_member, "%u", campaign->per_member);
    struct span key = key_of(&definition, campaign->id, "campaign");
    client_add(client, WORDS(span_of("HSETNX"), key, span_of("stock"), span_of(stock)));
    client_add(client, WORDS(span_of("HSETNX"), key, span_of("per_member"), span_of(per_member)));
    client_add(client, WORDS(span_of("SET"), key_of(&left, campaign->id, "stock"), span_of(stock),
                             span_of("NX")));
}

static bool redis_create_take(struct client *client, const struct campaign *campaign,
                              struct failure *failure)
{
    (void)campaign;
    return replies_pass(client, 3, "creating a campaign", failure);
}

static void redis_read_ask(struct client *client, const char *id)
{
    struct key definition, events;
    client_add(client, WORDS(span_of("HMGET"), key_of(&definition, id, "campaign"),
                             span_of("stock"), span_of("per_member")));
    client_add(client, WORDS(span_of("XLEN"), key_of(&events, id, "events")));
}

static bool redis_read_take(struct client *client, struct campaign_state *state,
                            struct failure *failure)
{
    *state = (struct campaign_state){.found = false};
    struct reply reply;
    if (!client_read(client, &reply, failure))
        return false;
    if (reply.first.kind == REPLY_LIST && reply.status.kind == REPLY_TEXT) {
        state->found = true;
        state->stock = peer_number(&reply.status);
        state->per_member = (uint32_t)peer_number(&reply.detail);
    }
    if (!client_read(client, &reply, failure))
        return false;
    if (reply.first.kind != REPLY_INTEGER)
        return peer_refused(failure, "XLEN", &reply);
    state->issued = peer_number(&reply.first);
    return true;
}

static bool redis_points_give(struct client *client, const struct roll *roll,
                              struct failure *failure)
{
    struct form form;
    form_init(&form, 3, ROLL_NUMBERED_ID_BYTES);
    form_word(&form, "SET");
    form_member_behind(&form, "balance:");
    form_word(&form, "1000");
    bool given = peer_ask_each(client, roll, &form, "SET balance", failure);
    form_deinit(&form);
    return given;
}

/* Hand one stream entry to the reader: [id, [name, value, …]]. */
static void event_read(struct span *rest, const struct roll *roll, uint32_t campaign,
                       const struct coupon_reader *reader)
{
    struct reply_item fields, name, value;
    struct span code = {NULL, 0};
    uint32_t member = 0;
    bool known = false;
    reply_item_next(rest, &fields);
    for (int64_t i = 0; i + 1 < fields.integer; i += 2) {
        reply_item_next(rest, &name);
        reply_item_next(rest, &value);
        if (span_is(name.text, "coupon"))
            code = value.text;
        else if (span_is(name.text, "member"))
            known = roll_member_find(roll, value.text, &member);
    }
    if (known)
        reader->coupon(reader->context, member, campaign, code);
}

/* Read a campaign's events, a page at a time. */
static bool events_read(struct client *client, const struct roll *roll, uint32_t campaign,
                        const struct coupon_reader *reader, struct failure *failure)
{
    struct key events;
    struct span key = key_of(&events, roll->campaigns[campaign].id, "events");
    char from[64] = "-";
    for (;;) {
        client_add(client, WORDS(span_of("XRANGE"), key, span_of(from), span_of("+"),
                                 span_of("COUNT"), span_of("1000")));
        struct reply reply;
        if (!client_read(client, &reply, failure))
            return false;
        if (reply.first.kind != REPLY_LIST)
            return peer_refused(failure, "XRANGE", &reply);
        if (reply.first.integer == 0)
            return true;
        struct span rest = reply.bytes;
        struct reply_item item, id = {.text = {"", 0}};
        reply_item_next(&rest, &item);
        while (reply_item_next(&rest, &item) && reply_item_next(&rest, &id))
            event_read(&rest, roll, campaign, reader);
        snprintf(from, sizeof from, "(%.*s", (int)id.text.length, id.text.bytes);
    }
}

static bool redis_coupons_read(struct client *client, const struct roll *roll,
                               const struct coupon_reader *reader, struct failure *failure)
{
    for (uint32_t i = 0; i < roll->campaign_count; i++) {
        if (!events_read(client, roll, i, reader, failure))
            return false;
        struct key stock, claimed;
        const char *id = roll->campaigns[i].id;
        const char *size = roll->campaigns[i].per_member == 1 ? "SCARD" : "HLEN";
        client_add(client, WORDS(span_of("GET"), key_of(&stock, id, "stock")));
        client_add(client, WORDS(span_of(size), key_of(&claimed, id, "claimed")));
        struct reply reply;
        struct campaign_state state;
        if (!client_read(client, &reply, failure))
            return false;
        uint64_t left = peer_number(&reply.first);
        if (!client_read(client, &reply, failure))
            return false;
        uint64_t holders = peer_number(&reply.first);
        redis_read_ask(client, id);
        if (!redis_read_take(client, &state, failure))
            return false;
        char sentence[ID_BYTES_MAX + 160];
        snprintf(sentence, sizeof sentence,
                 "campaign %s: %llu left and %llu claimed do not fit %llu events", id,
                 (unsigned long long)left, (unsigned long long)holders,
                 (unsigned long long)state.issued);
        bool once = roll->campaigns[i].per_member == 1;
        if (state.found && (left + state.issued != state.stock ||
                            (once && holders != state.issued) || holders > state.issued))
            reader->contradiction(reader->context, sentence);
    }
    return true;
}

static void redis_claim_form(struct form *form, const struct campaign *campaign,
                             const struct options *options, const struct peer_session *session,
                             uint32_t member_bytes)
{
    struct key key;
    char per_member[12];
    snprintf(per_member, sizeof per_member, "%u", campaign->per_member);
    form_init(form, 12, member_bytes);
    form_word(form, "EVALSHA");
    form_word(form, session->script);
    form_word(form, "4");
    form_word(form, key_of(&key, campaign->id, "stock").bytes);
    form_word(form, key_of(&key, campaign->id, "claimed").bytes);
    form_id_behind(form, key_of(&key, campaign->id, "coupon:").bytes);
    form_word(form, key_of(&key, campaign->id, "events").bytes);
    form_member(form);
    form_id_behind(form, "");
    form_word(form, campaign->id);
    form_word(form, options->channel);
    form_word(form, per_member);
}

static void redis_lookup_form(struct form *form, uint32_t member_bytes)
{
    form_init(form, 2, member_bytes);
    form_word(form, "GET");
    form_member_behind(form, "balance:");
}

const struct peer peer_redis_lua = {
    .probe = "*2\r\n$6\r\nEXISTS\r\n$9\r\nboon-load\r\n",
    .prepare = redis_prepare,
    .create_ask = redis_create_ask,
    .create_take = redis_create_take,
    .read_ask = redis_read_ask,
    .read_take = redis_read_take,
    .points_give = redis_points_give,
    .coupons_read = redis_coupons_read,
    .claim_form = redis_claim_form,
    .lookup_form = redis_lookup_form,
};
