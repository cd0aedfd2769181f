/* form.h -- a request and its answer as forms, into which a member's number is put.
 *
 *     "COUPON.CLAIM member-######## sale"        ######## is the number, eight digits
 *     "*2\r\n$2\r\nOK\r\n$24\r\n????…\r\n"       a ? is any byte
 *
 * Filled in byte by byte and without printf: this runs under valgrind, too, although nobody counts it.
 */
#ifndef BOON_TESTS_INSTRUCTIONS_FORM_H
#define BOON_TESTS_INSTRUCTIONS_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORM_BYTES_MAX 256U

struct form {
    size_t length;
    char bytes[FORM_BYTES_MAX];
};

/* Makes the form of a request from its words, between which there is one space. */
void form_request(struct form *form, const char *words);

/* Makes the form of an answer from its bytes. */
void form_answer(struct form *form, const char *bytes);

/* Writes the form with this number to `out`, which has FORM_BYTES_MAX of room. Returns its length. */
size_t form_fill(const struct form *form, uint32_t number, char *out);

/* Tells whether what came is what was expected, where a ? is any byte. */
bool form_fits(const char *came, const char *expected, size_t length);

#endif
