/* metrics.c -- the table, and the text made from it. */
#include "net/metrics.h"

#include <ctype.h>
#include <inttypes.h>

#include "net/clock.h"
#include "net/journal_redis.h"
#include "net/live.h"
#include "net/log.h"
#include "net/named_pools.h"
#include "net/process.h"
#include "net/queue.h"
#include "net/ready.h"
#include "net/redis_child.h"
#include "net/server.h"
#include "net/server_snapshot.h"

#define US_PER_SECOND UINT64_C(1000000)

/* What several rows need, gathered once. */
struct view {
    FILE *file;
    const struct server *server;
    struct journal_redis_stats redis; /* zeros without a journal, as the next seven */
    struct server_snapshot_stats snapshot;
    uint64_t batches;
    uint64_t batch_bytes;
    uint64_t heals;
    uint64_t queue_bytes;
    uint64_t queue_bytes_max;
    uint64_t since_snapshot;
    uint64_t snapshot_bytes;
    int64_t snapshot_made_at_ms; /* 0: there is none */
    uint64_t redis_restarts;
    uint64_t held; /* 1 or 0, as the next two */
    uint64_t sure;
    uint64_t ready;
    uint64_t resident_bytes;
    struct process_cpu cpu;
    struct named_pool pools[NAMED_POOLS];
    uint64_t campaigns_not_shown;
    uint32_t campaign_count; /* running ones, newest first */
    const struct live_campaign *campaigns[METRICS_CAMPAIGNS_MAX];
};

static void gather_journal(struct view *view)
{
    const struct server *server = view->server;
    const struct journal *journal = server->journal;
    if (journal == NULL) {
        return;
    }
    view->batches = journal_batches(journal);
    view->batch_bytes = journal_bytes(journal);
    view->heals = journal_heals(journal);
    view->since_snapshot = journal_since_snapshot(journal);
    view->snapshot_bytes = journal_snapshot_bytes(journal);
    view->snapshot_made_at_ms = journal_snapshot_made_at_ms(journal);
    view->held = journal_is_held(journal) ? 1 : 0;
    view->sure = journal_standing(server->journal, clock_monotonic_ms()) == JOURNAL_SURE ? 1 : 0;
    view->queue_bytes = queue_bytes(server->queue);
    view->queue_bytes_max = (uint64_t)server->options->queue_bytes_max;
    view->redis = journal_redis_stats(server->journal_redis);
    view->snapshot = server_snapshot_stats(server->snapshot);
    if (server->redis_child != NULL) {
        view->redis_restarts = redis_child_restarts(server->redis_child);
    }
}

static void gather_campaigns(struct view *view)
{
    uint32_t count;
    const struct live_campaign *campaigns = live_campaigns(view->server, &count);
    for (uint32_t at = 0; at < count && view->campaign_count < METRICS_CAMPAIGNS_MAX; at++) {
        if (campaigns[at].state == CAMPAIGN_RUNNING) {
            view->campaigns[view->campaign_count++] = &campaigns[at];
        }
    }
    uint64_t all = view->server->durable_counts.campaigns;
    view->campaigns_not_shown = all > view->campaign_count ? all - view->campaign_count : 0;
}

/* --- samples ------------------------------------------------------------------------------------ */

static void put_seconds(FILE *file, uint64_t us)
{
    fprintf(file, "%" PRIu64 ".%06" PRIu64, us / US_PER_SECOND, us % US_PER_SECOND);
}

static void put_value(const struct view *view, const char *name, uint64_t value)
{
    fprintf(view->file, "%s %" PRIu64 "\n", name, value);
}

static void put_value_seconds(const struct view *view, const char *name, uint64_t us)
{
    fprintf(view->file, "%s ", name);
    put_seconds(view->file, us);
    fputc('\n', view->file);
}

/* Writes a label's value: with backslash, quote and newline escaped. */
static void put_escaped(FILE *file, struct text text)
{
    for (uint32_t at = 0; at < text.length; at++) {
        char byte = text.data[at];
        if (byte == '\n') {
            fputs("\\n", file);
            continue;
        }
        if (byte == '\\' || byte == '"') {
            fputc('\\', file);
        }
        fputc(byte, file);
    }
}

