/* word.c -- numbers. */
#include "net/word.h"

#define DIGITS_MAX 18U /* any such number fits */

bool word_read_whole(struct text text, int64_t *number)
{
    bool negative = text.length > 0 && text.data[0] == '-';
    uint32_t at = negative ? 1 : 0;
    uint32_t digits = text.length - at;
    if (digits == 0 || digits > DIGITS_MAX || (text.data[at] == '0' && (digits > 1 || negative))) {
        return false;
    }
    int64_t value = 0;
    for (; at < text.length; at++) {
        if (text.data[at] < '0' || text.data[at] > '9') {
            return false;
        }
        value = value * 10 + (text.data[at] - '0');
    }
    *number = negative ? -value : value;
    return true;
}
