/* inspect.c -- the command line of verify and dump, and what both need before they look. */
#include "net/inspect.h"

#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "engine/bug.h"
#include "net/inspect_dump.h"
#include "net/inspect_read.h"
#include "net/inspect_verify.h"
#include "net/log.h"
#include "net/rfc3339.h"

#define OUTPUT_BYTES (256U << 10)
#define PATH_BYTES 4200U

enum inspect_command_kind {
    INSPECT_VERIFY,
    INSPECT_DUMP,
};

static const char *const command_words[] = {
    [INSPECT_VERIFY] = "verify",
    [INSPECT_DUMP] = "dump",
};

static const char verify_help[] =
    "Usage: boon-server verify [--json] [--dir DIR | --redis HOST:PORT …] [--secret-file FILE] …\n"
    "\n"
    "Reads the whole journal and every snapshot, and says whether all of it is whole. It takes no\n"
    "lead and writes nothing; a running server is not disturbed.\n"
    "\n"
    "  --json    the report as one JSON object\n"
    "\n"
    "Other options are the server's own (boon-server --help); its config file will do. Without a\n"
    "secret file everything is checked but whether the keys of the coupon codes are there.\n"
    "\n"
    "Exit code: 0 whole, 1 damaged, 2 it could not be looked at or not be judged.\n";

static const char dump_help[] =
    "Usage: boon-server dump [FILTER …] [--dir DIR | --redis HOST:PORT …] …\n"
    "\n"
    "Writes every event of the journal as a JSON object on a line of its own. It takes no lead "
    "and\n"
    "writes nothing to the journal. Coupons are shown by their serial numbers, never by their "
    "codes.\n"
    "\n"
    "  --member ID      only events of this member\n"
    "  --campaign ID    only events of this campaign\n"
    "  --from TIME      not before this time: 2026-11-11T00:00:00+08:00, or ms since 1970\n"
    "  --to TIME        only before this time\n"
    "  --after ENTRY    only after this entry, for instance 1-500\n"
    "\n"
    "Other options are the server's own (boon-server --help); its config file will do.\n"
    "\n"
    "Exit code: 0 all was shown, 1 the journal is damaged, 2 it could not be looked at.\n";

/* --- the command line ------------------------------------------------------------------------------- */

/* One flag of verify or dump: "--member". */
struct wish {
    enum inspect_command_kind command;
    const char *flag;
    bool (*take)(struct inspect_wishes *wishes, const char *value); /* NULL: it has no value */
    const char *allowed;
};

static bool take_id(char *id, const char *value)
{
    size_t length = strlen(value);
    if (length == 0 || length > ID_BYTES_MAX) {
        return false;
    }
    memcpy(id, value, length + 1);
    return true;
}

static bool take_member(struct inspect_wishes *wishes, const char *value)
{
    return take_id(wishes->member, value);
}

static bool take_campaign(struct inspect_wishes *wishes, const char *value)
{
    return take_id(wishes->campaign, value);
}

static bool take_time(int64_t *time_ms, const char *value)
{
    const char *reason;
    uint64_t number;
    const char *end = value + strlen(value);
    if (entry_id_read_number(value, end, &number) == end && number <= TIME_MS_MAX) {
        *time_ms = (int64_t)number;
        return true;
    }
    return rfc3339_parse(text_of(value), time_ms, &reason);
}

static bool take_from(struct inspect_wishes *wishes, const char *value)
{
    return take_time(&wishes->from_ms, value);
}

static bool take_to(struct inspect_wishes *wishes, const char *value)
{
    return take_time(&wishes->to_ms, value);
}

static bool take_after(struct inspect_wishes *wishes, const char *value)
{
    return entry_id_read(text_of(value), &wishes->after);
}

#define ID_ALLOWED "1 to 64 bytes"
#define TIME_ALLOWED "a time such as 2026-11-11T00:00:00+08:00, or milliseconds since 1970"

static const struct wish wish_table[] = {
    {INSPECT_VERIFY, "--json", NULL, ""},
    {INSPECT_DUMP, "--member", take_member, ID_ALLOWED},
    {INSPECT_DUMP, "--campaign", take_campaign, ID_ALLOWED},
    {INSPECT_DUMP, "--from", take_from, TIME_ALLOWED},
    {INSPECT_DUMP, "--to", take_to, TIME_ALLOWED},
    {INSPECT_DUMP, "--after", take_after, "an entry's ID such as 1-500"},
};

#define WISHES (sizeof(wish_table) / sizeof(wish_table[0]))

/* Returns the flag that an argument is, and its value if that follows a `=`. NULL: it is the server's. */
static const struct wish *find_wish(enum inspect_command_kind command, const char *argument,
                                    const char **value)
{
    size_t length = strcspn(argument, "=");
    *value = argument[length] == '=' ? argument + length + 1 : NULL;
    for (size_t at = 0; at < WISHES; at++) {
        const struct wish *wish = &wish_table[at];
        if (wish->command == command && strlen(wish->flag) == length &&
            strncmp(wish->flag, argument, length) == 0) {
            return wish;
        }
    }
    return NULL;
}

