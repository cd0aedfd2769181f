/* http_aside.c -- paths beside the table of commands: health, metrics, session, slow log, the console. */
#include <stdio.h>
#include <stdlib.h>

#include "net/access.h"
#include "net/http_console.h"
#include "net/http_inside.h"
#include "net/metrics.h"
#include "net/openapi.h"
#include "net/ready.h"
#include "net/server.h"
#include "net/slowlog.h"
#include "net/word.h"

static void on_livez(struct http_call *call)
{
    call->type = HTTP_TYPE_TEXT;
    call->reply.status = 200;
    call->reply.out.failed = evbuffer_add(call->reply.out.buffer, "ok\n", 3) != 0;
    http_send(call, 0);
}

static void on_readyz(struct http_call *call)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&bytes, &size);
    bool verbose = http_caller_is_known(call) &&
                   (text_equal(call->query, TEXT("verbose")) ||
                    text_equal(call->query, TEXT("verbose="))); /* as generated clients send it */
    call->type = HTTP_TYPE_TEXT;
    call->reply.status = file != NULL && ready_write(file, call->server, verbose) ? 200 : 503;
    http_send_file(call, file, &bytes, &size, 0);
}

static void on_metrics(struct http_call *call)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&bytes, &size);
    if (file != NULL) {
        metrics_write(file, call->server);
    }
    call->type = "text/plain; version=0.0.4; charset=utf-8"; /* Prometheus 3 takes no other */
    call->reply.status = 200;
    http_send_file(call, file, &bytes, &size, 0);
}

/* Writing the document takes a millisecond, and anybody may ask for it: so it is written once. */
static void on_openapi(struct http_call *call)
{
    struct http *http = call->http;
    FILE *file = http->openapi != NULL ? NULL : open_memstream(&http->openapi, &http->openapi_size);
    if (file != NULL) {
        openapi_write(file);
        if (fclose(file) != 0) {
            free(http->openapi);
            http->openapi = NULL;
        }
    }
    call->reply.status = 200;
    call->reply.out.failed = http->openapi == NULL ||
                             evbuffer_add_reference(call->reply.out.buffer, http->openapi,
                                                    http->openapi_size, NULL, NULL) != 0;
    http_send(call, 0);
}

static void on_slowlog(struct http_call *call)
{
    struct json_out *out = &call->reply.out;
    const struct slowlog_entry *entry;
    json_begin(out, '{');
    json_key(out, "items");
    json_begin(out, '[');
    for (uint32_t nth = 0; (entry = slowlog_nth(call->server->slowlog, nth)) != NULL; nth++) {
        json_begin(out, '{');
        json_key(out, "id");
        json_natural(out, entry->id);
        json_key(out, "at");
        json_time(out, entry->at_ms);
        json_key(out, "took_us");
        json_number(out, entry->took_us);
        json_key(out, "command");
        json_text(out, text_of(entry->command));
        json_key(out, "commands");
        json_natural(out, entry->commands);
        json_key(out, "address");
        json_text(out, text_of(entry->address));
        json_end(out, '}');
    }
    json_end(out, ']');
    json_end(out, '}');
    call->reply.status = 200;
    http_send(call, 0);
}

#define OPEN 0U /* anybody, whether they have said who they are or not */

static const struct aside {
    const char *path;
    uint32_t role; /* enum command_role, or OPEN */
    enum evhttp_cmd_type methods;
    const char *allow;
    void (*answer)(struct http_call *call);
} asides[] = {
    {"/livez", OPEN, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD, "GET, HEAD", on_livez},
    {"/readyz", OPEN, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD, "GET, HEAD", on_readyz},
    {"/metrics", COMMAND_ROLE_READ, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD, "GET, HEAD", on_metrics},
    {"/openapi.json", OPEN, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD, "GET, HEAD", on_openapi},
    {"/v1/session", OPEN, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_DELETE, "GET, POST, DELETE",
     http_session},
    {"/v1/live", COMMAND_ROLE_READ, EVHTTP_REQ_GET, "GET", http_live_open},
    {"/v1/command", COMMAND_ROLE_READ, EVHTTP_REQ_POST, "POST", http_line},
    {"/v1/slowlog", COMMAND_ROLE_ADMIN, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD, "GET, HEAD", on_slowlog},
};

static const struct aside *find(struct text path)
{
    for (size_t at = 0; at < sizeof(asides) / sizeof(asides[0]); at++) {
        if (text_equal(path, text_of(asides[at].path))) {
            return &asides[at];
        }
    }
    return NULL;
}

bool http_aside(struct http_call *call)
{
    const struct aside *aside = find(call->path);
    if (aside == NULL) {
        return http_console(call);
    }
    if ((aside->methods & call->method) == 0) {
        http_add_header(call, "Allow", aside->allow);
        http_refuse(call, HTTP_PROBLEM_METHOD_NOT_ALLOWED, "");
        return true;
    }
    if (aside->role == OPEN) {
        aside->answer(call);
        return true;
    }
    if (!http_caller(call)) {
        return true;
    }
    if (!access_has_role(call->user, (enum command_role)aside->role)) {
        http_refuse(call, HTTP_PROBLEM_NOT_ALLOWED,
                    aside->role == COMMAND_ROLE_ADMIN ? "this needs the role admin"
                                                      : "this needs the role read");
        return true;
    }
    aside->answer(call);
    return true;
}
