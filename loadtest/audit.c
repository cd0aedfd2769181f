/* audit.c -- comparing the ledger, the counters and the coupons. */
#include "audit.h"

#include <inttypes.h>
#include <stdarg.h>

static const uint64_t full_members_most = 1000000;

/* What a full audit reads back. */
struct holdings {
    const struct roll *roll;
    uint16_t *held;      /* by pair */
    uint64_t *campaigns; /* coupons by campaign */
    struct intern codes;
    struct audit_report *report;
};

void audit_problem(struct audit_report *report, const char *format, ...)
{
    if (report->problem_count++ >= AUDIT_PROBLEMS_MAX)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(report->problems[report->problem_count - 1], AUDIT_PROBLEM_BYTES, format, arguments);
    va_end(arguments);
}

enum audit_level audit_level_of(const struct options *options, uint64_t members)
{
    if (options->audit != AUDIT_AUTO)
        return (enum audit_level)options->audit;
    return members <= full_members_most ? AUDIT_FULL : AUDIT_TOTALS;
}

/* Read all campaigns' numbers from the server, a batch at a time. */
static bool states_read(struct client *client, const struct peer *peer, const struct roll *roll,
                        struct campaign_state *states, struct failure *failure)
{
    for (uint32_t first = 0; first < roll->campaign_count; first += PEER_BATCH) {
        uint32_t left = roll->campaign_count - first;
        uint32_t end = first + (left < PEER_BATCH ? left : PEER_BATCH);
        for (uint32_t i = first; i < end; i++)
            peer->read_ask(client, roll->campaigns[i].id);
        for (uint32_t i = first; i < end; i++) {
            if (!peer->read_take(client, &states[i], failure))
                return false;
        }
    }
    return true;
}

static bool before_enter(struct campaign *campaign, const struct campaign_state *state, bool made,
                         struct failure *failure)
{
    if (!state->found)
        return failure_set(failure, "campaign %s does not exist on this server", campaign->id);
    if (made && (state->stock != campaign->stock || state->per_member != campaign->per_member))
        return failure_set(failure,
                           "campaign %s exists with a stock of %" PRIu64 " and %u per member; "
                           "take another --campaign-prefix, or --no-create",
                           campaign->id, state->stock, state->per_member);
    campaign->issued_before = state->issued;
    campaign->stock = state->stock;
    campaign->per_member = state->per_member;
    return true;
}

bool audit_before(struct client *client, const struct peer *peer, struct roll *roll, bool made,
                  struct failure *failure)
{
    struct campaign_state *states = memory_zeroed(roll->campaign_count, sizeof *states);
    bool good = states_read(client, peer, roll, states, failure);
    for (uint32_t i = 0; i < roll->campaign_count && good; i++)
        good = before_enter(&roll->campaigns[i], &states[i], made, failure);
    free(states);
    return good;
}

static void coupon_enter(void *context, uint32_t member, uint32_t campaign, struct span code)
{
    struct holdings *holdings = context;
    uint64_t pair = 0;
    const char *id = holdings->roll->campaigns[campaign].id;
    holdings->report->coupons_read++;
    holdings->campaigns[campaign]++;
    bool added = false;
    intern_add(&holdings->codes, code, &added);
    if (!added) {
        holdings->report->codes_twice++;
        audit_problem(holdings->report, "campaign %s: code %.*s was issued twice", id,
                      (int)code.length, code.bytes);
    }
    if (!roll_pair_find(holdings->roll, member, campaign, &pair)) {
        holdings->report->unexpected++;
        audit_problem(holdings->report, "campaign %s: member %u has %.*s but never claimed there",
                      id, member, (int)code.length, code.bytes);
        return;
    }
    if (holdings->held[pair] < UINT16_MAX)
        holdings->held[pair]++;
}

static void contradiction_enter(void *context, const char *sentence)
{
    struct holdings *holdings = context;
    audit_problem(holdings->report, "%s", sentence);
}

static void holdings_init(struct holdings *holdings, const struct roll *roll,
                          struct audit_report *report)
{
    *holdings = (struct holdings){.roll = roll, .report = report};
    holdings->held = memory_zeroed(roll->pair_count, sizeof *holdings->held);
    holdings->campaigns = memory_zeroed(roll->campaign_count, sizeof *holdings->campaigns);
}

