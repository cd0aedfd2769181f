/* restore.c -- a dumped state's events to records, each checked like one from a journal (admit.c).
 *
 * Records lie in index order, so taking one is writing to the end of its pool. What is random about them is
 * the bucket and the member that they are hung under: those are asked for when the record comes, and
 * touched RESTORE_AHEAD records later.
 *
 *     restore_event(n)    check, take record n, ask for its bucket       prefetch
 *                         ask for what the bucket of n - 8 points to     prefetch
 *                         hang n - 16 into its tables and lists          link
 */
#include <stddef.h>

#include "engine/admit.h"
#include "engine/bug.h"
#include "engine/dump.h"

#define HALF_AHEAD (RESTORE_AHEAD / 2)
#define SEQ_MAX ((uint64_t)INT64_MAX) /* more than any journal will ever have */

/* The stage of an event, in the order that they come in. */
enum stage {
    STAGE_NONE,
    STAGE_ENGINE,
    STAGE_NAMES,
    STAGE_CAMPAIGNS,
    STAGE_MEMBERS,
    STAGE_ACCOUNTS,
    STAGE_COUPONS,
    STAGE_REQUESTS,
};

/* While it restores, a campaign's `issued` holds two counts: promised by its event, and seen so far. */
#define ISSUED_PROMISED_SHIFT 32
#define ISSUED_SEEN_MASK UINT32_MAX

_Static_assert(CAMPAIGN_STOCK_MAX <= UINT32_MAX, "both counts of `issued` fit into 64 bits");

static bool seq_fits(const struct restore *restore, uint64_t seq)
{
    return seq >= 1 && seq <= restore->promised.seq;
}

/* Times of records do not go back, and none is after the state's. */
static bool time_follows(struct restore *restore, int64_t time_ms)
{
    if (time_ms < restore->time_ms || time_ms > restore->promised.time_ms) {
        return false;
    }
    restore->time_ms = time_ms;
    return true;
}

void restore_begin(struct restore *restore, struct engine *engine)
{
    ASSERT(engine->seq == 0);
    ASSERT(engine->members.pool.count == 1 && engine->coupons.pool.count == 1);
    *restore = (struct restore){.engine = engine, .stage = STAGE_NONE};
}

/* --- hanging records into tables and lists ------------------------------------------------------ */

static const char *link_member(struct restore *restore, uint32_t index)
{
    struct members *members = &restore->engine->members;
    uint64_t hash = restore->hashes[index % RESTORE_AHEAD];
    if (member_find(members, member_id(members, member_at(members, index)), hash) != 0) {
        return "a member comes twice";
    }
    if (!table_reserve(&members->table)) {
        return "no memory for so many members";
    }
    member_link(members, index, hash);
    return NULL;
}

static const char *link_account(struct restore *restore, uint32_t index)
{
    struct engine *engine = restore->engine;
    const struct account *account = account_at(&engine->accounts, index);
    const struct member *member = member_at(&engine->members, account->member);
    if (account_find(&engine->accounts, member, account->asset) != 0) {
        return "an account comes twice";
    }
    account_link(engine, index);
    return NULL;
}

static const char *link_coupon(struct restore *restore, uint32_t index)
{
    struct engine *engine = restore->engine;
    struct coupons *coupons = &engine->coupons;
    const struct coupon *coupon = coupon_at(coupons, index);
    if (coupon_issued_at_ms(coupon) <
        member_joined_at_ms(member_at(&engine->members, coupon->member))) {
        return "a coupon was issued before its member joined";
    }
    uint32_t newest = coupon_newest(coupons, coupon->member, coupon->campaign);
    uint32_t held = newest == 0 ? 0 : coupon_at(coupons, newest)->nth;
    if (coupon->nth != held + 1) {
        return "a coupon does not continue the count of its member and campaign";
    }
    if (!table_reserve(&coupons->pairs)) {
        return "no memory for so many coupons";
    }
    coupon_link(engine, index, newest);
    return NULL;
}

static const char *link_request(struct restore *restore, uint32_t index)
{
    struct requests *requests = &restore->engine->requests;
    const struct request *request = pool_at(&requests->ring, index);
    if (request_is_forgotten(request)) {
        return NULL;
    }
    if (request_find(requests, request->key) != 0) {
        return "a request id comes twice";
    }
    if (!table_reserve(&requests->table)) {
        return "no memory for so many request ids";
    }
    request_link(requests, index);
    return NULL;
}