/* Takes the command's own flags; the others go to `rest` for the server's options. False: it said why. */
static bool take_flags(enum inspect_command_kind command, int argc, char *const argv[],
                       struct inspect_wishes *wishes, char **rest, int *rest_count)
{
    *wishes = (struct inspect_wishes){.to_ms = INT64_MAX};
    rest[(*rest_count)++] = argv[0];
    for (int at = 2; at < argc; at++) {
        const char *value;
        const struct wish *wish = find_wish(command, argv[at], &value);
        if (wish == NULL) {
            rest[(*rest_count)++] = argv[at];
        } else if (wish->take == NULL) {
            if (value != NULL) {
                fprintf(stderr, "boon-server: %s has no value\n", wish->flag);
                return false;
            }
            wishes->json = true;
        } else {
            if (value == NULL && at + 1 < argc && strncmp(argv[at + 1], "--", 2) != 0) {
                value = argv[++at];
            }
            if (value == NULL || !wish->take(wishes, value)) {
                fprintf(stderr, "boon-server: %s: '%.80s' is not allowed; %s\n", wish->flag,
                        value == NULL ? "" : value, wish->allowed);
                return false;
            }
        }
    }
    rest[*rest_count] = NULL;
    return true;
}

/* --- before the look -------------------------------------------------------------------------------- */

/* Loads the keys where they can be known. False: it said why. */
static bool load_secrets(struct inspect *inspect)
{
    const struct options *options = inspect->options;
    struct secret_message why = {.text = ""};
    char path[PATH_BYTES];
    bool named = options->secret_file[0] != '\0';
    if (!named && !options->redis_embedded) {
        return true;
    }
    snprintf(path, sizeof(path), "%s%s", named ? options->secret_file : options->dir,
             named ? "" : "/secret");
    inspect->keys_known = secret_load(&inspect->secrets, path, &why) == SECRET_OK;
    if (!inspect->keys_known) {
        fprintf(inspect->err, named ? "boon-server: %s\n" : "Coupon keys are not judged: %s\n",
                why.text);
    }
    return inspect->keys_known || !named;
}

static int look(struct inspect *inspect, enum inspect_command_kind command)
{
    if (command == INSPECT_VERIFY && !load_secrets(inspect)) {
        return INSPECT_NOT_LOOKED;
    }
    int code = INSPECT_NOT_LOOKED;
    if (inspect_source_open(&inspect->source, inspect->options, inspect->err, inspect->words,
                            sizeof(inspect->words))) {
        code = command == INSPECT_VERIFY ? inspect_verify(inspect) : inspect_dump(inspect);
        inspect_source_close(&inspect->source);
    }
    if (code == INSPECT_NOT_LOOKED && inspect->words[0] != '\0') {
        fprintf(inspect->err, "boon-server: %s\n", inspect->words);
    }
    secret_deinit(&inspect->secrets);
    return code;
}

bool inspect_is_command(const char *word)
{
    return strcmp(word, command_words[INSPECT_VERIFY]) == 0 ||
           strcmp(word, command_words[INSPECT_DUMP]) == 0;
}

int inspect_command(int argc, char *const argv[], char *const environment[])
{
    static struct options options;
    static struct inspect inspect;
    struct options_message message;
    ASSERT(argc > 1 && inspect_is_command(argv[1]));
    enum inspect_command_kind command = strcmp(argv[1], command_words[INSPECT_VERIFY]) == 0
                                            ? INSPECT_VERIFY
                                            : INSPECT_DUMP;
    inspect = (struct inspect){.options = &options, .out = stdout, .err = stderr};
    char **rest = calloc((size_t)argc + 1, sizeof(*rest));
    int rest_count = 0;
    if (rest == NULL || !take_flags(command, argc, argv, &inspect.wishes, rest, &rest_count)) {
        free(rest);
        return INSPECT_NOT_LOOKED;
    }
    enum options_status status = options_load_to_look(&options, rest_count, rest, environment,
                                                      &message);
    free(rest);
    switch (status) {
    case OPTIONS_HELP:
        fputs(command == INSPECT_VERIFY ? verify_help : dump_help, stdout);
        return 0;
    case OPTIONS_VERSION:
        puts("boon-server " BOON_VERSION);
        return 0;
    case OPTIONS_BAD:
        fprintf(stderr, "boon-server: %s\n", message.text);
        return INSPECT_NOT_LOOKED;
    case OPTIONS_OK:
        break;
    }
    log_set_level(LOG_WARN);
    (void)signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0) {
        fprintf(stderr, "boon-server: no source of randomness\n");
        return INSPECT_NOT_LOOKED;
    }
    static char buffer[OUTPUT_BYTES];
    (void)setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    return look(&inspect, command);
}
