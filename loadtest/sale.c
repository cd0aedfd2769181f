/* sale.c -- drawing members, interleaving claims and look-ups, and the audit afterwards. */
#include "sale.h"

#include "random.h"

static const uint32_t mix_whole = 1000000; /* --balance-share in millionths */
static const uint64_t pairs_most = UINT64_C(4) << 30;

/* Read by all threads, written by none. */
struct sale {
    struct run *run;
    struct form *claims; /* by campaign */
    struct form lookup;
    uint32_t mix_step;
    uint64_t scatter; /* spreads Zipf's ranks over the member numbers */
};

struct sale_thread {
    const struct sale *sale;
    struct random random;
    struct zipf zipf;
    uint64_t requests_left;
    uint64_t serial;
    uint64_t sequence, sequence_step; /* this thread's claims in --draw sequence */
    bool serials_used;
};

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Find a multiplier that maps 0..members-1 onto itself in a scattered order, so that the frequent
 * members are no neighbours in anybody's memory. */
static uint64_t scatter_of(uint64_t members)
{
    uint64_t multiplier = 2654435761U % members;
    while (members > 1 && common_divisor(multiplier, members) != 1)
        multiplier = multiplier + 1 == members ? 1 : multiplier + 1;
    return multiplier;
}

static uint32_t member_draw(struct sale_thread *thread)
{
    const struct options *options = thread->sale->run->options;
    uint64_t members = (uint64_t)options->members;
    if (options->draw != DRAW_ZIPF)
        return (uint32_t)random_below(&thread->random, members);
    uint64_t rank = zipf_draw(&thread->zipf, &thread->random) - 1;
    return (uint32_t)(rank * thread->sale->scatter % members);
}

static void claim_draw(struct sale_thread *thread, struct request *request)
{
    const struct options *options = thread->sale->run->options;
    uint64_t members = (uint64_t)options->members;
    uint64_t campaigns = (uint64_t)options->campaigns;
    if (options->draw == DRAW_SEQUENCE) {
        uint64_t turn = thread->sequence;
        thread->sequence += thread->sequence_step;
        request->member = (uint32_t)(turn % members);
        request->campaign = (uint32_t)((turn % members + turn / members) % campaigns);
    } else {
        request->member = member_draw(thread);
        request->campaign = campaigns == 1 ? 0 : (uint32_t)random_below(&thread->random, campaigns);
    }
    request->pair = (uint64_t)request->campaign * members + request->member;
    request->serial = thread->serial++;
}

static bool sale_next(void *context, struct lane *lane, struct request *request)
{
    struct sale_thread *thread = context;
    if (thread->requests_left == 0)
        return false;
    thread->requests_left--;
    if (lane->cursor++ == 0) /* lanes do not all look up at the same moment */
        lane->mix = (uint32_t)(lane->number * UINT64_C(618034) % mix_whole);
    lane->mix += thread->sale->mix_step;
    if (lane->mix < mix_whole) {
        request->kind = REQUEST_CLAIM;
        claim_draw(thread, request);
        return true;
    }
    lane->mix -= mix_whole;
    request->kind = REQUEST_LOOKUP;
    request->member = member_draw(thread);
    return true;
}

static size_t sale_write(void *context, const struct request *request, char *out)
{
    const struct sale_thread *thread = context;
    char member[ROLL_NUMBERED_ID_BYTES];
    char id[FORM_ID_BYTES];
    roll_numbered_id(request->member, member);
    struct span name = {member, sizeof member};
    if (request->kind == REQUEST_LOOKUP)
        return form_write(&thread->sale->lookup, out, name, NULL);
    if (thread->serials_used)
        run_request_id(thread->sale->run, request->serial, id);
    return form_write(&thread->sale->claims[request->campaign], out, name, id);
}

static void sale_answered(void *context, const struct request *request, enum outcome outcome,
                          const struct reply *reply, uint64_t now_ns)
{
    (void)reply;
    struct sale_thread *thread = context;
    if (request->kind == REQUEST_CLAIM)
        ledger_enter(&thread->sale->run->ledger, request->pair, request->campaign, outcome,
                     request->again, request->made_ns, now_ns);
}

static void forms_make(struct sale *sale, size_t *bytes_max)
{
    const struct run *run = sale->run;
    *bytes_max = 0;
    sale->claims = memory_zeroed(run->roll.campaign_count, sizeof *sale->claims);
    for (uint32_t i = 0; i < run->roll.campaign_count; i++) {
        run->peer->claim_form(&sale->claims[i], &run->roll.campaigns[i], run->options,
                              &run->session, ROLL_NUMBERED_ID_BYTES);
        size_t bytes = form_bytes_max(&sale->claims[i], ROLL_NUMBERED_ID_BYTES);
        *bytes_max = bytes > *bytes_max ? bytes : *bytes_max;
    }
    run->peer->lookup_form(&sale->lookup, ROLL_NUMBERED_ID_BYTES);
    size_t bytes = form_bytes_max(&sale->lookup, ROLL_NUMBERED_ID_BYTES);
    *bytes_max = bytes > *bytes_max ? bytes : *bytes_max;
}

