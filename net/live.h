/* live.h -- what a page that watches the server sees: a frame a second, and one of a campaign.
 *
 * Frames show only what is durable, so they wait for nothing, and go on while Redis is away: once a second the
 * newest campaigns are noted as they are, and shown from when the journal has acknowledged that.
 *
 *      once a second: note ──► noted ──durable──► shown ──► live_write, live_campaign_write, metrics
 *                                 └─ not within LIVE_WAIT_MS: a frame goes out with what was shown before
 *
 * Channels and stores are counted behind the coupons, net/tally.h, while somebody looks.
 *
 *     each SERVER_TICK_MS:    if (live_tick(server)) { … a frame is due: for each page live_write() … }
 *     a page or a scrape:     live_look(server);
 */
#ifndef BOON_NET_LIVE_H
#define BOON_NET_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "net/json_out.h"

struct live;
struct server;

#define LIVE_CAMPAIGNS_MAX 200U /* of a frame, newest first */
#define LIVE_WATCHED_MAX 50U    /* older ones that pages look at */
#define LIVE_STORES_MAX 50U     /* of a campaign's frame: those that issued most */
#define LIVE_CHANNELS_MAX 100U  /* the same */
#define LIVE_LOOK_MS 30000      /* for so long after a look coupons are counted */
#define LIVE_WAIT_MS 500

/* A campaign as it was when the shown second began. */
struct live_campaign {
    uint32_t campaign; /* index */
    uint32_t per_member;
    uint64_t issued;
    uint64_t stock;
    int64_t opens_at_ms; /* 0 = none, as the next two */
    int64_t ends_at_ms;
    int64_t stopped_at_ms;
    uint64_t version; /* of its definition */
    uint8_t state;    /* enum campaign_state */
};

/* Makes what watches a server of so many campaigns at most. NULL: no memory. */
struct live *live_create(uint32_t campaigns_max);
void live_destroy(struct live **live);

/* Takes the next step; each SERVER_TICK_MS. True: a frame is due, once a second. */
bool live_tick(struct server *server);

/* Says that somebody looks: at a live page, a campaign's frame or the metrics. */
void live_look(const struct server *server);

/* Writes the frame of the server, one JSON object. */
void live_write(struct json_out *out, const struct server *server);

/* Writes the frame of a campaign, one JSON object. False, and nothing written: there is no such campaign, or what
 * it is now is not durable yet; ask again when the next frame is due. */
bool live_campaign_write(struct json_out *out, const struct server *server, uint32_t campaign)
    __attribute__((warn_unused_result));

/* Returns the campaigns that frames show, newest first, and how many they are. */
const struct live_campaign *live_campaigns(const struct server *server, uint32_t *count);

#endif
