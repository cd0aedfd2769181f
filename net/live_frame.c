/* live_frame.c -- the frame of the server. */
#include "net/clock.h"
#include "net/durability.h"
#include "net/journal_redis.h"
#include "net/live_inside.h"
#include "net/named_pools.h"
#include "net/process.h"
#include "net/queue.h"
#include "net/server.h"
#include "net/server_snapshot.h"

static void natural(struct json_out *out, const char *key, uint64_t number)
{
    json_key(out, key);
    json_natural(out, number);
}

static void word(struct json_out *out, const char *key, const char *text)
{
    json_key(out, key);
    json_text(out, text_of(text));
}

static void moment(struct json_out *out, const char *key, int64_t time_ms)
{
    json_key(out, key);
    if (time_ms == 0) {
        json_none(out);
    } else {
        json_time(out, time_ms);
    }
}

/* The name as it is in the engine: it is no figure, and a text that was replaced is gone. */
static struct text name_of(const struct engine *engine, uint32_t index)
{
    const struct campaign *campaign = campaign_at(&engine->campaigns, index);
    return texts_show(&engine->campaigns.texts, campaign->name);
}

void live_campaign_fields(struct json_out *out, const struct server *server,
                          const struct live_campaign *campaign)
{
    const struct campaign *record = campaign_at(&server->engine->campaigns, campaign->campaign);
    const struct campaign_stats *stats = &server->campaign_stats;
    const struct campaign_count *count = stats->base == NULL
                                             ? NULL
                                             : campaign_stats_at(stats, campaign->campaign);
    json_key(out, "id");
    json_text(out, campaign_id(record));
    json_key(out, "name");
    json_text(out, name_of(server->engine, campaign->campaign));
    word(out, "state", campaign_state_word(campaign->state));
    natural(out, "stock", campaign->stock);
    natural(out, "issued", campaign->issued);
    moment(out, "opens_at", campaign->opens_at_ms);
    moment(out, "ends_at", campaign->ends_at_ms);
    moment(out, "stopped_at", campaign->stopped_at_ms);
    natural(out, "per_s", count == NULL ? 0 : count->issued_per_s);
    natural(out, "asked_per_s", count == NULL ? 0 : count->asked_per_s);
}

static void write_server(struct json_out *out, const struct server *server)
{
    int64_t uptime_s = (clock_real_ms() - server->started_ms) / 1000;
    json_key(out, "server");
    json_begin(out, '{');
    word(out, "version", BOON_VERSION);
    word(out, "name", server->options->name);
    natural(out, "shard", (uint64_t)server->options->shard);
    word(out, "state", server_state_word(server->state));
    word(out, "durability", durability_word(server));
    word(out, "durability_note", durability_note(server));
    word(out, "journal", server->options->journal == OPTIONS_JOURNAL_NONE ? "none" : "redis");
    word(out, "clock", server->options->clock == OPTIONS_CLOCK_MANUAL ? "manual" : "real");
    natural(out, "uptime_s", uptime_s < 0 ? 0 : (uint64_t)uptime_s);
    word(out, "fault", server->fault);
    json_end(out, '}');
}

static void write_pool(struct json_out *out, const char *name, const struct pool *pool)
{
    json_begin(out, '{');
    word(out, "name", name);
    natural(out, "count", pool->count - 1);
    natural(out, "max", pool->limit - 1);
    natural(out, "bytes", pool->bytes_usable);
    json_end(out, '}');
}

static void write_pools(struct json_out *out, const struct engine *engine)
{
    struct named_pool pools[NAMED_POOLS];
    named_pools(engine, pools);
    json_key(out, "pools");
    json_begin(out, '[');
    for (uint32_t at = 0; at < NAMED_POOLS; at++) {
        write_pool(out, pools[at].name, pools[at].pool);
    }
    json_end(out, ']');
}

static void write_sync(struct json_out *out, const struct server *server)
{
    struct journal_redis_stats redis = {0};
    if (server->journal_redis != NULL) {
        redis = journal_redis_stats(server->journal_redis);
    }
    natural(out, "sync_us", redis.commit_us);
    natural(out, "sync_us_mean", redis.commit_us_ewma);
    natural(out, "sync_us_max", redis.commit_us_max);
    natural(out, "reconnects", redis.connections == 0 ? 0 : redis.connections - 1);
    word(out, "trouble",
         server->journal_redis == NULL ? "" : journal_redis_trouble(server->journal_redis));
}

static void write_journal(struct json_out *out, const struct server *server)
{
    const struct journal *journal = server->journal;
    bool connected = server->journal_redis != NULL &&
                     journal_redis_stats(server->journal_redis).connected;
    json_key(out, "journal");
    json_begin(out, '{');
    json_key(out, "connected");
    json_flag(out, connected);
    word(out, "state", journal == NULL ? "none" : journal_state_word(journal));
    word(out, "redis",
         journal == NULL               ? ""
         : server->redis_child != NULL ? "private"
                                       : server->options->redis);
    natural(out, "batches", journal == NULL ? 0 : journal_batches(journal));
    natural(out, "bytes", journal == NULL ? 0 : journal_bytes(journal));
    natural(out, "seq", server->engine->seq);
    natural(out, "durable_seq", server->durable_seq);
    natural(out, "unacknowledged_events", server->engine->seq - server->durable_seq);
    natural(out, "queue_bytes", server->queue == NULL ? 0 : queue_bytes(server->queue));
    natural(out, "queue_bytes_max",
            server->queue == NULL ? 0 : (uint64_t)server->options->queue_bytes_max);
    write_sync(out, server);
    json_end(out, '}');
}