/* Links the records of this kind below `end`. */
static const char *link_below(struct restore *restore, uint32_t end)
{
    const char *fault = NULL;
    while (restore->linked < end && fault == NULL) {
        uint32_t index = restore->linked++;
        switch (restore->stage) {
        case STAGE_MEMBERS:
            fault = link_member(restore, index);
            break;
        case STAGE_ACCOUNTS:
            fault = link_account(restore, index);
            break;
        case STAGE_COUPONS:
            fault = link_coupon(restore, index);
            break;
        default:
            fault = link_request(restore, index);
        }
    }
    return fault;
}

/* Goes on after record `index` was taken: the one whose hash the next record's takes the place of is
 * linked. */
static const char *taken(struct restore *restore, uint32_t index, uint64_t hash)
{
    restore->hashes[index % RESTORE_AHEAD] = hash;
    restore->end = index + 1;
    return index < RESTORE_AHEAD ? NULL : link_below(restore, index + 2 - RESTORE_AHEAD);
}

/* Returns the hash of the record half way to being linked; 0: there is none yet. */
static uint64_t half_way(const struct restore *restore, uint32_t index)
{
    return index <= HALF_AHEAD ? 0 : restore->hashes[(index - HALF_AHEAD) % RESTORE_AHEAD];
}

/* --- one function for each event --------------------------------------------------------------- */

static const char *rooms_fault(struct engine *engine, const struct event_engine_state *event)
{
    struct names *names = engine->names;
    if (!pool_reserve(&names[NAME_CHANNEL].pool, event->channels) ||
        !pool_reserve(&names[NAME_ASSET].pool, event->assets) ||
        !pool_reserve(&names[NAME_PRINCIPAL].pool, event->principals)) {
        return "more channels, assets or principals than this server has room for";
    }
    if (!pool_reserve(&names[NAME_STORE].pool, event->stores) ||
        !pool_reserve(&names[NAME_STAFF].pool, event->staff)) {
        return "more names than this server has room for: raise --max-names";
    }
    if (!pool_reserve(&engine->campaigns.pool, event->campaigns)) {
        return "more campaigns than this server has room for: raise --max-campaigns";
    }
    if (!pool_reserve(&engine->members.pool, event->members) ||
        !table_presize(&engine->members.table, event->members)) {
        return "more members than this server has room for: raise --max-members";
    }
    if (!pool_reserve(&engine->accounts, event->accounts)) {
        return "more accounts than this server has room for: raise --max-members";
    }
    if (!pool_reserve(&engine->coupons.pool, event->coupons) ||
        !table_presize(&engine->coupons.pairs, event->pairs)) {
        return "more coupons than this server has room for: raise --max-coupons";
    }
    uint32_t requests = event->requests;
    requests = requests < engine->requests.limit ? requests : engine->requests.limit;
    if (!pool_reserve(&engine->requests.ring, requests) ||
        !table_presize(&engine->requests.table, requests)) {
        return "no memory for so many request ids";
    }
    return NULL;
}

static const char *engine_state_restore(struct restore *restore,
                                        const struct event_engine_state *event)
{
    if (event->seq > SEQ_MAX) {
        return "the state is as of a sequence number that no journal reaches";
    }
    if (!time_fits(event->time_ms)) {
        return "the state is as of no time between 1970 and 9999";
    }
    /* Each record came by an event of its own. */
    uint64_t records = (uint64_t)event->channels + event->stores + event->staff + event->assets +
                       event->campaigns + event->members + event->accounts + event->coupons +
                       event->requests + event->principals;
    if (records > event->seq || event->pairs > event->coupons) {
        return "the state promises more records than there were events";
    }
    restore->promised = *event;
    return rooms_fault(restore->engine, event);
}

static const char *name_added_restore(struct restore *restore, const struct event_name_added *event)
{
    const struct event_engine_state *promised = &restore->promised;
    const uint32_t counts[NAME_KINDS] = {
        [NAME_CHANNEL] = promised->channels,     [NAME_STORE] = promised->stores,
        [NAME_STAFF] = promised->staff,          [NAME_ASSET] = promised->assets,
        [NAME_PRINCIPAL] = promised->principals,
    };
    if (event->kind < NAME_KINDS && event->number > counts[event->kind]) {
        return "more names than promised";
    }
    const struct event added = {.type = EVENT_NAME_ADDED, .as.name_added = *event};
    const char *fault = engine_admits(restore->engine, &added);
    if (fault == NULL) {
        name_added_apply(restore->engine, event);
    }
    return fault;
}

