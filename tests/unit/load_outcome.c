/* load_outcome.c -- the load tester tells business answers from errors. */
#include "outcome.h"

#include <criterion/criterion.h>

#include <stdio.h>

static struct reply scanned(const char *bytes)
{
    struct reply reply;
    cr_assert_eq(reply_scan(bytes, strlen(bytes), &reply), REPLY_CONSUMED);
    return reply;
}

Test(outcome, a_claims_first_word_decides)
{
    static const struct {
        const char *bytes;
        enum outcome outcome;
    } cases[] = {
        {"*2\r\n$2\r\nOK\r\n$1\r\nc\r\n", OUTCOME_OK},
        {"*2\r\n$9\r\nDUPLICATE\r\n$1\r\nc\r\n", OUTCOME_DUPLICATE},
        {"*1\r\n$5\r\nLIMIT\r\n", OUTCOME_LIMIT},
        {"*2\r\n$8\r\nSOLD_OUT\r\n:5\r\n", OUTCOME_SOLD_OUT},
        {"*2\r\n$8\r\nNOT_OPEN\r\n:5\r\n", OUTCOME_NOT_OPEN},
        {"*1\r\n$5\r\nENDED\r\n", OUTCOME_ENDED},
        {"*1\r\n$6\r\nPAUSED\r\n", OUTCOME_PAUSED},
        {"*1\r\n$16\r\nREQUEST_MISMATCH\r\n", OUTCOME_REQUEST_MISMATCH},
        {"*1\r\n$16\r\nUNKNOWN_CAMPAIGN\r\n", OUTCOME_REFUSED},
        {"-BUSY full\r\n", OUTCOME_ERROR},
        {":1\r\n", OUTCOME_ERROR},
        {"*0\r\n", OUTCOME_ERROR},
        {"$-1\r\n", OUTCOME_ERROR},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reply reply = scanned(cases[i].bytes);
        cr_assert_eq(outcome_of_claim(&reply), cases[i].outcome, "%s", cases[i].bytes);
    }
}

Test(outcome, a_look_up_is_ok_with_a_balance_and_refused_without_a_member)
{
    struct reply reply = scanned("*2\r\n$2\r\nOK\r\n:1000\r\n");
    cr_assert_eq(outcome_of_lookup(&reply), OUTCOME_LOOKUP_OK);
    reply = scanned("*1\r\n$14\r\nUNKNOWN_MEMBER\r\n");
    cr_assert_eq(outcome_of_lookup(&reply), OUTCOME_LOOKUP_REFUSED);
    reply = scanned("$4\r\n1000\r\n");
    cr_assert_eq(outcome_of_lookup(&reply), OUTCOME_LOOKUP_OK);
    reply = scanned("$-1\r\n");
    cr_assert_eq(outcome_of_lookup(&reply), OUTCOME_LOOKUP_REFUSED);
    reply = scanned("-ERR\r\n");
    cr_assert_eq(outcome_of_lookup(&reply), OUTCOME_ERROR);
}

Test(words, are_counted_by_their_first_and_keep_a_sample)
{
    static struct words words, more;
    words_add(&words, span_of("BUSY too many"), 1);
    words_add(&words, span_of("ERR"), 1);
    words_add(&more, span_of("BUSY still"), 2);
    words_merge(&words, &more);
    cr_assert_eq(words.count, 2u);
    cr_assert_str_eq(words.entries[0].text, "BUSY");
    cr_assert_str_eq(words.entries[0].sample, "BUSY too many");
    cr_assert_eq(words.entries[0].times, 3u);
}

Test(words, beyond_the_table_go_into_its_last_entry)
{
    static struct words words;
    for (int i = 0; i < 40; i++) {
        char word[16];
        snprintf(word, sizeof word, "W%d", i);
        words_add(&words, span_of(word), 1);
    }
    uint64_t times = 0;
    for (size_t i = 0; i < words.count; i++)
        times += words.entries[i].times;
    cr_assert_eq(words.count, (size_t)WORDS_MAX);
    cr_assert_eq(times, 40u);
}
