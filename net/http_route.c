/* http_route.c -- a path against the routes, segment by segment. */
#include "net/http_route.h"

#include "engine/bug.h"

/* Takes the next segment off a path that begins with a slash. False: there is none left. */
static bool next_segment(struct text *path, struct text *segment)
{
    if (path->length == 0 || path->data[0] != '/') {
        return false;
    }
    const char *from = path->data + 1;
    uint32_t left = path->length - 1;
    const char *slash = memchr(from, '/', left);
    *segment = (struct text){from, slash == NULL ? left : (uint32_t)(slash - from)};
    *path = (struct text){from + segment->length, left - segment->length};
    return true;
}

static const struct argument_spec *argument_of(const struct command_spec *spec, struct text field)
{
    for (uint32_t at = 0; at < spec->argument_count; at++) {
        if (text_equal(field, text_of(spec->arguments[at].field))) {
            return &spec->arguments[at];
        }
    }
    return NULL;
}

/* Tells whether a path fits a command's route, and which values it has. */
static bool fits(const struct command_spec *spec, struct text path, struct http_match *match)
{
    struct text route = text_of(spec->route);
    struct text wanted;
    struct text segment;
    match->count = 0;
    while (next_segment(&route, &wanted)) {
        bool is_field = wanted.length > 2 && wanted.data[0] == '{';
        bool is_optional = is_field && wanted.data[wanted.length - 2] == '?';
        if (!next_segment(&path, &segment)) {
            return is_optional;
        }
        if (!is_field) {
            if (!text_equal(wanted, segment)) {
                return false;
            }
            continue;
        }
        struct text field = {wanted.data + 1, wanted.length - (is_optional ? 3 : 2)};
        ASSERT(match->count < HTTP_ROUTE_VALUES_MAX);
        match->arguments[match->count] = argument_of(spec, field);
        ASSERT(match->arguments[match->count] != NULL);
        match->values[match->count++] = segment;
    }
    return path.length == 0;
}

enum http_route_status http_route(enum command_method method, struct text path,
                                  struct http_match *match)
{
    match->methods = 0;
    for (uint32_t at = 0; at < command_spec_count; at++) {
        if (command_specs[at].method == method && fits(&command_specs[at], path, match)) {
            match->spec = &command_specs[at];
            return HTTP_ROUTE_FOUND;
        }
    }
    for (uint32_t at = 0; at < command_spec_count; at++) {
        match->methods |= fits(&command_specs[at], path, match) ? 1U << command_specs[at].method
                                                                : 0;
    }
    return match->methods != 0 ? HTTP_ROUTE_OTHER_METHOD : HTTP_ROUTE_NONE;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool http_decode(struct text raw, bool is_query, char *out, struct text *decoded)
{
    uint32_t length = 0;
    for (uint32_t at = 0; at < raw.length; at++) {
        char c = raw.data[at];
        if (c == '%') {
            int high = at + 2 < raw.length ? hex_digit(raw.data[at + 1]) : -1;
            int low = at + 2 < raw.length ? hex_digit(raw.data[at + 2]) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            c = (char)(high * 16 + low);
            at += 2;
        } else if (c == '+' && is_query) {
            c = ' ';
        }
        if (c == '\0') {
            return false;
        }
        out[length++] = c;
    }
    *decoded = (struct text){out, length};
    return true;
}
