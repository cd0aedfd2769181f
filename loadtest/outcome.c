/* outcome.c -- judging replies by their first word. */
#include "outcome.h"

#include <stdio.h>

static const struct {
    const char *name;
    struct span word;
    const char *colour;
} outcomes[OUTCOME_COUNT] = {
#define OUTCOME(symbol, name, word, colour) {name, {word, sizeof(word) - 1}, colour},
#include "outcomes.def"
#undef OUTCOME
};

const char *outcome_name(enum outcome outcome)
{
    return outcomes[outcome].name;
}

const char *outcome_colour(enum outcome outcome)
{
    return outcomes[outcome].colour;
}

bool outcome_is_claim(enum outcome outcome)
{
    return outcome <= OUTCOME_REFUSED;
}

bool outcome_is_error(enum outcome outcome)
{
    return outcome >= OUTCOME_ERROR;
}

enum outcome outcome_of_claim(const struct reply *reply)
{
    if (reply->first.kind == REPLY_ERROR || reply->status.kind != REPLY_TEXT)
        return OUTCOME_ERROR;
    for (enum outcome i = OUTCOME_OK; i < OUTCOME_REFUSED; i++) {
        if (span_equal(reply->status.text, outcomes[i].word))
            return i;
    }
    return OUTCOME_REFUSED;
}

enum outcome outcome_of_lookup(const struct reply *reply)
{
    switch (reply->first.kind) {
    case REPLY_ERROR:
        return OUTCOME_ERROR;
    case REPLY_LIST:
        return span_is(reply->status.text, "OK") ? OUTCOME_LOOKUP_OK : OUTCOME_LOOKUP_REFUSED;
    case REPLY_NULL: /* the peer has no such member */
        return OUTCOME_LOOKUP_REFUSED;
    default:
        return OUTCOME_LOOKUP_OK;
    }
}

static struct word *word_of(struct words *words, struct span text, struct span sentence)
{
    for (size_t i = 0; i < words->count; i++) {
        if (span_is(text, words->entries[i].text))
            return &words->entries[i];
    }
    if (words->count == WORDS_MAX)
        return &words->entries[WORDS_MAX - 1];
    struct word *word = &words->entries[words->count++];
    if (words->count == WORDS_MAX)
        text = span_of("(others)");
    *word = (struct word){.times = 0};
    memcpy(word->text, text.bytes, text.length);
    size_t length = sentence.length < WORD_SAMPLE_MAX ? sentence.length : WORD_SAMPLE_MAX - 1;
    memcpy(word->sample, sentence.bytes, length);
    return word;
}

void words_add(struct words *words, struct span sentence, uint64_t times)
{
    if (sentence.length == 0)
        sentence = span_of("(empty)");
    struct span text = sentence;
    const char *space = memchr(text.bytes, ' ', text.length);
    if (space && space > text.bytes)
        text.length = (size_t)(space - text.bytes);
    if (text.length >= WORD_BYTES_MAX)
        text.length = WORD_BYTES_MAX - 1;
    word_of(words, text, sentence)->times += times;
}

void words_merge(struct words *into, const struct words *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct word *word = &from->entries[i];
        word_of(into, span_of(word->text), span_of(word->sample))->times += word->times;
    }
}
