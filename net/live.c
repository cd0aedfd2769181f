/* live.c -- what is noted each second, and from when on it is shown. */
#include "net/live.h"

#include <stdlib.h>

#include "net/clock.h"
#include "net/live_inside.h"
#include "net/server.h"

#define TICKS_PER_SECOND (1000U / SERVER_TICK_MS)
#define TALLY_US 1000
#define TALLY_BUDGET 20000U /* coupons a tick at most */
#define TALLY_PORTION 500U  /* between two looks at the clock; the budget is a multiple of it */

struct live *live_create(uint32_t campaigns_max)
{
    struct live *live = calloc(1, sizeof(*live));
    if (live != NULL) {
        live->tally = tally_create(campaigns_max, TALLY_ENTRIES_MAX);
    }
    return live;
}

void live_destroy(struct live **live)
{
    if (*live != NULL) {
        tally_destroy(&(*live)->tally);
    }
    free(*live);
    *live = NULL;
}

static struct live_campaign as_it_is(const struct engine *engine, uint32_t index)
{
    const struct campaign *campaign = campaign_at(&engine->campaigns, index);
    return (struct live_campaign){
        .campaign = index,
        .per_member = campaign->per_member,
        .issued = campaign->issued,
        .stock = campaign->stock,
        .opens_at_ms = campaign->opens_at_ms,
        .ends_at_ms = campaign->ends_at_ms,
        .stopped_at_ms = campaign->stopped_at_ms,
        .version = campaign->definition_seq,
        .state = campaign->state,
    };
}

/* Notes the newest campaigns, and the older ones that pages look at. */
static void note(struct live *live, const struct server *server)
{
    const struct engine *engine = server->engine;
    struct live_view *view = &live->noted;
    uint32_t last = engine->campaigns.pool.count - 1;
    view->seq = engine->seq;
    view->newest = last < LIVE_CAMPAIGNS_MAX ? last : LIVE_CAMPAIGNS_MAX;
    for (view->count = 0; view->count < view->newest; view->count++) {
        view->campaigns[view->count] = as_it_is(engine, last - view->count);
    }
    for (uint32_t at = 0; at < LIVE_WATCHED_MAX; at++) {
        struct live_watch *watch = &live->watched[at];
        if (watch->campaign == 0 || watch->until_ms < server->tick_ms) {
            watch->campaign = 0;
        } else if (watch->campaign <= last - view->newest) {
            view->campaigns[view->count++] = as_it_is(engine, watch->campaign);
        }
    }
    live->waits = true;
}

/* Looks back at the second of those noted. */
static void rates(const struct live *live, const struct server *server)
{
    const struct live_view *view = &live->noted;
    for (uint32_t at = 0; server->campaign_stats.base != NULL && at < view->count; at++) {
        uint32_t index = view->campaigns[at].campaign;
        campaign_stats_second(&server->campaign_stats, index,
                              campaign_at(&server->engine->campaigns, index)->issued,
                              live->ticks / TICKS_PER_SECOND + 1);
    }
}

/* Counts coupons, of those that are durable, while somebody looks; for TALLY_US at most, so that it holds up no
 * answer: twenty thousand of them take 4 ms where each names another of a hundred thousand stores. */
static void tally(struct live *live, const struct server *server)
{
    bool looked = live->looked_ms != 0 && server->tick_ms - live->looked_ms < LIVE_LOOK_MS;
    if (!looked || live->tally == NULL) {
        return;
    }
    int64_t until_us = clock_monotonic_us() + TALLY_US;
    uint32_t left = TALLY_BUDGET;
    uint32_t done;
    do {
        done = tally_go_on(live->tally, server->engine, server->durable_counts.coupons,
                           TALLY_PORTION);
        left -= done;
    } while (done == TALLY_PORTION && left > 0 && clock_monotonic_us() < until_us);
}

bool live_tick(struct server *server)
{
    struct live *live = server->live;
    if (live == NULL || server->state == SERVER_OPENING) {
        return false;
    }
    if (live->ticks++ % TICKS_PER_SECOND == 0) {
        if (!live->waits) {
            note(live,
                 server); /* else the journal is not there yet: what was noted is good still */
        }
        rates(live, server);
        live->due_ms = server->tick_ms;
    }
    if (live->waits && live->noted.seq <= server->durable_seq) {
        live->shown = live->noted;
        live->waits = false;
    }
    tally(live, server);
    bool due = live->due_ms != 0 &&
               (!live->waits || server->tick_ms - live->due_ms >= LIVE_WAIT_MS);
    live->due_ms = due ? 0 : live->due_ms;
    return due;
}

void live_look(const struct server *server)
{
    if (server->live != NULL) {
        server->live->looked_ms = server->tick_ms;
    }
}

const struct live_campaign *live_campaigns(const struct server *server, uint32_t *count)
{
    *count = server->live == NULL ? 0 : server->live->shown.newest;
    return server->live == NULL ? NULL : server->live->shown.campaigns;
}

