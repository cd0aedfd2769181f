/* manifest.c -- what is written as a manifest is read as the same manifest, and nothing else is. */
#include <criterion/criterion.h>
#include <xxhash.h>

#include "engine/bytes.h"
#include "net/snapshot.h"

#define WRITTEN_BYTES 152U
#define AT_FORMAT 4
#define AT_LENGTH 6
#define AT_EPOCH 24
#define AT_ZERO 84
#define AT_CHUNKS 96
#define AT_BYTES 104
#define AT_RAW_BYTES 112
#define AT_EVENTS 120

static const struct bytes16 ours = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
static const struct bytes16 theirs = {{16, 15, 14}};

static const struct manifest sample = {
    .stamp = {.journal_id = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
              .epoch = 7,
              .number = 42,
              .seq = 1001,
              .chain = 0xfeedfacecafebeefULL,
              .time_ms = 1700000000123,
              .nonce = {{9, 8, 7}},
              .lease_ms = 1000},
    .made_at_ms = 1700000000456,
    .chunks = 3,
    .bytes = 600000,
    .raw_bytes = 2000000,
    .events = 50000,
    .chunks_hash = 0x1111222233334444ULL,
    .state_hash = 0x5555666677778888ULL,
};

static char message[SNAPSHOT_MESSAGE_BYTES];

/* Gives changed bytes the hash that they should have. */
static void hash_again(uint8_t *bytes, size_t length)
{
    bytes_put_u64(bytes + length - 8, XXH3_64bits(bytes, length - 8));
}

static void assert_refused(const uint8_t *bytes, size_t length, const char *words)
{
    struct manifest manifest;
    cr_assert_not(manifest_read(bytes, length, &ours, &manifest, message), "%s", words);
    cr_assert_not_null(strstr(message, words), "'%s' is not in '%s'", words, message);
}

Test(manifest, what_is_written_is_read_the_same)
{
    uint8_t bytes[MANIFEST_BYTES_MAX];
    struct manifest manifest;
    memset(&manifest, 0, sizeof(manifest)); /* its padding as in the sample */
    cr_assert_eq(manifest_write(&sample, bytes), WRITTEN_BYTES);
    cr_assert(manifest_read(bytes, WRITTEN_BYTES, &ours, &manifest, message), "%s", message);
    cr_assert_eq(memcmp(&manifest.stamp.journal_id, &sample.stamp.journal_id, 16), 0);
    cr_assert_eq(manifest.stamp.epoch, sample.stamp.epoch);
    cr_assert_eq(manifest.stamp.number, sample.stamp.number);
    cr_assert_eq(manifest.stamp.seq, sample.stamp.seq);
    cr_assert_eq(manifest.stamp.chain, sample.stamp.chain);
    cr_assert_eq(manifest.stamp.time_ms, sample.stamp.time_ms);
    cr_assert_eq(memcmp(&manifest.stamp.nonce, &sample.stamp.nonce, 16), 0);
    cr_assert_eq(manifest.stamp.lease_ms, sample.stamp.lease_ms);
    cr_assert_eq(manifest.made_at_ms, sample.made_at_ms);
    cr_assert_eq(manifest.chunks, sample.chunks);
    cr_assert_eq(manifest.bytes, sample.bytes);
    cr_assert_eq(manifest.raw_bytes, sample.raw_bytes);
    cr_assert_eq(manifest.events, sample.events);
    cr_assert_eq(manifest.chunks_hash, sample.chunks_hash);
    cr_assert_eq(manifest.state_hash, sample.state_hash);
}

Test(manifest, fields_lie_where_the_header_says)
{
    uint8_t bytes[MANIFEST_BYTES_MAX];
    manifest_write(&sample, bytes);
    cr_assert_eq(memcmp(bytes, "BOOS\1\0\x98\0", 8), 0);
    cr_assert_eq(bytes_get_u64(bytes + AT_EPOCH), 7u);
    cr_assert_eq(bytes_get_u64(bytes + AT_CHUNKS), 3u);
    cr_assert_eq(bytes_get_u64(bytes + AT_EVENTS), 50000u);
}

Test(manifest, every_cut_one_is_refused)
{
    uint8_t bytes[MANIFEST_BYTES_MAX];
    size_t length = manifest_write(&sample, bytes);
    for (size_t cut = 0; cut < length; cut++) {
        uint8_t *part = malloc(cut + 1);
        memcpy(part, bytes, cut);
        assert_refused(part, cut, "the manifest cannot be used: ");
        if (cut > AT_CHUNKS) { /* also one whose length and hash agree */
            bytes_put_u16(part + AT_LENGTH, (uint16_t)cut);
            hash_again(part, cut);
            assert_refused(part, cut, "its length makes no sense");
        }
        free(part);
    }
}