static void holdings_deinit(struct holdings *holdings)
{
    free(holdings->held);
    free(holdings->campaigns);
    intern_deinit(&holdings->codes);
}

/* Sums over the pairs of one campaign. */
struct pair_sums {
    uint64_t acknowledged, lost, extra, twice, wrongly_refused;
};

/* Check each member in each campaign. */
static void pairs_check(const struct audit_case *audit, const struct holdings *holdings,
                        struct pair_sums *sums)
{
    const struct roll *roll = audit->roll;
    const struct ledger *ledger = audit->ledger;
    for (uint64_t pair = 0; pair < roll->pair_count; pair++) {
        uint32_t number = roll_pair_campaign(roll, pair);
        const struct campaign *campaign = &roll->campaigns[number];
        struct pair_sums *sum = &sums[number];
        uint32_t acknowledged = ledger ? ledger_acknowledged(ledger, pair) : 0;
        uint32_t held = holdings ? holdings->held[pair] : acknowledged;
        uint32_t most = held > acknowledged ? held : acknowledged;
        sum->acknowledged += acknowledged;
        if (most > campaign->per_member)
            sum->twice += most - campaign->per_member;
        if (held < acknowledged)
            sum->lost += acknowledged - held;
        else if (ledger)
            sum->extra += held - acknowledged;
        if (!ledger || campaign->issued_before > 0 || ledger->campaigns[number].unanswered > 0)
            continue;
        bool had_all = ledger->refused[pair] == LEDGER_HAD_ALL;
        if (had_all && acknowledged < campaign->per_member)
            sum->wrongly_refused++;
    }
}

/* Check what the answers SOLD_OUT claimed. */
static void sold_out_check(const struct audit_case *audit, uint32_t number,
                           const struct campaign_state *state, struct audit_report *report)
{
    const struct ledger_campaign *told = &audit->ledger->campaigns[number];
    const char *id = audit->roll->campaigns[number].id;
    uint64_t sold_out = told->sold_out, late = told->ok_too_late;
    if (sold_out > 0 && state->issued < state->stock) {
        report->wrongly_refused += sold_out;
        audit_problem(report,
                      "campaign %s: %" PRIu64 " claims were told SOLD_OUT, but only %" PRIu64
                      " of %" PRIu64 " are issued",
                      id, sold_out, state->issued, state->stock);
    }
    if (late > 0) {
        report->wrongly_refused += late;
        audit_problem(report,
                      "campaign %s: %" PRIu64 " claims got a coupon after another claim had been "
                      "told SOLD_OUT",
                      id, late);
    }
}

/* Check one campaign's counters against the ledger. */
static void ledger_check(const struct audit_case *audit, uint32_t number,
                         const struct campaign_state *state, const struct pair_sums *sum,
                         struct audit_report *report)
{
    const struct campaign *campaign = &audit->roll->campaigns[number];
    uint64_t unanswered = audit->ledger->campaigns[number].unanswered;
    uint64_t here = state->issued > campaign->issued_before
                        ? state->issued - campaign->issued_before
                        : 0;
    uint64_t lost = here < sum->acknowledged ? sum->acknowledged - here : 0;
    uint64_t most = sum->acknowledged + unanswered;
    report->acknowledged += sum->acknowledged;
    report->unanswered += unanswered;
    if (sum->lost > lost)
        lost = sum->lost;
    report->lost += lost;
    if (lost > 0)
        audit_problem(report,
                      "campaign %s: %" PRIu64 " claims were acknowledged, %" PRIu64
                      " issued since the run began, %" PRIu64 " acknowledged coupons are missing",
                      campaign->id, sum->acknowledged, here, lost);
    if (here > most) {
        report->unexpected += here - most;
        audit_problem(report,
                      "campaign %s: %" PRIu64 " issued since the run began, but only %" PRIu64
                      " acknowledged and %" PRIu64 " unanswered",
                      campaign->id, here, sum->acknowledged, unanswered);
    }
    if (campaign->issued_before == 0 && sum->extra > unanswered) {
        report->unexpected += sum->extra - unanswered;
        audit_problem(report,
                      "campaign %s: members hold %" PRIu64 " coupons nobody was told about, with "
                      "%" PRIu64 " claims unanswered",
                      campaign->id, sum->extra, unanswered);
    }
    if (sum->wrongly_refused > 0) {
        report->wrongly_refused += sum->wrongly_refused;
        audit_problem(report,
                      "campaign %s: %" PRIu64 " members were told DUPLICATE or LIMIT without "
                      "having had their %u",
                      campaign->id, sum->wrongly_refused, campaign->per_member);
    }
    sold_out_check(audit, number, state, report);
}

