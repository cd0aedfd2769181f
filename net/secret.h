/* secret.h -- the keys that make coupon codes and hash phone numbers, kept in one small file.
 *
 *     boon-secret 1
 *     coupon 0 <64 hex digits>
 *     coupon 1 <64 hex digits>
 *     phone <64 hex digits>
 *     request <64 hex digits>
 *
 * A coupon key has an id of 0..15, which every code made with it carries; keys stay in the file while
 * the journal has a code of theirs, the first one always, and the last one in the file signs. There is
 * one phone key and one request key, and they never change. `#` begins a comment line. The operator backs the file up, apart from
 * Redis: without it no coupon can be redeemed.
 *
 *     struct secrets secrets;
 *     struct secret_message message;
 *     if (secret_load(&secrets, path, &message) != SECRET_OK) { … message.text … }
 *     const struct secret_key *signing = secret_signing_key(&secrets);
 *     …
 *     secret_deinit(&secrets);
 *
 * Invariants: a file that others can read is not accepted; it is created whole and durable or not at
 * all, and never written over. No key reaches a log or a message. Fingerprints are one-way; GENESIS keeps
 * one over the first coupon key, the phone key and the request key.
 */
#ifndef BOON_NET_SECRET_H
#define BOON_NET_SECRET_H

#include <stddef.h>
#include <stdint.h>

#define SECRET_KEY_BYTES 32
#define SECRET_FINGERPRINT_BYTES 8
#define SECRET_COUPON_KEYS_MAX 16

struct secret_key {
    uint8_t id; /* 0..15 for coupon keys, else 0 */
    uint8_t bytes[SECRET_KEY_BYTES];
    uint8_t fingerprint[SECRET_FINGERPRINT_BYTES]; /* of kind, id and bytes */
};

struct secrets {
    struct secret_key coupon[SECRET_COUPON_KEYS_MAX]; /* in the file's order; the last one signs */
    size_t coupon_count;                              /* 1..16 */
    struct secret_key phone;
    struct secret_key request;
    uint8_t fingerprint[SECRET_FINGERPRINT_BYTES]; /* of all keys in order; a rotation changes it */
};

enum secret_status {
    SECRET_OK,
    SECRET_MISSING, /* load: there is no such file */
    SECRET_EXISTS,  /* create: there is one already */
    SECRET_EXPOSED, /* others than its owner may read or write it */
    SECRET_BAD,     /* not a secret file; the message has the line */
    SECRET_FAILED,  /* the system said no; the message has its words */
};

/* One sentence for the operator, without a newline at its end. Never holds a key. */
struct secret_message {
    char text[512];
};

/* Read the keys from `path`. On anything but SECRET_OK the message says what is wrong and what to do,
 * and `secrets` is wiped. */
enum secret_status secret_load(struct secrets *secrets, const char *path,
                               struct secret_message *message) __attribute__((warn_unused_result));

/* Write a new file with one key of each kind from the system's randomness, mode 0600, synced with its
 * directory before it appears under its name. A file that is there stays: SECRET_EXISTS. */
enum secret_status secret_create(const char *path, struct secret_message *message)
    __attribute__((warn_unused_result));

/* Return the coupon key that signs new codes. */
const struct secret_key *secret_signing_key(const struct secrets *secrets);

/* Return the coupon key with this id, or NULL. */
const struct secret_key *secret_coupon_key(const struct secrets *secrets, uint8_t id);

/* Wipe every key. */
void secret_deinit(struct secrets *secrets);

#endif