static void put_labelled(const struct view *view, const char *name, const char *label,
                         struct text text, uint64_t value)
{
    fprintf(view->file, "%s{%s=\"", name, label);
    put_escaped(view->file, text);
    fprintf(view->file, "\"} %" PRIu64 "\n", value);
}

/* Writes a histogram of times; `label` is empty or ends with a comma. */
static void put_latency(const struct view *view, const char *name, const char *label,
                        const struct latency *latency)
{
    uint64_t counts[LATENCY_BOUNDS + 1];
    size_t length = strlen(label);
    latency_cumulative(latency, counts);
    for (uint32_t bound = 0; bound < LATENCY_BOUNDS; bound++) {
        fprintf(view->file, "%s_bucket{%sle=\"%g\"} %" PRIu64 "\n", name, label,
                (double)latency_bounds_us[bound] / (double)US_PER_SECOND, counts[bound]);
    }
    fprintf(view->file, "%s_bucket{%sle=\"+Inf\"} %" PRIu64 "\n", name, label, latency->count);
    const char *open = length > 0 ? "{" : "";
    const char *close = length > 0 ? "}" : "";
    int shown = length > 0 ? (int)length - 1 : 0;
    fprintf(view->file, "%s_sum%s%.*s%s ", name, open, shown, label, close);
    put_seconds(view->file, latency->sum_us);
    fprintf(view->file, "\n%s_count%s%.*s%s %" PRIu64 "\n", name, open, shown, label, close,
            latency->count);
}

/* --- families ----------------------------------------------------------------------------------- */

static void write_build(const struct view *view, const char *name)
{
    fprintf(view->file, "%s{version=\"%s\",name=\"", name, BOON_VERSION);
    put_escaped(view->file, text_of(view->server->options->name));
    fprintf(view->file, "\",shard=\"%" PRIi64 "\"} 1\n", view->server->options->shard);
}

static void write_state(const struct view *view, const char *name)
{
    for (enum server_state state = SERVER_OPENING; state <= SERVER_STOPPED; state++) {
        put_labelled(view, name, "state", text_of(server_state_word(state)),
                     view->server->state == state ? 1 : 0);
    }
}

static void write_answers(const struct view *view, const char *name)
{
    const struct server_stats *stats = &view->server->stats;
    for (uint32_t refusal = 0; refusal < REFUSAL_LIMIT_OF_ENUM; refusal++) {
        char code[32];
        const char *status = refusal_status((enum refusal)refusal);
        uint32_t length = 0;
        for (; status[length] != '\0' && length < sizeof(code); length++) {
            code[length] = (char)tolower((unsigned char)status[length]);
        }
        put_labelled(view, name, "outcome", (struct text){code, length}, stats->outcomes[refusal]);
    }
    put_labelled(view, name, "outcome", TEXT("busy"), stats->busy);
    put_labelled(view, name, "outcome", TEXT("unsure"), stats->unsure);
    put_labelled(view, name, "outcome", TEXT("stale"), stats->stale);
}

static void write_answer_seconds(const struct view *view, const char *name)
{
    put_latency(view, name, "path=\"durable\",", &view->server->latency_durable);
    put_latency(view, name, "path=\"direct\",", &view->server->latency_direct);
}

static void write_sync_seconds(const struct view *view, const char *name)
{
    put_latency(view, name, "", &view->server->latency_sync);
}

static void write_batch_changes(const struct view *view, const char *name)
{
    const struct metrics_batches *batches = &view->server->batches;
    uint64_t seen = 0;
    for (uint32_t bound = 0; bound < METRICS_BATCH_BOUNDS; bound++) {
        seen += batches->at_bound[bound];
        fprintf(view->file, "%s_bucket{le=\"%" PRIu64 "\"} %" PRIu64 "\n", name,
                UINT64_C(1) << 2 * bound, seen);
    }
    fprintf(view->file, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, batches->count);
    fprintf(view->file, "%s_sum %" PRIu64 "\n%s_count %" PRIu64 "\n", name, batches->sum, name,
            batches->count);
}

