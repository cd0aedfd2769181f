/* command_parse.c -- names found in any case; words and numbers within their bounds, and no others. */
#include "net/command_parse.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define WORDS_MAX 12U
#define BYTES(literal)                                                                             \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    } /* a constant, as TEXT() is not */

static char problem[256];

/* Parses words into a struct that nobody has cleared, as the turn's are. */
static bool parse_words(struct command *command, const struct text *words, uint32_t count)
{
    static struct resp_request request;
    memset(command, 0xff, sizeof(*command));
    problem[0] = '\0';
    cr_assert_leq(count, WORDS_MAX);
    request.count = count;
    memcpy(request.arguments, words, count * sizeof(*words));
    const struct command_spec *spec = command_spec_find(words[0]);
    cr_assert_not_null(spec, "%.*s", (int)words[0].length, words[0].data);
    return command_parse(spec, &request, command, problem, sizeof(problem));
}

/* The same, of a line with a space between words. A word "?" stands for `value`. */
static bool parse(struct command *command, const char *line, struct text value)
{
    struct text words[WORDS_MAX];
    uint32_t count = 0;
    for (const char *at = line; *at != '\0';) {
        struct text word = {at, (uint32_t)strcspn(at, " ")};
        at += word.length + (at[word.length] == ' ' ? 1 : 0);
        cr_assert_lt(count, WORDS_MAX);
        words[count++] = text_equal(word, TEXT("?")) ? value : word;
    }
    return parse_words(command, words, count);
}

static void assert_problem(const char *words)
{
    cr_assert_not_null(strstr(problem, words), "'%s' is not in '%s'", words, problem);
}

Test(command_parse, every_name_is_found_in_any_case_and_nothing_near_it)
{
    for (uint32_t at = 0; at < command_spec_count; at++) {
        const struct command_spec *spec = &command_specs[at];
        char name[64];
        uint32_t length = (uint32_t)snprintf(name, sizeof(name) - 1, "%s", spec->name);
        cr_assert_eq(spec->name_length, length);
        cr_assert_eq(command_spec_of(spec->type), spec);
        cr_assert_eq(command_spec_find((struct text){name, length}), spec);
        for (char *c = name; *c != '\0'; c++) {
            *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
        }
        cr_assert_eq(command_spec_find((struct text){name, length}), spec);
        cr_assert_null(command_spec_find((struct text){name, length - 1}), "%s", name);
        cr_assert_null(command_spec_find((struct text){name, length + 1}), "NUL behind %s", name);
        name[length] = 'x';
        cr_assert_null(command_spec_find((struct text){name, length + 1}), "%s", name);
        name[length - 1] = '\0';
        cr_assert_null(command_spec_find((struct text){name, length}), "NUL in %s", name);
    }
    cr_assert_null(command_spec_find(TEXT("")));
    cr_assert_null(command_spec_find(TEXT("\0")));
}

Test(command_parse, nothing_of_the_command_before_is_left)
{
    struct command command;
    cr_assert(parse(&command, "COUPON.CLAIM alice sale", TEXT("")), "%s", problem);
    cr_assert_eq(command.type, COMMAND_COUPON_CLAIM);
    cr_assert_eq(command.principal, 0u);
    cr_assert_eq(command.member_hash, 0u, "it is the next member's, not the last one's");
    cr_assert(text_equal(command.as.coupon_claim.member, TEXT("alice")));
    cr_assert(text_equal(command.as.coupon_claim.campaign, TEXT("sale")));
    cr_assert_eq(command.as.coupon_claim.channel.length, 0u);
    cr_assert_eq(command.as.coupon_claim.store.length, 0u);
    cr_assert_eq(command.as.coupon_claim.staff.length, 0u);
    cr_assert_eq(command.as.coupon_claim.request.length, 0u);
    cr_assert(parse(&command, "COUPON.LIST alice", TEXT("")), "%s", problem);
    cr_assert_eq(command.member_hash, 0u);
    cr_assert_eq(command.as.coupon_list.limit, 0);
    cr_assert_eq(command.as.coupon_list.before.length, 0u);
    cr_assert(parse(&command, "ACCOUNT.BALANCE alice", TEXT("")), "%s", problem);
    cr_assert_eq(command.as.account_balance.asset.length, 0u);
    cr_assert(parse(&command, "CAMPAIGN.PUT sale {}", TEXT("")), "%s", problem);
    cr_assert(text_equal(command.as.campaign_put.document.source, TEXT("{}")));
    cr_assert_null(command.as.campaign_put.document.definition, "not compiled yet");
}

