/* live.c -- frames show what is durable, go on while it is not, and are JSON. */
#include "net/live.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/watch_fake.h"

static char *bytes;
static size_t length;

static void tear_down(void)
{
    free(bytes);
    bytes = NULL;
    watch_tear_down();
}

TestSuite(live, .init = watch_set_up, .fini = tear_down);

/* Writes a frame, of a campaign unless 0, and returns it, borrowed; NULL: it was not written. */
static json_t *frame(uint32_t index)
{
    static json_t *root;
    free(bytes);
    bytes = NULL;
    FILE *file = open_memstream(&bytes, &length);
    struct json_out out = {.file = file};
    bool written = true;
    if (index == 0) {
        live_write(&out, &fake.server);
    } else {
        written = live_campaign_write(&out, &fake.server, index);
    }
    cr_assert_eq(fclose(file), 0);
    json_decref(root);
    root = NULL;
    if (!written) {
        cr_assert_eq(length, 0);
        return NULL;
    }
    json_error_t error;
    root = json_loads(bytes, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(root, "%s at %d:\n%s", error.text, error.position, bytes);
    return root;
}

/* Follows a path of keys and indices. */
static const json_t *at(const json_t *node, const char *path)
{
    char key[64];
    while (*path != '\0') {
        size_t part = strcspn(path, "/");
        snprintf(key, sizeof(key), "%.*s", (int)part, path);
        node = json_is_array(node) ? json_array_get(node, (size_t)strtoul(key, NULL, 10))
                                   : json_object_get(node, key);
        cr_assert_not_null(node, "no %s in %s", key, bytes);
        path += part + (path[part] == '/' ? 1 : 0);
    }
    return node;
}

static long long number(const json_t *node, const char *path)
{
    cr_assert(json_is_integer(at(node, path)), "%s", path);
    return json_integer_value(at(node, path));
}

static const char *word(const json_t *node, const char *path)
{
    cr_assert(json_is_string(at(node, path)), "%s", path);
    return json_string_value(at(node, path));
}

Test(live, a_frame_has_what_the_page_shows)
{
    watch_campaign("sale", 2);
    watch_claim("sale", "m1", "app", "");
    watch_claim("sale", "m1", "app", "");
    watch_durable();
    latency_add(&fake.server.latency_durable, 1000, 5);
    cr_assert_eq(watch_ticks(1), 1);
    const json_t *root = frame(0);
    cr_assert_str_eq(word(root, "server/state"), "leading");
    cr_assert_str_eq(word(root, "server/durability"), "always");
    cr_assert_str_eq(word(root, "server/name"), "boon");
    cr_assert_eq(number(root, "node/clients"), 2);
    cr_assert_str_eq(word(root, "node/pools/0/name"), "members");
    cr_assert_eq(number(root, "node/pools/0/count"), 1);
    cr_assert_eq(number(root, "node/journal/unacknowledged_events"), 0);
    cr_assert(json_is_null(at(root, "node/snapshot/last_at")));
    cr_assert_eq(number(root, "node/latency/durable/count"), 5);
    cr_assert(labs((long)number(root, "node/latency/durable/p99_us") - 1000) <= 1000 / 32);
    cr_assert(json_is_real(at(root, "node/cpu_user_s")));
    cr_assert_eq(number(root, "members"), 1);
    cr_assert_eq(number(root, "coupons"), 1);
    cr_assert_eq(number(root, "outcomes/DUPLICATE"), 1);
    cr_assert_eq(number(root, "outcomes/SOLD_OUT"), 0);
    cr_assert_str_eq(word(root, "campaigns/0/id"), "sale");
    cr_assert_str_eq(word(root, "campaigns/0/name"), "Summer \"sale\" 夏");
    cr_assert_str_eq(word(root, "campaigns/0/state"), "running");
    cr_assert_eq(number(root, "campaigns/0/issued"), 1);
    cr_assert(json_is_null(at(root, "campaigns/0/opens_at")));
    cr_assert_eq(number(root, "campaigns_total"), 1);
}

Test(live, nothing_is_shown_before_it_is_durable)
{
    watch_campaign("sale", 10);
    watch_durable();
    watch_ticks(20);
    watch_claim("sale", "m1", "", "");
    cr_assert_eq(watch_ticks(1), 0, "the journal has not acknowledged it: the frame waits");
    cr_assert_eq(number(frame(0), "campaigns/0/issued"), 0);
    watch_durable();
    watch_claim("sale", "m2", "", "");
    cr_assert_eq(watch_ticks(1), 1, "now it is due");
    cr_assert_eq(number(frame(0), "campaigns/0/issued"), 1, "not that of m2");
    cr_assert_eq(number(frame(0), "coupons"), 1);
}

Test(live, frames_go_on_while_the_journal_does_not_answer)
{
    watch_campaign("sale", 10);
    watch_durable();
    watch_ticks(20);
    watch_claim("sale", "m1", "", "");
    for (int second = 0; second < 5; second++) {
        cr_assert_eq(watch_ticks(20), 1, "one a second");
        cr_assert_eq(number(frame(0), "campaigns/0/issued"), 0, "what was there before");
    }
    watch_durable();
    watch_ticks(20);
    cr_assert_eq(number(frame(0), "campaigns/0/issued"), 1);
}

Test(live, one_frame_a_second_is_due)
{
    cr_assert_eq(watch_ticks(200), 10);
    fake.server.state = SERVER_OPENING;
    cr_assert_eq(watch_ticks(200), 0, "there is nothing to show yet");
}

Test(live, rates_are_those_of_the_last_second)
{
    char member[16];
    watch_campaign("sale", 5);
    watch_durable();
    watch_ticks(20);
    for (int count = 0; count < 8; count++) {
        snprintf(member, sizeof(member), "m%d", count);
        watch_claim("sale", member, "", "");
    }
    watch_durable();
    watch_ticks(20);
    const json_t *root = frame(0);
    cr_assert_eq(number(root, "campaigns/0/per_s"), 5);
    cr_assert_eq(number(root, "campaigns/0/asked_per_s"), 8);
    watch_ticks(20);
    cr_assert_eq(number(frame(0), "campaigns/0/asked_per_s"), 0);
}

Test(live, what_was_issued_before_the_start_is_no_rate)
{
    watch_campaign("sale", 5);
    watch_claim("sale", "m1", "", "");
    watch_claim("sale", "m2", "", "");
    watch_durable();
    watch_ticks(1);
    cr_assert_eq(number(frame(0), "campaigns/0/per_s"), 0);
}

Test(live, a_campaigns_frame_tells_channels_stores_and_reasons)
{
    uint32_t sale = watch_campaign("sale", 4);
    watch_campaign("other", 4);
    watch_claim("sale", "m1", "app", "s1");
    watch_claim("sale", "m2", "app", "s2");
    watch_claim("sale", "m3", "wechat", "");
    watch_claim("other", "m3", "wechat", "s2");
    watch_claim("sale", "m3", "wechat", "");
    watch_durable();
    watch_ticks(1);
    frame(sale);
    watch_ticks(1);
    const json_t *root = frame(sale);
    cr_assert_str_eq(word(root, "id"), "sale");
    cr_assert_eq(number(root, "per_member"), 1);
    cr_assert_eq(number(root, "outcomes/OK"), 3);
    cr_assert_eq(number(root, "outcomes/DUPLICATE"), 1);
    cr_assert_str_eq(word(root, "channels/0/name"), "app");
    cr_assert_eq(number(root, "channels/0/issued"), 2);
    cr_assert_str_eq(word(root, "channels/1/name"), "wechat");
    cr_assert_eq(number(root, "channels/1/issued"), 1);
    cr_assert_eq(number(root, "stores_total"), 3);
    cr_assert_eq(number(root, "stores/0/issued"), 1);
    cr_assert_eq(number(root, "coupons/issued"), 3);
    cr_assert_eq(number(root, "tallied"), 1);
}

Test(live, coupons_are_counted_only_while_somebody_looks_and_only_durable_ones)
{
    uint32_t sale = watch_campaign("sale", 50);
    watch_durable();
    watch_ticks(1);
    watch_claim("sale", "m1", "app", "");
    watch_durable();
    watch_ticks(20);
    cr_assert_eq(json_real_value(at(frame(sale), "tallied")), 0, "nobody has looked so far");
    watch_ticks(1);
    cr_assert_eq(number(frame(sale), "tallied"), 1);
    watch_claim("sale", "m2", "app", "");
    watch_ticks(40);
    cr_assert_eq(number(frame(sale), "channels/0/issued"), 1, "that of m2 is not durable");
    watch_durable();
    watch_ticks(21);
    cr_assert_eq(number(frame(sale), "channels/0/issued"), 2);
    watch_ticks((LIVE_LOOK_MS / SERVER_TICK_MS) + 1);
    watch_claim("sale", "m3", "app", "");
    watch_durable();
    watch_ticks(21);
    cr_assert_eq(number(frame(sale), "channels/0/issued"), 2, "nobody has looked for 30 s");
}

Test(live, a_campaign_that_does_not_exist_has_no_frame)
{
    cr_assert_null(frame(7));
    uint32_t sale = watch_campaign("sale", 1);
    cr_assert_null(frame(sale), "it is not durable yet");
    watch_durable();
    cr_assert_not_null(frame(sale));
}