static const char *life_fault(struct restore *restore, const struct event_campaign_state *event)
{
    if (event->state < CAMPAIGN_DRAFT || event->state > CAMPAIGN_STOPPED) {
        return "a campaign is in a state that this version does not know";
    }
    bool stopped = event->state == CAMPAIGN_STOPPED;
    if (event->stopped_at_ms < 0 || event->stopped_at_ms > restore->promised.time_ms ||
        (!stopped && event->stopped_at_ms != 0)) {
        return "a campaign was stopped at no time before the state's";
    }
    if (!seq_fits(restore, event->definition_seq) || !seq_fits(restore, event->changed_seq) ||
        event->changed_seq < event->definition_seq) {
        return "a campaign's sequence numbers are not in order";
    }
    if (event->issued > event->stock) {
        return "a campaign's stock is below what it has issued";
    }
    return NULL;
}

static const char *campaign_state_restore(struct restore *restore,
                                          const struct event_campaign_state *event)
{
    struct engine *engine = restore->engine;
    uint32_t index = engine->campaigns.pool.count;
    if (index > restore->promised.campaigns) {
        return "more campaigns than promised";
    }
    const struct event defined = {.type = EVENT_CAMPAIGN_DEFINED,
                                  .as.campaign_defined = {
                                      .campaign = index,
                                      .id = event->id,
                                      .name = event->name,
                                      .stock = event->stock,
                                      .per_member = event->per_member,
                                      .opens_at_ms = event->opens_at_ms,
                                      .ends_at_ms = event->ends_at_ms,
                                      .value_kind = event->value_kind,
                                      .percent = event->percent,
                                      .amount_fen = event->amount_fen,
                                      .minimum_fen = event->minimum_fen,
                                      .maximum_fen = event->maximum_fen,
                                      .source = event->source,
                                  }};
    const char *fault = life_fault(restore, event);
    fault = fault != NULL ? fault : engine_admits(engine, &defined);
    if (fault != NULL) {
        return fault;
    }
    campaign_defined_apply(engine, &defined.as.campaign_defined);
    struct campaign *campaign = campaign_at(&engine->campaigns, index);
    campaign->issued = event->issued << ISSUED_PROMISED_SHIFT;
    campaign->state = event->state;
    campaign->stopped_at_ms = event->stopped_at_ms;
    campaign->changed_seq = event->changed_seq;
    campaign->definition_seq = event->definition_seq;
    return NULL;
}

static const char *member_state_restore(struct restore *restore,
                                        const struct event_member_state *event)
{
    struct members *members = &restore->engine->members;
    if (members->pool.count > restore->promised.members) {
        return "more members than promised";
    }
    if (!text_fits(event->id, 1, ID_BYTES_MAX)) {
        return "a member id must have 1 to 64 bytes";
    }
    if (!time_follows(restore, event->joined_at_ms)) {
        return "a member joined before the one before it, or after the state's time";
    }
    if (!seq_fits(restore, event->changed_seq)) {
        return "a member's sequence number is not one of the state's";
    }
    if (!member_reserve(members, event->id.length)) {
        return "no memory for so many members";
    }
    uint64_t hash = member_hash(members, event->id);
    table_prefetch(&members->table, hash);
    uint32_t index = member_add(members, event->id);
    member_set_joined_at(member_at(members, index), event->joined_at_ms);
    member_at(members, index)->changed_seq = event->changed_seq;
    uint64_t half = half_way(restore, index);
    if (half != 0) {
        table_prefetch_overflow(&members->table, half);
    }
    return taken(restore, index, hash);
}

static const char *account_state_restore(struct restore *restore,
                                         const struct event_account_state *event)
{
    struct engine *engine = restore->engine;
    if (engine->accounts.count > restore->promised.accounts) {
        return "more accounts than promised";
    }
    if (!pool_has(&engine->members.pool, event->member)) {
        return "an account is of a member that does not exist";
    }
    if (!pool_has(&engine->names[NAME_ASSET].pool, event->asset)) {
        return "an account is of an asset that does not exist";
    }
    if (event->balance < 0 || event->balance > BALANCE_MAX) {
        return "a balance is out of bounds";
    }
    __builtin_prefetch(member_at(&engine->members, event->member), 1);
    uint32_t index = pool_add(&engine->accounts);
    *account_at(&engine->accounts, index) = (struct account){
        .balance = event->balance, .member = event->member, .asset = event->asset};
    uint32_t half = (uint32_t)half_way(restore, index);
    if (half != 0) {
        const struct member *member = member_at(&engine->members, half);
        __builtin_prefetch(account_at(&engine->accounts, member->newest_account));
    }
    return taken(restore, index, event->member);
}

