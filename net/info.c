/* info.c -- the sections that Redis has too, for the tools that read them. */
#include "net/info.h"

#include <sodium/crypto_generichash.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "engine/bug.h"
#include "net/clock.h"
#include "net/listener.h"
#include "net/process.h"
#include "net/server.h"
#include "net/server_command_table.h"
#include "net/slowlog.h"
#include "net/word.h"

#define LINE_BYTES_MAX 1024U
#define RUN_ID_BYTES 20U

void info_line(struct info *info, const char *format, ...)
{
    char line[LINE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(line, sizeof(line) - 1, format, arguments);
    va_end(arguments);
    size_t length = written < 0 ? 0 : (size_t)written;
    length = length > sizeof(line) - 2 ? sizeof(line) - 2 : length;
    for (size_t at = 0; at < length; at++) {
        line[at] = (unsigned char)line[at] < 0x20 || line[at] == 0x7f ? '?' : line[at];
    }
    if (info->size - info->length >= length + 2) {
        memcpy(info->bytes + info->length, line, length);
        memcpy(info->bytes + info->length + length, "\r\n", 2);
        info->length += length + 2;
    }
}

/* The same for the life of a process, another for the next one. */
static void write_run_id(const struct server *server, char id[2 * RUN_ID_BYTES + 1])
{
    const int64_t life[2] = {server->started_ms, (int64_t)getpid()};
    unsigned char hash[RUN_ID_BYTES];
    int failed = crypto_generichash(hash, sizeof(hash), (const unsigned char *)life, sizeof(life),
                                    NULL, 0);
    ASSERT(failed == 0);
    for (size_t at = 0; at < sizeof(hash); at++) {
        snprintf(id + 2 * at, 3, "%02x", hash[at]);
    }
}

static void section_server(struct info *info, const struct server *server)
{
    char id[2 * RUN_ID_BYTES + 1];
    char executable[512] = "";
    struct utsname system = {.sysname = ""};
    write_run_id(server, id);
    ssize_t length = readlink("/proc/self/exe", executable, sizeof(executable) - 1);
    executable[length < 0 ? 0 : length] = '\0';
    (void)uname(&system);
    int64_t now_us = clock_real_us();
    int64_t uptime_s = now_us / 1000000 - server->started_ms / 1000;
    uptime_s = uptime_s < 0 ? 0 : uptime_s;
    info_line(info, "redis_version:%s", SERVER_REDIS_VERSION);
    info_line(info, "boon_version:%s", BOON_VERSION);
    info_line(info, "redis_mode:standalone");
    info_line(info, "os:%s %s %s", system.sysname, system.release, system.machine);
    info_line(info, "arch_bits:%zu", sizeof(void *) * 8);
    info_line(info, "multiplexing_api:%s",
              server->base == NULL ? "" : event_base_get_method(server->base));
    info_line(info, "process_id:%ld", (long)getpid());
    info_line(info, "run_id:%s", id);
    info_line(info, "tcp_port:%u", (unsigned)listener_port(server->listener));
    info_line(info, "server_time_usec:%lld", (long long)now_us);
    info_line(info, "uptime_in_seconds:%lld", (long long)uptime_s);
    info_line(info, "uptime_in_days:%lld", (long long)uptime_s / 86400);
    info_line(info, "executable:%s", executable);
    info_line(info, "config_file:%s", server->options->config_file);
}

static void section_clients(struct info *info, const struct server *server)
{
    uint32_t held = 0;
    uint32_t stalled = 0;
    for (const struct connection *at = server->connections; at != NULL; at = at->next) {
        held += at->held ? 1 : 0;
        stalled += at->stalled ? 1 : 0;
    }
    info_line(info, "connected_clients:%u", server->connection_count);
    info_line(info, "maxclients:%lld", (long long)server->options->max_clients);
    info_line(info, "blocked_clients:0");
    info_line(info, "held_clients:%u", held);
    info_line(info, "stalled_clients:%u", stalled);
}

static void section_memory(struct info *info, const struct server *server)
{
    (void)server;
    uint64_t resident = process_resident_bytes();
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    uint64_t peak = (uint64_t)usage.ru_maxrss * 1024;
    peak = peak < resident ? resident : peak;
    info_line(info, "used_memory:%llu", (unsigned long long)resident);
    info_line(info, "used_memory_human:%.2fM", (double)resident / (1024.0 * 1024.0));
    info_line(info, "used_memory_rss:%llu", (unsigned long long)resident);
    info_line(info, "used_memory_rss_human:%.2fM", (double)resident / (1024.0 * 1024.0));
    info_line(info, "used_memory_peak:%llu", (unsigned long long)peak);
    info_line(info, "used_memory_peak_human:%.2fM", (double)peak / (1024.0 * 1024.0));
    info_line(info, "maxmemory:0");
    info_line(info, "maxmemory_human:0B");
    info_line(info, "maxmemory_policy:noeviction");
    info_line(info, "mem_fragmentation_ratio:1.00");
}

static void section_persistence(struct info *info, const struct server *server)
{
    info_line(info, "loading:%d", server->state == SERVER_OPENING ? 1 : 0);
    info_line(info, "async_loading:0");
    info_line(info, "aof_enabled:%d", server->journal != NULL ? 1 : 0);
    info_line(info, "aof_last_write_status:%s", server->fault[0] == '\0' ? "ok" : "err");
    info_line(info, "rdb_bgsave_in_progress:0");
    info_line(info, "rdb_changes_since_last_save:%llu",
              (unsigned long long)(server->engine->seq - server->durable_seq));
}

static void section_stats(struct info *info, const struct server *server)
{
    const struct server_stats *stats = &server->stats;
    info_line(info, "total_connections_received:%llu", (unsigned long long)stats->connections);
    info_line(info, "total_commands_processed:%llu", (unsigned long long)stats->commands);
    info_line(info, "instantaneous_ops_per_sec:%llu", (unsigned long long)stats->commands_per_s);
    info_line(info, "total_net_input_bytes:%llu", (unsigned long long)stats->bytes_in);
    info_line(info, "total_net_output_bytes:%llu", (unsigned long long)stats->bytes_out);
    info_line(info, "rejected_connections:%llu", (unsigned long long)stats->rejected);
    info_line(info, "expired_keys:0");
    info_line(info, "evicted_keys:0");
    info_line(info, "total_error_replies:%llu",
              (unsigned long long)(stats->protocol_errors + stats->busy));
    info_line(info, "slowlog_length:%u", slowlog_length(server->slowlog));
}

static void section_replication(struct info *info, const struct server *server)
{
    (void)server;
    info_line(info, "role:master");
    info_line(info, "connected_slaves:0");
}

static void section_cpu(struct info *info, const struct server *server)
{
    (void)server;
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    info_line(info, "used_cpu_sys:%ld.%06ld", (long)usage.ru_stime.tv_sec,
              (long)usage.ru_stime.tv_usec);
    info_line(info, "used_cpu_user:%ld.%06ld", (long)usage.ru_utime.tv_sec,
              (long)usage.ru_utime.tv_usec);
}

static void section_cluster(struct info *info, const struct server *server)
{
    (void)server;
    info_line(info, "cluster_enabled:0");
}

/* Counts what has an id of its own. */
static uint64_t count_keys(const struct server *server)
{
    const struct server_counts *counts = &server->durable_counts;
    return (uint64_t)counts->members + counts->campaigns + counts->coupons;
}

static void section_keyspace(struct info *info, const struct server *server)
{
    if (count_keys(server) > 0) {
        info_line(info, "db0:keys=%llu,expires=0,avg_ttl=0",
                  (unsigned long long)count_keys(server));
    }
}

static const struct section {
    const char *name; /* in the request */
    const char *title;
    void (*write)(struct info *info, const struct server *server);
} sections_known[] = {
    {"server", "Server", section_server},
    {"clients", "Clients", section_clients},
    {"memory", "Memory", section_memory},
    {"persistence", "Persistence", section_persistence},
    {"stats", "Stats", section_stats},
    {"replication", "Replication", section_replication},
    {"cpu", "CPU", section_cpu},
    {"cluster", "Cluster", section_cluster},
    {"keyspace", "Keyspace", section_keyspace},
    {"boon", "Boon", info_boon},
};

static bool is_asked(const char *name, const struct text *sections, uint32_t count)
{
    for (uint32_t at = 0; at < count; at++) {
        struct text section = sections[at];
        if (word_is(section, name) || word_is(section, "all") || word_is(section, "default") ||
            word_is(section, "everything")) {
            return true;
        }
    }
    return count == 0;
}

size_t info_write(const struct server *server, const struct text *sections, uint32_t count,
                  char *out, size_t size)
{
    struct info info = {out, size, 0};
    for (size_t at = 0; at < sizeof(sections_known) / sizeof(sections_known[0]); at++) {
        const struct section *section = &sections_known[at];
        if (is_asked(section->name, sections, count)) {
            if (info.length > 0) {
                info_line(&info, "%s", "");
            }
            info_line(&info, "# %s", section->title);
            section->write(&info, server);
        }
    }
    return info.length;
}

void server_command_info(const struct server_call *call)
{
    char text[INFO_BYTES_MAX];
    size_t length = info_write(call->server, call->arguments, call->count, text, sizeof(text));
    server_write_verbatim(call->writer, (struct text){text, (uint32_t)length});
}

void server_command_dbsize(const struct server_call *call)
{
    if (call->server->standing == JOURNAL_SURE) {
        resp_integer(call->writer, (int64_t)count_keys(call->server));
    } else {
        resp_error(call->writer, "TRYAGAIN",
                   "another server may have taken over; try again in 1 s");
    }
}

void server_command_time(const struct server_call *call)
{
    char seconds[24];
    char microseconds[24];
    snprintf(seconds, sizeof(seconds), "%lld", (long long)call->server->now_ms / 1000);
    snprintf(microseconds, sizeof(microseconds), "%lld",
             (long long)call->server->now_ms % 1000 * 1000);
    resp_array(call->writer, 2);
    resp_word(call->writer, seconds);
    resp_word(call->writer, microseconds);
}

void server_command_shutdown(const struct server_call *call)
{
    resp_error(call->writer, "ERR", "SHUTDOWN is not for clients: send SIGTERM to process %ld",
               (long)getpid());
}
