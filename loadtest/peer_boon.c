/* peer_boon.c -- Boon as the server under load. */
#include "peer.h"

#include <jansson.h>

#define WORDS(...)                                                                                 \
    (sizeof((struct span[]){__VA_ARGS__}) / sizeof(struct span)), (struct span[])                  \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

#define MEMBERS_BATCH 256U

static bool boon_prepare(struct client *client, const struct options *options,
                         struct endpoint *endpoint, struct peer_session *session,
                         struct failure *failure)
{
    (void)endpoint;
    (void)client;
    (void)options;
    (void)session;
    (void)failure;
    return true;
}

static char *document_write(const struct campaign *campaign)
{
    json_t *document = json_pack("{s:s, s:I, s:i, s:{s:s, s:i, s:i}}", "name", campaign->id,
                                 "stock", (json_int_t)campaign->stock, "per_member",
                                 (int)campaign->per_member, "value", "kind", "amount_off", "amount",
                                 2000, "minimum", 10000);
    ASSERT(document);
    char *text = json_dumps(document, JSON_COMPACT);
    json_decref(document);
    ASSERT(text);
    return text;
}

static void boon_create_ask(struct client *client, const struct campaign *campaign)
{
    char *document = document_write(campaign);
    struct span id = span_of(campaign->id);
    client_add(client, WORDS(span_of("CAMPAIGN.PUT"), id, span_of(document)));
    client_add(client, WORDS(span_of("CAMPAIGN.START"), id));
    free(document);
}

static bool boon_create_take(struct client *client, const struct campaign *campaign,
                             struct failure *failure)
{
    char what[200];
    struct reply reply;
    if (!client_read(client, &reply, failure))
        return false;
    bool put = span_is(reply.status.text, "OK");
    if (!put) {
        snprintf(what, sizeof what,
                 "cannot create campaign %s (take another --campaign-prefix, or --no-create when "
                 "it exists)",
                 campaign->id);
        peer_refused(failure, what, &reply);
    }
    struct failure later;
    if (!client_read(client, &reply, put ? failure : &later))
        return false;
    if (put && !span_is(reply.status.text, "OK")) {
        snprintf(what, sizeof what, "cannot start campaign %s", campaign->id);
        return peer_refused(failure, what, &reply);
    }
    return put;
}

static void boon_read_ask(struct client *client, const char *id)
{
    client_add(client, WORDS(span_of("CAMPAIGN.GET"), span_of(id)));
}

static bool boon_read_take(struct client *client, struct campaign_state *state,
                           struct failure *failure)
{
    *state = (struct campaign_state){.found = false};
    struct reply reply;
    if (!client_read(client, &reply, failure))
        return false;
    if (span_is(reply.status.text, "UNKNOWN_CAMPAIGN"))
        return true;
    if (!span_is(reply.status.text, "OK"))
        return peer_refused(failure, "CAMPAIGN.GET", &reply);
    state->found = true;
    struct span rest = reply.bytes;
    struct reply_item name, value;
    reply_item_next(&rest, &name); /* the list */
    reply_item_next(&rest, &name); /* "OK" */
    while (reply_item_next(&rest, &name) && reply_item_next(&rest, &value)) {
        if (span_is(name.text, "stock"))
            state->stock = peer_number(&value);
        else if (span_is(name.text, "issued"))
            state->issued = peer_number(&value);
        else if (span_is(name.text, "per_member"))
            state->per_member = (uint32_t)peer_number(&value);
    }
    return true;
}

static bool boon_points_give(struct client *client, const struct roll *roll,
                             struct failure *failure)
{
    struct form form;
    form_init(&form, 4, ROLL_NUMBERED_ID_BYTES);
    form_word(&form, "ACCOUNT.EARN");
    form_member(&form);
    form_word(&form, "points");
    form_word(&form, "1000");
    bool given = peer_ask_each(client, roll, &form, "ACCOUNT.EARN", failure);
    form_deinit(&form);
    return given;
}

/* Ask for the page of coupons behind `before`, or the first page when it is empty. */
static void list_add(struct client *client, struct span member, struct span before)
{
    if (before.length)
        client_add(client, WORDS(span_of("COUPON.LIST"), member, span_of("LIMIT"), span_of("1000"),
                                 span_of("BEFORE"), before));
    else
        client_add(client,
                   WORDS(span_of("COUPON.LIST"), member, span_of("LIMIT"), span_of("1000")));
}

struct list_page {
    uint64_t total, rows;
    char last[64]; /* the last code of the page */
    size_t last_bytes;
};

/* Hand a page's coupons to the reader. */
static bool page_read(const struct reply *reply, const struct roll *roll, uint32_t member,
                      const struct coupon_reader *reader, struct list_page *page,
                      struct failure *failure)
{
    *page = (struct list_page){.total = 0};
    if (span_is(reply->status.text, "UNKNOWN_MEMBER"))
        return true;
    if (!span_is(reply->status.text, "OK"))
        return peer_refused(failure, "COUPON.LIST", reply);
    struct span rest = reply->bytes;
    struct reply_item item, code, campaign;
    reply_item_next(&rest, &item); /* the list */
    reply_item_next(&rest, &item); /* "OK" */
    reply_item_next(&rest, &item);
    page->total = peer_number(&item);
    while (reply_item_next(&rest, &item)) {
        if (item.kind != REPLY_LIST || item.integer < 2)
            return failure_set(failure, "COUPON.LIST: a row is no list of code and campaign");
        reply_item_next(&rest, &code);
        reply_item_next(&rest, &campaign);
        reply_skip(&rest, item.integer - 2);
        page->rows++;
        page->last_bytes = code.text.length < sizeof page->last ? code.text.length : 0;
        memcpy(page->last, code.text.bytes, page->last_bytes);
        uint32_t number = 0;
        if (roll_campaign_find(roll, campaign.text, &number))
            reader->coupon(reader->context, member, number, code.text);
    }
    return true;
}

