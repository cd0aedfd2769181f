/* server_docs.c -- COMMAND DOCS in Redis 7's shape, and HELP of every command with sub-commands.
 *
 * The arguments of business commands come from engine/commands.def. Those of server commands are read
 * from the syntax in server_commands.def:
 *
 *     name              a string                     WORD name         a string behind a token
 *     [WORD one two]    an optional block            A|B               one of these tokens
 *     name...           may be given more than once
 *
 * Brackets make one optional argument of what they enclose; outside of them each word is one.
 */
#include <stdio.h>

#include "engine/bug.h"
#include "net/server_catalogue.h"
#include "net/word.h"

#define SINCE "0.1.0" /* every command so far */
#define WORDS_MAX 4U
#define HELP_BYTES_MAX 256U

/* One argument of a syntax. */
struct piece {
    struct text token; /* empty: none */
    struct text words[WORDS_MAX];
    uint32_t count;
    bool optional;
    bool multiple;
};

/* Appends a text in lower case as a bulk string. */
static void write_lower(struct resp_writer *writer, struct text text)
{
    char lower[SERVER_COMMAND_NAME_BYTES_MAX];
    ASSERT(text.length <= sizeof(lower));
    for (uint32_t at = 0; at < text.length; at++) {
        lower[at] = word_lower(text.data[at]);
    }
    resp_bulk(writer, (struct text){lower, text.length});
}

/* Tells whether a word of a syntax stands for itself: it has no small letter. */
static bool is_token(struct text word)
{
    for (uint32_t at = 0; at < word.length; at++) {
        if ((word.data[at] >= 'a' && word.data[at] <= 'z') || word.data[at] == '|') {
            return false;
        }
    }
    return true;
}

/* Reads the next argument of a syntax. False: there is no other. */
static bool next_piece(const char **at, struct piece *piece)
{
    *piece = (struct piece){0};
    *at += strspn(*at, " ");
    piece->optional = **at == '[';
    *at += piece->optional ? 1 : 0;
    bool inside = **at != '\0';
    while (inside) {
        struct text word = {*at, (uint32_t)strcspn(*at, " ].")};
        *at += word.length;
        size_t dots = strspn(*at, ".");
        piece->multiple = piece->multiple || dots > 0;
        *at += dots;
        if (piece->count == 0 && piece->token.length == 0 && is_token(word)) {
            piece->token = word;
        } else {
            ASSERT(piece->count < WORDS_MAX);
            piece->words[piece->count++] = word;
        }
        inside = piece->optional && **at == ' ';
        *at += strspn(*at, " ");
    }
    *at += **at == ']' ? 1 : 0;
    ASSERT(piece->count > 0 || piece->token.length == 0);
    ASSERT(piece->count < 2 || piece->token.length > 0);
    return piece->count > 0;
}

/* The end of an argument's map: token, summary (NULL: none), flags. */
static void write_tail(struct resp_writer *writer, struct text token, const char *summary,
                       bool optional, bool multiple)
{
    if (token.length > 0) {
        resp_word(writer, "token");
        resp_bulk(writer, token);
    }
    if (summary != NULL) {
        resp_word(writer, "summary");
        resp_word(writer, summary);
    }
    if (optional || multiple) {
        resp_word(writer, "flags");
        resp_set(writer, (optional ? 1U : 0U) + (multiple ? 1U : 0U));
        if (optional) {
            resp_simple(writer, "optional");
        }
        if (multiple) {
            resp_simple(writer, "multiple");
        }
    }
}

/* The head of an argument's map. `more`: pairs beside name, type, token and flags. */
static void write_head(struct resp_writer *writer, struct text name, const char *type,
                       struct text token, bool flags, uint32_t more)
{
    resp_map(writer, 2U + (token.length > 0 ? 1U : 0U) + (flags ? 1U : 0U) + more);
    resp_word(writer, "name");
    write_lower(writer, name);
    resp_word(writer, "type");
    resp_word(writer, type);
}

