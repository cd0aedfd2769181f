/* server_config.c -- CONFIG: the options as they were given at the start, and the counters set to zero. */
#include <stdio.h>

#include "engine/bug.h"
#include "net/glob.h"
#include "net/server.h"
#include "net/server_command_table.h"

/* What Redis tools ask beside our own options, in Redis' words. */
enum extra {
    EXTRA_APPENDFSYNC,
    EXTRA_APPENDONLY,
    EXTRA_DATABASES,
    EXTRA_MAXCLIENTS,
    EXTRA_MAXMEMORY,
    EXTRA_MAXMEMORY_POLICY,
    EXTRA_SAVE,
    EXTRA_TIMEOUT,
    EXTRA_COUNT
};

static const char *const extra_keys[EXTRA_COUNT] = {
    [EXTRA_APPENDFSYNC] = "appendfsync",
    [EXTRA_APPENDONLY] = "appendonly",
    [EXTRA_DATABASES] = "databases",
    [EXTRA_MAXCLIENTS] = "maxclients",
    [EXTRA_MAXMEMORY] = "maxmemory",
    [EXTRA_MAXMEMORY_POLICY] = "maxmemory-policy",
    [EXTRA_SAVE] = "save",
    [EXTRA_TIMEOUT] = "timeout",
};

/* Which keys are asked for: each once, however many patterns it fits. */
struct chosen {
    bool options[OPTION_COUNT];
    bool extras[EXTRA_COUNT];
    uint32_t count;
};

static void choose(struct chosen *chosen, struct text pattern)
{
    size_t cursor = 0;
    enum option_id id;
    while (options_next(pattern, &cursor, &id)) {
        chosen->count += chosen->options[id] ? 0 : 1;
        chosen->options[id] = true;
    }
    for (uint32_t extra = 0; extra < EXTRA_COUNT; extra++) {
        if (!chosen->extras[extra] && glob_match(pattern, text_of(extra_keys[extra]))) {
            chosen->extras[extra] = true;
            chosen->count++;
        }
    }
}

static const char *appendfsync(const struct options *options)
{
    switch (options->durability) {
    case OPTIONS_DURABILITY_ALWAYS:
        return "always";
    case OPTIONS_DURABILITY_EVERYSEC:
        return "everysec";
    case OPTIONS_DURABILITY_NONE:
        break;
    }
    return "no";
}

/* Writes the value of an extra key, NUL-terminated. */
static void extra_text(const struct options *options, enum extra extra, char *out, size_t size)
{
    bool kept = options->journal == OPTIONS_JOURNAL_REDIS;
    switch (extra) {
    case EXTRA_APPENDFSYNC:
        snprintf(out, size, "%s", kept ? appendfsync(options) : "no");
        return;
    case EXTRA_APPENDONLY:
        snprintf(out, size, "%s", kept ? "yes" : "no");
        return;
    case EXTRA_DATABASES:
        snprintf(out, size, "1");
        return;
    case EXTRA_MAXCLIENTS:
        snprintf(out, size, "%lld", (long long)options->max_clients);
        return;
    case EXTRA_MAXMEMORY:
        snprintf(out, size, "0");
        return;
    case EXTRA_MAXMEMORY_POLICY:
        snprintf(out, size, "noeviction");
        return;
    case EXTRA_TIMEOUT:
        snprintf(out, size, "%lld", (long long)options->idle_timeout_ms / 1000);
        return;
    case EXTRA_SAVE:
    case EXTRA_COUNT:
        break;
    }
    out[0] = '\0';
}

void server_command_config_get(const struct server_call *call)
{
    struct chosen chosen = {0};
    for (uint32_t at = 0; at < call->count; at++) {
        choose(&chosen, call->arguments[at]);
    }
    const struct options *options = call->server->options;
    char value[OPTION_TEXT_BYTES];
    resp_map(call->writer, chosen.count);
    for (uint32_t extra = 0; extra < EXTRA_COUNT; extra++) {
        if (chosen.extras[extra]) {
            resp_word(call->writer, extra_keys[extra]);
            extra_text(options, (enum extra)extra, value, sizeof(value));
            resp_word(call->writer, value);
        }
    }
    for (uint32_t id = 0; id < OPTION_COUNT; id++) {
        if (chosen.options[id]) {
            resp_word(call->writer, option_key((enum option_id)id));
            size_t length = options_text(options, (enum option_id)id, value, sizeof(value));
            ASSERT(length < sizeof(value));
            resp_word(call->writer, value);
        }
    }
}

void server_command_config_set(const struct server_call *call)
{
    resp_error(
        call->writer, "ERR",
        "options are set when the server starts: by a flag, a BOON_ variable or the --config "
        "file");
}

void server_command_config_resetstat(const struct server_call *call)
{
    struct server *server = call->server;
    server->stats = (struct server_stats){.commands_per_s = server->stats.commands_per_s,
                                          .http_per_s = server->stats.http_per_s};
    server->commands_at_second = server->http_at_second = 0;
    resp_simple(call->writer, "OK");
}
