/* http_route.c -- which command a method and a path name, and what their values are. */
#include "net/http_route.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct http_match match;

struct row {
    enum command_method method;
    const char *path;
    const char *command; /* "405 n": the methods that it has; "404" */
    const char *values;  /* argument=value, in the path's order */
};

#define GET COMMAND_METHOD_GET
#define PUT COMMAND_METHOD_PUT
#define POST COMMAND_METHOD_POST

static const struct row rows[] = {
    {POST, "/v1/members/m1/coupons", "COUPON.CLAIM", "member=m1 "},
    {GET, "/v1/members/m1/coupons", "COUPON.LIST", "member=m1 "},
    {GET, "/v1/members/m%2F1", "MEMBER.GET", "member=m%2F1 "},
    {GET, "/v1/members/m1/accounts", "ACCOUNT.BALANCE", "member=m1 "},
    {GET, "/v1/members/m1/accounts/points", "ACCOUNT.BALANCE", "member=m1 asset=points "},
    {POST, "/v1/members/m1/accounts/points/earn", "ACCOUNT.EARN", "member=m1 asset=points "},
    {GET, "/v1/members/m1/accounts/", "ACCOUNT.BALANCE", "member=m1 asset= "},
    {GET, "/v1/campaigns", "CAMPAIGN.LIST", ""},
    {PUT, "/v1/campaigns/sale", "CAMPAIGN.PUT", "campaign=sale "},
    {POST, "/v1/campaigns/sale/start", "CAMPAIGN.START", "campaign=sale "},
    {PUT, "/v1/clock", "CLOCK.SET", ""},
    {POST, "/v1/campaigns/sale", "405 3", ""},
    {GET, "/v1/clock", "405 2", ""},
    {GET, "/v1/members/m1/accounts/points/earn", "405 4", ""},
    {GET, "", "404", ""},
    {GET, "/", "404", ""},
    {GET, "/v1", "404", ""},
    {GET, "/v1/members", "404", ""},
    {GET, "/v1/members/m1/", "404", ""},
    {GET, "/v1/members/m1/coupons/x", "404", ""},
    {GET, "/v1//members/m1", "404", ""},
    {GET, "//v1/campaigns", "404", ""},
    {GET, "/V1/campaigns", "404", ""},
    {GET, "v1/campaigns", "404", ""},
    {GET, "/v1/campaigns/../campaigns", "404", ""},
};

Test(http_route, a_method_and_a_path_name_one_command)
{
    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        char command[64] = "404";
        char values[256] = "";
        switch (http_route(rows[at].method, text_of(rows[at].path), &match)) {
        case HTTP_ROUTE_FOUND:
            snprintf(command, sizeof(command), "%s", match.spec->name);
            for (uint32_t value = 0; value < match.count; value++) {
                size_t length = strlen(values);
                snprintf(values + length, sizeof(values) - length, "%s=%.*s ",
                         match.arguments[value]->field, (int)match.values[value].length,
                         match.values[value].data);
            }
            break;
        case HTTP_ROUTE_OTHER_METHOD:
            snprintf(command, sizeof(command), "405 %u", match.methods);
            break;
        case HTTP_ROUTE_NONE:
            break;
        }
        cr_expect_str_eq(command, rows[at].command, "%s: %s", rows[at].path, command);
        cr_expect_str_eq(values, rows[at].values, "%s: %s", rows[at].path, values);
    }
}

Test(http_route, every_command_has_a_route_of_its_own_and_its_arguments)
{
    for (uint32_t at = 0; at < command_spec_count; at++) {
        const struct command_spec *spec = &command_specs[at];
        char path[128];
        size_t length = 0;
        for (const char *c = spec->route; *c != '\0'; c++) { /* {member} as the id "member" */
            if (*c != '{' && *c != '}' && *c != '?') {
                path[length++] = *c;
            }
        }
        path[length] = '\0';
        cr_assert_eq(http_route(spec->method, text_of(path), &match), HTTP_ROUTE_FOUND, "%s", path);
        cr_assert_eq(match.spec, spec, "%s is also that of %s", spec->route, match.spec->name);
        for (uint32_t value = 0; value < match.count; value++) {
            cr_assert(text_equal(match.values[value], text_of(match.arguments[value]->field)));
        }
    }
}

Test(http_route, percent_signs_are_decoded_or_refused)
{
    static const struct {
        const char *raw;
        bool is_query;
        const char *decoded; /* NULL: refused */
    } codes[] = {
        {"", false, ""},
        {"abc", false, "abc"},
        {"%41%62", false, "Ab"},
        {"a%2Fb", false, "a/b"},
        {"%E4%BD%A0", false, "\xe4\xbd\xa0"},
        {"a+b", false, "a+b"},
        {"a+b", true, "a b"},
        {"%2b", true, "+"},
        {"%", false, NULL},
        {"%4", false, NULL},
        {"%4g", false, NULL},
        {"%00", false, NULL},
        {"x%zz", true, NULL},
        {"%%41", false, NULL},
    };
    for (size_t at = 0; at < sizeof(codes) / sizeof(codes[0]); at++) {
        char out[32];
        struct text decoded = {out, 0};
        bool fine = http_decode(text_of(codes[at].raw), codes[at].is_query, out, &decoded);
        cr_expect_eq(fine, codes[at].decoded != NULL, "%s", codes[at].raw);
        cr_expect(!fine || text_equal(decoded, text_of(codes[at].decoded)), "%s", codes[at].raw);
    }
}
