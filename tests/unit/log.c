/* log.c -- an event is one line of logfmt, whatever a value holds. */
#include "net/log.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int ends[2];
static char caught[4 * LOG_LINE_BYTES_MAX];

static void begin(void)
{
    cr_assert_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    log_set_fd(ends[1]);
    log_set_level(LOG_INFO);
}

static void end(void)
{
    close(ends[0]);
    close(ends[1]);
}

TestSuite(log, .init = begin, .fini = end);

/* Return all that was logged since the last call. */
static const char *lines(void)
{
    ssize_t length = read(ends[0], caught, sizeof caught - 1);

    caught[length > 0 ? length : 0] = '\0';
    return caught;
}

/* Return the one line that was logged, without its time and its newline. */
static const char *line(void)
{
    char *newline = strchr(lines(), '\n');

    cr_assert_not_null(newline, "no line in '%s'", caught);
    cr_assert_eq(newline[1], '\0', "more than one line in '%s'", caught);
    *newline = '\0';
    cr_assert_gt(strlen(caught), 25u);
    return caught + 25;
}

Test(log, an_event_is_a_line_with_time_level_and_fields)
{
    log_event(LOG_INFO, "listening", LOG_TEXT("address", "127.0.0.1"), LOG_NUMBER("port", 7400));
    const char *rest = line();
    cr_assert_str_eq(rest, "level=info event=listening address=127.0.0.1 port=7400");
    cr_assert_eq(caught[4], '-');
    cr_assert_eq(caught[10], 'T');
    cr_assert_eq(caught[19], '.');
    cr_assert_eq(caught[23], 'Z');
    cr_assert_eq(caught[24], ' ');
}

Test(log, an_event_needs_no_fields)
{
    log_event(LOG_WARN, "alone");
    cr_assert_str_eq(line(), "level=warn event=alone");
}

Test(log, every_kind_of_field_is_written)
{
    log_event(LOG_ERROR, "all", LOG_NUMBER("least", INT64_MIN), LOG_UNSIGNED("most", UINT64_MAX),
              LOG_HEX("hash", 0xabcULL), LOG_FLAG("yes", true), LOG_FLAG("no", false),
              LOG_TIME("opens_at", 1794326400123), LOG_ERRNO("error", ENOENT),
              LOG_TEXT_OF("of", TEXT("text")));
    cr_assert_str_eq(line(), "level=error event=all least=-9223372036854775808 "
                             "most=18446744073709551615 hash=0000000000000abc yes=true no=false "
                             "opens_at=2026-11-10T16:00:00.123Z "
                             "error=\"No such file or directory\" of=text");
}

/* TEXT is no constant, and a table needs one. */
#define BYTES(literal)                                                                             \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static const struct {
    struct text value;
    const char *written;
} values[] = {
    {BYTES("plain"), "plain"},
    {BYTES("a:b/c,d;e[f]"), "a:b/c,d;e[f]"},
    {BYTES(""), "\"\""},
    {BYTES("two words"), "\"two words\""},
    {BYTES("a=b"), "\"a=b\""},
    {BYTES("say \"no\""), "\"say \\\"no\\\"\""},
    {BYTES("back\\slash"), "\"back\\\\slash\""},
    {BYTES("one\ntwo\r\tthree"), "\"one\\ntwo\\r\\tthree\""},
    {BYTES("nul\0byte"), "\"nul\\x00byte\""},
    {BYTES("\x1b[31mred"), "\"\\x1b[31mred\""},
    {BYTES("\x7f"), "\"\\x7f\""},
    {BYTES("双十一"), "双十一"},
    {BYTES("双 十一"), "\"双 十一\""},
    {BYTES("\xf0\x9f\x8e\x81"), "\xf0\x9f\x8e\x81"},
    {BYTES("\xc0\xaf"), "\"\\xc0\\xaf\""},                   /* overlong */
    {BYTES("\xed\xa0\x80"), "\"\\xed\\xa0\\x80\""},          /* surrogate */
    {BYTES("\xf4\x90\x80\x80"), "\"\\xf4\\x90\\x80\\x80\""}, /* beyond U+10FFFF */
    {BYTES("\xe5\x8f"), "\"\\xe5\\x8f\""},                   /* cut short */
    {BYTES("\xc2\x85"), "\"\\xc2\\x85\""},                   /* a control character, U+0085 */
    {BYTES("\xe2\x80\xa8"), "\"\\xe2\\x80\\xa8\""},          /* line separator */
    {BYTES("\xe2\x80\xae"), "\"\\xe2\\x80\\xae\""},          /* turns the direction of reading */
};