/* Sees to it that a campaign is noted from the next second on. */
static void watch(struct live *live, int64_t now_ms, uint32_t campaign)
{
    struct live_watch *place = NULL;
    for (uint32_t at = 0; at < LIVE_WATCHED_MAX; at++) {
        struct live_watch *watched = &live->watched[at];
        if (watched->campaign == campaign) {
            place = watched;
            break;
        }
        if (place == NULL && watched->campaign == 0) {
            place = watched;
        }
    }
    if (place != NULL) {
        *place = (struct live_watch){campaign, now_ms + LIVE_LOOK_MS / 3};
    }
}

/* Finds a campaign as it may be shown. False: not now. */
static bool may_show(const struct server *server, uint32_t index, struct live_campaign *campaign)
{
    struct live *live = server->live;
    for (uint32_t at = 0; at < live->shown.count; at++) {
        if (live->shown.campaigns[at].campaign == index) {
            *campaign = live->shown.campaigns[at];
            return true;
        }
    }
    *campaign = as_it_is(server->engine, index);
    return campaign_at(&server->engine->campaigns, index)->changed_seq <= server->durable_seq;
}

static void write_names(struct json_out *out, const struct server *server, uint32_t campaign,
                        enum tally_kind kind)
{
    const struct names *names =
        &server->engine->names[kind == TALLY_CHANNEL ? NAME_CHANNEL : NAME_STORE];
    struct tally_line top[TALLY_TOP_MAX];
    uint32_t max = kind == TALLY_CHANNEL ? LIVE_CHANNELS_MAX : LIVE_STORES_MAX;
    uint32_t total = 0;
    uint32_t other = 0;
    uint32_t count = server->live->tally == NULL
                         ? 0
                         : tally_top(server->live->tally, campaign, kind, top, max, &total, &other);
    json_key(out, kind == TALLY_CHANNEL ? "channels" : "stores");
    json_begin(out, '[');
    for (uint32_t at = 0; at < count; at++) {
        json_begin(out, '{');
        json_key(out, "name");
        json_text(out, name_show(names, top[at].name));
        json_key(out, "issued");
        json_natural(out, top[at].issued);
        json_end(out, '}');
    }
    json_end(out, ']');
    json_key(out, kind == TALLY_CHANNEL ? "channels_total" : "stores_total");
    json_natural(out, total);
    json_key(out, kind == TALLY_CHANNEL ? "channels_not_counted" : "stores_not_counted");
    json_natural(out, other);
}

static void write_outcomes(struct json_out *out, const struct server *server, uint32_t campaign)
{
    const struct campaign_count *count = server->campaign_stats.base == NULL
                                             ? NULL
                                             : campaign_stats_at(&server->campaign_stats, campaign);
    json_key(out, "outcomes");
    json_begin(out, '{');
    for (uint32_t refusal = 0; count != NULL && refusal < REFUSAL_LIMIT_OF_ENUM; refusal++) {
        if (count->outcomes[refusal] > 0 || refusal == REFUSAL_NONE) {
            json_key(out, refusal_status((enum refusal)refusal));
            json_natural(out, count->outcomes[refusal]);
        }
    }
    json_end(out, '}');
}

/* A campaign's coupons by state: so far there is one state. */
static void write_funnel(struct json_out *out, const struct live_campaign *campaign)
{
    json_key(out, "coupons");
    json_begin(out, '{');
    json_key(out, "issued");
    json_natural(out, campaign->issued);
    json_key(out, "redeemed");
    json_natural(out, 0);
    json_key(out, "expired");
    json_natural(out, 0);
    json_key(out, "void");
    json_natural(out, 0);
    json_end(out, '}');
}

static void write_tallied(struct json_out *out, const struct server *server,
                          const struct live_campaign *campaign)
{
    const struct tally *tally = server->live->tally;
    uint64_t counted = tally == NULL ? 0 : tally_of_campaign(tally, campaign->campaign);
    json_key(out, "tallied");
    if (counted >= campaign->issued) {
        json_natural(out, 1);
    } else {
        uint64_t thousandths = counted * 1000 / campaign->issued;
        json_fraction(out, thousandths, 3);
    }
}

bool live_campaign_write(struct json_out *out, const struct server *server, uint32_t campaign)
{
    struct live_campaign shown;
    if (server->live == NULL || server->state == SERVER_OPENING ||
        !pool_has(&server->engine->campaigns.pool, campaign)) {
        return false;
    }
    live_look(server);
    watch(server->live, server->tick_ms, campaign);
    if (!may_show(server, campaign, &shown)) {
        return false;
    }
    json_begin(out, '{');
    live_campaign_fields(out, server, &shown);
    json_key(out, "per_member");
    json_natural(out, shown.per_member);
    json_key(out, "version");
    json_natural(out, shown.version);
    write_outcomes(out, server, campaign);
    write_names(out, server, campaign, TALLY_CHANNEL);
    write_names(out, server, campaign, TALLY_STORE);
    write_funnel(out, &shown);
    write_tallied(out, server, &shown);
    json_end(out, '}');
    return true;
}