static void write_snapshot(struct json_out *out, const struct server *server)
{
    struct server_snapshot_stats stats = {.state = "none", .failure = ""};
    if (server->snapshot != NULL) {
        stats = server_snapshot_stats(server->snapshot);
    }
    const struct journal *journal = server->journal;
    json_key(out, "snapshot");
    json_begin(out, '{');
    word(out, "state",
         journal == NULL                    ? "none"
         : strcmp(stats.state, "none") == 0 ? "idle"
                                            : stats.state);
    moment(out, "last_at", journal == NULL ? 0 : journal_snapshot_made_at_ms(journal));
    natural(out, "last_bytes", journal == NULL ? 0 : journal_snapshot_bytes(journal));
    natural(out, "journal_bytes_since", journal == NULL ? 0 : journal_since_snapshot(journal));
    natural(out, "writing_bytes", stats.bytes);
    natural(out, "took_ms", stats.took_ms < 0 ? 0 : (uint64_t)stats.took_ms);
    natural(out, "recorded", stats.recorded);
    natural(out, "failed", stats.failed);
    word(out, "failure", stats.failure);
    json_end(out, '}');
}

static void write_quantiles(struct json_out *out, const char *name, const struct latency *latency)
{
    struct latency_recent recent = latency_recent(latency);
    json_key(out, name);
    json_begin(out, '{');
    natural(out, "count", recent.count);
    natural(out, "p50_us", (uint64_t)latency_quantile(&recent, 0.5));
    natural(out, "p90_us", (uint64_t)latency_quantile(&recent, 0.9));
    natural(out, "p99_us", (uint64_t)latency_quantile(&recent, 0.99));
    natural(out, "p999_us", (uint64_t)latency_quantile(&recent, 0.999));
    json_end(out, '}');
}

static void write_node(struct json_out *out, const struct server *server)
{
    struct process_cpu cpu = process_cpu();
    json_key(out, "node");
    json_begin(out, '{');
    natural(out, "commands_per_s", server->stats.commands_per_s);
    natural(out, "http_per_s", server->stats.http_per_s);
    natural(out, "clients", server->connection_count);
    natural(out, "clients_max", (uint64_t)server->options->max_clients);
    natural(out, "http_clients", server->http_clients);
    natural(out, "live_pages", server->live_pages);
    json_key(out, "cpu_user_s");
    json_fraction(out, (uint64_t)cpu.user_us / 1000, 3);
    json_key(out, "cpu_sys_s");
    json_fraction(out, (uint64_t)cpu.system_us / 1000, 3);
    natural(out, "memory_bytes", process_resident_bytes());
    natural(out, "turn_us_max", (uint64_t)server->stats.turn_us_max);
    write_pools(out, server->engine);
    write_journal(out, server);
    write_snapshot(out, server);
    json_key(out, "latency");
    json_begin(out, '{');
    write_quantiles(out, "durable", &server->latency_durable);
    write_quantiles(out, "direct", &server->latency_direct);
    write_quantiles(out, "sync", &server->latency_sync);
    json_end(out, '}');
    json_end(out, '}');
}

/* What was answered since the start, by RESP status. */
static void write_outcomes(struct json_out *out, const struct server *server)
{
    json_key(out, "outcomes");
    json_begin(out, '{');
    natural(out, "OK", server->stats.outcomes[REFUSAL_NONE]);
#define REFUSAL(number, NAME, status, http, words, english, chinese)                               \
    natural(out, status, server->stats.outcomes[REFUSAL_##NAME]);
#include "engine/refusals.def"
#undef REFUSAL
    natural(out, "BUSY", server->stats.busy);
    natural(out, "TRYAGAIN", server->stats.unsure);
    natural(out, "STALE", server->stats.stale);
    json_end(out, '}');
}

void live_write(struct json_out *out, const struct server *server)
{
    uint32_t count;
    const struct live_campaign *campaigns = live_campaigns(server, &count);
    live_look(server);
    json_begin(out, '{');
    json_key(out, "time");
    json_time(out, server->now_ms);
    write_server(out, server);
    write_node(out, server);
    natural(out, "members", server->durable_counts.members);
    natural(out, "coupons", server->durable_counts.coupons);
    write_outcomes(out, server);
    json_key(out, "campaigns");
    json_begin(out, '[');
    for (uint32_t at = 0; at < count; at++) {
        json_begin(out, '{');
        live_campaign_fields(out, server, &campaigns[at]);
        json_end(out, '}');
    }
    json_end(out, ']');
    natural(out, "campaigns_total", server->durable_counts.campaigns);
    json_end(out, '}');
}
