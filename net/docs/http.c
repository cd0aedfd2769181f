/* http.c -- docs/http.md: the HTTP API for people, from the tables of net/api.h. */
#include <stdio.h>
#include <string.h>

#include "engine/bug.h"
#include "net/api.h"
#include "net/docs/docs.h"

static const struct {
    const char *tag;
    const char *title;
} chapters[] = {
    {"campaign", "Campaigns"}, {"coupon", "Coupons"},  {"account", "Accounts"},
    {"member", "Members"},     {"clock", "The clock"}, {"session", "Sessions"},
    {"server", "The server"},
};

static void print_upper(const char *word)
{
    for (; *word != '\0'; word++) {
        putchar(*word >= 'a' && *word <= 'z' ? *word - 'a' + 'A' : *word);
    }
}

static void print_head(const struct api_operation *operation)
{
    fputs("\n### ", stdout);
    print_upper(operation->method);
    printf(" %s\n\n%s.", operation->path, operation->summary);
    if (operation->command != NULL) {
        printf(" Command: `%s`.", operation->command->name);
    }
    if (operation->role[0] == '\0') {
        puts(" No login needed.");
    } else {
        printf(" Role: %s.\n", operation->role);
    }
    if (operation->note[0] != '\0') {
        printf("\n%s\n", operation->note);
    }
}

static void begin_table(bool *begun)
{
    if (!*begun) {
        puts("\n| parameter | where | meaning | allowed |\n|---|---|---|---|");
        *begun = true;
    }
}

static void print_argument(const struct api_operation *operation,
                           const struct argument_spec *argument, bool *begun)
{
    static const char *const places[] = {[API_PATH] = "path",
                                         [API_QUERY] = "query",
                                         [API_HEADER] = "header",
                                         [API_BODY_MEMBER] = "body",
                                         [API_BODY_WHOLE] = "the whole body"};
    struct api_parameter parameter = api_parameter_of(operation, argument);
    if (parameter.place == API_NOWHERE) {
        return;
    }
    begin_table(begun);
    printf("| `%s`%s | %s | ", parameter.name, parameter.required ? "" : ", optional",
           places[parameter.place]);
    docs_cell(parameter.meaning);
    fputs(" | ", stdout);
    docs_cell(parameter.allowed);
    puts(" |");
}

static void print_shape_fields(const char *shape, const char *place, bool *begun)
{
    for (size_t at = 0; at < api_field_count; at++) {
        if (strcmp(api_fields[at].shape, shape) == 0) {
            begin_table(begun);
            printf("| `%s` | %s | ", api_fields[at].name, place);
            docs_cell(api_fields[at].meaning);
            puts(" | |");
        }
    }
}

static void print_parameters(const struct api_operation *operation)
{
    bool begun = false;
    if (operation->command != NULL) {
        for (uint32_t at = 0; at < operation->command->argument_count; at++) {
            print_argument(operation, &operation->command->arguments[at], &begun);
        }
        return;
    }
    for (size_t at = 0; at < api_query_count; at++) {
        if (strcmp(api_queries[at].route, operation->route->name) == 0) {
            begin_table(&begun);
            printf("| `%s`, optional | query | %s | |\n", api_queries[at].name,
                   api_queries[at].meaning);
        }
    }
    if (api_has_body(operation)) {
        print_shape_fields(api_route_body(operation->route), "body", &begun);
    }
}

/* A request that can be pasted into a shell: the examples have no quote of the shell's in them. */
static void print_curl(const struct api_operation *operation)
{
    struct json_out out = {.file = stdout};
    fputs("\n```sh\ncurl ", stdout);
    if (strcmp(operation->method, "get") != 0 &&
        !(strcmp(operation->method, "post") == 0 && api_has_body(operation))) {
        fputs("-X ", stdout);
        print_upper(operation->method);
        putchar(' ');
    }
    fputs("http://127.0.0.1:7480", stdout);
    api_example_path(stdout, operation);
    if (api_has_argument(operation, ARGUMENT_REQUEST)) {
        fputs(" \\\n    -H 'Idempotency-Key: req-81723'", stdout);
    }
    if (api_has_body(operation)) {
        fputs(" \\\n    -H 'Content-Type: application/json' -d '", stdout);
        api_example_body(&out, operation);
        putchar('\'');
    }
    puts("\n```");
}

static void print_replies(const struct api_operation *operation)
{
    struct api_reply replies[API_REPLIES_MAX];
    size_t count = api_replies(operation, replies);
    for (size_t at = 0; at < count; at++) {
        const struct api_reply *reply = &replies[at];
        printf("\n%d: %s.", reply->status, reply->meaning);
        if (reply->headers[0] != '\0') {
            printf(" Headers: %s.", reply->headers);
        }
        if (reply->media[0] != '\0' && strcmp(reply->media, "application/json") != 0) {
            printf(" It is %s.", reply->media);
        }
        putchar('\n');
        bool shown = at + 1 < count && strcmp(reply->shape, replies[at + 1].shape) == 0;
        if (reply->shape[0] != '\0' && !shown) {
            struct json_out out = {.file = stdout, .indent = 2};
            puts("\n```json");
            api_example(&out, reply->shape);
            puts("\n```");
        }
    }
}

