/* fuzz_resp.c -- any bytes, in any pieces: the same requests come out as in one piece.
 *
 *     byte 0      seed of the splits
 *     byte 1      limits: bit 0 a stranger's, else a client's
 *     byte 2 ..   what the socket gives
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "engine/bug.h"
#include "net/resp.h"

/* What came of a stream: equal for equal requests, whatever the pieces. */
struct verdict {
    uint64_t hash;                    /* of all requests in order */
    uint32_t requests;                /* consumed */
    size_t consumed;                  /* bytes of them */
    char problem[RESP_PROBLEM_BYTES]; /* "": the stream is not bad, so far */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void note(struct verdict *verdict, const struct resp_request *request,
                 const struct resp_limits *limits)
{
    ASSERT(request->count <= limits->arguments_max);
    for (uint32_t at = 0; at < request->count; at++) {
        struct text argument = request->arguments[at];
        ASSERT(argument.length <= limits->bulk_bytes_max ||
               argument.length <= limits->inline_bytes_max);
        verdict->hash = XXH3_64bits_withSeed(argument.data, argument.length,
                                             verdict->hash + argument.length);
    }
    verdict->hash = verdict->hash * 31 + request->count;
    verdict->requests++;
}

/* Takes all whole requests of what has come. Returns the bytes of them. */
static size_t take(char *bytes, size_t length, const struct resp_limits *limits,
                   struct verdict *verdict)
{
    struct resp_request request;
    size_t at = 0;
    size_t consumed = 0;
    const char *problem = NULL;
    enum resp_status status = RESP_MORE;
    while (at < length && (status = resp_parse(bytes + at, length - at, limits, &request, &consumed,
                                               &problem)) == RESP_CONSUMED) {
        ASSERT(consumed > 0 && consumed <= length - at);
        note(verdict, &request, limits);
        verdict->consumed += consumed;
        at += consumed;
    }
    if (status == RESP_BAD) {
        ASSERT(problem != NULL && problem[0] != '\0');
        ASSERT(strlen(problem) < sizeof(verdict->problem));
        memcpy(verdict->problem, problem, strlen(problem) + 1);
    }
    return at;
}

/* Reads the stream in pieces: `seed` 0 gives it whole. Each time, what is not consumed is copied to
 * memory of exactly its size, so that a read past its end is found. */
static struct verdict read_stream(const uint8_t *data, size_t size,
                                  const struct resp_limits *limits, uint32_t seed)
{
    struct verdict verdict = {0};
    char *bytes = NULL; /* those from `at` on are not consumed yet */
    size_t length = 0;
    size_t at = 0;
    size_t given = 0;
    uint32_t state = seed;
    while (given < size && verdict.problem[0] == '\0') {
        state = state * 1664525U + 1013904223U;
        size_t piece = seed == 0 ? size : 1 + (state >> 16) % 16;
        piece = piece > size - given ? size - given : piece;
        size_t kept = length - at;
        char *more = malloc(kept + piece);
        ASSERT(more != NULL);
        if (kept > 0) {
            memcpy(more, bytes + at, kept);
        }
        memcpy(more + kept, data + given, piece);
        free(bytes);
        bytes = more;
        length = kept + piece;
        given += piece;
        at = take(bytes, length, limits, &verdict);
    }
    free(bytes);
    return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    static const struct resp_limits strangers = {4, 16, 64};
    static const struct resp_limits clients = {RESP_ARGUMENTS_MAX, 65536, 65536};
    const struct resp_limits *limits = (data[1] & 1) != 0 ? &strangers : &clients;
    struct verdict whole = read_stream(data + 2, size - 2, limits, 0);
    struct verdict pieces = read_stream(data + 2, size - 2, limits, data[0] + 1U);
    ASSERT(whole.requests == pieces.requests);
    ASSERT(whole.consumed == pieces.consumed);
    ASSERT(whole.hash == pieces.hash);
    ASSERT(strcmp(whole.problem, pieces.problem) == 0);
    return 0;
}