/* Read the pages behind the first one, which is rare: more than 1,000 coupons. */
static bool pages_read(struct client *client, const struct roll *roll, uint32_t member,
                       const struct coupon_reader *reader, struct list_page page,
                       struct failure *failure)
{
    char id[ROLL_NUMBERED_ID_BYTES];
    uint64_t rows = page.rows;
    while (rows < page.total && page.rows > 0 && page.last_bytes > 0) {
        struct reply reply;
        list_add(client, roll_member(roll, member, id), (struct span){page.last, page.last_bytes});
        if (!client_read(client, &reply, failure) ||
            !page_read(&reply, roll, member, reader, &page, failure))
            return false;
        rows += page.rows;
    }
    return true;
}

/* Compare what MEMBER.GET counts with what COUPON.LIST counts. */
static bool member_check(const struct reply *reply, uint64_t listed, struct span member,
                         const struct coupon_reader *reader, struct failure *failure)
{
    uint64_t counted = 0;
    if (!span_is(reply->status.text, "OK") && !span_is(reply->status.text, "UNKNOWN_MEMBER"))
        return peer_refused(failure, "MEMBER.GET", reply);
    struct span rest = reply->bytes;
    struct reply_item item;
    while (reply_item_next(&rest, &item)) {
        if (item.kind == REPLY_TEXT && span_is(item.text, "coupons")) {
            reply_item_next(&rest, &item);
            counted = peer_number(&item);
            break;
        }
    }
    if (counted == listed)
        return true;
    char sentence[200];
    snprintf(sentence, sizeof sentence,
             "member %.*s: MEMBER.GET counts %llu coupons, COUPON.LIST %llu", (int)member.length,
             member.bytes, (unsigned long long)counted, (unsigned long long)listed);
    reader->contradiction(reader->context, sentence);
    return true;
}

static bool boon_coupons_read(struct client *client, const struct roll *roll,
                              const struct coupon_reader *reader, struct failure *failure)
{
    char id[ROLL_NUMBERED_ID_BYTES];
    struct list_page pages[MEMBERS_BATCH];
    for (uint32_t first = 0; first < roll->member_count; first += MEMBERS_BATCH) {
        uint32_t left = roll->member_count - first;
        uint32_t batch = left < MEMBERS_BATCH ? left : MEMBERS_BATCH;
        for (uint32_t i = 0; i < batch; i++) {
            struct span member = roll_member(roll, first + i, id);
            list_add(client, member, (struct span){NULL, 0});
            client_add(client, WORDS(span_of("MEMBER.GET"), member));
        }
        for (uint32_t i = 0; i < batch; i++) {
            struct reply reply;
            if (!client_read(client, &reply, failure) ||
                !page_read(&reply, roll, first + i, reader, &pages[i], failure) ||
                !client_read(client, &reply, failure) ||
                !member_check(&reply, pages[i].total, roll_member(roll, first + i, id), reader,
                              failure))
                return false;
        }
        for (uint32_t i = 0; i < batch; i++) {
            if (!pages_read(client, roll, first + i, reader, pages[i], failure))
                return false;
        }
    }
    return true;
}

static void boon_claim_form(struct form *form, const struct campaign *campaign,
                            const struct options *options, const struct peer_session *session,
                            uint32_t member_bytes)
{
    (void)session;
    size_t words = 3U + (options->channel[0] ? 2U : 0U) + (options->request_ids ? 2U : 0U);
    form_init(form, words, member_bytes);
    form_word(form, "COUPON.CLAIM");
    form_member(form);
    form_word(form, campaign->id);
    if (options->channel[0]) {
        form_word(form, "CHANNEL");
        form_word(form, options->channel);
    }
    if (options->request_ids) {
        form_word(form, "REQUEST");
        form_id_behind(form, "");
    }
}

static void boon_lookup_form(struct form *form, uint32_t member_bytes)
{
    form_init(form, 3, member_bytes);
    form_word(form, "ACCOUNT.BALANCE");
    form_member(form);
    form_word(form, "points");
}

const struct peer peer_boon = {
    .probe = "*3\r\n$13\r\nCAMPAIGN.LIST\r\n$5\r\nLIMIT\r\n$1\r\n1\r\n",
    .prepare = boon_prepare,
    .create_ask = boon_create_ask,
    .create_take = boon_create_take,
    .read_ask = boon_read_ask,
    .read_take = boon_read_take,
    .points_give = boon_points_give,
    .coupons_read = boon_coupons_read,
    .claim_form = boon_claim_form,
    .lookup_form = boon_lookup_form,
};