/* What every route may come to is told once, at the head of the page. */
static void print_refusals(const struct api_operation *operation)
{
    struct api_cause causes[API_CAUSES_MAX];
    size_t count = api_causes(operation, causes);
    bool begun = false;
    for (size_t at = 0; at < count; at++) {
        if (causes[at].words == NULL) {
            continue;
        }
        if (!begun) {
            puts("\n| status | code | numbers | meaning | here |\n|---|---|---|---|---|");
            begun = true;
        }
        bool invalid = strcmp(causes[at].code, "invalid") == 0;
        printf("| %d | `%s` | %s | %s | ", causes[at].status, causes[at].code,
               invalid ? "mistakes" : causes[at].words, causes[at].meaning);
        docs_cell(causes[at].note);
        puts(" |");
    }
}

static void print_problems(void)
{
    struct api_cause causes[API_CAUSES_MAX];
    size_t count = api_causes(NULL, causes);
    puts("| status | code | when |\n|---|---|---|");
    for (size_t at = 0; at < count; at++) {
        if (causes[at].words == NULL) {
            printf("| %d | `%s` | %s |\n", causes[at].status, causes[at].code, causes[at].meaning);
        }
    }
}

static void print_no(void)
{
    puts(
        "## When the answer is no\n"
        "\n"
        "`application/problem+json` (RFC 9457): one reason in `code`, which is never renamed, and "
        "its numbers\n"
        "as members of their own. `title` is a sentence in English, or in Chinese where "
        "`Accept-Language`\n"
        "begins with zh.\n"
        "\n"
        "```json\n"
        "{\"type\":\"urn:boon:insufficient\",\"title\":\"The balance is smaller than the "
        "amount.\",\"status\":409,\n"
        " \"code\":\"insufficient\",\"balance\":120,\"amount\":500,\n"
        " \"instance\":\"/v1/members/alice/accounts/points/"
        "spend\"}\n"
        "```\n"
        "\n"
        "Each route below lists its own reasons in the order in which they are checked, by status. "
        "Beside\n"
        "them any request may come to these. After 429 and 503 wait for the seconds of "
        "`Retry-After`, "
        "then send\n"
        "the same request with the same `Idempotency-Key`.\n");
    print_problems();
}

static void print_introduction(void)
{
    puts(
        "# The HTTP API\n"
        "\n"
        "On port 7480, HTTP/1.1 and JSON. The same commands as any Redis client sends\n"
        "([commands.md](commands.md)), with the same answers. For programs the API describes "
        "itself:\n"
        "`GET /openapi.json` (a copy: [openapi.json](openapi.json)).\n"
        "\n"
        "- Bodies are JSON objects of at most 64 KiB, announced as `Content-Type: "
        "application/json`. A\n"
        "  member that is not known is a mistake. Ids are strings, money is in fen, every integer "
        "is exact in\n"
        "  a double. Times are RFC 3339 in UTC, null where there is none.\n"
        "- No answer leaves before what it shows is on disk.\n"
        "- **Give every change an `Idempotency-Key`.** The same request again gets the first "
        "answer "
        "again, with\n"
        "  `Idempotent-Replayed: true`, and changes nothing; the same key with another body is\n"
        "  `request_mismatch`. A refused request leaves its key free. `REQUEST id` of a Redis "
        "client "
        "is the same\n"
        "  key.\n"
        "- Lists come in pages: `page_size` items, 20 unless given and 50 at most, and "
        "`next_page_token` for\n"
        "  `page_token` of the next; null: there is none.\n"
        "- The key goes with the command and its member or campaign: the same key for another "
        "command is another\n"
        "  request. A reason is no part of the body: the first one stands.\n"
        "- A campaign's document and its members are described in "
        "[commands.md](commands.md#the-document-of-a-campaign).\n"
        "  `definition` shows it as it was written: after a restock put the current `stock` in "
        "before you send\n"
        "  it back. `state` is the one it was given: past `ends_at` it still says `running`, and "
        "claims get\n"
        "  `ended`.\n"
        "- `GET` of a campaign gives an `ETag`. Sent back as `If-Match`, a definition is changed "
        "only "
        "if nobody\n"
        "  else changed it since; else 412. With `If-None-Match: *` a campaign is made only if "
        "there is\n"
        "  none.\n"
        "- With `--stale-reads` a look-up is answered with `Boon-Stale: true` where it would be "
        "`unsure`.\n"
        "- Where a login is needed: `Authorization: Basic` with user and secret, or the cookie of\n"
        "  `POST /v1/session`.\n");
    print_no();
}

void docs_http(void)
{
    static struct api_operation operations[API_OPERATIONS_MAX];
    size_t count = api_operations(operations);
    size_t printed = 0;
    print_introduction();
    for (size_t chapter = 0; chapter < sizeof(chapters) / sizeof(chapters[0]); chapter++) {
        printf("\n## %s\n", chapters[chapter].title);
        for (size_t at = 0; at < count; at++) {
            if (strcmp(operations[at].tag, chapters[chapter].tag) == 0) {
                print_head(&operations[at]);
                print_parameters(&operations[at]);
                print_curl(&operations[at]);
                print_replies(&operations[at]);
                print_refusals(&operations[at]);
                printed++;
            }
        }
    }
    ASSERT(printed == count); /* every operation has a chapter */
}
