/* options.c -- the four sources, weakest first: default, file, environment, flag. */
#include "net/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "engine/bug.h"
#include "net/options_table.h"
#include "net/suggest.h"
#include "net/word.h"

#define LINE_BYTES_MAX 8192
#define SHOWN_BYTES_MAX 80

/* Where a value stands. */
struct place {
    enum options_origin origin;
    const char *file; /* OPTIONS_FROM_FILE only */
    uint32_t line;
};

/* One `--key value` of the command line. */
struct flag {
    struct text key; /* without the dashes */
    struct text value;
};

bool options_refuse(struct options_message *message, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message->text, sizeof message->text, format, arguments);
    va_end(arguments);
    return false;
}

/* Write what came from outside so that a terminal can show it: one line, printable, not too long. */
static const char *shown(struct text text, char out[SHOWN_BYTES_MAX + 4])
{
    uint32_t length = text.length < SHOWN_BYTES_MAX ? text.length : SHOWN_BYTES_MAX;

    for (uint32_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        out[i] = byte < 0x20 || byte == 0x7f ? '?' : text.data[i];
    }
    snprintf(out + length, 4, "%s", length < text.length ? "..." : "");
    return out;
}

static bool begins_with(const char *string, const char *beginning)
{
    return strncmp(string, beginning, strlen(beginning)) == 0;
}

/* Write `key` the way its source spells it: --max-clients, BOON_MAX_CLIENTS, boon.conf:3: max-clients. */
static void spell(struct place place, struct text key, char *out, size_t size)
{
    char name[SHOWN_BYTES_MAX + 4];

    shown(key, name);
    switch (place.origin) {
    case OPTIONS_FROM_FLAG:
        snprintf(out, size, "--%s", name);
        return;
    case OPTIONS_FROM_ENVIRONMENT:
        for (char *at = name; *at != '\0'; at++) {
            *at = *at == '-' ? '_' : word_upper(*at);
        }
        snprintf(out, size, "BOON_%s", name);
        return;
    case OPTIONS_FROM_FILE:
        snprintf(out, size, "%.300s:%u: %s", place.file, (unsigned)place.line, name);
        return;
    case OPTIONS_FROM_DEFAULT:
        break;
    }
    snprintf(out, size, "%s", name);
}

/* Say that `key` is not known at `place`, and which one may be meant. */
static bool refuse_key(struct place place, struct text key, struct options_message *message)
{
    const char *keys[OPTION_COUNT + 3];
    size_t count = 0;
    char name[512];
    char meant[128];

    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        keys[count++] = option_table[i].key;
    }
    if (place.origin != OPTIONS_FROM_FILE) {
        keys[count++] = "config";
    }
    if (place.origin == OPTIONS_FROM_FLAG) {
        keys[count++] = "help";
        keys[count++] = "version";
    }
    spell(place, key, name, sizeof name);
    const char *nearest = suggest_nearest(key, keys, count);
    if (nearest == NULL) {
        return options_refuse(message, "%s: no such option; --help lists them all", name);
    }
    place.origin = place.origin == OPTIONS_FROM_FILE ? OPTIONS_FROM_DEFAULT : place.origin;
    spell(place, text_of(nearest), meant, sizeof meant);
    return options_refuse(message, "%s: no such option; did you mean %s?", name, meant);
}

/* Set one key from one place. */
static bool set(struct options *options, struct place place, struct text key, struct text value,
                struct options_message *message)
{
    enum option_id id;
    char why[OPTION_WHY_BYTES];
    char name[512];
    char given[SHOWN_BYTES_MAX + 4];

    if (!option_find(key, &id)) {
        return refuse_key(place, key, message);
    }
    spell(place, text_of(option_table[id].key), name, sizeof name);
    if (place.origin == OPTIONS_FROM_FILE && options->sources[id].origin == OPTIONS_FROM_FILE) {
        return options_refuse(message, "%s is set a second time; line %u has it already", name,
                              (unsigned)options->sources[id].line);
    }
    if (!option_set(options, id, value, why)) {
        if (option_table[id].kind == OPTION_KIND_SECRET) {
            return options_refuse(message, "%s: not allowed; %s", name, why);
        }
        return options_refuse(message, "%s: '%s' is not allowed; %s", name, shown(value, given),
                              why);
    }
    options->sources[id].origin = place.origin;
    options->sources[id].line = place.line;
    return true;
}

