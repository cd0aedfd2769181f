/* load_text.c -- what the load tester reads and writes for people: CSV, flags, numbers. */
#include "chart.h"
#include "csv.h"
#include "result.h"
#include "suggest.h"

#include <criterion/criterion.h>

#include <stdlib.h>

/* Read the next row and join its fields with '|'. */
static const char *row(struct csv *csv)
{
    static char line[256];
    size_t used = 0;
    line[0] = '\0';
    enum csv_next found = csv_next(csv);
    if (found != CSV_ROW)
        return found == CSV_END ? "END" : "BAD";
    for (size_t i = 0; i < csv->count; i++)
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%.*s", i ? "|" : "",
                                 (int)csv->fields[i].length, csv->fields[i].bytes);
    return line;
}

Test(csv, fields_are_divided_by_commas_and_rows_by_line_ends)
{
    char text[] = "\xef\xbb\xbfmember,campaign\r\nm1,c1\n\n,\nm2,c2";
    struct csv *csv = malloc(sizeof *csv);
    csv_init(csv, text, sizeof text - 1);
    cr_assert_str_eq(row(csv), "member|campaign");
    cr_assert_str_eq(row(csv), "m1|c1");
    cr_assert_eq(csv->line, 2u);
    cr_assert_str_eq(row(csv), "|");
    cr_assert_eq(csv->line, 4u);
    cr_assert_str_eq(row(csv), "m2|c2");
    cr_assert_str_eq(row(csv), "END");
    free(csv);
}

Test(csv, quotes_hold_commas_line_ends_and_doubled_quotes)
{
    char text[] = "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\n\"\",x\n";
    struct csv *csv = malloc(sizeof *csv);
    csv_init(csv, text, sizeof text - 1);
    cr_assert_str_eq(row(csv), "a,b|say \"hi\"|two\nlines");
    cr_assert_str_eq(row(csv), "|x");
    cr_assert_str_eq(row(csv), "END");
    free(csv);
}

Test(csv, an_open_quote_or_bytes_behind_one_are_bad)
{
    static const char *const bad[] = {"\"open", "\"a\"b,c\n", "x,\"", "\"\"\"\n"};
    struct csv *csv = malloc(sizeof *csv);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[32];
        size_t length = strlen(bad[i]);
        memcpy(text, bad[i], length);
        csv_init(csv, text, length);
        cr_assert_str_eq(row(csv), "BAD", "%s", bad[i]);
    }
    free(csv);
}

Test(suggest, the_distance_counts_inserted_deleted_replaced_and_swapped_letters)
{
    cr_assert_eq(suggest_distance("rate", "rate"), 0u);
    cr_assert_eq(suggest_distance("rate", "rates"), 1u);
    cr_assert_eq(suggest_distance("rate", "rte"), 1u);
    cr_assert_eq(suggest_distance("rate", "rote"), 1u);
    cr_assert_eq(suggest_distance("rate", "rtae"), 1u);
    cr_assert_eq(suggest_distance("", "abc"), 3u);
    cr_assert_eq(suggest_distance("kitten", "sitting"), 3u);
}

Test(suggest, a_near_word_is_suggested_and_a_far_one_is_not)
{
    static const char *const names[] = {"--connections", "--pipeline", "--port"};
    cr_assert_str_eq(suggest_nearest("--conections", names, 3), "--connections");
    cr_assert_str_eq(suggest_nearest("--prot", names, 3), "--port");
    cr_assert_null(suggest_nearest("--zzzzzzzz", names, 3));
}

static bool parsed(struct options *options, enum mode mode, const char *a, const char *b,
                   struct failure *failure)
{
    char *argv[2] = {NULL, NULL};
    int argc = 0;
    static char texts[2][64];
    const char *given[] = {a, b};
    for (int i = 0; i < 2; i++) {
        if (!given[i])
            continue;
        snprintf(texts[i], sizeof texts[i], "%s", given[i]);
        argv[argc++] = texts[i];
    }
    return options_parse(options, mode, argc, argv, failure);
}

Test(options, a_wrong_flag_is_named_with_what_is_allowed)
{
    struct options options;
    struct failure failure;
    cr_assert_not(parsed(&options, MODE_SALE, "--pipelin", "3", &failure));
    cr_assert_str_eq(failure.text, "unknown flag --pipelin; did you mean --pipeline?");
    cr_assert_not(parsed(&options, MODE_SALE, "--port", "70000", &failure));
    cr_assert_str_eq(failure.text, "--port takes a whole number from 1 to 65535, not \"70000\"");
    cr_assert_not(parsed(&options, MODE_SALE, "--draw", "bell", &failure));
    cr_assert_str_eq(failure.text, "--draw takes one of uniform, zipf or sequence, not \"bell\"");
    cr_assert_not(parsed(&options, MODE_SALE, "--rate", NULL, &failure));
    cr_assert_not(parsed(&options, MODE_AUDIT, "--rate", "5", &failure));
    cr_assert_not(parsed(&options, MODE_SALE, "--give-up", "100", &failure));
    cr_assert_str_eq(failure.text, "--give-up needs --rate: in a closed loop nothing falls due");
    cr_assert_not(parsed(&options, MODE_SALE, "--within", "0", &failure));
    cr_assert_not(parsed(&options, MODE_REPLAY, NULL, NULL, &failure));
}

Test(options, defaults_depend_on_the_verb_and_on_each_other)
{
    struct options options;
    struct failure failure;
    cr_assert(parsed(&options, MODE_SALE, NULL, NULL, &failure));
    cr_assert_eq(options.pipeline, 1);
    cr_assert_eq(options.stock, 20000);
    cr_assert_float_eq(options.seconds, 10.0, 1e-9);
    cr_assert_str_eq(options.campaign_prefix, "sale");
    cr_assert(parsed(&options, MODE_SALE, "--rate=500", "--retry", &failure));
    cr_assert_eq(options.pipeline, 1024);
    cr_assert(options.request_ids);
    cr_assert_float_eq(options.within, 100.0, 1e-9);
    cr_assert(parsed(&options, MODE_SALE, "--rate=500", "--give-up=100", &failure));
    cr_assert_float_eq(options.give_up, 100.0, 1e-9);
    cr_assert(parsed(&options, MODE_SALE, "--requests", "7", &failure));
    cr_assert_lt(options.seconds, 0.0);
}

Test(text, numbers_are_grouped_by_thousands)
{
    char out[GROUPED_BYTES];
    cr_assert_str_eq(grouped(0, out), "0");
    cr_assert_str_eq(grouped(999, out), "999");
    cr_assert_str_eq(grouped(1000, out), "1,000");
    cr_assert_str_eq(grouped(UINT64_MAX, out), "18,446,744,073,709,551,615");
}

Test(text, durations_have_three_digits_and_a_unit_that_fits)
{
    char out[GROUPED_BYTES];
    cr_assert_str_eq(duration(0, out), "0 ns");
    cr_assert_str_eq(duration(950, out), "950 ns");
    cr_assert_str_eq(duration(1234, out), "1.23 µs");
    cr_assert_str_eq(duration(87340, out), "87.3 µs");
    cr_assert_str_eq(duration(999999, out), "1.00 ms");
    cr_assert_str_eq(duration(250e6, out), "250 ms");
    cr_assert_str_eq(duration(61e9, out), "61.0 s");
}

Test(text, nothing_in_a_page_can_become_markup)
{
    char page[128] = "";
    FILE *out = fmemopen(page, sizeof page, "w");
    html_text(out, "<script>\"a\" & 'b'\x01</script>");
    fclose(out);
    cr_assert_str_eq(page, "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;");
}
