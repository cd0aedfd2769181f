/* code.c -- coupon codes: there and back, forgiving to read, hopeless to guess. */
#include "engine/code.h"

#include <criterion/criterion.h>

#include "tests/lib/dice.h"

static const char symbols[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static struct code_keys keys;

static void begin(void)
{
    uint64_t dice = 4711;
    for (uint32_t key = 0; key < CODE_KEYS; key++) {
        for (uint32_t byte = 0; byte < CODE_KEY_BYTES; byte++) {
            keys.keys[key][byte] = (uint8_t)dice_roll(&dice);
        }
        keys.live[key] = true;
    }
    keys.shard = 5;
}

TestSuite(code, .init = begin);

static bool reads(const char *code, uint32_t key, uint64_t serial)
{
    uint32_t found_key = 99;
    uint64_t found = 0;
    return code_read(&keys, text_of(code), &found_key, &found) && found_key == key &&
           found == serial;
}

static bool refused(const char *code)
{
    uint32_t key;
    uint64_t serial;
    return !code_read(&keys, text_of(code), &key, &serial);
}

Test(code, every_serial_is_read_back_under_every_key_and_shard)
{
    static const uint64_t serials[] = {
        0, 1, 2, 31, 32, 1000000007, (1ULL << 35) + 1, CODE_SERIAL_MAX - 1, CODE_SERIAL_MAX};
    static const uint32_t shards[] = {0, 1, 5, 512, 1023};
    char code[CODE_BYTES + 1] = {0};
    for (uint32_t key = 0; key < CODE_KEYS; key++) {
        for (size_t shard = 0; shard < sizeof(shards) / sizeof(shards[0]); shard++) {
            keys.shard = shards[shard];
            for (size_t at = 0; at < sizeof(serials) / sizeof(serials[0]); at++) {
                code_write(&keys, key, serials[at], code);
                cr_assert(reads(code, key, serials[at]), "%s", code);
            }
        }
    }
    keys.shard = 5;
    for (uint64_t serial = 1; serial <= 20000; serial++) {
        code_write(&keys, 0, serial, code);
        cr_assert(reads(code, 0, serial), "%s", code);
    }
}

Test(code, a_code_is_twenty_symbols_in_groups_of_four_and_always_the_same)
{
    char code[CODE_BYTES + 1] = {0};
    char again[CODE_BYTES + 1] = {0};
    for (uint64_t serial = 1; serial < 1000; serial++) {
        code_write(&keys, 1, serial, code);
        code_write(&keys, 1, serial, again);
        cr_assert_str_eq(code, again);
        for (size_t at = 0; at < CODE_BYTES; at++) {
            if (at % 5 == 4) {
                cr_assert_eq(code[at], '-');
            } else {
                cr_assert_not_null(strchr(symbols, code[at]), "%s", code);
            }
        }
    }
}

/* Codes are printed on paper: what is issued once must be read for ever. */
Test(code, the_format_has_not_changed)
{
    for (uint32_t byte = 0; byte < CODE_KEY_BYTES; byte++) {
        keys.keys[2][byte] = (uint8_t)byte;
    }
    char code[CODE_BYTES + 1] = {0};
    code_write(&keys, 2, 1, code);
    cr_assert_str_eq(code, "40A2-ZMAX-7JV0-4KM2-WY5C");
    code_write(&keys, 2, 123456789, code);
    cr_assert_str_eq(code, "40BG-3BM5-EYPE-8362-T2BR");
}

Test(code, it_is_read_in_any_case_with_or_without_hyphens)
{
    char code[CODE_BYTES + 1] = {0};
    for (uint64_t serial = 1; serial <= 500; serial++) {
        code_write(&keys, 0, serial, code);
        char lower[CODE_BYTES + 1] = {0};
        char bare[CODE_BYTES + 1] = {0};
        char spread[3 * CODE_BYTES] = "--";
        char look_alike[CODE_BYTES + 1] = {0};
        size_t bare_length = 0;
        size_t spread_length = 2;
        for (size_t at = 0; at < CODE_BYTES; at++) {
            char c = code[at];
            lower[at] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
            look_alike[at] = c == '0' ? "oO"[at % 2] : c == '1' ? "iIlL"[at % 4] : c;
            if (c != '-') {
                bare[bare_length++] = c;
                spread[spread_length++] = c;
                spread[spread_length++] = '-';
            }
        }
        cr_assert(reads(lower, 0, serial), "%s", lower);
        cr_assert(reads(bare, 0, serial), "%s", bare);
        cr_assert(reads(spread, 0, serial), "%s", spread);
        cr_assert(reads(look_alike, 0, serial), "%s", look_alike);
    }
}

Test(code, each_change_of_a_single_symbol_is_refused)
{
    char code[CODE_BYTES + 1] = {0};
    for (uint64_t serial = 1; serial <= 20; serial++) {
        code_write(&keys, 0, serial, code);
        for (size_t at = 0; at < CODE_BYTES; at++) {
            char right = code[at];
            for (size_t symbol = 0; right != '-' && symbol < 32; symbol++) {
                code[at] = symbols[symbol];
                cr_assert_eq(refused(code), symbols[symbol] != right, "%s", code);
            }
            code[at] = right;
        }
    }
}

Test(code, two_symbols_changed_places_are_refused)
{
    char code[CODE_BYTES + 1] = {0};
    code_write(&keys, 0, 77, code);
    for (size_t a = 0; a < CODE_BYTES; a++) {
        for (size_t b = a + 1; b < CODE_BYTES; b++) {
            if (code[a] == '-' || code[b] == '-' || code[a] == code[b]) {
                continue;
            }
            char wrong[CODE_BYTES + 1];
            memcpy(wrong, code, sizeof(wrong));
            wrong[a] = code[b];
            wrong[b] = code[a];
            cr_assert(refused(wrong), "%s", wrong);
        }
    }
}

Test(code, what_cannot_be_a_code_is_refused)
{
    static const char *const wrong[] = {
        "",
        "-",
        "----",
        "0",
        "0000-0000-0000-0000-000",
        "0000-0000-0000-0000-00000",
        "00000000000000000000",
        "000000000000000000000",
        "UUUU-UUUU-UUUU-UUUU-UUUU",
        "0000-0000-0000-0000-000U",
        "0000-0000-0000-0000-000u",
        "0000 0000 0000 0000 0000",
        "0000-0000-0000-0000-000!",
        "0000-0000-0000-0000-000\n",
        "0000-0000-0000-0000-00\xc3\xa4",
        "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ",
        "[[[[-0000-0000-0000-0000",
        "@@@@-0000-0000-0000-0000",
        "{{{{-````-0000-0000-0000",
    };
    for (size_t at = 0; at < sizeof(wrong) / sizeof(wrong[0]); at++) {
        cr_assert(refused(wrong[at]), "%s", wrong[at]);
    }
    uint32_t key;
    uint64_t serial;
    char code[CODE_BYTES];
    code_write(&keys, 0, 1, code);
    code[3] = '\0'; /* a NUL is no symbol, though it ends the list of them */
    cr_assert_not(code_read(&keys, (struct text){code, CODE_BYTES}, &key, &serial));
    cr_assert_not(code_read(&keys, (struct text){NULL, 0}, &key, &serial));
}

Test(code, a_right_code_with_a_symbol_more_or_less_is_refused)
{
    char code[CODE_BYTES + 2] = {0};
    code_write(&keys, 0, 9, code);
    code[CODE_BYTES] = '0';
    cr_assert(refused(code));
    code[CODE_BYTES] = '-';
    cr_assert(reads(code, 0, 9));
    code[CODE_BYTES - 1] = '\0';
    cr_assert(refused(code));
}

Test(code, a_key_that_is_not_live_opens_nothing)
{
    char code[CODE_BYTES + 1] = {0};
    code_write(&keys, 3, 9, code);
    cr_assert(reads(code, 3, 9));
    keys.live[3] = false;
    cr_assert(refused(code));
    keys.live[3] = true;
    keys.keys[3][0] ^= 1; /* another tag key */
    cr_assert(refused(code));
    keys.keys[3][0] ^= 1;
    keys.keys[3][CODE_KEY_BYTES - 1] ^= 1; /* another mask key */
    cr_assert(refused(code));
    keys.keys[3][CODE_KEY_BYTES - 1] ^= 1;
    cr_assert(reads(code, 3, 9));
}

Test(code, the_code_of_another_shard_is_not_ours)
{
    char code[CODE_BYTES + 1] = {0};
    code_write(&keys, 0, 9, code);
    keys.shard = 6;
    cr_assert(refused(code));
}

/* Of 50 bits that are random, neighbours share about half of 100; a counter would share nearly all. */
Test(code, neighbours_look_unrelated)
{
    char before[CODE_BYTES + 1] = {0};
    char code[CODE_BYTES + 1] = {0};
    uint32_t same = 0;
    uint32_t rising = 0;
    code_write(&keys, 0, 1, before);
    for (uint64_t serial = 2; serial <= 1001; serial++) {
        code_write(&keys, 0, serial, code);
        for (size_t at = 3; at < CODE_BYTES; at++) { /* the first three show key id and shard */
            same += code[at] != '-' && code[at] == before[at];
        }
        rising += strcmp(code, before) > 0;
        memcpy(before, code, sizeof(before));
    }
    /* 17 symbols, each alike once in 32: 531 expected; and half of the steps go up */
    cr_assert(same > 400 && same < 670, "%u symbols alike", same);
    cr_assert(rising > 400 && rising < 600, "%u of 1000 went up", rising);
}
