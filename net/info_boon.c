/* info_boon.c -- the section Boon: how safe an answer is, what is stored, what was answered. */
#include <stdio.h>
#include <unistd.h>

#include "net/durability.h"
#include "net/info.h"
#include "net/journal_redis.h"
#include "net/log.h"
#include "net/queue.h"
#include "net/redis_child.h"
#include "net/server.h"
#include "net/server_snapshot.h"

static void line_number(struct info *info, const char *name, uint64_t number)
{
    info_line(info, "%s:%llu", name, (unsigned long long)number);
}

static void durability(struct info *info, const struct server *server)
{
    bool nothing = server->options->journal == OPTIONS_JOURNAL_NONE;
    info_line(info, "durability:%s", nothing ? "none (nothing is kept)" : durability_word(server));
    info_line(info, "durability_note:%s", durability_note(server));
}

/* How the journal's Redis is reached, and how it does. */
static void redis(struct info *info, const struct server *server)
{
    const struct options *options = server->options;
    if (server->redis_child != NULL) {
        info_line(info, "journal_redis:private");
        line_number(info, "journal_redis_pid", (uint64_t)redis_child_pid(server->redis_child));
        line_number(info, "journal_redis_restarts", redis_child_restarts(server->redis_child));
    } else {
        info_line(info, "journal_redis:%s", options->redis);
    }
    if (server->journal_redis == NULL) {
        return;
    }
    struct journal_redis_stats stats = journal_redis_stats(server->journal_redis);
    line_number(info, "journal_redis_connected", stats.connected ? 1 : 0);
    line_number(info, "journal_redis_connections", stats.connections);
    line_number(info, "journal_redis_connect_failures", stats.connect_failures);
    line_number(info, "journal_redis_timeouts", stats.timeouts);
    info_line(info, "journal_redis_trouble:%s", journal_redis_trouble(server->journal_redis));
    line_number(info, "journal_commits", stats.commits);
    line_number(info, "journal_commit_last_us", stats.commit_us);
    line_number(info, "journal_commit_ewma_us", stats.commit_us_ewma);
    line_number(info, "journal_commit_max_us", stats.commit_us_max);
}

static void lease(struct info *info, const struct server *server)
{
    static const char *const words[] = {
        [JOURNAL_SURE] = "sure", [JOURNAL_DOUBTFUL] = "doubtful", [JOURNAL_UNSURE] = "unsure"};
    bool lock = server->redis_child != NULL;
    info_line(info, "lease:%s", lock ? "none (a lock rules out a second server)" : "on");
    line_number(info, "lease_ms", lock ? 0 : (uint64_t)server->options->lease_ms);
    info_line(info, "standing:%s", words[server->standing]);
}

static void snapshots(struct info *info, const struct server *server)
{
    struct server_snapshot_stats stats = server_snapshot_stats(server->snapshot);
    char id[ENTRY_ID_TEXT_BYTES];
    info_line(info, "snapshot_newest:%s", entry_id_write(journal_snapshot_id(server->journal), id));
    info_line(info, "snapshot_state:%s", stats.state);
    line_number(info, "snapshot_bytes", stats.bytes);
    line_number(info, "snapshots_recorded", stats.recorded);
    line_number(info, "snapshots_failed", stats.failed);
    info_line(info, "snapshot_last_failure:%s", stats.failure);
    info_line(info, "snapshot_last_took_ms:%lld", (long long)stats.took_ms);
    line_number(info, "snapshot_fork_last_us", stats.fork_us);
    line_number(info, "snapshot_fork_max_us", stats.fork_us_max);
    line_number(info, "journal_bytes_since_snapshot", journal_since_snapshot(server->journal));
    line_number(info, "journal_trimmed_entries", journal_trimmed(server->journal));
}

