/* definition.c -- a campaign document compiles whole, or every mistake in it is named. */
#include "net/definition.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct definition definition;
static struct definition_mistakes mistakes;

static void end(void)
{
    definition_deinit(&definition);
}

TestSuite(definition, .fini = end);

static enum definition_status compile(const char *document)
{
    definition_deinit(&definition);
    return definition_compile(&definition, text_of(document), &mistakes);
}

static const struct campaign_definition *compiled(const char *document)
{
    cr_assert_eq(compile(document), DEFINITION_OK, "%s: %s %s", document, mistakes.list[0].pointer,
                 mistakes.list[0].message);
    return &definition.campaign;
}

Test(definition, a_document_compiles_into_its_numbers)
{
    static const char document[] =
        "{\"name\":\"Double Eleven \\u53cc\",\"stock\":20000,\"per_member\":3,"
        "\"opens_at\":\"2026-11-11T00:00:00+08:00\",\"ends_at\":\"2026-11-12T00:00:00+08:00\","
        "\"value\":{\"kind\":\"amount_off\",\"amount\":2000,\"minimum\":10000}}";
    const struct campaign_definition *campaign = compiled(document);

    cr_assert(text_equal(campaign->name, TEXT("Double Eleven 双")));
    cr_assert_eq(campaign->stock, 20000u);
    cr_assert_eq(campaign->per_member, 3u);
    cr_assert_eq(campaign->opens_at_ms, 1794326400000);
    cr_assert_eq(campaign->ends_at_ms, 1794412800000);
    cr_assert_eq(campaign->value.kind, VALUE_AMOUNT_OFF);
    cr_assert_eq(campaign->value.amount_fen, 2000);
    cr_assert_eq(campaign->value.minimum_fen, 10000);
    cr_assert_eq(campaign->value.maximum_fen, 0);
    cr_assert_eq(campaign->value.percent, 0u);
    cr_assert_eq(campaign->source.data, document, "the source is the caller's own bytes");
    cr_assert_eq(campaign->source.length, sizeof document - 1);
}

Test(definition, what_may_be_left_out_has_its_default)
{
    const struct campaign_definition *campaign = compiled(
        "{\"name\":\"a\",\"stock\":1,\"value\":{\"kind\":\"amount_off\",\"amount\":1}}");

    cr_assert_eq(campaign->per_member, 1u);
    cr_assert_eq(campaign->opens_at_ms, 0);
    cr_assert_eq(campaign->ends_at_ms, 0);
    cr_assert_eq(campaign->value.minimum_fen, 0);
}

#define HEAD "{\"name\":\"a\",\"stock\":1,\"value\":"

static const struct {
    const char *document;
    struct campaign_value value;
} values[] = {
    {HEAD "{\"kind\":\"amount_off\",\"amount\":1000000000000,\"minimum\":0}}",
     {VALUE_AMOUNT_OFF, 0, 1000000000000, 0, 0}},
    {HEAD "{\"kind\":\"percent_off\",\"percent\":1}}", {VALUE_PERCENT_OFF, 1, 0, 0, 0}},
    {HEAD "{\"maximum\":3,\"minimum\":2,\"percent\":99,\"kind\":\"percent_off\"}}",
     {VALUE_PERCENT_OFF, 99, 0, 2, 3}},
    {HEAD "{\"kind\":\"exchange\",\"price\":0}}", {VALUE_EXCHANGE, 0, 0, 0, 0}},
    {HEAD "{\"kind\":\"exchange\",\"price\":5}}", {VALUE_EXCHANGE, 0, 5, 0, 0}},
};

Test(definition, each_kind_of_value_keeps_its_own_numbers)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const struct campaign_value *value = &compiled(values[i].document)->value;
        cr_assert_eq(value->kind, values[i].value.kind, "scenario %zu", i);
        cr_assert_eq(value->percent, values[i].value.percent, "scenario %zu", i);
        cr_assert_eq(value->amount_fen, values[i].value.amount_fen, "scenario %zu", i);
        cr_assert_eq(value->minimum_fen, values[i].value.minimum_fen, "scenario %zu", i);
        cr_assert_eq(value->maximum_fen, values[i].value.maximum_fen, "scenario %zu", i);
    }
}

