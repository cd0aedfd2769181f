/* utf8.c -- what is text and what is not. */
#include "net/utf8.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const struct {
    const char *bytes;
    uint32_t length; /* of the whole */
    bool well_formed;
    bool clean;
} rows[] = {
    /* clang-format off */
    {"", 0, true, true},
    {"a", 1, true, true},
    {" ~", 2, true, true},
    {"1234567", 7, true, true},
    {"12345678", 8, true, true},
    {"123456789", 9, true, true},
    {"\xc2\xa0", 2, true, true},                /* U+00A0, the first behind C1 */
    {"\xdf\xbf", 2, true, true},                /* U+07FF */
    {"\xe0\xa0\x80", 3, true, true},            /* U+0800 */
    {"\xe4\xbc\x98\xe6\x83\xa0", 6, true, true},
    {"\xed\x9f\xbf", 3, true, true},            /* U+D7FF, the last before the surrogates */
    {"\xee\x80\x80", 3, true, true},            /* U+E000, the first behind them */
    {"\xef\xbf\xbf", 3, true, true},            /* U+FFFF */
    {"\xf0\x90\x80\x80", 4, true, true},        /* U+10000 */
    {"\xf4\x8f\xbf\xbf", 4, true, true},        /* U+10FFFF, the last */
    {"12345678\xe4\xbc\x98" "1234567890", 21, true, true},
    /* control characters */
    {"\0", 1, true, false},
    {"\x1f", 1, true, false},
    {"\x7f", 1, true, false},
    {"\xc2\x80", 2, true, false},               /* U+0080, the first of C1 */
    {"\xc2\x85", 2, true, false},               /* NEL */
    {"\xc2\x9f", 2, true, false},               /* U+009F, the last */
    {"1234567\n", 8, true, false},
    {"\x7f" "2345678", 8, true, false},
    {"12345678\t", 9, true, false},
    {"12345678\xc2\x80", 10, true, false},
    /* not UTF-8 */
    {"\x80", 1, false, false},                  /* a continuation alone */
    {"\xbf", 1, false, false},
    {"\xc0\x80", 2, false, false},              /* overlong U+0000 */
    {"\xc1\xbf", 2, false, false},              /* overlong U+007F */
    {"\xe0\x80\x80", 3, false, false},          /* overlong */
    {"\xe0\x9f\xbf", 3, false, false},          /* overlong U+07FF */
    {"\xf0\x80\x80\x80", 4, false, false},
    {"\xf0\x8f\xbf\xbf", 4, false, false},      /* overlong U+FFFF */
    {"\xed\xa0\x80", 3, false, false},          /* U+D800, a surrogate */
    {"\xed\xbf\xbf", 3, false, false},          /* U+DFFF */
    {"\xf4\x90\x80\x80", 4, false, false},      /* U+110000 */
    {"\xf5\x80\x80\x80", 4, false, false},
    {"\xfe", 1, false, false},
    {"\xff", 1, false, false},
    {"\xc2", 1, false, false},                  /* cut off */
    {"\xe4\xbc", 2, false, false},
    {"\xe4", 1, false, false},
    {"\xf0\x90\x80", 3, false, false},
    {"\xc2" "a", 2, false, false},              /* followed by no continuation */
    {"\xe4" "a\x98", 3, false, false},
    {"\xe4\xbc" "a", 3, false, false},
    {"\xf0\x90\x80" "a", 4, false, false},
    {"\xe4\xbc\xd8", 3, false, false},
    {"12345678\xc2", 9, false, false},
    {"1234567\x80", 8, false, false},
    /* clang-format on */
};

/* Copies a row's bytes to memory of exactly their size, so that a read past the end is found. */
static struct text exact(size_t row)
{
    char *bytes = malloc(rows[row].length == 0 ? 1 : rows[row].length);
    cr_assert_not_null(bytes);
    memcpy(bytes, rows[row].bytes, rows[row].length);
    return (struct text){bytes, rows[row].length};
}