static void journal(struct info *info, const struct server *server)
{
    info_line(info, "journal:%s", server->journal == NULL ? "none" : "redis");
    if (server->journal != NULL) {
        redis(info, server);
        info_line(info, "journal_state:%s", journal_state_word(server->journal));
        line_number(info, "journal_held", journal_is_held(server->journal) ? 1 : 0);
        info_line(info, "journal_key:%s", journal_key(server->journal));
        line_number(info, "journal_epoch", journal_epoch(server->journal));
        line_number(info, "journal_batches", journal_batches(server->journal));
        line_number(info, "journal_bytes", journal_bytes(server->journal));
        line_number(info, "journal_resolves", journal_resolves(server->journal));
        line_number(info, "journal_replayed_entries", journal_replayed_entries(server->journal));
        line_number(info, "journal_replayed_events", journal_replayed_events(server->journal));
        line_number(info, "journal_heals", journal_heals(server->journal));
        line_number(info, "journal_weak", journal_is_weak(server->journal) ? 1 : 0);
        line_number(info, "journal_redis_runs", journal_redis_runs(server->journal));
        line_number(info, "journal_wait_replicas", (uint64_t)server->options->wait_replicas);
        info_line(info, "journal_message:%s", journal_message(server->journal));
        lease(info, server);
        snapshots(info, server);
    }
    line_number(info, "seq", server->engine->seq);
    line_number(info, "durable_seq", server->durable_seq);
    line_number(info, "unacknowledged_events", server->engine->seq - server->durable_seq);
    line_number(info, "unacknowledged_bytes",
                server->queue == NULL ? 0 : queue_bytes(server->queue));
    line_number(info, "unacknowledged_bytes_max",
                server->queue == NULL ? 0 : (uint64_t)server->options->queue_bytes_max);
}

/* Records of a pool, without the "none" record. `bytes` is what was made usable so far. */
static void pool(struct info *info, const char *name, const struct pool *pool)
{
    info_line(info, "pool_%s:count=%u,max=%u,bytes=%zu", name, pool->count - 1, pool->limit - 1,
              pool->bytes_usable);
}

static void table(struct info *info, const char *name, const struct table *table)
{
    info_line(info, "table_%s:entries=%llu,bytes=%zu", name, (unsigned long long)table->count,
              table->buckets.bytes_usable + table->overflows.bytes_usable);
}

static void stored(struct info *info, const struct server *server)
{
    const struct engine *engine = server->engine;
    const struct server_counts *counts = &server->durable_counts;
    static const char *const kinds[NAME_KINDS] = {
        [NAME_CHANNEL] = "channels", [NAME_STORE] = "stores",         [NAME_STAFF] = "staff",
        [NAME_ASSET] = "assets",     [NAME_PRINCIPAL] = "principals",
    };
    line_number(info, "members", counts->members);
    line_number(info, "campaigns", counts->campaigns);
    line_number(info, "coupons", counts->coupons);
    line_number(info, "accounts", counts->accounts);
    for (uint32_t kind = 0; kind < NAME_KINDS; kind++) {
        line_number(info, kinds[kind], engine->names[kind].pool.count - 1);
    }
    pool(info, "members", &engine->members.pool);
    pool(info, "long_member_ids", &engine->members.long_ids);
    pool(info, "accounts", &engine->accounts);
    pool(info, "campaigns", &engine->campaigns.pool);
    pool(info, "campaign_texts", &engine->campaigns.texts.units);
    pool(info, "coupons", &engine->coupons.pool);
    pool(info, "requests", &engine->requests.ring);
    for (uint32_t kind = 0; kind < NAME_KINDS; kind++) {
        pool(info, kinds[kind], &engine->names[kind].pool);
    }
    table(info, "members", &engine->members.table);
    table(info, "campaigns", &engine->campaigns.table);
    table(info, "member_campaign_pairs", &engine->coupons.pairs);
    table(info, "requests", &engine->requests.table);
}