/* A|B: one of these tokens. */
static void write_choices(struct resp_writer *writer, struct text word)
{
    uint32_t count = 1;
    for (uint32_t at = 0; at < word.length; at++) {
        count += word.data[at] == '|' ? 1 : 0;
    }
    resp_word(writer, "arguments");
    resp_array(writer, count);
    const char *at = word.data;
    for (uint32_t choice = 0; choice < count; choice++) {
        size_t left = (size_t)(word.data + word.length - at);
        const char *bar = memchr(at, '|', left);
        struct text token = {at, (uint32_t)(bar == NULL ? left : (size_t)(bar - at))};
        write_head(writer, token, "pure-token", token, false, 0);
        write_tail(writer, token, NULL, false, false);
        at += token.length + 1;
    }
}

static void write_word(struct resp_writer *writer, struct text word, struct text token,
                       bool optional, bool multiple)
{
    bool choices = memchr(word.data, '|', word.length) != NULL;
    write_head(writer, choices && token.length > 0 ? token : word, choices ? "oneof" : "string",
               token, optional || multiple, choices ? 1 : 0);
    write_tail(writer, token, NULL, optional, multiple);
    if (choices) {
        write_choices(writer, word);
    }
}

static void write_piece(struct resp_writer *writer, const struct piece *piece)
{
    if (piece->count == 1) {
        write_word(writer, piece->words[0], piece->token, piece->optional, piece->multiple);
        return;
    }
    write_head(writer, piece->token, "block", piece->token, piece->optional || piece->multiple, 1);
    write_tail(writer, piece->token, NULL, piece->optional, piece->multiple);
    resp_word(writer, "arguments");
    resp_array(writer, piece->count);
    for (uint32_t at = 0; at < piece->count; at++) {
        write_word(writer, piece->words[at], TEXT(""), false, false);
    }
}

static uint32_t count_pieces(const char *syntax)
{
    uint32_t count = 0;
    struct piece piece;
    while (next_piece(&syntax, &piece)) {
        count++;
    }
    return count;
}

static const char *type_word(enum argument_type type)
{
    switch (type) {
    case ARGUMENT_AMOUNT:
    case ARGUMENT_DELTA:
    case ARGUMENT_COUNT:
    case ARGUMENT_LIMIT:
    case ARGUMENT_VERSION:
        return "integer";
    case ARGUMENT_TIME:
        return "unix-time";
    case ARGUMENT_MEMBER:
    case ARGUMENT_NAME:
    case ARGUMENT_CODE:
    case ARGUMENT_REASON:
    case ARGUMENT_REQUEST:
    case ARGUMENT_DOCUMENT:
        break;
    }
    return "string";
}

static void write_business_arguments(struct resp_writer *writer, const struct catalogue_item *item)
{
    const struct command_spec *spec = item->business;
    resp_array(writer, spec->argument_count);
    for (uint32_t at = 0; at < spec->argument_count; at++) {
        const struct argument_spec *argument = &spec->arguments[at];
        bool is_key = at == 0 && catalogue_has_key(item);
        struct text token = text_of(argument->word);
        write_head(writer, text_of(argument->field), is_key ? "key" : type_word(argument->type),
                   token, !argument->required, is_key ? 2 : 1);
        if (is_key) {
            resp_word(writer, "key_spec_index");
            resp_integer(writer, 0);
        }
        write_tail(writer, token, argument->meaning, !argument->required, false);
    }
}

static void write_server_arguments(struct resp_writer *writer, const char *syntax)
{
    resp_array(writer, count_pieces(syntax));
    struct piece piece;
    while (next_piece(&syntax, &piece)) {
        write_piece(writer, &piece);
    }
}

/* The group that redis-cli sorts its help by; of business commands their noun. */
static struct text group_of(const struct catalogue_item *item)
{
    if (item->business != NULL) {
        return (struct text){item->business->name, (uint32_t)strcspn(item->business->name, ".")};
    }
    switch (item->server->group) {
    case SERVER_COMMAND_GROUP_CONNECTION:
        return TEXT("connection");
    case SERVER_COMMAND_GROUP_CLUSTER:
        return TEXT("cluster");
    case SERVER_COMMAND_GROUP_SERVER:
        break;
    }
    return TEXT("server");
}

