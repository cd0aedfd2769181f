/* birth.c -- from options to a server that waits for its journal.
 *
 * The embedded default may begin a new journal as long as its directory is marked as new, which ends
 * when GENESIS is durable (redis_child.h). Then an absent journal halts the start.
 */
#include "net/birth.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/bug.h"
#include "engine/bytes.h"
#include "net/journal_redis.h"
#include "net/live.h"
#include "net/log.h"
#include "net/queue.h"
#include "net/redis_child.h"
#include "net/server.h"
#include "net/server_snapshot.h"

#define PATH_BYTES 4200
#define REDIS_STOP_WAIT_MS 2000

static void path_in_dir(const struct server *server, const char *name, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%s", server->options->dir, name);
}

static bool may_create(const struct server *server)
{
    return server->options->create_journal ||
           (server->redis_child != NULL && redis_child_dir_was_empty(server->redis_child));
}

bool birth_redis(struct server *server, char *message, size_t size)
{
    const struct options *options = server->options;
    if (options->journal == OPTIONS_JOURNAL_NONE || !options->redis_embedded) {
        return true;
    }
    struct redis_child_message why = {.text = ""};
    const struct redis_child_options how = {
        .dir = options->dir,
        .server = options->redis_server,
        .sync = options->durability == OPTIONS_DURABILITY_ALWAYS     ? REDIS_CHILD_SYNC_ALWAYS
                : options->durability == OPTIONS_DURABILITY_EVERYSEC ? REDIS_CHILD_SYNC_EVERYSEC
                                                                     : REDIS_CHILD_SYNC_NONE,
        .stop_wait_ms = REDIS_STOP_WAIT_MS,
    };
    if (redis_child_start(&server->redis_child, server->base, &how, &why) != REDIS_CHILD_OK) {
        snprintf(message, size, "%s", why.text);
        return false;
    }
    return true;
}

void birth_is_over(struct server *server)
{
    if (server->redis_child != NULL && !redis_child_keep_dir(server->redis_child)) {
        log_event(LOG_WARN, "directory_still_marked_new", LOG_TEXT("dir", server->options->dir));
    }
}

static void random_key(struct secret_key *key)
{
    *key = (struct secret_key){0};
    randombytes_buf(key->bytes, sizeof(key->bytes));
}

bool birth_secrets(struct server *server, char *message, size_t size)
{
    const struct options *options = server->options;
    struct secrets *secrets = &server->secrets;
    if (options->secret_file[0] == '\0' && server->redis_child == NULL) {
        /* --journal none: the coupons end with the process, and so may their keys. */
        ASSERT(options->journal == OPTIONS_JOURNAL_NONE);
        *secrets = (struct secrets){.coupon_count = 1};
        random_key(&secrets->coupon[0]);
        random_key(&secrets->phone);
        random_key(&secrets->request);
        return true;
    }
    char path[PATH_BYTES];
    path_in_dir(server, "secret", path);
    if (options->secret_file[0] != '\0') {
        snprintf(path, sizeof(path), "%s", options->secret_file);
    }
    struct secret_message why = {.text = ""};
    if (may_create(server)) {
        enum secret_status status = secret_create(path, &why);
        if (status == SECRET_OK) {
            log_event(LOG_INFO, "secret_created", LOG_TEXT("path", path),
                      LOG_TEXT("advice", "back this file up: codes need it"));
        } else if (status != SECRET_EXISTS) {
            snprintf(message, size, "%s", why.text);
            return false;
        }
    }
    if (secret_load(secrets, path, &why) != SECRET_OK) {
        snprintf(message, size, "%s", why.text);
        return false;
    }
    return true;
}

bool birth_users(struct server *server, char *message, size_t size)
{
    struct users_message why;
    if (server->options->users_file[0] == '\0' ||
        users_load(&server->users, server->options->users_file, &why)) {
        return true;
    }
    snprintf(message, size, "%s", why.text);
    return false;
}

/* Returns what GENESIS keeps of the keys: of the first coupon key and of those that never change. Further
 * coupon keys may be added and are no other brand; the first stays as long as a code of it lives. */
