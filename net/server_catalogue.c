/* server_catalogue.c -- COMMAND, COMMAND COUNT, INFO, LIST and GETKEYS, in Redis 7's shapes. */
#include "net/server_catalogue.h"

#include "engine/bug.h"
#include "net/glob.h"
#include "net/word.h"

#define WORDS_MAX 8U

/* A short list of words. */
struct words {
    uint32_t count;
    const char *list[WORDS_MAX];
};

uint32_t catalogue_count(void)
{
    return command_spec_count + server_command_spec_count;
}

struct catalogue_item catalogue_at(uint32_t number)
{
    ASSERT(number < catalogue_count());
    if (number < command_spec_count) {
        return (struct catalogue_item){&command_specs[number], NULL};
    }
    return (struct catalogue_item){NULL, &server_command_specs[number - command_spec_count]};
}

bool catalogue_find(struct text name, struct catalogue_item *item)
{
    *item = (struct catalogue_item){command_spec_find(name), NULL};
    if (item->business == NULL) {
        item->server = server_command_find(name);
    }
    return item->business != NULL || item->server != NULL;
}

struct text catalogue_name(const struct catalogue_item *item,
                           char name[SERVER_COMMAND_NAME_BYTES_MAX])
{
    const char *from = item->business != NULL ? item->business->name : item->server->name;
    uint32_t length = 0;
    for (; from[length] != '\0'; length++) {
        ASSERT(length < SERVER_COMMAND_NAME_BYTES_MAX);
        name[length] = word_lower(from[length]);
    }
    return (struct text){name, length};
}

bool catalogue_is_sub(const struct catalogue_item *item)
{
    return item->server != NULL && strchr(item->server->name, '|') != NULL;
}

uint32_t catalogue_subs(const struct catalogue_item *item)
{
    if (item->server == NULL) {
        return 0;
    }
    const struct server_command_spec *end = server_command_specs + server_command_spec_count;
    uint32_t count = 0;
    for (const struct server_command_spec *sub = item->server + 1;
         sub < end && server_command_has(item->server, sub); sub++) {
        count++;
    }
    return count;
}

bool catalogue_has_key(const struct catalogue_item *item)
{
    if (item->business == NULL || item->business->argument_count == 0) {
        return false;
    }
    const struct argument_spec *first = &item->business->arguments[0];
    return first->required && first->word[0] == '\0' &&
           (first->type == ARGUMENT_MEMBER || first->type == ARGUMENT_NAME ||
            first->type == ARGUMENT_CODE);
}

/* Finds how many words a request has at least and at most, names included. */
static void count_words(const struct catalogue_item *item, uint32_t *min, uint32_t *max)
{
    if (item->server != NULL) {
        uint32_t names = catalogue_is_sub(item) ? 2 : 1;
        *min = item->server->min + names;
        bool open = item->server->max == UINT32_MAX || catalogue_subs(item) > 0;
        *max = open ? UINT32_MAX : item->server->max + names;
        return;
    }
    *min = *max = 1;
    for (uint32_t at = 0; at < item->business->argument_count; at++) {
        const struct argument_spec *argument = &item->business->arguments[at];
        uint32_t words = argument->word[0] == '\0' ? 1 : 2;
        *min += argument->required ? words : 0;
        *max += words;
    }
}

static void add_word(struct words *words, const char *word)
{
    ASSERT(words->count < WORDS_MAX);
    words->list[words->count++] = word;
}

/* Tells whether it answers in constant time: it does unless it lists. */
static bool is_fast(const struct catalogue_item *item)
{
    if (item->server != NULL) {
        return server_words_have(item->server->flags, "fast");
    }
    for (uint32_t at = 0; at < item->business->argument_count; at++) {
        if (item->business->arguments[at].type == ARGUMENT_LIMIT) {
            return false;
        }
    }
    return true;
}

