/* outcome.h -- what a request came to: a business answer, an error, or no answer. */
#ifndef LOADTEST_OUTCOME_H
#define LOADTEST_OUTCOME_H

#include "reply.h"

enum outcome {
#define OUTCOME(symbol, name, word, colour) OUTCOME_##symbol,
#include "outcomes.def"
#undef OUTCOME
    OUTCOME_COUNT
};

/* Return the name used in tables and JSON. */
const char *outcome_name(enum outcome outcome);

/* Return the CSS class that gives the outcome its colour. */
const char *outcome_colour(enum outcome outcome);

/* Tell claims' answers from look-ups' and from errors. */
bool outcome_is_claim(enum outcome outcome);
bool outcome_is_error(enum outcome outcome);

/* Judge the reply to a COUPON.CLAIM or to the peer's claim script. */
enum outcome outcome_of_claim(const struct reply *reply);

/* Judge the reply to a balance look-up: ["OK", n], the peer's plain value, or a refusal. */
enum outcome outcome_of_lookup(const struct reply *reply);

#define WORDS_MAX 16
#define WORD_BYTES_MAX 32
#define WORD_SAMPLE_MAX 120

/* The first words of errors, or of refusals without a line of their own, and how often each came.
 * The last entry takes what does not fit. */
struct words {
    size_t count;
    struct word {
        char text[WORD_BYTES_MAX];
        char sample[WORD_SAMPLE_MAX]; /* the first whole sentence that began with it */
        uint64_t times;
    } entries[WORDS_MAX];
};

/* Count a sentence under its first word. */
void words_add(struct words *words, struct span sentence, uint64_t times);

/* Add all that `from` has counted. */
void words_merge(struct words *into, const struct words *from);

#endif