static uint64_t key_fingerprint(const struct secrets *secrets)
{
    return bytes_get_u64(secrets->coupon[0].fingerprint) ^
           bytes_get_u64(secrets->phone.fingerprint) ^ bytes_get_u64(secrets->request.fingerprint);
}

bool birth_engine(struct server *server, char *message, size_t size)
{
    const struct options *options = server->options;
    struct engine_options how = {
        .members_max = (uint32_t)options->max_members,
        .coupons_max = (uint32_t)options->max_coupons,
        .campaigns_max = (uint32_t)options->max_campaigns,
        .names_max = (uint32_t)options->max_names,
        .requests_max = (uint32_t)options->max_requests,
        .request_window_ms = options->request_window_ms,
        .code_keys.shard = (uint32_t)options->shard,
        .code_key = secret_signing_key(&server->secrets)->id,
    };
    randombytes_buf(&how.hash_seed, sizeof(how.hash_seed));
    memcpy(how.request_secret, server->secrets.request.bytes, sizeof(how.request_secret));
    for (size_t at = 0; at < server->secrets.coupon_count; at++) {
        const struct secret_key *key = &server->secrets.coupon[at];
        how.code_keys.live[key->id] = true;
        memcpy(how.code_keys.keys[key->id], key->bytes, CODE_KEY_BYTES);
    }
    server->engine = engine_create(&how);
    sodium_memzero(&how, sizeof(how));
    if (server->engine == NULL) {
        snprintf(message, size,
                 "cannot reserve address space for the engine: lower max-coupons, max-members or "
                 "max-requests, or raise the limit on virtual memory");
        return false;
    }
    server->live = live_create((uint32_t)options->max_campaigns);
    if (server->live == NULL ||
        !campaign_stats_init(&server->campaign_stats, (uint32_t)options->max_campaigns)) {
        snprintf(message, size, "out of memory");
        return false;
    }
    return true;
}

static enum journal_durability durability_of(const struct options *options)
{
    switch (options->durability) {
    case OPTIONS_DURABILITY_EVERYSEC:
        return JOURNAL_DURABILITY_EVERYSEC;
    case OPTIONS_DURABILITY_NONE:
        return JOURNAL_DURABILITY_NONE;
    case OPTIONS_DURABILITY_ALWAYS:
        break;
    }
    return JOURNAL_DURABILITY_ALWAYS;
}

bool birth_journal(struct server *server, const struct journal_owner *owner, char *message,
                   size_t size)
{
    const struct options *options = server->options;
    if (options->journal == OPTIONS_JOURNAL_NONE) {
        return true;
    }
    struct journal_redis_options where = {
        .path = server->redis_child != NULL ? redis_child_path(server->redis_child)
                                            : options->redis_path,
        .host = options->redis_host,
        .port = options->redis_port,
        .username = options->redis_username,
        .password = options->redis_password,
    };
    struct journal_options how = {
        .shard = (uint32_t)options->shard,
        .key_fingerprint = key_fingerprint(&server->secrets),
        .clock_manual = options->clock == OPTIONS_CLOCK_MANUAL,
        .create = may_create(server),
        .durability = durability_of(options),
        .lease_ms = server->redis_child != NULL ? 0 : (uint32_t)options->lease_ms,
        .wait_replicas = (uint32_t)options->wait_replicas,
    };
    snprintf(how.name, sizeof(how.name), "%s", options->name);
    randombytes_buf(how.fresh_id.at, sizeof(how.fresh_id.at));
    randombytes_buf(how.nonce.at, sizeof(how.nonce.at));
    server->queue = calloc(1, sizeof(*server->queue));
    server->journal_redis = journal_redis_create(server->base, &where);
    if (server->queue == NULL || server->journal_redis == NULL) {
        snprintf(message, size, "out of memory");
        return false;
    }
    queue_init(server->queue, (size_t)options->queue_bytes_max);
    struct journal_port port = journal_redis_port(server->journal_redis);
    server->journal = journal_create(&how, &port, owner, server->engine, server->queue);
    if (server->journal == NULL) {
        snprintf(message, size, "out of memory");
        return false;
    }
    server->snapshot = server_snapshot_create(server, &where);
    if (server->snapshot == NULL) {
        snprintf(message, size, "out of memory");
        return false;
    }
    journal_redis_start(server->journal_redis, server->journal);
    return true;
}
