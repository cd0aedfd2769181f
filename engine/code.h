/* code.h -- a coupon's code: computed from its serial number, never stored.
 *
 * 100 bits, most significant first, as 20 characters of Crockford base 32 in groups of four:
 *
 *     key id 4 | shard 10 | serial 36, masked | tag 50          7K3D-9Q2M-XW4T-0ABC-DEFG
 *
 *     tag    = first 50 bits of SipHash-2-4(key tag half, key id | shard | serial)
 *     masked = serial XOR first 36 bits of SipHash-2-4(key mask half, tag)
 *
 * The tag authenticates the serial and masks it: a synthetic initialisation vector as in RFC 5297. So
 * the code of a serial is always the same, neighbours share nothing that shows how many were issued,
 * and a guess is refused before any look-up, with 2^-50 odds. Crockford base 32:
 * https://www.crockford.com/base32.html (I, L read as 1, O as 0; U is not used).
 */
#ifndef BOON_ENGINE_CODE_H
#define BOON_ENGINE_CODE_H

#include <stdbool.h>

#include "engine/text.h"

#define CODE_BYTES 24U     /* as written: 20 characters and 4 hyphens */
#define CODE_KEYS 16U      /* key ids 0 to 15 */
#define CODE_KEY_BYTES 32U /* 16 for the tag, 16 for the mask */
#define CODE_SERIAL_MAX ((1ULL << 36) - 1)

struct code_keys {
    uint8_t keys[CODE_KEYS][CODE_KEY_BYTES];
    bool live[CODE_KEYS]; /* codes of these keys are accepted */
    uint32_t shard;       /* 0..1023; codes of other shards are not ours */
};

/* Writes the code of a serial under one key; `code` gets CODE_BYTES bytes, no NUL. */
void code_write(const struct code_keys *keys, uint32_t key_id, uint64_t serial, char *code);

/* Reads a code, hyphens and case as they come. False: not one of ours. */
bool code_read(const struct code_keys *keys, struct text code, uint32_t *key_id, uint64_t *serial)
    __attribute__((warn_unused_result));

#endif
