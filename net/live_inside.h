/* live_inside.h -- for live*.c only: what is noted and what is shown. */
#ifndef BOON_NET_LIVE_INSIDE_H
#define BOON_NET_LIVE_INSIDE_H

#include "net/live.h"
#include "net/tally.h"

/* Campaigns as of one moment. */
struct live_view {
    uint64_t seq;    /* as of which */
    uint32_t count;  /* of `campaigns` */
    uint32_t newest; /* of them: the frame's, newest first; the others are watched */
    struct live_campaign campaigns[LIVE_CAMPAIGNS_MAX + LIVE_WATCHED_MAX];
};

/* An older campaign that a page looks at. */
struct live_watch {
    uint32_t campaign; /* 0: none */
    int64_t until_ms;  /* monotonic */
};

struct live {
    struct live_view noted;
    struct live_view shown;
    bool waits; /* `noted` is not durable yet, so far as is known */
    struct live_watch watched[LIVE_WATCHED_MAX];
    struct tally *tally; /* NULL: no address space for it */
    uint64_t ticks;
    int64_t due_ms;    /* monotonic; since when a frame is due; 0 = none is */
    int64_t looked_ms; /* monotonic; 0 = nobody has looked yet */
};

/* live_frame.c: writes what frames say of a campaign, without the braces. */
void live_campaign_fields(struct json_out *out, const struct server *server,
                          const struct live_campaign *campaign);

#endif
