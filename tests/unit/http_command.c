/* http_command.c -- what a request says becomes the same command as on the Redis port, or a clear problem. */
#include "net/http_command.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct http_command http;
static struct http_match match;

/* Parses a request; the body is JSON. */
static bool parse(enum command_method method, const char *path, const char *query, const char *body)
{
    struct http_ask ask = {.query = text_of(query), .body = text_of(body), .body_is_json = true};
    cr_assert_eq(http_route(method, text_of(path), &match), HTTP_ROUTE_FOUND, "%s", path);
    return http_command_parse(&http, &match, &ask);
}

static bool claim(const char *body)
{
    return parse(COMMAND_METHOD_POST, "/v1/members/m%201/coupons", "", body);
}

Test(http_command, a_claim_has_its_member_from_the_path_and_the_rest_from_the_body)
{
    cr_assert(claim("{\"campaign\": \"sale\", \"store\": \"s1\", \"channel\": null}"));
    const struct coupon_claim *found = &http.command.as.coupon_claim;
    cr_assert_eq(http.command.type, COMMAND_COUPON_CLAIM);
    cr_assert(text_equal(found->member, TEXT("m 1")));
    cr_assert(text_equal(found->campaign, TEXT("sale")));
    cr_assert(text_equal(found->store, TEXT("s1")));
    cr_assert_eq(found->channel.length, 0u);
    http_command_end(&http);
}

Test(http_command, numbers_are_json_integers)
{
    cr_assert(parse(COMMAND_METHOD_POST, "/v1/campaigns/sale/restock", "",
                    "{\"delta\": -5, \"expect\": 4000000000}"));
    cr_assert_eq(http.command.as.campaign_restock.delta, -5);
    cr_assert_eq(http.command.as.campaign_restock.expect, 4000000000);
    http_command_end(&http);
}

Test(http_command, pages_have_twenty_items_unless_the_caller_says)
{
    cr_assert(parse(COMMAND_METHOD_GET, "/v1/campaigns", "", ""));
    cr_assert_eq(http.command.as.campaign_list.limit, 20);
    cr_assert(parse(COMMAND_METHOD_GET, "/v1/campaigns", "page_token=a%2Bb+c&page_size=50", ""));
    cr_assert_eq(http.command.as.campaign_list.limit, 50);
    cr_assert(text_equal(http.command.as.campaign_list.after, TEXT("a+b c")));
}

Test(http_command, a_definition_is_the_whole_body_and_headers_say_the_rest)
{
    struct http_ask ask = {.body = TEXT("{\"name\": 1}"),
                           .body_is_json = true,
                           .request = TEXT("r1"),
                           .if_match = TEXT("\"12\""),
                           .reason = TEXT("because%20of%20rain")};
    cr_assert_eq(http_route(COMMAND_METHOD_PUT, TEXT("/v1/campaigns/sale"), &match),
                 HTTP_ROUTE_FOUND);
    cr_assert(http_command_parse(&http, &match, &ask), "%s", http.detail);
    const struct campaign_put *put = &http.command.as.campaign_put;
    cr_assert(text_equal(put->document.source, ask.body));
    cr_assert(text_equal(put->request, TEXT("r1")));
    cr_assert(text_equal(put->reason, TEXT("because of rain")));
    cr_assert_eq(put->version, 12);
}

Test(http_command, an_idempotency_key_may_be_quoted)
{
    cr_assert(text_equal(http_unquoted(TEXT("\"a b\"")), TEXT("a b")));
    cr_assert(text_equal(http_unquoted(TEXT("a\"b")), TEXT("a\"b")));
    cr_assert(text_equal(http_unquoted(TEXT("\"")), TEXT("\"")));
}

struct wrong {
    enum command_method method;
    const char *path;
    const char *query;
    const char *body;
    enum http_problem problem;
    const char *detail; /* a part of it */
};

#define CLAIM COMMAND_METHOD_POST, "/v1/members/m1/coupons", ""
#define RESTOCK COMMAND_METHOD_POST, "/v1/campaigns/sale/restock", ""
#define LIST COMMAND_METHOD_GET, "/v1/campaigns"