/* A name and its documentation, but for the sub-commands. `more`: pairs that follow. */
static void write_docs_head(struct resp_writer *writer, const struct catalogue_item *item,
                            uint32_t more)
{
    char name[SERVER_COMMAND_NAME_BYTES_MAX];
    bool arguments = item->business != NULL ? item->business->argument_count > 0
                                            : item->server->syntax[0] != '\0';
    resp_bulk(writer, catalogue_name(item, name));
    resp_map(writer, 3U + (arguments ? 1U : 0U) + more);
    resp_word(writer, "summary");
    resp_word(writer, item->business != NULL ? item->business->summary : item->server->summary);
    resp_word(writer, "since");
    resp_word(writer, SINCE);
    resp_word(writer, "group");
    write_lower(writer, group_of(item));
    if (arguments) {
        resp_word(writer, "arguments");
        if (item->business != NULL) {
            write_business_arguments(writer, item);
        } else {
            write_server_arguments(writer, item->server->syntax);
        }
    }
}

static void write_docs(struct resp_writer *writer, const struct catalogue_item *item)
{
    uint32_t subs = catalogue_subs(item);
    write_docs_head(writer, item, subs > 0 ? 1 : 0);
    if (subs > 0) {
        resp_word(writer, "subcommands");
        resp_map(writer, subs);
        for (uint32_t at = 1; at <= subs; at++) {
            struct catalogue_item sub = {NULL, item->server + at};
            write_docs_head(writer, &sub, 0);
        }
    }
}

void server_command_command_docs(const struct server_call *call)
{
    struct catalogue_item item;
    uint32_t count = 0;
    for (uint32_t at = 0; at < call->count; at++) {
        count += catalogue_find(call->arguments[at], &item) ? 1 : 0;
    }
    if (call->count > 0) {
        resp_map(call->writer, count);
        for (uint32_t at = 0; at < call->count; at++) {
            if (catalogue_find(call->arguments[at], &item)) {
                write_docs(call->writer, &item);
            }
        }
        return;
    }
    for (uint32_t at = 0; at < catalogue_count(); at++) {
        item = catalogue_at(at);
        count += catalogue_is_sub(&item) ? 0 : 1;
    }
    resp_map(call->writer, count);
    for (uint32_t at = 0; at < catalogue_count(); at++) {
        item = catalogue_at(at);
        if (!catalogue_is_sub(&item)) {
            write_docs(call->writer, &item);
        }
    }
}

/* Copies a word in capitals. */
static void copy_upper(char to[SERVER_COMMAND_NAME_BYTES_MAX], const char *word, size_t length)
{
    ASSERT(length < SERVER_COMMAND_NAME_BYTES_MAX);
    for (size_t at = 0; at < length; at++) {
        to[at] = word_upper(word[at]);
    }
    to[length] = '\0';
}

/* HELP of the command whose sub-command was called. */
void server_command_help(const struct server_call *call)
{
    const struct server_command_spec *spec = call->spec;
    size_t length = strcspn(spec->name, "|");
    while (strchr(spec->name, '|') != NULL) {
        spec--;
    }
    struct catalogue_item item = {NULL, spec};
    uint32_t subs = catalogue_subs(&item);
    char word[SERVER_COMMAND_NAME_BYTES_MAX];
    char line[HELP_BYTES_MAX];
    copy_upper(word, spec->name, length);
    snprintf(line, sizeof(line),
             "%s <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", word);
    resp_array(call->writer, 1 + 2 * (uint64_t)subs);
    resp_simple(call->writer, line);
    for (uint32_t at = 1; at <= subs; at++) {
        copy_upper(word, spec[at].name + length + 1, strlen(spec[at].name) - length - 1);
        snprintf(line, sizeof(line), "%s%s%s", word, spec[at].syntax[0] == '\0' ? "" : " ",
                 spec[at].syntax);
        resp_simple(call->writer, line);
        snprintf(line, sizeof(line), "    %s.", spec[at].summary);
        resp_simple(call->writer, line);
    }
}