#define VALUE "\"value\":{\"kind\":\"exchange\",\"price\":0}"
#define WITH_STOCK(number) "{\"name\":\"a\",\"stock\":" number "," VALUE "}"
#define WITH_NAME(name) "{\"name\":" name ",\"stock\":1," VALUE "}"
#define WITH(members) "{\"name\":\"a\",\"stock\":1," members "," VALUE "}"
#define NAME_256                                                                                   \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"                             \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"                             \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"                             \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
    const char *document;
    const char *pointer;
    const char *message; /* a part of it */
} single[] = {
    /* text that is not a document */
    {"", "", "line 1, column 0: the document ends too early"},
    {"{", "", "the document ends too early"},
    {"{}x", "", "something follows the document's end"},
    {"{]", "", "not JSON"},
    {"null", "", "not JSON"},
    {"[]", "", "the document is an object"},
    {"{'name':1}", "", "line 1, column 2: not JSON"},
    {"{\n \"stock\": 01}", "", "line 2, column"},
    {WITH_NAME("\"\xff\""), "", "not UTF-8"},
    {WITH_NAME("\"\xc0\xaf\""), "", "not UTF-8"},
    {WITH_NAME("\"\xed\xa0\x80\""), "", "not UTF-8"},
    {WITH_NAME("\"\\ud800\""), "", "not JSON"},
    {WITH_NAME("\"\\u0000\""), "", "NUL"},
    {WITH("\"\\u0000\":1"), "", "NUL"},
    {WITH("\"stock\":2"), "", "a member is given twice"},
    {WITH("\"st\\u006fck\":2"), "", "a member is given twice"},
    {"{\"name\":\"a\",\"stock\":1,\"value\":{\"kind\":\"exchange\",\"price\":0,\"price\":1}}", "",
     "a member is given twice"},
    /* numbers */
    {WITH_STOCK("0"), "/stock", "a whole number of coupons, 1 to 4000000000"},
    {WITH_STOCK("-1"), "/stock", "a whole number of coupons, 1 to 4000000000"},
    {WITH_STOCK("4000000001"), "/stock", "1 to 4000000000"},
    {WITH_STOCK("9007199254740993"), "/stock", "1 to 4000000000"},
    {WITH_STOCK("9223372036854775807"), "/stock", "1 to 4000000000"},
    {WITH_STOCK("-9223372036854775808"), "/stock", "1 to 4000000000"},
    {WITH_STOCK("9223372036854775808"), "", "the number is too large"},
    {WITH_STOCK("1e400"), "", "the number is too large"},
    {WITH_STOCK("1e3"), "/stock", "has a fraction or an exponent: a whole number"},
    {WITH_STOCK("1.5"), "/stock", "has a fraction or an exponent"},
    {WITH_STOCK("1.0"), "/stock", "has a fraction or an exponent"},
    {WITH_STOCK("\"5\""), "/stock", "is not a number: a whole number of coupons"},
    {WITH_STOCK("true"), "/stock", "is not a number"},
    {WITH_STOCK("null"), "/stock", "is not a number"},
    {WITH_STOCK("[1]"), "/stock", "is not a number"},
    {"{\"name\":\"a\"," VALUE "}", "/stock", "is missing: a whole number of coupons"},
    {WITH("\"per_member\":0"), "/per_member", "1 to 65535"},
    {WITH("\"per_member\":65536"), "/per_member", "1 to 65535"},
    {WITH("\"per_member\":4294967297"), "/per_member", "1 to 65535"},
    /* names */
    {"{\"stock\":1," VALUE "}", "/name", "is missing: 1 to 256 bytes"},
    {WITH_NAME("\"\""), "/name", "1 to 256 bytes"},
    {WITH_NAME("5"), "/name", "is not text"},
    {WITH_NAME("\"a\\nb\""), "/name", "holds a control character"},
    {WITH_NAME("\"a\\u007f\""), "/name", "holds a control character"},
    {WITH_NAME("\"a\\u0080\""), "/name", "holds a control character"},
    {WITH_NAME("\"a\\u0085b\""), "/name", "holds a control character"},
    {WITH_NAME("\"a\xc2\x9f\""), "/name", "holds a control character"},
    {WITH_NAME("\"" NAME_256 "x\""), "/name", "1 to 256 bytes"},
    /* moments */
    {WITH("\"opens_at\":\"2026-11-11\""), "/opens_at", "write it as"},
    {WITH("\"opens_at\":\"2026-11-11T00:00:00\""), "/opens_at", "offset from UTC is missing"},
    {WITH("\"opens_at\":1794326400000"), "/opens_at", "a text such as"},
    {WITH("\"ends_at\":null"), "/ends_at", "or left out"},
    {WITH("\"ends_at\":\"2026-11-31T00:00:00Z\""), "/ends_at", "no such day"},
    {WITH("\"opens_at\":\"2026-11-11T00:00:00Z\",\"ends_at\":\"2026-11-11T00:00:00Z\""), "/ends_at",
     "later than opens_at"},
    {WITH("\"opens_at\":\"2026-11-11T00:00:00Z\",\"ends_at\":\"2026-11-11T07:59:59+08:00\""),
     "/ends_at", "later than opens_at"},
    /* values */
    {"{\"name\":\"a\",\"stock\":1}", "/value", "is missing: an object"},
    {HEAD "5}", "/value", "an object with a kind"},
    {HEAD "[]}", "/value", "an object with a kind"},
    {HEAD "{}}", "/value/kind", "is missing: one of amount_off, percent_off, exchange"},
    {HEAD "{\"kind\":1}}", "/value/kind", "one of amount_off, percent_off, exchange"},
    {HEAD "{\"kind\":\"amount-off\"}}", "/value/kind", "did you mean amount_off?"},
    {HEAD "{\"kind\":\"gift\"}}", "/value/kind", "one of amount_off, percent_off, exchange"},
    {HEAD "{\"kind\":\"amount_off\"}}", "/value/amount", "is missing: a whole number of fen, 1 to"},
    {HEAD "{\"kind\":\"amount_off\",\"amount\":0}}", "/value/amount", "1 to 1000000000000"},
    {HEAD "{\"kind\":\"amount_off\",\"amount\":1000000000001}}", "/value/amount",
     "1 to 1000000000000"},
    {HEAD "{\"kind\":\"amount_off\",\"amount\":1,\"minimum\":-1}}", "/value/minimum",
     "0 to 1000000000000"},
    {HEAD "{\"kind\":\"amount_off\",\"amount\":1,\"maximum\":1}}", "/value/maximum",
     "there is no such member"},
    {HEAD "{\"kind\":\"amount_off\",\"amount\":1,\"percent\":1}}", "/value/percent",
     "there is no such member"},
    {HEAD "{\"kind\":\"percent_off\"}}", "/value/percent", "is missing"},
    {HEAD "{\"kind\":\"percent_off\",\"percent\":0}}", "/value/percent", "percent, 1 to 99"},
    {HEAD "{\"kind\":\"percent_off\",\"percent\":100}}", "/value/percent", "percent, 1 to 99"},
    {HEAD "{\"kind\":\"percent_off\",\"percent\":10,\"maximum\":-1}}", "/value/maximum", "0 to"},
    {HEAD "{\"kind\":\"exchange\"}}", "/value/price", "is missing"},
    {HEAD "{\"kind\":\"exchange\",\"price\":-1}}", "/value/price", "0 to 1000000000000"},
    /* members that are not ours */
    {WITH("\"per_membre\":1"), "/per_membre", "did you mean per_member?"},
    {WITH("\"open_at\":1"), "/open_at", "did you mean opens_at?"},
    {WITH("\"zebra\":1"), "/zebra", "there is no such member"},
    {WITH("\"Name\":1"), "/Name", "did you mean name?"},
    {WITH("\"\":1"), "/", "there is no such member"},
    {WITH("\"a/b~c\":1"), "/a~1b~0c", "there is no such member"},
    {WITH("\"双\":1"), "/双", "there is no such member"},
};