static const char *coupon_fault(const struct restore *restore,
                                const struct event_coupon_state *event)
{
    const struct engine *engine = restore->engine;
    if (engine->coupons.pool.count > restore->promised.coupons) {
        return "more coupons than promised";
    }
    if (!pool_has(&engine->members.pool, event->member)) {
        return "a coupon was issued to a member that does not exist";
    }
    if (!pool_has(&engine->campaigns.pool, event->campaign)) {
        return "a coupon was issued of a campaign that does not exist";
    }
    if (!name_known(engine, NAME_CHANNEL, event->channel) ||
        !name_known(engine, NAME_STORE, event->store) ||
        !name_known(engine, NAME_STAFF, event->staff)) {
        return "a coupon names a channel, store or staff id that does not exist";
    }
    if (!key_known(engine, event->key)) {
        return "a coupon's code was made with a key that is not in the secret file";
    }
    return event->state == COUPON_ISSUED ? NULL
                                         : "a coupon is in a state that this version does not know";
}

/* Asks for what linking the record half way will look at: more of its bucket, and its pair's newest.
 * Always inline, as in table.h. */
__attribute__((always_inline)) static inline void
coupon_prefetch_half(const struct restore *restore, uint32_t index)
{
    const struct coupons *coupons = &restore->engine->coupons;
    if (index > HALF_AHEAD) {
        uint64_t half = half_way(restore, index);
        table_prefetch_overflow(&coupons->pairs, half);
        if (coupon_at(coupons, index - HALF_AHEAD)->nth > 1) {
            __builtin_prefetch(coupon_at(coupons, table_guess(&coupons->pairs, half)));
        }
    }
}

static const char *coupon_state_restore(struct restore *restore,
                                        const struct event_coupon_state *event)
{
    struct engine *engine = restore->engine;
    struct coupons *coupons = &engine->coupons;
    const char *fault = coupon_fault(restore, event);
    if (fault != NULL) {
        return fault;
    }
    if (!time_follows(restore, event->issued_at_ms)) {
        return "a coupon was issued before the one before it, or after the state's time";
    }
    uint64_t hash = coupon_pair_hash(event->member, event->campaign);
    table_prefetch(&coupons->pairs, hash);
    __builtin_prefetch(member_at(&engine->members, event->member), 1);
    uint32_t index = pool_add(&coupons->pool);
    struct coupon *coupon = coupon_at(coupons, index);
    *coupon = (struct coupon){
        .member = event->member,
        .campaign = event->campaign,
        .store = event->store,
        .staff = event->staff,
        .channel = event->channel,
        .nth = event->nth,
        .state = event->state,
        .key = event->key,
    };
    memcpy(coupon->issued_at, &event->issued_at_ms, sizeof(coupon->issued_at));
    coupon_prefetch_half(restore, index);
    return taken(restore, index, hash);
}

static const char *request_state_restore(struct restore *restore,
                                         const struct event_request_state *event)
{
    struct requests *requests = &restore->engine->requests;
    if (restore->requests == restore->promised.requests) {
        return "more request ids than promised";
    }
    bool forgotten = event->bound_at_ms == REQUEST_FORGOTTEN_MS;
    if (!forgotten && !time_follows(restore, event->bound_at_ms)) {
        return "a request id was bound before the one before it, or after the state's time";
    }
    if (event->result > (uint64_t)BALANCE_MAX) {
        return "a request's answer is neither a serial number nor a balance";
    }
    /* A ring that has become smaller forgets the oldest. */
    uint32_t left = restore->promised.requests - restore->requests++;
    if (left > requests->limit) {
        return NULL;
    }
    uint64_t hash = request_hash(event->key);
    table_prefetch(&requests->table, hash);
    uint32_t index = pool_add(&requests->ring);
    struct request *request = pool_at(&requests->ring, index);
    request_fill(request, event->key, event->fingerprint, event->result, event->bound_at_ms);
    requests->bound++;
    return taken(restore, index, hash);
}

/* --- all of them -------------------------------------------------------------------------------- */

