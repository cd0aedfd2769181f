/* utf8.h -- is it text? UTF-8 as RFC 3629 has it, and nothing that controls a terminal or ends a line.
 *
 * Clean text is well-formed (no overlong form, no surrogate, nothing above U+10FFFF) and holds no
 * control character: C0 (U+0000..U+001F), DEL (U+007F) or C1 (U+0080..U+009F).
 */
#ifndef BOON_NET_UTF8_H
#define BOON_NET_UTF8_H

#include "engine/text.h"

/* Returns the bytes of the well-formed sequence that `bytes` begins with, 1 to 4; 0: it begins with none.
 * `left`, at least 1, is how many bytes there are. */
uint32_t utf8_length(const char *bytes, uint32_t left);

/* Tells whether the sequence at `bytes`, which is well-formed, is a control character. */
static inline bool utf8_is_control(const char *bytes)
{
    unsigned char first = (unsigned char)bytes[0];
    return first < 0x20 || first == 0x7f || (first == 0xc2 && (unsigned char)bytes[1] < 0xa0);
}

/* For utf8_is_clean(): the same from byte `at` on, whatever is there. */
bool utf8_is_clean_from(struct text text, uint32_t at);

/* Tells whether eight bytes are all printable ASCII. */
static inline bool utf8_is_ascii8(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    uint64_t high = 0x8080808080808080ULL;
    uint64_t below_space = word - 0x2020202020202020ULL; /* borrows where a byte is below 0x20 */
    uint64_t above_tilde = word + 0x0101010101010101ULL; /* carries into bit 7 at 0x7f */
    return ((word | below_space | above_tilde) & high) == 0;
}

/* Tells whether the text is clean; an empty one is. Ids are mostly ASCII: that needs no call. The last eight
 * bytes are looked at together, some of them twice. */
static inline bool utf8_is_clean(struct text text)
{
    uint32_t at = 0;
    if (text.length >= 8) {
        while (text.length - at > 8 && utf8_is_ascii8(text.data + at)) {
            at += 8;
        }
        at = text.length - at <= 8 && utf8_is_ascii8(text.data + text.length - 8) ? text.length
                                                                                  : at;
    }
    while (at < text.length && text.data[at] >= 0x20 && text.data[at] < 0x7f) {
        at++;
    }
    return at == text.length || utf8_is_clean_from(text, at);
}

#endif
