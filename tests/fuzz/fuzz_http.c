/* fuzz_http.c -- any path, query, headers and body: a command within its bounds, or a problem that says what.
 *
 *     byte 0       bit 0-1 the method; bit 2 the body says that it is JSON
 *     byte 1 ..    path, query, request id, If-Match, reason, body, each ended by a NUL byte; the last one is the rest
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/bug.h"
#include "net/definition.h"
#include "net/http_command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes the next part off the input. */
static struct text next(const char **at, size_t *left)
{
    const char *nul = memchr(*at, '\0', *left);
    size_t length = nul == NULL ? *left : (size_t)(nul - *at);
    struct text part = {*at, (uint32_t)length};
    size_t step = length + (nul == NULL ? 0 : 1);
    *at += step;
    *left -= step;
    return part;
}

static void check_text(struct text text, uint32_t bytes_max)
{
    ASSERT(text.length <= bytes_max);
    ASSERT(text.length == 0 || memchr(text.data, '\n', text.length) == NULL);
}

static void check(const struct command *command)
{
    switch (command->type) {
    case COMMAND_COUPON_CLAIM:
        check_text(command->as.coupon_claim.member, ID_BYTES_MAX);
        check_text(command->as.coupon_claim.campaign, ID_BYTES_MAX);
        check_text(command->as.coupon_claim.request, REQUEST_BYTES_MAX);
        ASSERT(command->as.coupon_claim.member.length > 0);
        ASSERT(command->as.coupon_claim.campaign.length > 0);
        return;
    case COMMAND_CAMPAIGN_LIST:
        ASSERT(command->as.campaign_list.limit >= 1);
        ASSERT(command->as.campaign_list.limit <= HTTP_PAGE_ITEMS_MAX);
        return;
    case COMMAND_ACCOUNT_EARN:
        ASSERT(command->as.account_earn.amount >= 1);
        ASSERT(command->as.account_earn.amount <= AMOUNT_MAX);
        return;
    case COMMAND_CAMPAIGN_PUT:
        ASSERT(command->as.campaign_put.document.source.length >= 1);
        ASSERT(command->as.campaign_put.document.source.length <= CAMPAIGN_DOCUMENT_BYTES_MAX);
        return;
    default:
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http_command http;
    static struct http_match match;
    static const enum command_method methods[] = {COMMAND_METHOD_GET, COMMAND_METHOD_POST,
                                                  COMMAND_METHOD_PUT, COMMAND_METHOD_POST};
    if (size < 1) {
        return 0;
    }
    /* A copy whose end the sanitizer sees. */
    char *bytes = malloc(size);
    ASSERT(bytes != NULL);
    memcpy(bytes, data, size);
    const char *at = bytes + 1;
    size_t left = size - 1;
    struct text path = next(&at, &left);
    struct http_ask ask = {.body_is_json = (data[0] & 4) != 0};
    ask.query = next(&at, &left);
    ask.request = http_unquoted(next(&at, &left));
    ask.if_match = next(&at, &left);
    ask.reason = next(&at, &left);
    ask.body = (struct text){at, (uint32_t)left};
    if (http_route(methods[data[0] & 3], path, &match) == HTTP_ROUTE_FOUND) {
        if (http_command_parse(&http, &match, &ask)) {
            ASSERT(http.command.type == match.spec->type);
            check(&http.command);
        } else {
            ASSERT(http.detail[0] != '\0');
            ASSERT(memchr(http.detail, '\0', sizeof(http.detail)) != NULL);
        }
        http_command_end(&http);
    }
    free(bytes);
    return 0;
}
