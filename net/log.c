/* log.c -- a line is composed on the stack and leaves in one write(2). */
#include "net/log.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/bug.h"
#include "net/clock.h"
#include "net/rfc3339.h"
#include "net/utf8.h"

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error"};
static const char cut_mark[] = " truncated=true\n";

#define ESCAPE_BYTES_MAX 4 /* of one escaped byte or one UTF-8 sequence */

static enum log_level lowest = LOG_INFO;
static int log_fd = STDERR_FILENO;
static uint64_t lost;

struct line {
    char bytes[LOG_LINE_BYTES_MAX];
    size_t length;
    bool cut; /* something did not fit: nothing more is added */
};

/* Return how many bytes may be added; the cut mark and a closing quote have theirs set aside. */
static size_t room(const struct line *line)
{
    return sizeof line->bytes - (sizeof cut_mark - 1) - 1 - line->length;
}

/* Add bytes that belong together: all of them or, when they do not fit, none. */
static void add(struct line *line, const char *bytes, size_t length)
{
    if (line->cut || length > room(line)) {
        line->cut = true;
        return;
    }
    memcpy(line->bytes + line->length, bytes, length);
    line->length += length;
}

static void add_string(struct line *line, const char *string)
{
    add(line, string, strlen(string));
}

/* Return the length of the sequence of two bytes or more at `at` that a line may show as it is, or 0. */
static size_t shown_length(const char *at, size_t left)
{
    const unsigned char *bytes = (const unsigned char *)at;

    if (bytes[0] < 0x80) {
        return 0;
    }
    size_t length = utf8_length(at, (uint32_t)left);
    if (length == 0 || utf8_is_control(at)) { /* C1: some terminals obey them */
        return 0;
    }
    /* U+2028, U+2029 end lines, U+202A..U+202E and U+2066..U+2069 turn the reading direction. */
    bool format = bytes[0] == 0xe2 && ((bytes[1] == 0x80 && bytes[2] >= 0xa8 && bytes[2] <= 0xae) ||
                                       (bytes[1] == 0x81 && bytes[2] >= 0xa6 && bytes[2] <= 0xa9));
    return format ? 0 : length;
}

static bool is_plain(unsigned char byte)
{
    return byte > 0x20 && byte < 0x7f && byte != '"' && byte != '=' && byte != '\\';
}

static void add_escaped(struct line *line, unsigned char byte)
{
    char escape[8];

    switch (byte) {
    case '"':
    case '\\':
        add(line, (const char[]){'\\', (char)byte}, 2);
        return;
    case '\n':
        add_string(line, "\\n");
        return;
    case '\r':
        add_string(line, "\\r");
        return;
    case '\t':
        add_string(line, "\\t");
        return;
    default:
        snprintf(escape, sizeof escape, "\\x%02x", byte);
        add_string(line, escape);
    }
}

static void add_text(struct line *line, struct text text)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    bool plain = text.length > 0;
    size_t i = 0;

    while (plain && i < text.length) {
        size_t wide = shown_length(text.data + i, text.length - i);
        plain = wide > 0 || is_plain(bytes[i]);
        i += wide > 0 ? wide : 1;
    }
    if (plain && text.length <= room(line)) {
        add(line, text.data, text.length);
        return;
    }
    add_string(line, "\"");
    for (i = 0; i < text.length && !line->cut;) {
        size_t wide = shown_length(text.data + i, text.length - i);
        if (room(line) < ESCAPE_BYTES_MAX + 1) {
            line->cut = true;
            line->bytes[line->length++] = '"'; /* in the room set aside */
        } else if (wide > 0) {
            add(line, text.data + i, wide);
        } else if (is_plain(bytes[i]) || bytes[i] == ' ' || bytes[i] == '=') {
            add(line, text.data + i, 1);
        } else {
            add_escaped(line, bytes[i]);
        }
        i += wide > 0 ? wide : 1;
    }
    add_string(line, "\"");
}

static void add_field(struct line *line, const struct log_field *field)
{
    char written[64];
    size_t before = line->length;
    const char *error;

    if (room(line) < strlen(field->key) + 2 + 2 * ESCAPE_BYTES_MAX) {
        line->cut = true;
    }
    if (line->cut) {
        return;
    }
    add_string(line, " ");
    add_string(line, field->key);
    add_string(line, "=");
    switch (field->kind) {
    case LOG_KIND_TEXT:
        add_text(line, field->text);
        return;
    case LOG_KIND_ERROR:
        error = strerrordesc_np((int)field->number);
        add_text(line, text_of(error != NULL ? error : "unknown error"));
        return;
    case LOG_KIND_NUMBER:
        snprintf(written, sizeof written, "%lld", (long long)field->number);
        break;
    case LOG_KIND_UNSIGNED:
        snprintf(written, sizeof written, "%llu", (unsigned long long)field->natural);
        break;
    case LOG_KIND_HEX:
        snprintf(written, sizeof written, "%016llx", (unsigned long long)field->natural);
        break;
    case LOG_KIND_FLAG:
        snprintf(written, sizeof written, "%s", field->number != 0 ? "true" : "false");
        break;
    case LOG_KIND_TIME:
        rfc3339_format(field->number, written);
        break;
    case LOG_KIND_END:
        ASSERT(false);
    }
    add_string(line, written);
    if (line->cut) {
        line->length = before;
    }
}

/* Compose one line and write it. `suppressed` is added when it is not zero. */
static void write_line(enum log_level level, const char *event, const struct log_field *fields,
                       uint64_t suppressed)
{
    int kept = errno;
    struct line line;
    char time[RFC3339_BYTES];
    ssize_t written;

    line.length = 0;
    line.cut = false;
    rfc3339_format(clock_real_ms(), time);
    add_string(&line, time);
    add_string(&line, " level=");
    add_string(&line, level_names[level]);
    add_string(&line, " event=");
    add_string(&line, event);
    for (; fields->kind != LOG_KIND_END; fields++) {
        add_field(&line, fields);
    }
    if (suppressed > 0) {
        add_field(&line, &LOG_UNSIGNED("suppressed", suppressed));
    }
    const char *end = line.cut ? cut_mark : "\n";
    memcpy(line.bytes + line.length, end, strlen(end));
    line.length += strlen(end);
    do {
        written = write(log_fd, line.bytes, line.length);
    } while (written < 0 && errno == EINTR);
    if (written != (ssize_t)line.length) {
        lost++;
    }
    errno = kept;
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
    ASSERT(level <= LOG_ERROR);
    ASSERT(fields != NULL);
    if (log_enabled(level)) {
        write_line(level, event, fields, 0);
    }
}

void log_write_limited(struct log_limit *limit, int64_t every_ms, enum log_level level,
                       const char *event, const struct log_field *fields)
{
    int64_t now = clock_monotonic_ms();

    if (!log_enabled(level)) {
        return;
    }
    if (now < limit->open_at_ms) {
        limit->suppressed++;
        return;
    }
    uint64_t suppressed = limit->suppressed;
    limit->open_at_ms = now + every_ms;
    limit->suppressed = 0;
    write_line(level, event, fields, suppressed);
}

void log_set_level(enum log_level level)
{
    ASSERT(level <= LOG_ERROR);
    lowest = level;
}

void log_set_fd(int fd)
{
    ASSERT(fd >= 0);
    log_fd = fd;
}

bool log_enabled(enum log_level level)
{
    return level >= lowest;
}

uint64_t log_lost(void)
{
    return lost;
}

struct text log_text_of_string(const char *string)
{
    return text_of(string != NULL ? string : "");
}