Test(definition, one_mistake_is_named_with_its_place_and_what_is_allowed)
{
    for (size_t i = 0; i < sizeof single / sizeof *single; i++) {
        cr_assert_eq(compile(single[i].document), DEFINITION_INVALID, "%s", single[i].document);
        cr_assert_eq(mistakes.count, 1u, "%s: %zu mistakes", single[i].document, mistakes.count);
        cr_assert_str_eq(mistakes.list[0].pointer, single[i].pointer, "%s", single[i].document);
        cr_assert_not_null(strstr(mistakes.list[0].message, single[i].message), "%s: %s",
                           single[i].document, mistakes.list[0].message);
        cr_assert_null(definition.root, "%s", single[i].document);
    }
}

Test(definition, all_mistakes_are_collected_in_one_go)
{
    static const struct {
        const char *pointer;
        const char *message;
    } wanted[] = {
        {"/name", "is missing"},           {"/stock", "1 to 4000000000"},
        {"/per_member", "fraction"},       {"/opens_at", "write it as"},
        {"/ends_at", "leap seconds"},      {"/value/amount", "is not a number"},
        {"/value/minimum", "0 to"},        {"/value/amout", "did you mean amount?"},
        {"/Stock", "did you mean stock?"},
    };

    cr_assert_eq(compile("{\"stock\":0,\"per_member\":1.5,\"opens_at\":\"soon\","
                         "\"ends_at\":\"2026-12-31T23:59:60Z\",\"Stock\":1,"
                         "\"value\":{\"kind\":\"amount_off\",\"amount\":\"1\",\"minimum\":-1,"
                         "\"amout\":1}}"),
                 DEFINITION_INVALID);
    cr_assert_eq(mistakes.count, sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < mistakes.count; i++) {
        cr_assert_str_eq(mistakes.list[i].pointer, wanted[i].pointer);
        cr_assert_not_null(strstr(mistakes.list[i].message, wanted[i].message), "%s: %s",
                           mistakes.list[i].pointer, mistakes.list[i].message);
    }
    cr_assert_eq(mistakes.omitted, 0u);
}

