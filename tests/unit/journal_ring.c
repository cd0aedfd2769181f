/* journal_ring.c -- whatever its batches' sizes, the newest are in the ring, whole, and no others. */
#include "net/journal_ring.h"

#include <criterion/criterion.h>
#include <string.h>

static struct ring ring;

static void begin(void)
{
    memset(&ring, 0, sizeof(ring));
    cr_assert(ring_init(&ring));
}

static void end(void)
{
    ring_deinit(&ring);
    cr_assert_null(ring.bytes);
}

TestSuite(journal_ring, .init = begin, .fini = end);

/* Pushes a batch whose bytes tell its number. */
static void push(uint64_t number, size_t length)
{
    static uint8_t bytes[BATCH_BYTES_MAX];
    memset(bytes, (int)(number % 251), length);
    ring_push(&ring, number, number * 3, bytes, length);
}

static void assert_has(uint64_t number, size_t length)
{
    const struct ring_batch *batch = ring_find(&ring, number);
    cr_assert_not_null(batch, "batch %lu", (unsigned long)number);
    cr_assert_eq(batch->number, number);
    cr_assert_eq(batch->chain, number * 3);
    cr_assert_eq(batch->length, length);
    const uint8_t *bytes = ring_bytes(&ring, batch);
    for (size_t at = 0; at < length; at++) {
        cr_assert_eq(bytes[at], number % 251);
    }
}

Test(journal_ring, an_empty_one_has_nothing)
{
    cr_assert_null(ring_find(&ring, 0));
    cr_assert_null(ring_find(&ring, 1));
}

Test(journal_ring, what_was_pushed_is_found_and_nothing_beside_it)
{
    push(7, 100);
    push(8, 200);
    push(9, 0);
    assert_has(7, 100);
    assert_has(8, 200);
    assert_has(9, 0);
    cr_assert_null(ring_find(&ring, 6));
    cr_assert_null(ring_find(&ring, 10));
}

Test(journal_ring, no_more_than_so_many_batches_are_kept)
{
    for (uint64_t number = 1; number <= RING_BATCHES + 10; number++) {
        push(number, 80);
    }
    cr_assert_null(ring_find(&ring, 10));
    assert_has(11, 80);
    assert_has(RING_BATCHES + 10, 80);
}

Test(journal_ring, no_more_than_so_many_bytes_are_kept)
{
    for (uint64_t number = 1; number <= 5; number++) {
        push(number, BATCH_BYTES_MAX);
    }
    cr_assert_null(ring_find(&ring, 1));
    for (uint64_t number = 2; number <= 5; number++) {
        assert_has(number, BATCH_BYTES_MAX);
    }
    push(6, 1);
    cr_assert_null(ring_find(&ring, 2), "the ring goes round");
    assert_has(3, BATCH_BYTES_MAX);
    assert_has(6, 1);
}

Test(journal_ring, whatever_the_sizes_the_newest_are_whole_and_hardly_room_is_wasted)
{
    static size_t lengths[3001];
    uint64_t random = 1;
    for (uint64_t number = 1; number <= 3000; number++) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        size_t most = (random >> 60) == 0 ? BATCH_BYTES_MAX : 20000;
        lengths[number] = (size_t)(random >> 33) % most;
        push(number, lengths[number]);
        uint64_t oldest = number;
        size_t bytes = lengths[number];
        while (oldest > 1 && ring_find(&ring, oldest - 1) != NULL) {
            bytes += lengths[--oldest];
        }
        cr_assert(oldest == 1 || bytes + lengths[oldest - 1] > RING_BYTES - 2 * BATCH_BYTES_MAX);
        if (number % 500 == 0) {
            for (uint64_t kept = oldest; kept <= number; kept++) {
                assert_has(kept, lengths[kept]);
            }
        }
    }
}
