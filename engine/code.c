/* code.c -- serial numbers to coupon codes and back. */
#include "engine/code.h"

#include <sodium/crypto_shorthash.h>

#include "engine/bug.h"
#include "engine/bytes.h"
#include "engine/limits.h"

#define SYMBOLS 20U
#define TAG_BITS 50U
#define SERIAL_BITS 36U

_Static_assert(crypto_shorthash_KEYBYTES == CODE_KEY_BYTES / 2, "one half is one SipHash key");
_Static_assert(crypto_shorthash_BYTES == 8, "SipHash gives 64 bits");

static const char symbols[33] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Every two symbols, so that a code is ten look-ups: first symbol, then second, "00" "01" … "ZZ". */
#define PAIRS(first)                                                                               \
    first "0" first "1" first "2" first "3" first "4" first "5" first "6" first "7" first          \
          "8" first "9" first "A" first "B" first "C" first "D" first "E" first "F" first          \
          "G" first "H" first "J" first "K" first "M" first "N" first "P" first "Q" first          \
          "R" first "S" first "T" first "V" first "W" first "X" first "Y" first "Z"
static const char pairs[] = PAIRS("0") PAIRS("1") PAIRS("2") PAIRS("3") PAIRS("4") PAIRS("5")
    PAIRS("6") PAIRS("7") PAIRS("8") PAIRS("9") PAIRS("A") PAIRS("B") PAIRS("C") PAIRS("D")
        PAIRS("E") PAIRS("F") PAIRS("G") PAIRS("H") PAIRS("J") PAIRS("K") PAIRS("M") PAIRS("N")
            PAIRS("P") PAIRS("Q") PAIRS("R") PAIRS("S") PAIRS("T") PAIRS("V") PAIRS("W") PAIRS("X")
                PAIRS("Y") PAIRS("Z");
_Static_assert(sizeof(pairs) == 2 * 32 * 32 + 1, "every two symbols");

static uint64_t siphash(const uint8_t *key, uint64_t value)
{
    uint8_t in[8];
    uint8_t out[8];
    bytes_put_u64(in, value);
    int failed = crypto_shorthash(out, in, sizeof(in), key);
    ASSERT(failed == 0);
    return bytes_get_u64(out);
}

static uint64_t tag_of(const uint8_t *key, uint32_t key_id, uint32_t shard, uint64_t serial)
{
    uint64_t head = ((uint64_t)key_id << 10 | shard) << SERIAL_BITS;
    return siphash(key, head | serial) >> (64 - TAG_BITS);
}

static uint64_t mask_of(const uint8_t *key, uint64_t tag)
{
    return siphash(key + CODE_KEY_BYTES / 2, tag) >> (64 - SERIAL_BITS);
}

void code_write(const struct code_keys *keys, uint32_t key_id, uint64_t serial, char *code)
{
    ASSERT(key_id < CODE_KEYS && keys->live[key_id]);
    ASSERT(serial <= CODE_SERIAL_MAX);
    const uint8_t *key = keys->keys[key_id];
    uint64_t tag = tag_of(key, key_id, keys->shard, serial);
    uint64_t masked = serial ^ mask_of(key, tag);
    /* 50 bits of head and serial, then 50 bits of tag: ten symbols each. */
    uint64_t halves[2] = {((uint64_t)key_id << 10 | keys->shard) << SERIAL_BITS | masked, tag};
    static const uint8_t places[SYMBOLS / 2] = {0, 2, 5, 7, 10, 12, 15, 17, 20, 22};
#pragma GCC unroll 10
    for (uint32_t pair = 0; pair < SYMBOLS / 2; pair++) {
        uint32_t shift = 40 - pair % 5 * 10;
        memcpy(code + places[pair], &pairs[(halves[pair / 5] >> shift & 1023) * 2], 2);
    }
    code[4] = code[9] = code[14] = code[19] = '-';
}

/* Returns a symbol's five bits, or -1. */
static int symbol_value(char c)
{
    if (c >= 'a' && c <= 'z') {
        c = (char)(c - 'a' + 'A');
    }
    if (c == 'I' || c == 'L') {
        return 1;
    }
    if (c == 'O') {
        return 0;
    }
    const char *found = c == '\0' ? NULL : strchr(symbols, c);
    return found == NULL ? -1 : (int)(found - symbols);
}

bool code_read(const struct code_keys *keys, struct text code, uint32_t *key_id, uint64_t *serial)
{
    uint64_t halves[2] = {0, 0};
    uint32_t count = 0;
    for (uint32_t at = 0; at < code.length; at++) {
        if (code.data[at] == '-') {
            continue;
        }
        int value = symbol_value(code.data[at]);
        if (value < 0 || count == SYMBOLS) {
            return false;
        }
        halves[count / 10] = halves[count / 10] << 5 | (uint64_t)value;
        count++;
    }
    if (count != SYMBOLS) {
        return false;
    }
    uint32_t id = (uint32_t)(halves[0] >> (SERIAL_BITS + 10));
    uint32_t shard = (uint32_t)(halves[0] >> SERIAL_BITS) & SHARD_MAX;
    /* A key that is not live is all zero and its shard check fails just as late: same time for all. */
    const uint8_t *key = keys->keys[id];
    uint64_t open = (halves[0] & CODE_SERIAL_MAX) ^ mask_of(key, halves[1]);
    uint64_t difference = tag_of(key, id, shard, open) ^ halves[1];
    if (difference != 0 || !keys->live[id] || shard != keys->shard) {
        return false;
    }
    *key_id = id;
    *serial = open;
    return true;
}
