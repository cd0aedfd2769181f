/* http_line.c -- POST /v1/command: a command line, as redis-cli has it, for the console's command box.
 *
 *     {"arguments": ["CAMPAIGN.GET", "sale"]}  →  the reply's RESP3 bytes, as any Redis client would get them
 *
 * Business commands and the server commands that need no connection of their own.
 */
#include <jansson.h>
#include <stdlib.h>

#include "net/access.h"
#include "net/connection.h"
#include "net/definition.h"
#include "net/http_inside.h"
#include "net/reply.h"
#include "net/server.h"
#include "net/server_command.h"
#include "net/server_command_table.h"
#include "net/step.h"

/* What answers a line: a writer into an output of its own. */
struct line {
    struct http_call *call;
    struct connection *connection; /* nobody's: server commands want one */
    struct resp_writer writer;
    struct resp_request request;
    uint64_t gate;
    bool doubtful; /* it was not answered */
};

/* Reads {"arguments": ["…", …]}; the texts point into `root`. */
static bool read_line(const json_t *root, struct resp_request *request)
{
    size_t at;
    const json_t *value;
    const json_t *list = json_object_get(root, "arguments");
    request->count = 0;
    if (!json_is_array(list) || json_array_size(list) == 0 ||
        json_array_size(list) > RESP_ARGUMENTS_MAX || json_object_size(root) != 1) {
        return false;
    }
    json_array_foreach(list, at, value)
    {
        if (!json_is_string(value)) {
            return false;
        }
        request->arguments[request->count++] = (struct text){json_string_value(value),
                                                             (uint32_t)json_string_length(value)};
    }
    return true;
}

static void step_line(struct line *line, const struct command *command)
{
    struct server *server = line->call->server;
    const struct outcome *outcome = &server->turn.outcome;
    enum step_status status = step_command(server, command);
    server->stats.commands += status == STEP_DOUBTFUL ? 0 : 1;
    switch (status) {
    case STEP_DONE:
        reply_write(&line->writer, server->engine, command, outcome);
        line->gate = outcome->gate;
        return;
    case STEP_STALE:
        resp_array(&line->writer, 2);
        resp_word(&line->writer, "STALE");
        reply_write(&line->writer, server->engine, command, outcome);
        return;
    case STEP_LOADING:
        resp_error(&line->writer, "LOADING", STEP_LOADING_MESSAGE);
        return;
    case STEP_BUSY:
        resp_error(&line->writer, "BUSY", STEP_BUSY_MESSAGE);
        return;
    case STEP_DOUBTFUL:
        line->doubtful = true;
        return;
    case STEP_UNSURE:
        resp_error(&line->writer, "TRYAGAIN", STEP_UNSURE_MESSAGE);
        return;
    }
}

static void answer_business(struct line *line, const struct command_spec *spec)
{
    struct http_call *call = line->call;
    struct command command;
    struct definition definition;
    struct definition_mistakes mistakes;
    char problem[ACCESS_PROBLEM_BYTES];
    if (!command_parse(spec, &line->request, &command, problem, sizeof(problem))) {
        resp_error(&line->writer, "ERR", "%s", problem);
        return;
    }
    if (!access_allows(call->user, spec, &command, problem, sizeof(problem))) {
        resp_error(&line->writer, "NOPERM", "%s", problem);
        return;
    }
    if (spec->type == COMMAND_CLOCK_SET && call->server->options->clock != OPTIONS_CLOCK_MANUAL) {
        resp_error(&line->writer, "ERR", "CLOCK.SET needs a server started with --clock manual");
        return;
    }
    if (spec->type != COMMAND_CAMPAIGN_PUT) {
        step_line(line, &command);
        return;
    }
    struct document *document = &command.as.campaign_put.document;
    if (definition_compile(&definition, document->source, &mistakes) != DEFINITION_OK) {
        call->server->stats.outcomes[REFUSAL_INVALID]++;
        reply_write_mistakes(&line->writer, &mistakes);
        return;
    }
    document->definition = &definition.campaign;
    step_line(line, &command);
    definition_deinit(&definition);
}

static void answer_server(struct line *line)
{
    struct http_call *call = line->call;
    struct text name = line->request.arguments[0];
    if (server_command_is_open(name)) { /* AUTH, HELLO, QUIT, RESET */
        resp_error(&line->writer, "ERR", "'%.*s' is about a connection; this line has none",
                   name.length > 64 ? 64 : (int)name.length, name.data);
    } else if (!server_command(call->server, line->connection, &line->request, &line->writer)) {
        resp_error(&line->writer, "ERR", "unknown command '%.*s', see COMMAND LIST",
                   name.length > 64 ? 64 : (int)name.length, name.data);
    }
}

/* Carries out the line and sends its reply's bytes. */
static void answer(struct line *line)
{
    struct http_call *call = line->call;
    struct output *output = &line->connection->output;
    const struct command_spec *spec = command_spec_find(line->request.arguments[0]);
    if (spec != NULL) {
        answer_business(line, spec);
    } else {
        answer_server(line);
    }
    if (line->doubtful) {
        http_doubt(call);
        return;
    }
    size_t length = (size_t)(output->end - output->base);
    call->reply.out.failed = line->writer.failed ||
                             evbuffer_add(call->reply.out.buffer, output->bytes, length) != 0;
    call->reply.status = 200;
    call->type = HTTP_TYPE_TEXT;
    http_send(call, line->gate);
}

void http_line(struct http_call *call)
{
    struct text body = http_body(call);
    json_error_t error;
    if (!http_body_is_json(call)) {
        http_refuse(call, HTTP_PROBLEM_UNSUPPORTED_MEDIA_TYPE, "");
        return;
    }
    struct line *line = calloc(1, sizeof(*line));
    struct connection *nobody = calloc(1, sizeof(*nobody));
    json_t *root = json_loadb(body.data, body.length, JSON_REJECT_DUPLICATES, &error);
    if (line == NULL || nobody == NULL) {
        http_refuse(call, HTTP_PROBLEM_INTERNAL, "");
    } else if (!read_line(root, &line->request)) {
        http_refuse(call, HTTP_PROBLEM_BAD_JSON, "send {\"arguments\": [\"PING\"]}");
    } else {
        *nobody = (struct connection){.server = call->server,
                                      .fd = -1,
                                      .version = 3,
                                      .authenticated = true,
                                      .user = call->user,
                                      .address = "http",
                                      .last_command = ""};
        line->call = call;
        line->connection = nobody;
        line->writer = (struct resp_writer){&nobody->output, 3, false};
        answer(line);
        output_deinit(&nobody->output);
    }
    json_decref(root);
    free(nobody);
    free(line);
}