static struct words flags_of(const struct catalogue_item *item)
{
    static const char *const known[] = {"readonly", "admin", "loading", "stale", "no_auth", "fast"};
    struct words flags = {0};
    if (item->server != NULL) {
        for (size_t at = 0; at < sizeof(known) / sizeof(known[0]); at++) {
            if (server_words_have(item->server->flags, known[at])) {
                add_word(&flags, known[at]);
            }
        }
        return flags;
    }
    add_word(&flags, item->business->kind == COMMAND_KIND_READ ? "readonly" : "write");
    if (item->business->kind == COMMAND_KIND_ADMIN) {
        add_word(&flags, "admin");
    }
    if (is_fast(item)) {
        add_word(&flags, "fast");
    }
    return flags;
}

/* Returns Redis' ACL categories, which follow from the flags. */
static struct words categories_of(const struct catalogue_item *item)
{
    struct words flags = flags_of(item);
    struct words categories = {0};
    bool admin = false;
    for (uint32_t at = 0; at < flags.count; at++) {
        const char *flag = flags.list[at];
        if (strcmp(flag, "readonly") == 0) {
            add_word(&categories, "@read");
        } else if (strcmp(flag, "write") == 0) {
            add_word(&categories, "@write");
        } else if (strcmp(flag, "admin") == 0) {
            add_word(&categories, "@admin");
            admin = true;
        }
    }
    add_word(&categories, is_fast(item) ? "@fast" : "@slow");
    if (admin) {
        add_word(&categories, "@dangerous");
    }
    if (item->server != NULL && item->server->group == SERVER_COMMAND_GROUP_CONNECTION) {
        add_word(&categories, "@connection");
    }
    return categories;
}

/* A set of simple strings, as Redis writes flags. */
static void write_words(struct resp_writer *writer, const struct words *words)
{
    resp_set(writer, words->count);
    for (uint32_t at = 0; at < words->count; at++) {
        resp_simple(writer, words->list[at]);
    }
}

/* Where the key is: argument 1, and no other. */
static void write_key_specs(struct resp_writer *writer, const struct catalogue_item *item)
{
    if (!catalogue_has_key(item)) {
        resp_set(writer, 0);
        return;
    }
    bool reads = item->business->kind == COMMAND_KIND_READ;
    struct words flags = {2, {reads ? "RO" : "RW", reads ? "access" : "update"}};
    resp_set(writer, 1);
    resp_map(writer, 3);
    resp_word(writer, "flags");
    write_words(writer, &flags);
    resp_word(writer, "begin_search");
    resp_map(writer, 2);
    resp_word(writer, "type");
    resp_word(writer, "index");
    resp_word(writer, "spec");
    resp_map(writer, 1);
    resp_word(writer, "index");
    resp_integer(writer, 1);
    resp_word(writer, "find_keys");
    resp_map(writer, 2);
    resp_word(writer, "type");
    resp_word(writer, "range");
    resp_word(writer, "spec");
    resp_map(writer, 3);
    resp_word(writer, "lastkey");
    resp_integer(writer, 0);
    resp_word(writer, "keystep");
    resp_integer(writer, 1);
    resp_word(writer, "limit");
    resp_integer(writer, 0);
}

/* One command as COMMAND INFO shows it, up to its sub-commands. */
static void write_info_head(struct resp_writer *writer, const struct catalogue_item *item)
{
    char name[SERVER_COMMAND_NAME_BYTES_MAX];
    uint32_t min;
    uint32_t max;
    count_words(item, &min, &max);
    struct words flags = flags_of(item);
    struct words categories = categories_of(item);
    int64_t key = catalogue_has_key(item) ? 1 : 0;
    resp_array(writer, 10);
    resp_bulk(writer, catalogue_name(item, name));
    resp_integer(writer, min == max ? (int64_t)min : -(int64_t)min);
    write_words(writer, &flags);
    resp_integer(writer, key); /* first, last, step */
    resp_integer(writer, key);
    resp_integer(writer, key);
    write_words(writer, &categories);
    resp_set(writer, 0); /* tips */
    write_key_specs(writer, item);
}

static void write_info(struct resp_writer *writer, const struct catalogue_item *item)
{
    write_info_head(writer, item);
    uint32_t subs = catalogue_subs(item);
    if (subs == 0) {
        resp_set(writer, 0);
        return;
    }
    resp_array(writer, subs);
    for (uint32_t at = 1; at <= subs; at++) {
        struct catalogue_item sub = {NULL, item->server + at};
        write_info_head(writer, &sub);
        resp_set(writer, 0);
    }
}

