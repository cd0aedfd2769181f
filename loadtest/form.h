/* form.h -- a request with blanks, so that the hot path copies bytes and formats nothing.
 *
 *     *3 $12 COUPON.CLAIM $16 <member> $6 sale-0
 *     └──── literal ────────┘ └ blank ┘ └literal┘
 *
 * A blank takes the member's bytes as they are given to form_write(): the bare id when all ids
 * have one length, which then stands in the literal before it; else the id with its own header and
 * line end. The other blank takes a request id of exactly FORM_ID_BYTES. */
#ifndef LOADTEST_FORM_H
#define LOADTEST_FORM_H

#include "span.h"

#include <stdint.h>

#define FORM_ID_BYTES 25 /* eight digits of the run, '-', sixteen of the request */
#define FORM_PARTS_MAX 8

enum form_blank { BLANK_NONE, BLANK_MEMBER, BLANK_ID };

struct form {
    size_t count;
    struct form_part {
        uint32_t from, length; /* of the literal, in text */
        enum form_blank blank; /* what stands behind it */
    } parts[FORM_PARTS_MAX];
    char *text;
    size_t text_used, text_room;
    uint32_t member_bytes; /* fixed length of a bare member id; 0: it brings its header */
};

/* Begin a request of `words` words. member_bytes as above. */
void form_init(struct form *form, size_t words, uint32_t member_bytes);
void form_deinit(struct form *form);

/* Append a literal word, the member, or a word made of a prefix and then a blank. */
void form_word(struct form *form, const char *word);
void form_member(struct form *form);
void form_member_behind(struct form *form, const char *prefix);
void form_id_behind(struct form *form, const char *prefix);

/* Return the most bytes form_write() may need for members of up to member_bytes_max. */
size_t form_bytes_max(const struct form *form, size_t member_bytes_max);

/* Write the request; returns its length. */
size_t form_write(const struct form *form, char *out, struct span member, const char *id);

#endif
