/* word.c -- words in any case, and whole numbers. */
#include "net/word.h"

#include <criterion/criterion.h>

#define BYTES(literal)                                                                             \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    } /* a constant, as TEXT() is not */

static const struct {
    struct text text;
    const char *word;
    bool same;
} words[] = {
    /* clang-format off */
    {BYTES("COUPON.CLAIM"), "COUPON.CLAIM", true},
    {BYTES("coupon.claim"), "COUPON.CLAIM", true},
    {BYTES("Coupon.Claim"), "coupon.claim", true},
    {BYTES("PING"), "ping", true},
    {BYTES(""), "", true},
    {BYTES("PIN"), "ping", false},
    {BYTES("PINGS"), "ping", false},
    {BYTES("PONG"), "ping", false},
    {BYTES("ping\0"), "ping", false},
    {BYTES("ping\0more"), "ping\0more", false}, /* the word ends at its NUL */
    {BYTES("\0"), "", false},
    {BYTES(""), "ping", false},
    {BYTES("pin\x87"), "ping", false},
    {BYTES("[@"), "{`", false}, /* no letters: 32 apart, as letters of two cases are */
    /* clang-format on */
};

Test(word, letters_are_the_same_in_any_case_and_nothing_else_is)
{
    for (size_t row = 0; row < sizeof(words) / sizeof(words[0]); row++) {
        cr_expect_eq(word_is(words[row].text, words[row].word), words[row].same, "row %zu", row);
        cr_expect_eq(word_equal(words[row].text, text_of(words[row].word)), words[row].same,
                     "row %zu", row);
    }
}

#define NONE INT64_MIN

static const struct {
    struct text text;
    int64_t number;
} numbers[] = {
    /* clang-format off */
    {BYTES("0"), 0},
    {BYTES("7"), 7},
    {BYTES("-1"), -1},
    {BYTES("999999999999999999"), 999999999999999999},
    {BYTES("-999999999999999999"), -999999999999999999},
    {BYTES("1000000000000000000"), NONE},
    {BYTES("9223372036854775808"), NONE},
    {BYTES(""), NONE},
    {BYTES("-"), NONE},
    {BYTES("-0"), NONE},
    {BYTES("00"), NONE},
    {BYTES("01"), NONE},
    {BYTES("-01"), NONE},
    {BYTES("+1"), NONE},
    {BYTES(" 1"), NONE},
    {BYTES("1 "), NONE},
    {BYTES("1.0"), NONE},
    {BYTES("1e3"), NONE},
    {BYTES("0x1"), NONE},
    {BYTES("1\0"), NONE},
    {BYTES("--1"), NONE},
    {BYTES("1/"), NONE},
    {BYTES("1:"), NONE},
    /* clang-format on */
};

Test(word, whole_numbers_have_one_spelling)
{
    for (size_t row = 0; row < sizeof(numbers) / sizeof(numbers[0]); row++) {
        int64_t number = NONE;
        bool read = word_read_whole(numbers[row].text, &number);
        cr_expect_eq(read, numbers[row].number != NONE, "row %zu", row);
        cr_expect_eq(number, numbers[row].number, "row %zu", row);
    }
}