static bool is_well_formed(struct text text)
{
    for (uint32_t at = 0, length; at < text.length; at += length) {
        length = utf8_length(text.data + at, text.length - at);
        if (length == 0) {
            return false;
        }
    }
    return true;
}

Test(utf8, text_is_told_from_what_is_none)
{
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        struct text text = exact(row);
        cr_expect_eq(is_well_formed(text), rows[row].well_formed, "row %zu", row);
        cr_expect_eq(utf8_is_clean(text), rows[row].clean, "row %zu", row);
        cr_expect_eq(utf8_is_clean_of(text), rows[row].clean, "row %zu", row);
        free((char *)(uintptr_t)text.data);
    }
}

/* Bytes are looked at by eights and sixteens, the last ones twice: every byte, in every place of every length. */
Test(utf8, words_of_bytes_are_judged_as_single_ones)
{
    for (uint32_t length = 1; length < 50; length++) {
        char *bytes = malloc(
            length); /* of exactly this size, so that a read past the end is found */
        cr_assert_not_null(bytes);
        memset(bytes, 'a', length);
        struct text text = {bytes, length};
        for (uint32_t place = 0; place < length; place++) {
            for (int value = 0; value < 256; value++) {
                bytes[place] = (char)value;
                cr_assert_eq(utf8_is_clean(text), utf8_is_clean_of(text), "%u %u %d", length, place,
                             value);
                cr_assert_eq(utf8_is_ascii(text), value >= 0x20 && value < 0x7f, "%u %u %d", length,
                             place, value);
            }
            bytes[place] = 'a';
        }
        free(bytes);
    }
}

Test(utf8, a_control_character_is_found_wherever_it_stands)
{
    static const char *const controls[] = {"\x01", "\x1f", "\x7f", "\xc2\x80", "\xc2\x9f"};
    for (uint32_t before = 0; before < 20; before++) {
        for (size_t which = 0; which < sizeof(controls) / sizeof(controls[0]); which++) {
            char bytes[32];
            memset(bytes, 'a', sizeof(bytes));
            cr_assert(utf8_is_clean((struct text){bytes, sizeof(bytes)}));
            memcpy(bytes + before, controls[which], strlen(controls[which]));
            cr_assert_not(utf8_is_clean((struct text){bytes, sizeof(bytes)}), "%u %zu", before,
                          which);
        }
    }
}

/* An independent reading of RFC 3629: decode the number, then write it down again. */
static bool decodes(const unsigned char *bytes, uint32_t length)
{
    static const uint32_t first_of[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t number = length == 2   ? bytes[0] & 0x1fU
                      : length == 3 ? bytes[0] & 0xfU
                                    : bytes[0] & 7U;
    uint32_t head = length == 2 ? 0xc0U : length == 3 ? 0xe0U : 0xf0U;
    uint32_t head_mask = length == 2 ? 0xe0U : length == 3 ? 0xf0U : 0xf8U;
    if ((bytes[0] & head_mask) != head) {
        return false;
    }
    for (uint32_t at = 1; at < length; at++) {
        if (bytes[at] >> 6 != 2) {
            return false;
        }
        number = number << 6 | (bytes[at] & 0x3fU);
    }
    return number >= first_of[length] && number <= 0x10ffff && (number < 0xd800 || number > 0xdfff);
}

Test(utf8, every_sequence_of_up_to_three_bytes_agrees_with_the_standard)
{
    for (uint32_t number = 0; number < 1U << 24; number++) {
        const unsigned char bytes[] = {(unsigned char)(number >> 16), (unsigned char)(number >> 8),
                                       (unsigned char)number};
        uint32_t wanted = bytes[0] < 0x80 ? 1 : decodes(bytes, 2) ? 2 : decodes(bytes, 3) ? 3 : 0;
        if (utf8_length((const char *)bytes, 3) != wanted) {
            cr_assert_eq(utf8_length((const char *)bytes, 3), wanted, "%06x", number);
        }
    }
}
