/* form.c -- numbers into forms. */
#include "tests/instructions/form.h"

#include <stdio.h>
#include <string.h>

#include "engine/bug.h"

#define DIGITS 8

static void append(struct form *form, const char *bytes, size_t length)
{
    ASSERT(length <= sizeof(form->bytes) - form->length);
    memcpy(form->bytes + form->length, bytes, length);
    form->length += length;
}

static void append_header(struct form *form, char mark, size_t number)
{
    char header[24];
    append(form, header, (size_t)snprintf(header, sizeof(header), "%c%zu\r\n", mark, number));
}

void form_request(struct form *form, const char *words)
{
    size_t count = 1;
    for (const char *at = words; *at != '\0'; at++) {
        count += *at == ' ' ? 1 : 0;
    }
    form->length = 0;
    append_header(form, '*', count);
    while (count-- > 0) {
        size_t length = strcspn(words, " ");
        append_header(form, '$', length);
        append(form, words, length);
        append(form, "\r\n", 2);
        words += length + 1;
    }
}

void form_answer(struct form *form, const char *bytes)
{
    form->length = 0;
    append(form, bytes, strlen(bytes));
}

size_t form_fill(const struct form *form, uint32_t number, char *out)
{
    memcpy(out, form->bytes, form->length);
    for (size_t at = 0; at < form->length; at++) {
        if (out[at] == '#') {
            uint32_t rest = number;
            for (size_t digit = DIGITS; digit-- > 0; rest /= 10) {
                out[at + digit] = (char)('0' + rest % 10);
            }
            at += DIGITS - 1;
        }
    }
    return form->length;
}

bool form_fits(const char *came, const char *expected, size_t length)
{
    for (size_t at = 0; at < length; at++) {
        if (came[at] != expected[at] && expected[at] != '?') {
            return false;
        }
    }
    return true;
}