Test(definition, mistakes_beyond_the_list_are_counted)
{
    static char document[4096];
    size_t length = (size_t)snprintf(document, sizeof document, "{\"name\":\"a\",\"stock\":1,%s",
                                     VALUE);

    for (int i = 0; i < 50; i++) {
        length += (size_t)snprintf(document + length, sizeof document - length, ",\"zz%d\":1", i);
    }
    snprintf(document + length, sizeof document - length, "}");
    cr_assert_eq(compile(document), DEFINITION_INVALID);
    cr_assert_eq(mistakes.count, (size_t)DEFINITION_MISTAKES_MAX);
    cr_assert_eq(mistakes.omitted, 50u - DEFINITION_MISTAKES_MAX);
    cr_assert_eq(compile(WITH("\"per_member\":2")), DEFINITION_OK);
    cr_assert_eq(mistakes.count + mistakes.omitted, 0u, "the next document starts afresh");
}

Test(definition, a_pointer_too_long_ends_at_a_whole_character)
{
    static char document[4096];
    size_t room = sizeof mistakes.list[0].pointer;

    for (size_t lead = 0; lead < 8; lead++) {
        size_t length = (size_t)snprintf(document, sizeof document,
                                         "{\"name\":\"a\",\"stock\":1,%s,\"", VALUE);
        memset(document + length, 'x', lead);
        length += lead;
        for (int i = 0; i < 150; i++) {
            memcpy(document + length, i % 2 == 0 ? "双" : "~", i % 2 == 0 ? 3 : 1);
            length += i % 2 == 0 ? 3 : 1;
        }
        strcpy(document + length, "\":1}");
        cr_assert_eq(compile(document), DEFINITION_INVALID);
        const char *pointer = mistakes.list[0].pointer;
        size_t whole = lead + 1;
        for (size_t i = 0; whole + (i % 2 == 0 ? 3 : 2) < room; i++) {
            whole += i % 2 == 0 ? 3 : 2;
        }
        cr_assert_eq(strlen(pointer), whole, "lead %zu: %s", lead, pointer);
    }
}