Test(command_parse, words_come_in_any_order_and_case)
{
    struct command command;
    cr_assert(parse(&command, "coupon.claim alice sale request r-1 Staff anna STORE s1 channel app",
                    TEXT("")),
              "%s", problem);
    cr_assert(text_equal(command.as.coupon_claim.request, TEXT("r-1")));
    cr_assert(text_equal(command.as.coupon_claim.staff, TEXT("anna")));
    cr_assert(text_equal(command.as.coupon_claim.store, TEXT("s1")));
    cr_assert(text_equal(command.as.coupon_claim.channel, TEXT("app")));
    cr_assert(parse(&command, "CAMPAIGN.RESTOCK sale -5 EXPECT 10", TEXT("")), "%s", problem);
    cr_assert_eq(command.as.campaign_restock.delta, -5);
    cr_assert_eq(command.as.campaign_restock.expect, 10);
}

static const struct {
    const char *line;
    const char *problem;
} mistakes[] = {
    {"MEMBER.GET", "wrong number of arguments for 'MEMBER.GET' command"},
    {"MEMBER.GET a b", "wrong number of arguments for 'MEMBER.GET' command"},
    {"COUPON.CLAIM a", "wrong number of arguments for 'COUPON.CLAIM' command"},
    {"ACCOUNT.BALANCE a points b", "wrong number of arguments for 'ACCOUNT.BALANCE' command"},
    {"COUPON.CLAIM a sale CHANEL app", "COUPON.CLAIM: unknown word at argument 3"},
    {"COUPON.CLAIM a sale STORE s CHANNELS app", "COUPON.CLAIM: unknown word at argument 5"},
    {"COUPON.CLAIM a sale CHANEEL app", "COUPON.CLAIM: unknown word at argument 3"},
    {"COUPON.CLAIM a sale REQUESST r", "COUPON.CLAIM: unknown word at argument 3"},
    {"COUPON.CLAIM a sale STOOE s", "COUPON.CLAIM: unknown word at argument 3"},
    {"COUPON.CLAIM a sale STO s", "COUPON.CLAIM: unknown word at argument 3"},
    {"COUPON.CLAIM a sale STORE", "COUPON.CLAIM: STORE needs a value"},
    {"COUPON.CLAIM a sale STORE s STORE s", "COUPON.CLAIM: STORE is given twice"},
    {"CAMPAIGN.RESTOCK sale 1", "CAMPAIGN.RESTOCK: EXPECT is missing"},
};

Test(command_parse, mistakes_are_told_by_their_words)
{
    struct command command;
    for (size_t row = 0; row < sizeof(mistakes) / sizeof(mistakes[0]); row++) {
        cr_assert_not(parse(&command, mistakes[row].line, TEXT("")), "%s", mistakes[row].line);
        assert_problem(mistakes[row].problem);
    }
    cr_assert_not(parse(&command, "COUPON.CLAIM a sale ? app", TEXT("CHANNEL\0")));
    assert_problem("unknown word at argument 3");
    cr_assert_not(parse(&command, "COUPON.CLAIM a sale ? app", TEXT("")));
    assert_problem("unknown word at argument 3");
}

/* A command with one argument of each type. */
static const char *const lines[] = {
    [ARGUMENT_MEMBER] = "MEMBER.GET ?",
    [ARGUMENT_NAME] = "CAMPAIGN.GET ?",
    [ARGUMENT_CODE] = "COUPON.GET ?",
    [ARGUMENT_REQUEST] = "ACCOUNT.EARN m points 1 REQUEST ?",
    [ARGUMENT_REASON] = "CAMPAIGN.STOP c REASON ?",
    [ARGUMENT_DOCUMENT] = "CAMPAIGN.PUT sale ?",
    [ARGUMENT_AMOUNT] = "ACCOUNT.EARN m points ?",
    [ARGUMENT_DELTA] = "CAMPAIGN.RESTOCK sale ? EXPECT 1",
    [ARGUMENT_COUNT] = "CAMPAIGN.RESTOCK sale 1 EXPECT ?",
    [ARGUMENT_LIMIT] = "CAMPAIGN.LIST LIMIT ?",
    [ARGUMENT_TIME] = "CLOCK.SET ?",
};

