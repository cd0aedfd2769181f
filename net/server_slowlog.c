/* server_slowlog.c -- SLOWLOG and LATENCY: what took long. */
#include <stdio.h>

#include "net/server.h"
#include "net/server_command_table.h"
#include "net/slowlog.h"
#include "net/word.h"

#define ENTRIES_SHOWN 10

/* An entry as Redis shows it: id, seconds since 1970, microseconds, arguments, address, client name.
 * The arguments are the command's name and, if it ran in a group, how many ran. */
static void write_entry(struct resp_writer *writer, const struct slowlog_entry *entry)
{
    resp_array(writer, 6);
    resp_integer(writer, (int64_t)entry->id);
    resp_integer(writer, entry->at_ms / 1000);
    resp_integer(writer, entry->took_us);
    resp_array(writer, entry->commands > 1 ? 2 : 1);
    resp_word(writer, entry->command);
    if (entry->commands > 1) {
        char others[48];
        snprintf(others, sizeof(others), "(first of %u commands)", entry->commands);
        resp_word(writer, others);
    }
    resp_word(writer, entry->address);
    resp_word(writer, entry->name);
}

void server_command_slowlog_get(const struct server_call *call)
{
    const struct slowlog *slowlog = call->server->slowlog;
    int64_t count = ENTRIES_SHOWN;
    if (call->count == 1 && (!word_read_whole(call->arguments[0], &count) || count < -1)) {
        resp_error(call->writer, "ERR", "count should be greater than or equal to -1");
        return;
    }
    uint32_t length = slowlog_length(slowlog);
    if (count == -1 || count > length) {
        count = length;
    }
    resp_array(call->writer, (uint64_t)count);
    for (uint32_t nth = 0; nth < count; nth++) {
        write_entry(call->writer, slowlog_nth(slowlog, nth));
    }
}

void server_command_slowlog_len(const struct server_call *call)
{
    resp_integer(call->writer, slowlog_length(call->server->slowlog));
}

void server_command_slowlog_reset(const struct server_call *call)
{
    slowlog_reset(call->server->slowlog);
    resp_simple(call->writer, "OK");
}

void server_command_latency_histogram(const struct server_call *call)
{
    resp_map(call->writer, 0);
}

/* Also LATEST: no event is ever recorded. */
void server_command_latency_history(const struct server_call *call)
{
    resp_array(call->writer, 0);
}

void server_command_latency_reset(const struct server_call *call)
{
    resp_integer(call->writer, 0);
}