/* Check one campaign. */
static void campaign_check(const struct audit_case *audit, uint32_t number,
                           const struct campaign_state *state, const struct holdings *holdings,
                           const struct pair_sums *sum, struct audit_report *report)
{
    const struct campaign *campaign = &audit->roll->campaigns[number];
    if (!state->found) {
        audit_problem(report, "campaign %s does not exist", campaign->id);
        return;
    }
    report->stock += state->stock;
    report->issued += state->issued;
    report->issued_before += campaign->issued_before;
    if (audit->made_here &&
        (state->stock != campaign->stock || state->per_member != campaign->per_member))
        audit_problem(report, "campaign %s: stock %" PRIu64 " and per_member %u, not as before",
                      campaign->id, state->stock, state->per_member);
    if (state->issued > state->stock) {
        report->oversold += state->issued - state->stock;
        audit_problem(report, "campaign %s: %" PRIu64 " issued of a stock of %" PRIu64,
                      campaign->id, state->issued, state->stock);
    }
    report->twice += sum->twice;
    if (sum->twice > 0)
        audit_problem(report, "campaign %s: %" PRIu64 " coupons above the %u a member may have",
                      campaign->id, sum->twice, campaign->per_member);
    uint64_t expected = audit->expect ? audit->expect[number] : AUDIT_ANY;
    if (expected != AUDIT_ANY && expected != state->issued) {
        if (!audit->ledger && expected > state->issued)
            report->lost += expected - state->issued;
        audit_problem(report, "campaign %s: %" PRIu64 " issued, %" PRIu64 " expected", campaign->id,
                      state->issued, expected);
    }
    if (holdings && holdings->campaigns[number] != state->issued &&
        (campaign->issued_before == 0 || holdings->campaigns[number] > state->issued))
        audit_problem(report, "campaign %s: %" PRIu64 " issued, but the members hold %" PRIu64,
                      campaign->id, state->issued, holdings->campaigns[number]);
    if (audit->ledger)
        ledger_check(audit, number, state, sum, report);
}

static bool campaigns_check(const struct audit_case *audit, struct client *client,
                            const struct holdings *holdings, struct audit_report *report,
                            struct failure *failure)
{
    const struct roll *roll = audit->roll;
    struct pair_sums *sums = memory_zeroed(roll->campaign_count, sizeof *sums);
    if (holdings || audit->ledger)
        pairs_check(audit, holdings, sums);
    struct campaign_state *states = memory_zeroed(roll->campaign_count, sizeof *states);
    bool asked = states_read(client, audit->peer, roll, states, failure);
    for (uint32_t i = 0; i < roll->campaign_count && asked; i++)
        campaign_check(audit, i, &states[i], holdings, &sums[i], report);
    free(states);
    free(sums);
    return asked;
}

bool audit_run(const struct audit_case *audit, struct audit_report *report, struct failure *failure)
{
    const struct options *options = audit->options;
    report->level = audit_level_of(options, audit->roll->member_count);
    if (report->level == AUDIT_NONE)
        return true;
    double patience_s = options->retry ? options->retry_seconds : 3;
    uint64_t begin_ns = clock_ns();
    struct client *client = client_open(audit->endpoint, patience_s, failure);
    if (!client)
        return false;
    report->campaigns = audit->roll->campaign_count;
    report->members = audit->roll->member_count;
    report->lost_known = audit->ledger || audit->expect;
    bool asked = true;
    struct holdings holdings;
    bool full = report->level == AUDIT_FULL;
    if (full) {
        holdings_init(&holdings, audit->roll, report);
        struct coupon_reader reader = {&holdings, coupon_enter, contradiction_enter};
        asked = audit->peer->coupons_read(client, audit->roll, &reader, failure);
    }
    asked = asked && campaigns_check(audit, client, full ? &holdings : NULL, report, failure);
    if (full)
        holdings_deinit(&holdings);
    client_close(&client);
    report->seconds = (double)(clock_ns() - begin_ns) / 1e9;
    report->pass = asked && report->problem_count == 0;
    return asked;
}