static enum stage stage_of(enum event_type type)
{
    switch (type) {
    case EVENT_ENGINE_STATE:
        return STAGE_ENGINE;
    case EVENT_NAME_ADDED:
        return STAGE_NAMES;
    case EVENT_CAMPAIGN_STATE:
        return STAGE_CAMPAIGNS;
    case EVENT_MEMBER_STATE:
        return STAGE_MEMBERS;
    case EVENT_ACCOUNT_STATE:
        return STAGE_ACCOUNTS;
    case EVENT_COUPON_STATE:
        return STAGE_COUPONS;
    case EVENT_REQUEST_STATE:
        return STAGE_REQUESTS;
    default:
        return STAGE_NONE;
    }
}

/* Links what is left of the kind before. */
static const char *finish_stage(struct restore *restore)
{
    const char *fault = link_below(restore, restore->end);
    restore->linked = restore->end = 1;
    restore->time_ms = 0;
    return fault;
}

/* Comes to the kind of this event, from the same one or an earlier one. */
static const char *enter_stage(struct restore *restore, enum stage stage)
{
    if (stage == STAGE_NONE) {
        return "an event that is not part of a state";
    }
    if ((restore->stage == STAGE_NONE) != (stage == STAGE_ENGINE)) {
        return "a state has one ENGINE_STATE, before everything else";
    }
    if (stage < restore->stage) {
        return "the kinds of records are not in order";
    }
    const char *fault = finish_stage(restore);
    restore->stage = stage;
    return fault;
}

const char *restore_event(struct restore *restore, const struct event *event)
{
    enum stage stage = stage_of(event->type);
    if (stage != restore->stage || stage <= STAGE_ENGINE) {
        const char *fault = enter_stage(restore, stage);
        if (fault != NULL) {
            return fault;
        }
    }
    switch (event->type) {
    case EVENT_NAME_ADDED:
        return name_added_restore(restore, &event->as.name_added);
#define EVENT(number, NAME, name, meaning)
#define STATE_EVENT(number, NAME, name, meaning)                                                   \
    case EVENT_##NAME:                                                                             \
        return name##_restore(restore, &event->as.name);
#define FIELD(name, TYPE, field, meaning)
#define EVENT_END(NAME, name)
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END
    default:
        break;
    }
    bug_found("an event of a stage has no function", __FILE__, __LINE__);
}

static const char *counts_fault(const struct restore *restore)
{
    const struct engine *engine = restore->engine;
    const struct names *names = engine->names;
    const struct event_engine_state *promised = &restore->promised;
    const struct {
        uint32_t records; /* record 0 included */
        uint32_t promised;
        const char *fault;
    } rows[] = {
        {names[NAME_CHANNEL].pool.count, promised->channels, "fewer names than promised"},
        {names[NAME_STORE].pool.count, promised->stores, "fewer names than promised"},
        {names[NAME_STAFF].pool.count, promised->staff, "fewer names than promised"},
        {names[NAME_ASSET].pool.count, promised->assets, "fewer names than promised"},
        {names[NAME_PRINCIPAL].pool.count, promised->principals, "fewer names than promised"},
        {engine->campaigns.pool.count, promised->campaigns, "fewer campaigns than promised"},
        {engine->members.pool.count, promised->members, "fewer members than promised"},
        {engine->accounts.count, promised->accounts, "fewer accounts than promised"},
        {engine->coupons.pool.count, promised->coupons, "fewer coupons than promised"},
        {restore->requests + 1, promised->requests, "fewer request ids than promised"},
    };
    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        if (rows[at].records - 1 != rows[at].promised) {
            return rows[at].fault;
        }
    }
    return engine->coupons.pairs.count == promised->pairs
               ? NULL
               : "other pairs of members and campaigns than promised";
}

const char *restore_end(struct restore *restore)
{
    struct engine *engine = restore->engine;
    if (restore->stage == STAGE_NONE) {
        return "a state has one ENGINE_STATE, before everything else";
    }
    const char *fault = finish_stage(restore);
    fault = fault != NULL ? fault : counts_fault(restore);
    if (fault != NULL) {
        return fault;
    }
    for (uint32_t index = 1; index < engine->campaigns.pool.count; index++) {
        struct campaign *campaign = campaign_at(&engine->campaigns, index);
        uint64_t seen = campaign->issued & ISSUED_SEEN_MASK;
        if (seen != campaign->issued >> ISSUED_PROMISED_SHIFT) {
            return "a campaign issued another number of coupons than there are of it";
        }
        campaign->issued = seen;
    }
    engine->seq = restore->promised.seq;
    engine->time_ms = restore->promised.time_ms;
    return NULL;
}
