/* options.h -- how the operator wants it: flags, environment, config file, defaults.
 *
 * A key is written --max-clients 500 or --max-clients=500 on the command line, BOON_MAX_CLIENTS in
 * the environment, `max-clients 500` or `max-clients = 500` in the file that --config (or
 * BOON_CONFIG) names; `#` at the start of a line is a comment. The first of flag, environment, file
 * and default that has a value wins. The table of all keys is options.def.
 *
 * Nothing is guessed: an unknown key in any of the three, BOON_ environment names included, stops the
 * start and names the nearest known one; a bad value stops it with the place, the value and what is
 * allowed. A flag given twice means its last; a key twice in the file is a mistake. (Kubernetes puts
 * BOON_PORT=tcp://… beside a service named boon: enableServiceLinks: false keeps it out.)
 *
 *     static struct options options;
 *     struct options_message message;
 *     switch (options_load(&options, argc, argv, environ, &message)) {
 *     case OPTIONS_OK:      break;
 *     case OPTIONS_HELP:    options_print_help(stdout); return 0;
 *     case OPTIONS_VERSION: puts(…); return 0;
 *     case OPTIONS_BAD:     fprintf(stderr, "boon-server: %s\n", message.text); return 2;
 *     }
 *
 * Invariants after OPTIONS_OK: every value lies in its table's range; the combination makes sense
 * (options_check.c lists the rules); `password` holds what password-file said; no address
 * but loopback is listened on without a password or a users file.
 */
#ifndef BOON_NET_OPTIONS_H
#define BOON_NET_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/text.h"
#include "net/log.h"

/* In the order of the words in options.def. */
enum options_journal { OPTIONS_JOURNAL_REDIS, OPTIONS_JOURNAL_NONE };
enum options_durability {
    OPTIONS_DURABILITY_ALWAYS,
    OPTIONS_DURABILITY_EVERYSEC,
    OPTIONS_DURABILITY_NONE,
};
enum options_clock { OPTIONS_CLOCK_REAL, OPTIONS_CLOCK_MANUAL };

/* One number for each key: OPTION_ID_port, OPTION_ID_max_clients … */
enum option_id {
#define OPTION_TEXT(field, ...) OPTION_ID_##field,
#define OPTION_SECRET(field, ...) OPTION_ID_##field,
#define OPTION_NUMBER(field, ...) OPTION_ID_##field,
#define OPTION_BYTES(field, ...) OPTION_ID_##field,
#define OPTION_DURATION(field, ...) OPTION_ID_##field,
#define OPTION_FLAG(field, ...) OPTION_ID_##field,
#define OPTION_CHOICE(field, ...) OPTION_ID_##field,
#include "net/options.def"
    OPTION_COUNT
};

enum options_origin {
    OPTIONS_FROM_DEFAULT,
    OPTIONS_FROM_FILE,
    OPTIONS_FROM_ENVIRONMENT,
    OPTIONS_FROM_FLAG,
};

struct options {
/* One field a key: options.port, options.max_clients … Types are in options.def. */
#define OPTION_TEXT(field, key, group, initial, bytes_max, doc) char field[(bytes_max) + 1];
#define OPTION_SECRET(field, key, group, initial, bytes_max, doc) char field[(bytes_max) + 1];
#define OPTION_NUMBER(field, ...) int64_t field;
#define OPTION_BYTES(field, ...) int64_t field;
#define OPTION_DURATION(field, ...) int64_t field;
#define OPTION_FLAG(field, ...) bool field;
#define OPTION_CHOICE(field, key, group, initial, type, words, doc) type field;
#include "net/options.def"

    /* Made from `redis`. Embedded: neither host nor path is set, and none is needed. */
    bool redis_embedded;  /* Boon runs its own Redis in `dir` */
    char redis_host[256]; /* host name or address, without brackets; "" when by path */
    uint16_t redis_port;  /* 0 when by path */
    char redis_path[108]; /* unix socket; "" when by host */

    char config_file[4096]; /* the file that was read; "" for none */
    struct {
        enum options_origin origin;
        uint32_t line; /* in config_file, OPTIONS_FROM_FILE only */
    } sources[OPTION_COUNT];
};

enum options_status {
    OPTIONS_OK,
    OPTIONS_HELP,    /* --help was asked for */
    OPTIONS_VERSION, /* --version was asked for */
    OPTIONS_BAD,     /* the message says what, where, and what is allowed */
};

/* One sentence for the operator, without a newline at its end. Never holds a secret. */
struct options_message {
    char text[1024];
};

/* Fill `options` from the four sources. `environment` ends with NULL; names that do not begin with
 * BOON_ are passed over. Reads the config and password files. The message is set with OPTIONS_BAD;
 * `options` is then half filled and of no use. */
enum options_status options_load(struct options *options, int argc, char *const argv[],
                                 char *const environment[], struct options_message *message)
    __attribute__((warn_unused_result));

/* The same for a command that only looks at a journal (net/inspect.h): the server's own options, from the same
 * places, without what matters to a server alone. Nothing is listened on, so password-file is not read and
 * `bind` not judged; coupon codes are not needed, so `secret-file` may be left out; and there must be a
 * journal. */
enum options_status options_load_to_look(struct options *options, int argc, char *const argv[],
                                         char *const environment[], struct options_message *message)
    __attribute__((warn_unused_result));

/* Write the page for --help: every key with its default, grouped. */
void options_print_help(FILE *out);

/* Return the key of an option, for instance "max-clients". */
const char *option_key(enum option_id id);

/* Find the option whose key is `key`, without case. Return false when there is none. */
bool option_find(struct text key, enum option_id *id) __attribute__((warn_unused_result));

/* Find the first option at or after `*cursor` (0 at first) whose key matches a Redis glob, without
 * case; set `id` and move the cursor behind it. Return false when there is no other. For CONFIG GET. */
bool options_next(struct text glob, size_t *cursor, enum option_id *id)
    __attribute__((warn_unused_result));

/* Write the value of `id` as it could be given again, NUL-terminated, and return its length. Needs
 * OPTION_TEXT_BYTES of room. A secret is written as "". */
#define OPTION_TEXT_BYTES 4096
size_t options_text(const struct options *options, enum option_id id, char *out, size_t size);

#endif
