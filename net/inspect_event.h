/* inspect_event.h -- an event as JSON: all fields by the names of events.def, and numbers also as the ids that
 * they stand for.
 *
 *     {"entry":"1-5","seq":12,"time":"2026-11-11T00:00:00.123Z","time_ms":…,"principal":0,
 *      "event":"coupon_issued","serial":7,"member":3,"member_id":"m3","campaign":1,"campaign_id":"sale",…}
 *
 * A coupon's code is a bearer secret and is never made here: its serial number is shown.
 */
#ifndef BOON_NET_INSPECT_EVENT_H
#define BOON_NET_INSPECT_EVENT_H

#include "engine/engine.h"
#include "net/journal_entry.h"
#include "net/json_out.h"

/* Where an event stands. */
struct inspect_place {
    struct entry_id entry;
    uint64_t seq; /* 0: outside of the sequence */
    int64_t time_ms;
    uint32_t principal;
};

/* What a number in an event stands for. */
enum inspect_refers {
    REFERS_NOTHING,
    REFERS_MEMBER,
    REFERS_CAMPAIGN,
    REFERS_CHANNEL,
    REFERS_STORE,
    REFERS_STAFF,
    REFERS_ASSET,
};

/* Writes one event as an object. `engine` has applied it already. */
void inspect_event_write(struct json_out *out, const struct inspect_place *place,
                         const struct event *event, const struct engine *engine);

/* Returns the number in the event that stands for such a thing; 0: it names none. */
uint64_t inspect_event_refers(const struct event *event, enum inspect_refers refers);

#endif