static const struct wrong wrongs[] = {
    {CLAIM, "", HTTP_PROBLEM_INVALID_ARGUMENT, "campaign is missing"},
    {CLAIM, "{", HTTP_PROBLEM_BAD_JSON, "line 1"},
    {CLAIM, "[]", HTTP_PROBLEM_BAD_JSON, "object"},
    {CLAIM, "\"sale\"", HTTP_PROBLEM_BAD_JSON, "line 1"},
    {CLAIM, "{\"campaign\": \"a\", \"campaign\": \"b\"}", HTTP_PROBLEM_BAD_JSON, "duplicate"},
    {CLAIM, "{\"campaign\": \"a\\u0000b\"}", HTTP_PROBLEM_BAD_JSON, "\\u0000"},
    {CLAIM, "{\"campaign\": \"\xff\"}", HTTP_PROBLEM_BAD_JSON, "0xff"},
    {CLAIM, "{\"campaign\": \"a\"} x", HTTP_PROBLEM_BAD_JSON, "line 1"},
    {CLAIM, "{\"campaign\": 5}", HTTP_PROBLEM_INVALID_ARGUMENT, "campaign must be a string"},
    {CLAIM, "{\"campaign\": \"\"}", HTTP_PROBLEM_INVALID_ARGUMENT, "campaign must be 1 to 64"},
    {CLAIM, "{\"campaign\": \"a\\n\"}", HTTP_PROBLEM_INVALID_ARGUMENT, "campaign must be"},
    {CLAIM, "{\"campaign\": \"a\", \"color\": 1}", HTTP_PROBLEM_INVALID_ARGUMENT, "color"},
    {CLAIM, "{\"campaign\": \"a\", \"member\": \"m2\"}", HTTP_PROBLEM_INVALID_ARGUMENT, "path"},
    {CLAIM, "{\"campaign\": \"a\", \"request\": \"r\"}", HTTP_PROBLEM_INVALID_ARGUMENT, "path"},
    {RESTOCK, "{\"delta\": 1}", HTTP_PROBLEM_INVALID_ARGUMENT, "expect is missing"},
    {RESTOCK, "{\"delta\": 1.5, \"expect\": 1}", HTTP_PROBLEM_INVALID_ARGUMENT, "delta must be"},
    {RESTOCK, "{\"delta\": \"1\", \"expect\": 1}", HTTP_PROBLEM_INVALID_ARGUMENT, "delta must be"},
    {RESTOCK, "{\"delta\": 0, \"expect\": 1}", HTTP_PROBLEM_INVALID_ARGUMENT, "delta must be"},
    {RESTOCK, "{\"delta\": 9223372036854775808, \"expect\": 1}", HTTP_PROBLEM_BAD_JSON, "big"},
    {RESTOCK, "{\"delta\": 1, \"expect\": -1}", HTTP_PROBLEM_INVALID_ARGUMENT, "expect must be"},
    {LIST, "page_size=0", "", HTTP_PROBLEM_INVALID_ARGUMENT, "page_size"},
    {LIST, "page_size=51", "", HTTP_PROBLEM_INVALID_ARGUMENT, "page_size"},
    {LIST, "page_size=", "", HTTP_PROBLEM_INVALID_ARGUMENT, "page_size"},
    {LIST, "page_size=1&page_size=2", "", HTTP_PROBLEM_BAD_REQUEST, "page_size is given twice"},
    {LIST, "limit=5", "", HTTP_PROBLEM_BAD_REQUEST, "limit"},
    {LIST, "page_token=%zz", "", HTTP_PROBLEM_BAD_REQUEST, "page_token"},
    {LIST, "page_token=%0a", "", HTTP_PROBLEM_INVALID_ARGUMENT, "after must be"},
    {COMMAND_METHOD_GET, "/v1/members/%ff", "", "", HTTP_PROBLEM_INVALID_ARGUMENT, "member must"},
    {COMMAND_METHOD_GET, "/v1/members/%00", "", "", HTTP_PROBLEM_BAD_REQUEST, "member"},
    {COMMAND_METHOD_GET, "/v1/members/%40x", "", "", HTTP_PROBLEM_INVALID_ARGUMENT, "member must"},
    {COMMAND_METHOD_POST, "/v1/campaigns/sale/start", "now=1", "", HTTP_PROBLEM_BAD_REQUEST, "now"},
    {COMMAND_METHOD_PUT, "/v1/campaigns/sale", "", "", HTTP_PROBLEM_BAD_JSON, "definition"},
};

Test(http_command, what_is_wrong_is_said_with_its_name)
{
    for (size_t at = 0; at < sizeof(wrongs) / sizeof(wrongs[0]); at++) {
        const struct wrong *wrong = &wrongs[at];
        bool fine = parse(wrong->method, wrong->path, wrong->query, wrong->body);
        cr_expect_not(fine, "%s?%s %s", wrong->path, wrong->query, wrong->body);
        cr_expect_eq(http.problem, wrong->problem, "%s?%s %s: problem %d, %s", wrong->path,
                     wrong->query, wrong->body, (int)http.problem, http.detail);
        cr_expect_not_null(strstr(http.detail, wrong->detail), "%s?%s %s: %s", wrong->path,
                           wrong->query, wrong->body, http.detail);
        http_command_end(&http);
    }
}

Test(http_command, a_body_must_say_that_it_is_json)
{
    struct http_ask ask = {.body = TEXT("{\"campaign\": \"a\"}")};
    cr_assert_eq(http_route(COMMAND_METHOD_POST, TEXT("/v1/members/m1/coupons"), &match),
                 HTTP_ROUTE_FOUND);
    cr_assert_not(http_command_parse(&http, &match, &ask));
    cr_assert_eq(http.problem, HTTP_PROBLEM_UNSUPPORTED_MEDIA_TYPE);
}

Test(http_command, if_none_match_with_a_star_means_that_there_must_be_none)
{
    struct http_ask ask = {.body = TEXT("{}"), .body_is_json = true, .if_none_match = TEXT("*")};
    cr_assert_eq(http_route(COMMAND_METHOD_PUT, TEXT("/v1/campaigns/sale"), &match),
                 HTTP_ROUTE_FOUND);
    cr_assert(http_command_parse(&http, &match, &ask));
    cr_assert_eq(http.command.as.campaign_put.version, VERSION_NONE);
    ask.if_match = TEXT("\"12\"");
    cr_assert_not(http_command_parse(&http, &match, &ask));
    ask = (struct http_ask){
        .body = TEXT("{}"), .body_is_json = true, .if_none_match = TEXT("\"12\"")};
    cr_assert_not(http_command_parse(&http, &match, &ask));
}

Test(http_command, an_if_match_is_one_etag_in_quotes)
{
    static const char *const bad[] = {"12",           "*",     "\"\"", "W/\"12\"",
                                      "\"1\", \"2\"", "\"0\"", "\"x\""};
    for (size_t at = 0; at < sizeof(bad) / sizeof(bad[0]); at++) {
        struct http_ask ask = {
            .body = TEXT("{}"), .body_is_json = true, .if_match = text_of(bad[at])};
        cr_assert_eq(http_route(COMMAND_METHOD_PUT, TEXT("/v1/campaigns/sale"), &match),
                     HTTP_ROUTE_FOUND);
        cr_expect_not(http_command_parse(&http, &match, &ask), "%s", bad[at]);
    }
}