static const struct {
    enum argument_type type;
    struct text value;
    uint32_t times; /* the value so often in a row */
    bool allowed;
} bounds[] = {
    {ARGUMENT_MEMBER, BYTES(""), 1, false},
    {ARGUMENT_MEMBER, BYTES("a"), 1, true},
    {ARGUMENT_MEMBER, BYTES("a"), 64, true},
    {ARGUMENT_MEMBER, BYTES("a"), 65, false},
    {ARGUMENT_MEMBER, BYTES("\xe4\xbc\x98"), 21, true},
    {ARGUMENT_MEMBER, BYTES("\xe4\xbc\x98"), 22, false},
    {ARGUMENT_MEMBER, BYTES("@a"), 1, false},
    {ARGUMENT_MEMBER, BYTES("a@"), 1, true},
    {ARGUMENT_MEMBER, BYTES("a\0b"), 1, false},
    {ARGUMENT_MEMBER, BYTES("a\nb"), 1, false},
    {ARGUMENT_MEMBER, BYTES("a\x7f"), 1, false},
    {ARGUMENT_MEMBER, BYTES("a\xc2\x85"), 1, false},
    {ARGUMENT_MEMBER, BYTES("a\xff"), 1, false},
    {ARGUMENT_NAME, BYTES(""), 1, false},
    {ARGUMENT_NAME, BYTES("a"), 64, true},
    {ARGUMENT_NAME, BYTES("a"), 65, false},
    {ARGUMENT_NAME, BYTES("@a"), 1, false},
    {ARGUMENT_NAME, BYTES("a\xc2\x9f"), 1, false},
    {ARGUMENT_CODE, BYTES(""), 1, false},
    {ARGUMENT_CODE, BYTES("0"), 64, true}, /* any text: a wrong code is a refusal, not a mistake */
    {ARGUMENT_CODE, BYTES("0"), 65, false},
    {ARGUMENT_REQUEST, BYTES(""), 1, false},
    {ARGUMENT_REQUEST, BYTES("@"), 128, true},
    {ARGUMENT_REQUEST, BYTES("r"), 129, false},
    {ARGUMENT_REQUEST, BYTES("r\t"), 1, false},
    {ARGUMENT_REASON, BYTES(""), 1, false},
    {ARGUMENT_REASON, BYTES("@"), 256, true},
    {ARGUMENT_REASON, BYTES("r"), 257, false},
    {ARGUMENT_REASON, BYTES("r\n"), 1, false},
    {ARGUMENT_DOCUMENT, BYTES(""), 1, false},
    {ARGUMENT_DOCUMENT, BYTES("x"), 32768, true},
    {ARGUMENT_DOCUMENT, BYTES("x"), 32769, false},
    {ARGUMENT_AMOUNT, BYTES("0"), 1, false},
    {ARGUMENT_AMOUNT, BYTES("1"), 1, true},
    {ARGUMENT_AMOUNT, BYTES("1000000000000"), 1, true},
    {ARGUMENT_AMOUNT, BYTES("1000000000001"), 1, false},
    {ARGUMENT_AMOUNT, BYTES("-1"), 1, false},
    {ARGUMENT_AMOUNT, BYTES("01"), 1, false},
    {ARGUMENT_AMOUNT, BYTES("9"), 19, false},
    {ARGUMENT_AMOUNT, BYTES("18446744073709551617"), 1, false},
    {ARGUMENT_DELTA, BYTES("0"), 1, false},
    {ARGUMENT_DELTA, BYTES("-1"), 1, true},
    {ARGUMENT_DELTA, BYTES("4000000000"), 1, true},
    {ARGUMENT_DELTA, BYTES("4000000001"), 1, false},
    {ARGUMENT_DELTA, BYTES("-4000000000"), 1, true},
    {ARGUMENT_DELTA, BYTES("-4000000001"), 1, false},
    {ARGUMENT_COUNT, BYTES("-1"), 1, false},
    {ARGUMENT_COUNT, BYTES("0"), 1, true},
    {ARGUMENT_COUNT, BYTES("4000000000"), 1, true},
    {ARGUMENT_COUNT, BYTES("4000000001"), 1, false},
    {ARGUMENT_LIMIT, BYTES("0"), 1, false},
    {ARGUMENT_LIMIT, BYTES("1"), 1, true},
    {ARGUMENT_LIMIT, BYTES("1000"), 1, true},
    {ARGUMENT_LIMIT, BYTES("1001"), 1, false},
    {ARGUMENT_TIME, BYTES("-1"), 1, false},
    {ARGUMENT_TIME, BYTES("0"), 1, true},
    {ARGUMENT_TIME, BYTES("253402300799999"), 1, true},
    {ARGUMENT_TIME, BYTES("253402300800000"), 1, false},
};

Test(command_parse, values_are_taken_up_to_their_bounds_and_refused_with_the_rule)
{
    static char bytes[CAMPAIGN_DOCUMENT_BYTES_MAX + 64];
    for (size_t row = 0; row < sizeof(bounds) / sizeof(bounds[0]); row++) {
        struct text value = {bytes, 0};
        for (uint32_t time = 0; time < bounds[row].times; time++) {
            memcpy(bytes + value.length, bounds[row].value.data, bounds[row].value.length);
            value.length += bounds[row].value.length;
        }
        struct command command;
        bool allowed = parse(&command, lines[bounds[row].type], value);
        cr_assert_eq(allowed, bounds[row].allowed, "row %zu: %s", row, problem);
        if (!allowed) {
            assert_problem(argument_type_rule(bounds[row].type));
        }
    }
}
