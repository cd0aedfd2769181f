/* campaign.h -- a coupon template with stock, limits and a window.
 *
 *                    START           PAUSE
 *         ┌─────────┐ ───► ┌─────────┐ ───► ┌────────┐
 *  PUT ──►│  draft  │      │ running │      │ paused │
 *         └─────────┘      └─────────┘ ◄─── └────────┘
 *              │                │     START      │
 *              └──────STOP──────┴──────STOP──────┘───► stopped, for good
 *
 * opens_at and ends_at are judged by `now` in every answer and move nothing. Invariant: issued <= stock.
 */
#ifndef BOON_ENGINE_CAMPAIGN_H
#define BOON_ENGINE_CAMPAIGN_H

#include "engine/command.h"
#include "engine/event.h"
#include "engine/table.h"
#include "engine/texts.h"

struct engine;
struct outcome;

/* Numbers are part of the journal: append only. */
enum campaign_state {
    CAMPAIGN_DRAFT = 1,
    CAMPAIGN_RUNNING = 2,
    CAMPAIGN_PAUSED = 3,
    CAMPAIGN_STOPPED = 4,
};

struct campaign {
    /* What a claim reads lies in the first cache line. */
    uint64_t issued;      /* coupons */
    uint64_t stock;       /* coupons it may issue in all */
    int64_t opens_at_ms;  /* ms since 1970; 0 = as soon as it runs */
    int64_t ends_at_ms;   /* ms since 1970; 0 = never */
    uint64_t changed_seq; /* sequence of the last change of any kind */
    uint64_t
        definition_seq;    /* sequence of the last change other than a coupon issued; its version */
    int64_t stopped_at_ms; /* ms since 1970; 0 = it was not */
    uint32_t per_member;   /* coupons one member may hold */
    uint8_t state;         /* enum campaign_state */
    uint8_t id_length;     /* bytes */
    uint8_t spare[2];      /* zero */
    char id[ID_BYTES_MAX];
    struct campaign_value value;
    struct kept name;
    struct kept source;
};

struct campaigns {
    struct pool pool;
    struct table table; /* by id */
    struct texts texts; /* names and documents */
    uint64_t seed;      /* of the hash */
};

bool campaigns_init(struct campaigns *campaigns, uint32_t limit, uint64_t seed)
    __attribute__((warn_unused_result));
void campaigns_deinit(struct campaigns *campaigns);

/* Returns the hash of a campaign id, never 0. */
uint64_t campaign_hash(const struct campaigns *campaigns, struct text id);

/* Returns the index of the campaign of this id, or 0. `hash` 0: computed here. */
uint32_t campaign_find(const struct campaigns *campaigns, struct text id, uint64_t hash);

static inline struct campaign *campaign_at(const struct campaigns *campaigns, uint32_t index)
{
    return pool_at(&campaigns->pool, index);
}

static inline struct text campaign_id(const struct campaign *campaign)
{
    return (struct text){campaign->id, campaign->id_length};
}

/* Returns "draft", "running", "paused" or "stopped". */
const char *campaign_state_word(uint8_t state);

/* Makes sure that a campaign with these texts can be defined. False: full. */
bool campaign_reserve(struct campaigns *campaigns, uint32_t name_length, uint32_t source_length)
    __attribute__((warn_unused_result));

/* Tells whether the life cycle has this move. */
bool campaign_may_move(uint8_t from, uint8_t to);

void campaign_put_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                         struct outcome *outcome);
void campaign_get_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                         struct outcome *outcome);
void campaign_list_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                          struct outcome *outcome);
void campaign_start_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                           struct outcome *outcome);
void campaign_pause_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                           struct outcome *outcome);
void campaign_stop_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                          struct outcome *outcome);
void campaign_restock_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                             struct outcome *outcome);

void campaign_defined_apply(struct engine *engine, const struct event_campaign_defined *event);
void campaign_moved_apply(struct engine *engine, const struct event_campaign_moved *event);
void campaign_restocked_apply(struct engine *engine, const struct event_campaign_restocked *event);

#endif
