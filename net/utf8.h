/* utf8.h -- is it text? UTF-8 as RFC 3629 has it, and nothing that controls a terminal or ends a line.
 *
 * Clean text is well-formed (no overlong form, no surrogate, nothing above U+10FFFF) and holds no
 * control character: C0 (U+0000..U+001F), DEL (U+007F) or C1 (U+0080..U+009F).
 */
#ifndef BOON_NET_UTF8_H
#define BOON_NET_UTF8_H

#include "engine/text.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Returns the bytes of the well-formed sequence that `bytes` begins with, 1 to 4; 0: it begins with none.
 * `left`, at least 1, is how many bytes there are. */
uint32_t utf8_length(const char *bytes, uint32_t left);

/* Tells whether the sequence at `bytes`, which is well-formed, is a control character. */
static inline bool utf8_is_control(const char *bytes)
{
    unsigned char first = (unsigned char)bytes[0];
    return first < 0x20 || first == 0x7f || (first == 0xc2 && (unsigned char)bytes[1] < 0xa0);
}

/* For utf8_is_clean(): the same, whatever is in it. */
bool utf8_is_clean_of(struct text text);

/* Tells whether the eight bytes of a word are all printable ASCII. */
static inline bool utf8_is_ascii8(uint64_t word)
{
    uint64_t high = 0x8080808080808080ULL;
    uint64_t below_space = word - 0x2020202020202020ULL; /* borrows where a byte is below 0x20 */
    uint64_t above_tilde = word + 0x0101010101010101ULL; /* carries into bit 7 at 0x7f */
    return ((word | below_space | above_tilde) & high) == 0;
}

/* The same of sixteen bytes, where they lie. */
static inline bool utf8_is_ascii16(const char *bytes)
{
#if defined(__SSE2__)
    __m128i all = _mm_loadu_si128((const __m128i *)(const void *)bytes);
    /* As signed numbers 0x20 to 0x7e, and no others, are above 0x20 when one is added. */
    __m128i more = _mm_add_epi8(all, _mm_set1_epi8(1));
    return _mm_movemask_epi8(_mm_cmpgt_epi8(more, _mm_set1_epi8(0x20))) == 0xffff;
#else
    return utf8_is_ascii8(text_word(bytes)) && utf8_is_ascii8(text_word(bytes + 8));
#endif
}

/* Tells whether the text is printable ASCII. Its last bytes are looked at together, some of them twice. */
static inline bool utf8_is_ascii(struct text text)
{
    uint32_t at = 0;
    if (text.length >= 16) {
        while (text.length - at > 16 && utf8_is_ascii16(text.data + at)) {
            at += 16;
        }
        return text.length - at <= 16 && utf8_is_ascii16(text.data + text.length - 16);
    }
    if (text.length >= 8) {
        return utf8_is_ascii8(text_word(text.data)) &&
               utf8_is_ascii8(text_word(text.data + text.length - 8));
    }
    if (text.length >= 4) {
        return utf8_is_ascii8(text_ends(text.data, text.length));
    }
    while (at < text.length && text.data[at] >= 0x20 && text.data[at] < 0x7f) {
        at++;
    }
    return at == text.length;
}

/* Tells whether the text is clean; an empty one is. Ids are mostly ASCII: that needs no call. */
static inline bool utf8_is_clean(struct text text)
{
    return __builtin_expect(utf8_is_ascii(text), 1) || utf8_is_clean_of(text);
}

#endif
