/* replay.c -- rows of a file over many connections. */
#include "replay.h"

#include "rows.h"
#include "verdict.h"

struct replay {
    struct run *run;
    struct rows rows;
    struct form *claims; /* by campaign */
    uint32_t *queue;     /* row numbers, lane by lane, each lane's in the file's order */
    size_t *lane_end;    /* by lane: end of its part of the queue */
    struct verdict verdict;
};

/* The roll looks at the file's members, campaigns and pairs. */
static void replay_roll(struct replay *replay)
{
    struct rows *rows = &replay->rows;
    struct roll *roll = &replay->run->roll;
    const struct options *options = replay->run->options;
    *roll = (struct roll){.member_ids = &rows->members, .pairs = &rows->pairs};
    roll->member_count = (uint32_t)rows->members.count;
    roll->campaign_count = (uint32_t)rows->campaigns.count;
    roll->pair_count = rows->pairs.count;
    roll->campaigns = memory_zeroed(roll->campaign_count, sizeof *roll->campaigns);
    for (uint32_t i = 0; i < roll->campaign_count; i++) {
        struct campaign *campaign = &roll->campaigns[i];
        struct span value = intern_text(&rows->campaigns, i);
        snprintf(campaign->id, sizeof campaign->id, "%s-%.*s", options->campaign_prefix,
                 (int)value.length, value.bytes);
        campaign->per_member = (uint32_t)options->per_member;
        campaign->stock = options->stock > 0 ? (uint64_t)options->stock : rows->by_campaign[i];
        bool added = false;
        intern_add(&roll->campaign_ids, span_of(campaign->id), &added);
        ASSERT(added);
    }
}

/* Give each lane its members' rows: a member is always on the same lane, so his rows stay in
 * order. */
static void lanes_divide(struct replay *replay)
{
    const struct rows *rows = &replay->rows;
    size_t lanes = (size_t)replay->run->options->connections;
    uint32_t *lane_of = memory_zeroed(rows->members.count, sizeof *lane_of);
    for (uint32_t i = 0; i < rows->members.count; i++)
        lane_of[i] = (uint32_t)(intern_hash(intern_text(&rows->members, i)) % lanes);
    replay->lane_end = memory_zeroed(lanes + 1, sizeof *replay->lane_end);
    replay->queue = memory_zeroed(rows->count, sizeof *replay->queue);
    for (size_t i = 0; i < rows->count; i++)
        replay->lane_end[lane_of[rows->rows[i].member] + 1]++;
    for (size_t i = 0; i < lanes; i++)
        replay->lane_end[i + 1] += replay->lane_end[i];
    /* lane_end[i] is now where lane i begins, and moves to its end as the rows go in. */
    for (size_t i = 0; i < rows->count; i++)
        replay->queue[replay->lane_end[lane_of[rows->rows[i].member]]++] = (uint32_t)i;
    free(lane_of);
}

static bool replay_next(void *context, struct lane *lane, struct request *request)
{
    const struct replay *replay = context;
    size_t begin = lane->number ? replay->lane_end[lane->number - 1] : 0;
    size_t at = begin + (size_t)lane->cursor;
    if (at >= replay->lane_end[lane->number])
        return false;
    lane->cursor++;
    uint32_t number = replay->queue[at];
    const struct row *row = &replay->rows.rows[number];
    *request = (struct request){
        .kind = REQUEST_CLAIM,
        .pair = row->pair,
        .serial = number,
        .member = row->member,
        .campaign = row->campaign,
    };
    return true;
}

static size_t replay_write(void *context, const struct request *request, char *out)
{
    const struct replay *replay = context;
    char id[FORM_ID_BYTES];
    char word[ID_BYTES_MAX + 16];
    struct span member = intern_text(&replay->rows.members, request->member);
    int header = snprintf(word, sizeof word, "$%zu\r\n", member.length);
    size_t length = (size_t)header;
    memcpy(word + length, member.bytes, member.length);
    length += member.length;
    memcpy(word + length, "\r\n", 2);
    length += 2;
    run_request_id(replay->run, request->serial, id);
    return form_write(&replay->claims[request->campaign], out, (struct span){word, length}, id);
}

static void replay_answered(void *context, const struct request *request, enum outcome outcome,
                            const struct reply *reply, uint64_t now_ns)
{
    (void)reply;
    struct replay *replay = context;
    verdict_judge(&replay->verdict, (size_t)request->serial, outcome, request->again);
    ledger_enter(&replay->run->ledger, request->pair, request->campaign, outcome, request->again,
                 request->made_ns, now_ns);
}