Test(manifest, every_flipped_bit_is_refused)
{
    uint8_t bytes[MANIFEST_BYTES_MAX];
    struct manifest manifest;
    size_t length = manifest_write(&sample, bytes);
    for (size_t bit = 0; bit < 8 * length; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        cr_assert_not(manifest_read(bytes, length, NULL, &manifest, message), "bit %zu", bit);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

Test(manifest, it_says_what_is_wrong)
{
    uint8_t bytes[MANIFEST_BYTES_MAX + 1] = {0};
    struct manifest manifest;
    size_t length = manifest_write(&sample, bytes);
    cr_assert(manifest_read(bytes, length, NULL, &manifest, message));
    cr_assert_not(manifest_read(bytes, length, &theirs, &manifest, message));
    cr_assert_str_eq(message, "the manifest cannot be used: it carries another journal's id");
    assert_refused(bytes, length + 1, "cut short, or something was added");
    bytes[0] ^= 1;
    assert_refused(bytes, length, "it does not begin like a manifest");
    bytes[0] ^= 1;
    bytes[AT_FORMAT]++;
    hash_again(bytes, length);
    assert_refused(bytes, length, "its format is of another version");
    bytes[AT_FORMAT]--;
    assert_refused(bytes, length, "its hash does not match");
    bytes_put_u16(bytes + AT_LENGTH, sizeof(bytes));
    hash_again(bytes, sizeof(bytes));
    assert_refused(bytes, sizeof(bytes), "its length makes no sense");
}

Test(manifest, fields_of_a_later_version_are_skipped)
{
    uint8_t bytes[MANIFEST_BYTES_MAX] = {0};
    struct manifest manifest;
    manifest_write(&sample, bytes);
    bytes_put_u16(bytes + AT_LENGTH, sizeof(bytes));
    hash_again(bytes, sizeof(bytes));
    cr_assert(manifest_read(bytes, sizeof(bytes), &ours, &manifest, message), "%s", message);
    cr_assert_eq(manifest.state_hash, sample.state_hash);
}

Test(manifest, numbers_that_contradict_each_other_are_refused)
{
    static const struct {
        size_t at;
        uint64_t number;
    } rows[] = {
        {AT_CHUNKS, 0},
        {AT_CHUNKS, 1}, /* cannot hold so much */
        {AT_CHUNKS, SNAPSHOT_CHUNKS_MAX + 1},
        {AT_CHUNKS, UINT64_MAX},
        {AT_BYTES, 3 * SNAPSHOT_CHUNK_BYTES_MAX + 1},
        {AT_RAW_BYTES, 3 * SNAPSHOT_RAW_BYTES_MAX + 1},
        {AT_RAW_BYTES, 50000 * 4 - 1}, /* an event has four bytes at least */
        {AT_EVENTS, 2},                /* a chunk has one event at least */
        {AT_EVENTS, UINT64_MAX},
        {AT_ZERO, 1},
    };
    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        uint8_t bytes[MANIFEST_BYTES_MAX];
        size_t length = manifest_write(&sample, bytes);
        if (rows[at].at == AT_ZERO) {
            bytes_put_u32(bytes + AT_ZERO, (uint32_t)rows[at].number);
        } else {
            bytes_put_u64(bytes + rows[at].at, rows[at].number);
        }
        hash_again(bytes, length);
        assert_refused(bytes, length, "its numbers contradict each other");
    }
}

Test(manifest, chunks_are_bounded)
{
    uint8_t bytes[MANIFEST_BYTES_MAX];
    struct manifest manifest = sample;
    struct manifest read;
    manifest.raw_bytes = (uint64_t)SNAPSHOT_CHUNKS_MAX * SNAPSHOT_RAW_BYTES_MAX;
    manifest.events = manifest.raw_bytes / 4;
    manifest.chunks = SNAPSHOT_CHUNKS_MAX;
    size_t length = manifest_write(&manifest, bytes);
    cr_assert(manifest_read(bytes, length, &ours, &read, message), "%s", message);
    manifest.chunks++;
    manifest_write(&manifest, bytes);
    assert_refused(bytes, length, "its numbers contradict each other");
}
