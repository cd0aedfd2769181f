/* reply.c -- the RESP reader: one item at a time, and a counter instead of a stack for nesting. */
#include "reply.h"

#include "failure.h"

/* No server we load sends more; a larger figure is a broken stream, not a long reply. */
static const int64_t bulk_bytes_max = INT64_C(512) << 20;
static const int64_t elements_max = INT64_C(1) << 30;

/* Read a line that ends in \r\n. */
static enum reply_scan line_scan(const char *bytes, size_t length, struct span *line)
{
    const char *end = memchr(bytes, '\r', length);
    if (!end || end + 1 == bytes + length)
        return REPLY_MORE;
    if (end[1] != '\n')
        return REPLY_BAD;
    *line = (struct span){bytes, (size_t)(end - bytes)};
    return REPLY_CONSUMED;
}

/* Read a decimal number and its line end; *used is the bytes taken. */
static enum reply_scan number_scan(const char *bytes, size_t length, int64_t *value, size_t *used)
{
    size_t at = 0;
    bool negative = false;
    if (at < length && (bytes[at] == '-' || bytes[at] == '+'))
        negative = bytes[at++] == '-';
    uint64_t digits = 0;
    size_t first = at;
    while (at < length && bytes[at] >= '0' && bytes[at] <= '9') {
        if (at - first >= 19)
            return REPLY_BAD;
        digits = digits * 10 + (uint64_t)(bytes[at++] - '0');
    }
    if (at == length)
        return REPLY_MORE;
    if (at == first || bytes[at] != '\r' || digits > (uint64_t)INT64_MAX)
        return REPLY_BAD;
    if (at + 1 == length)
        return REPLY_MORE;
    if (bytes[at + 1] != '\n')
        return REPLY_BAD;
    *value = negative ? -(int64_t)digits : (int64_t)digits;
    *used = at + 2;
    return REPLY_CONSUMED;
}

/* Read the bytes of a bulk string whose header was at bytes[0 .. header). */
static enum reply_scan bulk_scan(const char *bytes, size_t length, size_t header, int64_t size,
                                 struct reply_item *item, size_t *used)
{
    if (size == -1) {
        item->kind = REPLY_NULL;
        *used = header;
        return REPLY_CONSUMED;
    }
    if (size < 0 || size > bulk_bytes_max)
        return REPLY_BAD;
    size_t end = header + (size_t)size;
    if (length > end && bytes[end] != '\r')
        return REPLY_BAD;
    if (length < end + 2)
        return REPLY_MORE;
    if (bytes[end + 1] != '\n')
        return REPLY_BAD;
    item->kind = bytes[0] == '!' ? REPLY_ERROR : REPLY_TEXT;
    item->text = (struct span){bytes + header, (size_t)size};
    if (bytes[0] == '=') { /* verbatim: "txt:" comes first */
        if (size < 4)
            return REPLY_BAD;
        item->text = (struct span){bytes + header + 4, (size_t)size - 4};
    }
    *used = end + 2;
    return REPLY_CONSUMED;
}

static enum reply_scan list_scan(char type, int64_t count, struct reply_item *item)
{
    if (count == -1 && type == '*') {
        item->kind = REPLY_NULL;
        return REPLY_CONSUMED;
    }
    if (count < 0 || count > elements_max)
        return REPLY_BAD;
    bool pairs = type == '%' || type == '|';
    item->kind = type == '>' || type == '|' ? REPLY_ASIDE : REPLY_LIST;
    item->integer = pairs ? 2 * count : count;
    return REPLY_CONSUMED;
}

/* Read one item: a scalar whole, a list only its header. */
static enum reply_scan item_scan(const char *bytes, size_t length, struct reply_item *item,
                                 size_t *used)
{
    if (length == 0)
        return REPLY_MORE;
    *item = (struct reply_item){.kind = REPLY_NULL};
    char type = bytes[0];
    enum reply_scan found;
    int64_t number = 0;
    struct span line;
    switch (type) {
    case '$':
    case '!':
    case '=':
    case '*':
    case '~':
    case '%':
    case '>':
    case '|':
    case ':':
        found = number_scan(bytes + 1, length - 1, &number, used);
        if (found != REPLY_CONSUMED)
            return found;
        ++*used;
        if (type == '$' || type == '!' || type == '=')
            return bulk_scan(bytes, length, *used, number, item, used);
        if (type != ':')
            return list_scan(type, number, item);
        item->kind = REPLY_INTEGER;
        item->integer = number;
        return REPLY_CONSUMED;
    case '+':
    case '-':
    case ',':
    case '#':
    case '(':
    case '_':
        found = line_scan(bytes + 1, length - 1, &line);
        if (found != REPLY_CONSUMED)
            return found;
        item->kind = type == '-' ? REPLY_ERROR : type == '_' ? REPLY_NULL : REPLY_TEXT;
        item->text = line;
        *used = line.length + 3;
        return REPLY_CONSUMED;
    default:
        return REPLY_BAD;
    }
}

enum reply_scan reply_scan(const char *bytes, size_t length, struct reply *reply)
{
    size_t at = 0;
    int64_t missing = 1;
    struct reply_item item;
    reply->detail = (struct reply_item){.kind = REPLY_NULL};
    for (unsigned seen = 0; missing > 0; seen++) {
        size_t used = 0;
        enum reply_scan found = item_scan(bytes + at, length - at, &item, &used);
        if (found != REPLY_CONSUMED)
            return found;
        at += used;
        missing--;
        bool holds = item.kind == REPLY_LIST || item.kind == REPLY_ASIDE;
        if (holds)
            missing += item.integer;
        if (item.kind == REPLY_ASIDE && seen > 0)
            missing++; /* a nested attribute stands before an element and is none itself */
        if (missing > elements_max)
            return REPLY_BAD;
        if (seen == 0)
            reply->first = reply->status = item;
        else if (seen == 1)
            reply->status = item;
        else if (seen == 2)
            reply->detail = item;
    }
    reply->length = at;
    reply->bytes = (struct span){bytes, at};
    return REPLY_CONSUMED;
}

bool reply_item_next(struct span *rest, struct reply_item *item)
{
    if (rest->length == 0)
        return false;
    size_t used = 0;
    enum reply_scan found = item_scan(rest->bytes, rest->length, item, &used);
    ASSERT(found == REPLY_CONSUMED);
    rest->bytes += used;
    rest->length -= used;
    return true;
}

void reply_skip(struct span *rest, int64_t count)
{
    struct reply_item item;
    while (count-- > 0 && reply_item_next(rest, &item)) {
        if (item.kind == REPLY_LIST || item.kind == REPLY_ASIDE)
            count += item.integer + (item.kind == REPLY_ASIDE);
    }
}