/* Take the next flag from argv at `*at`. Return 1, 0 at the end, -1 with a message. */
static int next_flag(int argc, char *const argv[], int *at, struct flag *flag,
                     struct options_message *message)
{
    const struct place place = {.origin = OPTIONS_FROM_FLAG};
    enum option_id id;
    char given[SHOWN_BYTES_MAX + 4];

    if (*at >= argc) {
        return 0;
    }
    const char *argument = argv[(*at)++];
    if (!begins_with(argument, "--") || argument[2] == '\0') {
        options_refuse(message, "'%s' is not an option; options begin with --, see --help",
                       shown(text_of(argument), given));
        return -1;
    }
    size_t length = strcspn(argument + 2, "=");
    flag->key = (struct text){argument + 2, (uint32_t)length};
    bool known = option_find(flag->key, &id);
    if (!known && !text_equal(flag->key, TEXT("config"))) {
        refuse_key(place, flag->key, message);
        return -1;
    }
    if (argument[2 + length] == '=') {
        flag->value = text_of(argument + 2 + length + 1);
    } else if (known && option_table[id].kind == OPTION_KIND_FLAG) {
        flag->value = TEXT("yes");
    } else if (*at < argc && !begins_with(argv[*at], "--")) {
        flag->value = text_of(argv[(*at)++]);
    } else {
        shown(flag->key, given);
        options_refuse(message, "--%s needs a value: --%s VALUE or --%s=VALUE", given, given,
                       given);
        return -1;
    }
    return 1;
}

/* Divide a line of the file into key and value. Return 1, 0 for a line without, -1 with a message. */
static int split_line(struct place place, char *line, struct text *key, struct text *value,
                      struct options_message *message)
{
    static const char blank[] = " \t\r\n";
    size_t end = strlen(line);

    while (end > 0 && strchr(blank, line[end - 1]) != NULL) {
        line[--end] = '\0';
    }
    line += strspn(line, blank);
    if (*line == '\0' || *line == '#') {
        return 0;
    }
    *key = (struct text){line, (uint32_t)strcspn(line, " \t=")};
    line += key->length;
    line += strspn(line, blank);
    line += *line == '=' ? 1 : 0;
    line += strspn(line, blank);
    *value = text_of(line);
    if (value->length >= 2 && *line == '"' && line[value->length - 1] == '"') {
        *value = (struct text){line + 1, value->length - 2};
    } else if (strstr(line, " #") != NULL || *line == '#') {
        options_refuse(message,
                       "%.300s:%u: a comment stands on a line of its own; a value with # in it is "
                       "written in double quotes",
                       place.file, (unsigned)place.line);
        return -1;
    }
    return 1;
}

static bool load_line(struct options *options, struct place place, char *line,
                      struct options_message *message)
{
    struct text key;
    struct text value;
    enum option_id id;

    int found = split_line(place, line, &key, &value, message);
    if (found <= 0) {
        return found == 0;
    }
    if (value.length == 0 && value.data[0] == '\0' && option_find(key, &id) &&
        option_table[id].kind == OPTION_KIND_FLAG) {
        value = TEXT("yes");
    }
    return set(options, place, key, value, message);
}

static bool load_file(struct options *options, const char *path, struct options_message *message)
{
    char line[LINE_BYTES_MAX];
    struct place place = {.origin = OPTIONS_FROM_FILE, .file = path};
    bool good = true;

    if (strlen(path) >= sizeof options->config_file) {
        return options_refuse(message, "--config: the path is too long");
    }
    snprintf(options->config_file, sizeof options->config_file, "%s", path);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return options_refuse(message, "cannot read the config file %.300s: %s", path,
                              strerror(errno));
    }
    while (good && fgets(line, sizeof line, file) != NULL) {
        place.line++;
        if (strchr(line, '\n') == NULL && !feof(file)) {
            good = options_refuse(message, "%.300s:%u: a line has at most %d bytes and no NUL",
                                  path, (unsigned)place.line, LINE_BYTES_MAX - 2);
            break;
        }
        good = load_line(options, place, line, message);
    }
    if (good && ferror(file)) {
        good = options_refuse(message, "cannot read the config file %.300s: %s", path,
                              strerror(errno));
    }
    explicit_bzero(line, sizeof line);
    fclose(file);
    return good;
}