static struct text campaign_label(const struct view *view, uint32_t at)
{
    const struct campaigns *campaigns = &view->server->engine->campaigns;
    return campaign_id(campaign_at(campaigns, view->campaigns[at]->campaign));
}

static void write_campaign_stock(const struct view *view, const char *name)
{
    for (uint32_t at = 0; at < view->campaign_count; at++) {
        put_labelled(view, name, "campaign", campaign_label(view, at), view->campaigns[at]->stock);
    }
}

static void write_campaign_stock_left(const struct view *view, const char *name)
{
    for (uint32_t at = 0; at < view->campaign_count; at++) {
        put_labelled(view, name, "campaign", campaign_label(view, at),
                     view->campaigns[at]->stock - view->campaigns[at]->issued);
    }
}

static void write_campaign_issued(const struct view *view, const char *name)
{
    for (uint32_t at = 0; at < view->campaign_count; at++) {
        put_labelled(view, name, "campaign", campaign_label(view, at), view->campaigns[at]->issued);
    }
}

static void write_snapshot_age(const struct view *view, const char *name)
{
    int64_t age_ms = view->server->now_ms - view->snapshot_made_at_ms;
    if (view->snapshot_made_at_ms != 0) {
        put_value_seconds(view, name, age_ms < 0 ? 0 : (uint64_t)age_ms * 1000);
    }
}

static void write_pool_records(const struct view *view, const char *name)
{
    for (uint32_t at = 0; at < NAMED_POOLS; at++) {
        put_labelled(view, name, "pool", text_of(view->pools[at].name),
                     view->pools[at].pool->count - 1);
    }
}

static void write_pool_records_max(const struct view *view, const char *name)
{
    for (uint32_t at = 0; at < NAMED_POOLS; at++) {
        put_labelled(view, name, "pool", text_of(view->pools[at].name),
                     view->pools[at].pool->limit - 1);
    }
}

static void write_pool_bytes(const struct view *view, const char *name)
{
    for (uint32_t at = 0; at < NAMED_POOLS; at++) {
        put_labelled(view, name, "pool", text_of(view->pools[at].name),
                     view->pools[at].pool->bytes_usable);
    }
}

static void write_cpu(const struct view *view, const char *name)
{
    fprintf(view->file, "%s{mode=\"user\"} ", name);
    put_seconds(view->file, (uint64_t)view->cpu.user_us);
    fprintf(view->file, "\n%s{mode=\"system\"} ", name);
    put_seconds(view->file, (uint64_t)view->cpu.system_us);
    fputc('\n', view->file);
}

/* --- the whole ---------------------------------------------------------------------------------- */

void metrics_batch_add(struct metrics_batches *batches, uint64_t changes)
{
    uint32_t bound = 0;
    while (bound < METRICS_BATCH_BOUNDS && changes > UINT64_C(1) << 2 * bound) {
        bound++;
    }
    batches->count++;
    batches->sum += changes;
    batches->at_bound[bound]++;
}

static void write_table(const struct view *view)
{
    const struct server *server = view->server;
    FILE *file = view->file;
#define WRITE_COUNT put_value
#define WRITE_MICROSECONDS put_value_seconds
#define METRIC(type, unit, name, help, value)                                                      \
    fputs("# HELP " name " " help "\n# TYPE " name " " #type "\n", file);                          \
    WRITE_##unit(view, name, value);
#define FAMILY(type, name, labels, help, write)                                                    \
    fputs("# HELP " name " " help "\n# TYPE " name " " #type "\n", file);                          \
    write_##write(view, name);
#include "net/metrics.def"
#undef METRIC
#undef FAMILY
}

void metrics_write(FILE *file, const struct server *server)
{
    struct view view = {.file = file,
                        .server = server,
                        .sure = 1,
                        .ready = ready_now(server) ? 1 : 0,
                        .resident_bytes = process_resident_bytes(),
                        .cpu = process_cpu()};
    live_look(server);
    gather_journal(&view);
    gather_campaigns(&view);
    named_pools(server->engine, view.pools);
    write_table(&view);
}