/* The window that a request id really has: the option's, or less where the ring is too short for it. */
static void requests(struct info *info, const struct server *server)
{
    const struct requests *requests = &server->engine->requests;
    int64_t reach_ms = 0;
    for (uint64_t number = requests->forgotten; number < requests->bound; number++) {
        int64_t bound_at_ms = request_bound_at_ms(request_at(requests, number));
        if (bound_at_ms != REQUEST_FORGOTTEN_MS || number - requests->forgotten >= 1000) {
            reach_ms = bound_at_ms == REQUEST_FORGOTTEN_MS ? 0 : server->now_ms - bound_at_ms;
            break;
        }
    }
    bool full = requests->bound - requests->forgotten == requests->limit;
    int64_t window_ms = full && reach_ms < requests->window_ms ? reach_ms : requests->window_ms;
    line_number(info, "requests", requests->bound - requests->forgotten);
    line_number(info, "requests_max", requests->limit);
    line_number(info, "requests_bound", requests->bound);
    info_line(info, "requests_window_ms:%lld", (long long)requests->window_ms);
    info_line(info, "requests_window_true_ms:%lld", (long long)window_ms);
    info_line(info, "requests_oldest_age_ms:%lld", (long long)reach_ms);
}

static void outcomes(struct info *info, const struct server *server)
{
    line_number(info, "outcome_ok", server->stats.outcomes[REFUSAL_NONE]);
#define REFUSAL(number, NAME, status, http, words, english, chinese)                               \
    line_number(info, "outcome_" status, server->stats.outcomes[REFUSAL_##NAME]);
#include "engine/refusals.def"
#undef REFUSAL
    line_number(info, "events", server->stats.events);
    line_number(info, "busy", server->stats.busy);
    line_number(info, "unsure", server->stats.unsure);
    line_number(info, "stale", server->stats.stale);
    line_number(info, "protocol_errors", server->stats.protocol_errors);
    line_number(info, "turns", server->stats.turns);
    line_number(info, "turn_us_max", (uint64_t)server->stats.turn_us_max);
    line_number(info, "turn_cpu_us_max", (uint64_t)server->stats.turn_cpu_us_max);
    line_number(info, "log_lines_lost", log_lost());
}

/* How long answers took over the last ten seconds, and appends. */
static void latency(struct info *info, const char *name, const struct latency *latency)
{
    struct latency_recent recent = latency_recent(latency);
    info_line(info, "latency_%s:count=%llu,p50_us=%lld,p90_us=%lld,p99_us=%lld,p999_us=%lld", name,
              (unsigned long long)recent.count, (long long)latency_quantile(&recent, 0.5),
              (long long)latency_quantile(&recent, 0.9), (long long)latency_quantile(&recent, 0.99),
              (long long)latency_quantile(&recent, 0.999));
}

static void clock_and_keys(struct info *info, const struct server *server)
{
    if (server->options->clock == OPTIONS_CLOCK_MANUAL) {
        info_line(info, "clock:manual");
        info_line(info,
                  "clock_note:MANUAL CLOCK: time stands still until CLOCK.SET; for tests only");
    } else {
        info_line(info, "clock:real");
    }
    info_line(info, "clock_ms:%lld", (long long)server->now_ms);
    char ids[4 * SECRET_COUPON_KEYS_MAX] = "";
    size_t length = 0;
    for (size_t at = 0; at < server->secrets.coupon_count; at++) {
        length += (size_t)snprintf(ids + length, sizeof(ids) - length, "%s%u", at == 0 ? "" : ",",
                                   (unsigned)server->secrets.coupon[at].id);
    }
    info_line(info, "coupon_keys:%s", ids);
    if (server->secrets.coupon_count > 0) {
        line_number(info, "coupon_key_signing", secret_signing_key(&server->secrets)->id);
    }
}

void info_boon(struct info *info, const struct server *server)
{
    info_line(info, "boon_version:%s", BOON_VERSION);
    info_line(info, "name:%s", server->options->name);
    info_line(info, "shard:%lld", (long long)server->options->shard);
    info_line(info, "state:%s", server_state_word(server->state));
    info_line(info, "process_id:%ld", (long)getpid());
    info_line(info, "fault:%s", server->fault);
    durability(info, server);
    journal(info, server);
    stored(info, server);
    requests(info, server);
    outcomes(info, server);
    latency(info, "durable", &server->latency_durable);
    latency(info, "direct", &server->latency_direct);
    latency(info, "sync", &server->latency_sync);
    clock_and_keys(info, server);
}