static void forms_free(struct sale *sale)
{
    for (uint32_t i = 0; i < sale->run->roll.campaign_count; i++)
        form_deinit(&sale->claims[i]);
    free(sale->claims);
    form_deinit(&sale->lookup);
}

/* Divide the requests among the threads and seed their draws. */
static void threads_make(const struct sale *sale, struct sale_thread *threads, struct plan *plans,
                         size_t bytes_max)
{
    const struct options *options = sale->run->options;
    uint64_t count = (uint64_t)options->threads;
    uint64_t requests = options->requests > 0 ? (uint64_t)options->requests : 0;
    for (uint64_t i = 0; i < count; i++) {
        struct sale_thread *thread = &threads[i];
        *thread = (struct sale_thread){
            .sale = sale, .sequence = (uint64_t)options->sequence_from + i, .sequence_step = count};
        random_init(&thread->random, (uint64_t)options->seed * 1000003 + i);
        zipf_init(&thread->zipf, (uint64_t)options->members, options->zipf_exponent);
        thread->requests_left = requests ? requests / count + (i < requests % count) : UINT64_MAX;
        thread->serial = i << 48;
        thread->serials_used = options->request_ids || options->peer == PEER_REDIS_LUA;
        plans[i] = (struct plan){
            .context = thread,
            .request_bytes_max = bytes_max,
            .next = sale_next,
            .write = sale_write,
            .answered = sale->run->has_ledger ? sale_answered : NULL,
        };
    }
}

static bool sale_load(struct run *run, struct result *result, struct failure *failure)
{
    const struct options *options = run->options;
    size_t count = (size_t)options->threads;
    struct sale sale = {.run = run};
    sale.mix_step = (uint32_t)(options->balance_share / 100 * mix_whole + 0.5);
    sale.scatter = scatter_of((uint64_t)options->members);
    size_t bytes_max = 0;
    forms_make(&sale, &bytes_max);
    struct sale_thread *threads = memory_zeroed(count, sizeof *threads);
    struct plan *plans = memory_zeroed(count, sizeof *plans);
    threads_make(&sale, threads, plans, bytes_max);
    uint64_t requests = options->requests > 0 ? (uint64_t)options->requests : 0;
    bool done = run_load(run, plans, requests, result, failure);
    free(plans);
    free(threads);
    forms_free(&sale);
    return done;
}

static void sale_roll(struct run *run)
{
    const struct options *options = run->options;
    uint32_t per_member = options->per_member > 0 ? (uint32_t)options->per_member : 1;
    roll_numbered(&run->roll, (uint32_t)options->members, (uint32_t)options->campaigns,
                  options->campaign_prefix, options->stock > 0 ? (uint64_t)options->stock : 0,
                  per_member);
}

bool sale_run(struct run *run, struct result *result, struct failure *failure)
{
    const struct options *options = run->options;
    sale_roll(run);
    if (options->audit != AUDIT_NONE) {
        if (run->roll.pair_count > pairs_most)
            return failure_set(failure,
                               "%llu members times campaigns are too many to audit; take "
                               "fewer, or --audit none",
                               (unsigned long long)run->roll.pair_count);
        ledger_init(&run->ledger, &run->roll, options->retry);
        run->has_ledger = true;
    }
    if (!run_prepare(run, failure) || !sale_load(run, result, failure))
        return false;
    struct audit_case audit = {
        .options = options,
        .peer = run->peer,
        .endpoint = &run->endpoint,
        .roll = &run->roll,
        .ledger = run->has_ledger ? &run->ledger : NULL,
        .made_here = !options->no_create,
    };
    return audit_run(&audit, &result->audit, failure);
}

bool sale_audit(struct run *run, struct result *result, struct failure *failure)
{
    const struct options *options = run->options;
    sale_roll(run);
    struct client *client = client_open(&run->endpoint, 3, failure);
    if (!client)
        return false;
    bool read = audit_before(client, run->peer, &run->roll, false, failure);
    client_close(&client);
    if (!read)
        return false;
    uint64_t *expect = memory_zeroed(run->roll.campaign_count, sizeof *expect);
    for (uint32_t i = 0; i < run->roll.campaign_count; i++) {
        struct campaign *campaign = &run->roll.campaigns[i];
        expect[i] = (uint64_t)options->expect_issued;
        campaign->issued_before = 0;
        if (options->per_member > 0)
            campaign->per_member = (uint32_t)options->per_member;
    }
    struct audit_case audit = {
        .options = options,
        .peer = run->peer,
        .endpoint = &run->endpoint,
        .roll = &run->roll,
        .expect = options->expect_issued >= 0 ? expect : NULL,
    };
    result->options = options;
    snprintf(result->server, sizeof result->server, "%s", run->endpoint.name);
    bool asked = audit_run(&audit, &result->audit, failure);
    free(expect);
    return asked;
}
