/* utf8.c -- one sequence after the other. */
#include "net/utf8.h"

#include "engine/bug.h"

uint32_t utf8_length(const char *bytes, uint32_t left)
{
    ASSERT(left > 0);
    const unsigned char *at = (const unsigned char *)bytes;
    if (at[0] < 0x80) {
        return 1;
    }
    uint32_t length = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (at[0] < 0xc2 || at[0] > 0xf4 || length > left) {
        return 0;
    }
    for (uint32_t next = 1; next < length; next++) {
        if ((at[next] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool surrogate = at[0] == 0xed && at[1] > 0x9f;
    bool beyond = at[0] == 0xf4 && at[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : length;
}

bool utf8_is_clean_of(struct text text)
{
    for (uint32_t at = 0; at < text.length;) {
        uint32_t length = utf8_length(text.data + at, text.length - at);
        if (length == 0 || utf8_is_control(text.data + at)) {
            return false;
        }
        at += length;
    }
    return true;
}
