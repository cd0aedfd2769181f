/* users.h -- who may come in: the users file, checked whole, and secrets compared.
 *
 *     {"users": [{"name": "ops", "secret": "blake2b:<salt, 32 hex digits>:<hash, 64 hex digits>",
 *                 "roles": ["read", "issue", "redeem", "admin"],
 *                 "campaigns": ["sale*"], "store": "s1"}]}
 *
 * `campaigns` are patterns as of net/glob.h, letters in their case; without it, or without `store`, there is no
 * such restriction. What they restrict is in net/access.h. `default` is no user of the file: it is who gives the
 * password of --password.
 *
 * The file holds a hash of each secret. Secrets are made by Boon (user_secret_create), 32 random bytes each, and
 * never chosen by people: there is no dictionary to try, so one salted BLAKE2b is as safe as a slow password hash,
 * and it does not hold up the loop as that would, also where HTTP clients send their secret with every request.
 *
 * All mistakes of a file are collected, each with the JSON pointer of what it is about. A file that others than
 * its owner may read or write is refused: who writes it lets anybody in.
 */
#ifndef BOON_NET_USERS_H
#define BOON_NET_USERS_H

#include <stddef.h>

#include "engine/limits.h"
#include "engine/text.h"

#define USERS_MAX 256U
#define USER_CAMPAIGNS_MAX 64U
#define USERS_FILE_BYTES_MAX ((size_t)1024 * 1024)
#define USER_SALT_BYTES 16U
#define USER_HASH_BYTES 32U
#define USER_SECRET_TEXT_BYTES 64U /* "boon_" and 43 letters, digits, '-' and '_'; with the NUL */
#define USER_HASH_TEXT_BYTES 128U  /* "blake2b:…:…" with the NUL */

struct json_t;

struct user {
    struct text name;   /* 1..64 bytes of clean UTF-8 without ' ' and ':' */
    uint32_t roles;     /* bits of enum command_role (net/command_parse.h), at least one */
    uint32_t principal; /* its number in the journal (NAME_PRINCIPAL); 0 until the server leads */
    const struct text *campaigns; /* patterns; NULL: every campaign */
    uint32_t campaign_count;
    struct text store; /* the only one it issues for; length 0: any */
    uint8_t salt[USER_SALT_BYTES];
    uint8_t hash[USER_HASH_BYTES]; /* of the secret */
};

struct users {
    struct user *list; /* owned; in the file's order */
    uint32_t count;
    struct text *patterns; /* owned; what the users' `campaigns` point into */
    struct json_t *root;   /* owned; what all texts point into */
};

/* What is wrong, for the operator: a sentence, or a line for each mistake. Never holds a secret. */
struct users_message {
    char text[3072];
};

/* Words for roles: "read" … in the order of their bits. */
struct user_role {
    const char *word;
    uint32_t role; /* enum command_role */
};

#define USER_ROLES 4U
extern const struct user_role user_roles[USER_ROLES];

/* Returns the word of one role. */
const char *user_role_word(uint32_t role);

/* Reads the file at `path`. False: the message says why not, and there is nothing to free. */
bool users_load(struct users *users, const char *path, struct users_message *message)
    __attribute__((warn_unused_result));

/* Reads what such a file holds; `document` is not used afterwards. False: as above. */
bool users_parse(struct users *users, struct text document, struct users_message *message)
    __attribute__((warn_unused_result));

/* Reads the whole file into memory that the caller frees and wipes, after the checks of its mode. NULL: the message
 * says why not; `*missing` tells whether there is none. */
char *users_read_file(const char *path, size_t *length, bool *missing,
                      struct users_message *message) __attribute__((warn_unused_result));

/* Frees what it owns and nulls it; harmless when done twice. */
void users_deinit(struct users *users);

/* Returns the user of this name, or NULL. */
const struct user *users_find(const struct users *users, struct text name);

/* Returns the user of this name if that is its secret, else NULL. Takes the same time for a wrong secret as for a
 * name that nobody has, and the time says nothing about how wrong it was. */
const struct user *users_authenticate(const struct users *users, struct text name,
                                      struct text secret) __attribute__((warn_unused_result));

/* Makes a new secret and the text of its hash for the file. */
void user_secret_create(char secret[USER_SECRET_TEXT_BYTES], char hash[USER_HASH_TEXT_BYTES]);

#endif