static uint32_t count_commands(void)
{
    uint32_t count = 0;
    for (uint32_t at = 0; at < catalogue_count(); at++) {
        struct catalogue_item item = catalogue_at(at);
        count += catalogue_is_sub(&item) ? 0 : 1;
    }
    return count;
}

void server_command_command(const struct server_call *call)
{
    resp_array(call->writer, count_commands());
    for (uint32_t at = 0; at < catalogue_count(); at++) {
        struct catalogue_item item = catalogue_at(at);
        if (!catalogue_is_sub(&item)) {
            write_info(call->writer, &item);
        }
    }
}

void server_command_command_count(const struct server_call *call)
{
    resp_integer(call->writer, count_commands());
}

void server_command_command_info(const struct server_call *call)
{
    if (call->count == 0) {
        server_command_command(call);
        return;
    }
    resp_array(call->writer, call->count);
    for (uint32_t at = 0; at < call->count; at++) {
        struct catalogue_item item;
        if (catalogue_find(call->arguments[at], &item)) {
            write_info(call->writer, &item);
        } else {
            resp_null(call->writer);
        }
    }
}

/* How COMMAND LIST chooses. */
enum filter_kind { FILTER_NONE, FILTER_MODULE, FILTER_CATEGORY, FILTER_PATTERN };

static bool is_listed(const struct catalogue_item *item, enum filter_kind kind, struct text filter)
{
    char name[SERVER_COMMAND_NAME_BYTES_MAX];
    struct words categories;
    switch (kind) {
    case FILTER_NONE:
        return !catalogue_is_sub(item);
    case FILTER_PATTERN:
        return glob_match(filter, catalogue_name(item, name));
    case FILTER_CATEGORY:
        categories = categories_of(item);
        for (uint32_t at = 0; at < categories.count; at++) {
            if (word_is(filter, categories.list[at] + 1)) {
                return true;
            }
        }
        return false;
    case FILTER_MODULE:
        break;
    }
    return false; /* there are no modules */
}

void server_command_command_list(const struct server_call *call)
{
    enum filter_kind kind = FILTER_NONE;
    struct text filter = TEXT("");
    if (call->count > 0) {
        bool whole = call->count == 3 && word_is(call->arguments[0], "filterby");
        struct text by = whole ? call->arguments[1] : TEXT("");
        kind = word_is(by, "module")    ? FILTER_MODULE
               : word_is(by, "aclcat")  ? FILTER_CATEGORY
               : word_is(by, "pattern") ? FILTER_PATTERN
                                        : FILTER_NONE;
        if (kind == FILTER_NONE) {
            resp_error(call->writer, "ERR", "syntax error");
            return;
        }
        filter = call->arguments[2];
    }
    uint32_t count = 0;
    for (uint32_t at = 0; at < catalogue_count(); at++) {
        struct catalogue_item item = catalogue_at(at);
        count += is_listed(&item, kind, filter) ? 1 : 0;
    }
    resp_array(call->writer, count);
    for (uint32_t at = 0; at < catalogue_count(); at++) {
        struct catalogue_item item = catalogue_at(at);
        char name[SERVER_COMMAND_NAME_BYTES_MAX];
        if (is_listed(&item, kind, filter)) {
            resp_bulk(call->writer, catalogue_name(&item, name));
        }
    }
}

void server_command_command_getkeys(const struct server_call *call)
{
    struct catalogue_item item;
    uint32_t min;
    uint32_t max;
    if (!catalogue_find(call->arguments[0], &item)) {
        resp_error(call->writer, "ERR", "Invalid command specified");
        return;
    }
    if (!catalogue_has_key(&item)) {
        resp_error(call->writer, "ERR", "The command has no key arguments");
        return;
    }
    count_words(&item, &min, &max);
    if (call->count < min || call->count > max) {
        resp_error(call->writer, "ERR", "Invalid number of arguments specified for command");
        return;
    }
    resp_array(call->writer, 1);
    resp_bulk(call->writer, call->arguments[1]);
}