Test(definition, a_document_too_deep_or_too_long_never_reaches_the_parser)
{
    static char document[40000];

    cr_assert_eq(compile(WITH("\"x\":[[[[[[[]]]]]]]")), DEFINITION_INVALID);
    cr_assert_str_eq(mistakes.list[0].pointer, "/x", "eight levels are read");
    cr_assert_eq(compile(WITH("\"x\":[[[[[[[[]]]]]]]]")), DEFINITION_INVALID);
    cr_assert_str_eq(mistakes.list[0].message, "the document is nested at most 8 levels deep");
    compiled(WITH_NAME("\"[[[[[[[[[[ \\\"[[[[[[[[[[\""));

    memset(document, '[', sizeof document - 1);
    document[CAMPAIGN_DOCUMENT_BYTES_MAX] = '\0';
    cr_assert_eq(compile(document), DEFINITION_INVALID);
    cr_assert_not_null(strstr(mistakes.list[0].message, "8 levels"));
    memset(document, ' ', sizeof document - 1);
    memcpy(document, WITH("\"per_member\":2"), strlen(WITH("\"per_member\":2")));
    document[CAMPAIGN_DOCUMENT_BYTES_MAX] = '\0';
    cr_assert_eq(compile(document), DEFINITION_OK);
    document[CAMPAIGN_DOCUMENT_BYTES_MAX] = ' ';
    document[CAMPAIGN_DOCUMENT_BYTES_MAX + 1] = '\0';
    cr_assert_eq(compile(document), DEFINITION_INVALID);
    cr_assert_str_eq(mistakes.list[0].message, "the document has at most 32768 bytes");
}

Test(definition, every_beginning_of_a_document_is_refused)
{
    static const char document[] = WITH("\"ends_at\":\"2026-11-11T00:00:00Z\"");

    for (uint32_t length = 0; length < sizeof document - 1; length++) {
        /* an exact copy, so that reading past the end is seen */
        char *copy = malloc(length > 0 ? length : 1);
        memcpy(copy, document, length);
        cr_assert_eq(definition_compile(&definition, (struct text){copy, length}, &mistakes),
                     DEFINITION_INVALID, "%u bytes", length);
        free(copy);
    }
    compiled(document);
}

Test(definition, the_edges_of_every_range_are_allowed)
{
    compiled(WITH_STOCK("4000000000"));
    cr_assert_eq(definition.campaign.stock, CAMPAIGN_STOCK_MAX);
    compiled(WITH("\"per_member\":65535"));
    cr_assert_eq(definition.campaign.per_member, CAMPAIGN_PER_MEMBER_MAX);
    compiled(WITH_NAME("\"" NAME_256 "\""));
    cr_assert_eq(definition.campaign.name.length, CAMPAIGN_NAME_BYTES_MAX);
    compiled(
        WITH("\"opens_at\":\"2026-11-11T00:00:00Z\",\"ends_at\":\"2026-11-11T00:00:00.001Z\""));
}

Test(definition, deinit_may_be_done_twice)
{
    compiled(WITH_STOCK("1"));
    definition_deinit(&definition);
    cr_assert_null(definition.root);
    definition_deinit(&definition);
}