static bool load_environment(struct options *options, char *const environment[],
                             struct options_message *message)
{
    const struct place place = {.origin = OPTIONS_FROM_ENVIRONMENT};
    char key[SHOWN_BYTES_MAX];

    for (size_t i = 0; environment[i] != NULL; i++) {
        if (!begins_with(environment[i], "BOON_")) {
            continue;
        }
        const char *name = environment[i] + strlen("BOON_");
        size_t length = strcspn(name, "=");
        length = length < sizeof key ? length : sizeof key;
        for (size_t j = 0; j < length; j++) {
            key[j] = name[j] == '_' ? '-' : word_lower(name[j]);
        }
        struct text text = {key, (uint32_t)length};
        if (text_equal(text, TEXT("config"))) {
            continue;
        }
        if (!set(options, place, text, text_of(name + length + (name[length] == '=' ? 1 : 0)),
                 message)) {
            return false;
        }
    }
    return true;
}

/* Find the config file: the last --config, else BOON_CONFIG, else NULL. All flags are looked at, so
 * their spelling is checked here. */
static bool find_config(int argc, char *const argv[], char *const environment[], const char **path,
                        struct options_message *message)
{
    struct flag flag;
    int found;

    *path = NULL;
    const char *given_as = "BOON_CONFIG";
    for (size_t i = 0; environment[i] != NULL; i++) {
        if (begins_with(environment[i], "BOON_CONFIG=")) {
            *path = environment[i] + strlen("BOON_CONFIG=");
        }
    }
    for (int at = 1; (found = next_flag(argc, argv, &at, &flag, message)) > 0;) {
        if (text_equal(flag.key, TEXT("config"))) {
            *path = flag.value.data; /* ends where its argument ends */
            given_as = "--config";
        }
    }
    if (found == 0 && *path != NULL &&
        **path == '\0') { /* --config=$UNSET must not mean defaults */
        return options_refuse(message, "%s: the path of the config file is empty", given_as);
    }
    return found == 0;
}

static bool load_flags(struct options *options, int argc, char *const argv[],
                       struct options_message *message)
{
    const struct place place = {.origin = OPTIONS_FROM_FLAG};
    struct flag flag;
    int found;

    for (int at = 1; (found = next_flag(argc, argv, &at, &flag, message)) > 0;) {
        if (!text_equal(flag.key, TEXT("config")) &&
            !set(options, place, flag.key, flag.value, message)) {
            return false;
        }
    }
    return found == 0;
}

static enum options_status load(struct options *options, int argc, char *const argv[],
                                char *const environment[],
                                bool (*check)(struct options *, struct options_message *),
                                struct options_message *message)
{
    const char *config;

    ASSERT(options != NULL);
    ASSERT(environment != NULL);
    memset(options, 0, sizeof *options);
    message->text[0] = '\0';
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        option_reset(options, (enum option_id)i);
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || (i == 1 && strcmp(argv[i], "-h") == 0)) {
            return OPTIONS_HELP;
        }
        if (strcmp(argv[i], "--version") == 0) {
            return OPTIONS_VERSION;
        }
    }
    if (!find_config(argc, argv, environment, &config, message) ||
        (config != NULL && !load_file(options, config, message)) ||
        !load_environment(options, environment, message) ||
        !load_flags(options, argc, argv, message) || !check(options, message)) {
        return OPTIONS_BAD;
    }
    return OPTIONS_OK;
}

enum options_status options_load(struct options *options, int argc, char *const argv[],
                                 char *const environment[], struct options_message *message)
{
    return load(options, argc, argv, environment, options_check, message);
}

enum options_status options_load_to_look(struct options *options, int argc, char *const argv[],
                                         char *const environment[], struct options_message *message)
{
    return load(options, argc, argv, environment, options_check_to_look, message);
}
