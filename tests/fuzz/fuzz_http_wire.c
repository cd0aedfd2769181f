/* fuzz_http_wire.c -- any bytes, in any pieces: requests end where they end in one piece.
 *
 *     byte 0      seed of the splits
 *     byte 1 ..   what the socket gives
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/bug.h"
#include "net/http_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Shows a piece in a block of its own, so that a byte too far is seen. */
static void read_piece(struct http_wire *wire, const uint8_t *bytes, size_t length)
{
    char *copy = malloc(length);
    ASSERT(copy != NULL);
    memcpy(copy, bytes, length);
    http_wire_read(wire, copy, length);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct http_wire whole = {0};
    struct http_wire pieces = {0};
    uint32_t seed = data[0] + 1U;
    read_piece(&whole, data + 1, size - 1);
    for (size_t at = 1; at < size;) {
        seed = seed * 1103515245U + 12345U;
        size_t length = 1 + (seed >> 16) % 7;
        length = length < size - at ? length : size - at;
        read_piece(&pieces, data + at, length);
        at += length;
    }
    ASSERT(whole.wrong == pieces.wrong && whole.state == pieces.state);
    ASSERT(whole.left == pieces.left && whole.line_length == pieces.line_length);
    ASSERT(whole.cr == pieces.cr && whole.chunked == pieces.chunked);
    ASSERT(whole.wrong == NULL || whole.wrong[0] != '\0');
    return 0;
}