Test(log, values_are_quoted_and_escaped_when_needed)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char wanted[128];
        snprintf(wanted, sizeof wanted, "level=info event=value v=%s n=1", values[i].written);
        log_event(LOG_INFO, "value", LOG_TEXT_OF("v", values[i].value), LOG_NUMBER("n", 1));
        cr_assert_str_eq(line(), wanted, "scenario %zu", i);
    }
}

Test(log, a_null_string_is_an_empty_value)
{
    const char *nothing = NULL;
    log_event(LOG_INFO, "null", LOG_TEXT("v", nothing));
    cr_assert_str_eq(line(), "level=info event=null v=\"\"");
}

Test(log, levels_below_the_set_one_are_silent)
{
    log_set_level(LOG_WARN);
    log_event(LOG_INFO, "quiet");
    log_event(LOG_DEBUG, "quiet");
    cr_assert_str_eq(lines(), "");
    log_event(LOG_WARN, "loud");
    cr_assert_str_eq(line(), "level=warn event=loud");
    cr_assert_not(log_enabled(LOG_INFO));
}

Test(log, fields_of_a_silent_event_are_not_computed)
{
    int computed = 0;
    log_event(LOG_DEBUG, "quiet", LOG_NUMBER("n", ++computed));
    cr_assert_eq(computed, 0);
}

/* Count double quotes that are not escaped. */
static size_t count_quotes(const char *string)
{
    size_t count = 0;

    for (; *string != '\0'; string++) {
        if (*string == '\\') {
            string++;
        } else if (*string == '"') {
            count++;
        }
    }
    return count;
}

Test(log, a_line_of_any_length_stays_whole_and_says_when_it_was_cut)
{
    static char filler[LOG_LINE_BYTES_MAX + 64];
    size_t cut = 0;

    for (size_t length = 0; length < sizeof filler; length++) {
        memset(filler, length % 3 == 0 ? 'x' : length % 3 == 1 ? '\n' : ' ', sizeof filler);
        struct text text = {filler, (uint32_t)length};
        log_event(LOG_INFO, "long", LOG_TEXT_OF("v", text), LOG_TEXT("last", ""));
        cr_assert_leq(strlen(lines()), (size_t)LOG_LINE_BYTES_MAX, "length %zu", length);
        cr_assert_eq(strchr(caught, '\n'), caught + strlen(caught) - 1, "length %zu", length);
        cr_assert_eq(count_quotes(caught) % 2, 0u, "length %zu: %s", length, caught);
        bool whole = strstr(caught, " last=\"\"\n") != NULL;
        bool marked = strstr(caught, " truncated=true\n") != NULL;
        cr_assert_neq(whole, marked, "length %zu: %s", length, caught);
        cut += marked ? 1 : 0;
    }
    cr_assert_gt(cut, 64u);
}

Test(log, many_fields_are_cut_between_fields)
{
    struct log_field fields[400];

    for (size_t i = 0; i < 399; i++) {
        fields[i] = LOG_NUMBER("n", 1000000 + (int64_t)i);
    }
    fields[399] = LOG_END_;
    log_write(LOG_INFO, "many", fields);
    const char *mark = strstr(line(), " truncated=true");
    cr_assert_not_null(mark);
    for (int i = 1; i <= 7; i++) {
        cr_assert(mark[-i] >= '0' && mark[-i] <= '9', "the last number is whole: %s", caught);
    }
    cr_assert_eq(mark[-8], '=');
}

static void complain(int i)
{
    log_limited(40, LOG_WARN, "again", LOG_NUMBER("i", i));
}

Test(log, a_repeated_warning_is_held_back_and_the_next_line_says_how_often)
{
    for (int i = 0; i < 5; i++) {
        complain(i);
    }
    cr_assert_str_eq(line(), "level=warn event=again i=0");
    usleep(50000);
    complain(5);
    cr_assert_str_eq(line(), "level=warn event=again i=5 suppressed=4");
    usleep(50000);
    complain(6);
    cr_assert_str_eq(line(), "level=warn event=again i=6");
}

Test(log, errno_is_kept_and_a_lost_line_is_counted)
{
    uint64_t before = log_lost();

    errno = EDOM;
    for (int i = 0; i < 10000 && log_lost() == before; i++) {
        log_event(LOG_INFO, "filling", LOG_NUMBER("i", i));
    }
    cr_assert_eq(errno, EDOM);
    cr_assert_eq(log_lost(), before + 1);
}