static bool replay_load(struct replay *replay, struct result *result, struct failure *failure)
{
    struct run *run = replay->run;
    size_t bytes_max = 0;
    replay->claims = memory_zeroed(run->roll.campaign_count, sizeof *replay->claims);
    for (uint32_t i = 0; i < run->roll.campaign_count; i++) {
        run->peer->claim_form(&replay->claims[i], &run->roll.campaigns[i], run->options,
                              &run->session, 0);
        size_t bytes = form_bytes_max(&replay->claims[i], ID_BYTES_MAX + 16);
        bytes_max = bytes > bytes_max ? bytes : bytes_max;
    }
    lanes_divide(replay);
    size_t count = (size_t)run->options->threads;
    struct plan *plans = memory_zeroed(count, sizeof *plans);
    for (size_t i = 0; i < count; i++)
        plans[i] = (struct plan){
            .context = replay,
            .request_bytes_max = bytes_max,
            .next = replay_next,
            .write = replay_write,
            .answered = replay_answered,
        };
    bool done = run_load(run, plans, replay->rows.count, result, failure);
    free(plans);
    for (uint32_t i = 0; i < run->roll.campaign_count; i++)
        form_deinit(&replay->claims[i]);
    free(replay->claims);
    free(replay->queue);
    free(replay->lane_end);
    return done;
}

/* Audit against what the file says each campaign must have issued. */
static bool replay_audit(struct replay *replay, bool exact, struct result *result,
                         struct failure *failure)
{
    struct run *run = replay->run;
    uint64_t *expect = memory_zeroed(run->roll.campaign_count, sizeof *expect);
    for (uint32_t i = 0; i < run->roll.campaign_count; i++)
        expect[i] = exact ? verdict_expected(&replay->rows, &run->roll, i) : AUDIT_ANY;
    struct audit_case audit = {
        .options = run->options,
        .peer = run->peer,
        .endpoint = &run->endpoint,
        .roll = &run->roll,
        .ledger = &run->ledger,
        .expect = expect,
        .made_here = true,
    };
    bool asked = audit_run(&audit, &result->audit, failure);
    free(expect);
    return asked;
}

static bool replay_claim(struct replay *replay, struct result *result, struct failure *failure)
{
    struct run *run = replay->run;
    if (!run_prepare(run, failure))
        return false;
    for (uint32_t i = 0; i < run->roll.campaign_count; i++) {
        if (run->roll.campaigns[i].issued_before > 0)
            return failure_set(failure,
                               "campaign %s has issued coupons before, so the file does not say "
                               "what must come; take another --campaign-prefix, or --verify-only",
                               run->roll.campaigns[i].id);
    }
    verdict_init(&replay->verdict, &replay->rows, &run->ledger, &result->audit);
    bool done = replay_load(replay, result, failure);
    verdict_end(&replay->verdict, &result->verdict);
    bool exact = result->verdict.answered == result->verdict.rows;
    done = done && replay_audit(replay, exact, result, failure);
    verdict_deinit(&replay->verdict);
    return done;
}

/* Fill the ledger as a complete replay would have: with the campaigns' own stock, each pair that
 * must hold its coupons was acknowledged them; where stock is short, anybody's claim may or may
 * not have got one. */
static bool replay_verify(struct replay *replay, struct result *result, struct failure *failure)
{
    struct run *run = replay->run;
    const struct rows *rows = &replay->rows;
    struct client *client = client_open(&run->endpoint, 3, failure);
    if (!client)
        return false;
    bool read = audit_before(client, run->peer, &run->roll, false, failure);
    client_close(&client);
    if (!read)
        return false;
    for (uint32_t i = 0; i < run->roll.campaign_count; i++) {
        run->roll.campaigns[i].issued_before = 0;
        if (run->roll.campaigns[i].stock < rows->entitled[i])
            run->ledger.campaigns[i].unanswered = rows->by_campaign[i];
    }
    for (size_t pair = 0; pair < rows->pairs.count; pair++) {
        uint32_t campaign = roll_pair_campaign(&run->roll, pair);
        uint32_t cap = run->roll.campaigns[campaign].per_member;
        bool ample = run->ledger.campaigns[campaign].unanswered == 0;
        uint32_t due = rows->asked[pair] < cap ? rows->asked[pair] : cap;
        run->ledger.ok[pair] = (uint16_t)(ample ? due : 0);
    }
    result->options = run->options;
    snprintf(result->server, sizeof result->server, "%s", run->endpoint.name);
    bool asked = replay_audit(replay, true, result, failure);
    result->audit.unanswered = 0; /* a device of this function, not something that happened */
    return asked;
}

bool replay_run(struct run *run, struct result *result, struct failure *failure)
{
    struct replay replay = {.run = run};
    if (!rows_read(&replay.rows, run->options, failure)) {
        rows_deinit(&replay.rows);
        return false;
    }
    replay_roll(&replay);
    ledger_init(&run->ledger, &run->roll, run->options->retry);
    run->has_ledger = true;
    bool done = run->options->verify_only ? replay_verify(&replay, result, failure)
                                          : replay_claim(&replay, result, failure);
    ledger_deinit(&run->ledger);
    run->has_ledger = false;
    roll_deinit(&run->roll);
    rows_deinit(&replay.rows);
    return done;
}
