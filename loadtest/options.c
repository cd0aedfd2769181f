/* options.c -- flags.def read three ways: parsing, printing the help, listing the settings. */
#include "options.h"

#include "suggest.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

enum flag_kind { FLAG_GROUP, FLAG_NUMBER, FLAG_REAL, FLAG_TEXT, FLAG_CHOICE, FLAG_SWITCH };

struct flag {
    enum flag_kind kind;
    const char *name; /* of FLAG_GROUP: the heading */
    const char *value;
    unsigned modes;
    size_t offset; /* of the field in struct options */
    double standard, min, max;
    const char *text; /* FLAG_TEXT: default; FLAG_CHOICE: the words */
    const char *help;
};

#define S MODE_SALE
#define R MODE_REPLAY
#define A MODE_AUDIT
#define AT(field) offsetof(struct options, field)
static const struct flag flags[] = {
#define GROUP(heading) {FLAG_GROUP, heading, "", 0, 0, 0, 0, 0, "", ""},
#define NUMBER(field, flag, value, modes, standard, min, max, help)                                \
    {FLAG_NUMBER, flag, value, modes, AT(field), standard, min, max, "", help},
#define REAL(field, flag, value, modes, standard, min, max, help)                                  \
    {FLAG_REAL, flag, value, modes, AT(field), standard, min, max, "", help},
#define TEXT(field, flag, value, modes, standard, help)                                            \
    {FLAG_TEXT, flag, value, modes, AT(field), 0, 0, 0, standard, help},
#define CHOICE(field, flag, modes, standard, words, help)                                          \
    {FLAG_CHOICE, flag, words, modes, AT(field), standard, 0, 0, words, help},
#define SWITCH(field, flag, modes, help)                                                           \
    {FLAG_SWITCH, flag, "", modes, AT(field), 0, 0, 0, "", help},
#include "flags.def"
#undef GROUP
#undef NUMBER
#undef REAL
#undef TEXT
#undef CHOICE
#undef SWITCH
};
#undef S
#undef R
#undef A
#undef AT

#define FLAG_COUNT (sizeof flags / sizeof flags[0])

static int64_t *number_at(struct options *options, const struct flag *flag)
{
    return (int64_t *)(void *)((char *)options + flag->offset);
}

static double *real_at(struct options *options, const struct flag *flag)
{
    return (double *)(void *)((char *)options + flag->offset);
}

static const char **text_at(struct options *options, const struct flag *flag)
{
    return (const char **)(void *)((char *)options + flag->offset);
}

static bool *switch_at(struct options *options, const struct flag *flag)
{
    return (bool *)(void *)((char *)options + flag->offset);
}

const char *options_mode_name(enum mode mode)
{
    return mode == MODE_SALE ? "sale" : mode == MODE_REPLAY ? "replay" : "audit";
}

const char *options_word(const char *words, int64_t position, char out[static 32])
{
    while (position-- > 0)
        words = strchr(words, '|') + 1;
    size_t length = strcspn(words, "|");
    ASSERT(length < 32);
    memcpy(out, words, length);
    out[length] = '\0';
    return out;
}

static bool number_parse(const struct flag *flag, const char *value, int64_t *out,
                         struct failure *failure)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    bool in_range = (double)number >= flag->min && (double)number <= flag->max;
    if (errno || end == value || *end || !in_range)
        return failure_set(failure, "%s takes a whole number from %.0f to %.0f, not \"%s\"",
                           flag->name, flag->min, flag->max, value);
    *out = number;
    return true;
}

static bool real_parse(const struct flag *flag, const char *value, double *out,
                       struct failure *failure)
{
    char *end = NULL;
    double number = strtod(value, &end);
    if (end == value || *end || isnan(number) || number < flag->min || number > flag->max)
        return failure_set(failure, "%s takes a number from %g to %g, not \"%s\"", flag->name,
                           flag->min, flag->max, value);
    *out = number;
    return true;
}

/* Divide "a|b|c" into "a, b" and "c". */
static void words_join(const char *choices, char words[static 96], char last[static 32])
{
    const char *bar = strrchr(choices, '|');
    size_t used = 0;
    for (const char *at = choices; at < bar && used + 3 < 96; at++) {
        words[used++] = *at == '|' ? ',' : *at;
        if (*at == '|')
            words[used++] = ' ';
    }
    words[used] = '\0';
    snprintf(last, 32, "%s", bar + 1);
}

static bool choice_parse(const struct flag *flag, const char *value, int64_t *out,
                         struct failure *failure)
{
    size_t length = strlen(value);
    const char *word = flag->text;
    for (int64_t position = 0;; position++) {
        size_t size = strcspn(word, "|");
        if (size == length && memcmp(word, value, size) == 0) {
            *out = position;
            return true;
        }
        if (!word[size])
            break;
        word += size + 1;
    }
    char words[96], last[32];
    words_join(flag->text, words, last);
    return failure_set(failure, "%s takes one of %s or %s, not \"%s\"", flag->name, words, last,
                       value);
}

static bool unknown_flag(const char *word, enum mode mode, struct failure *failure)
{
    const char *names[FLAG_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        if (flags[i].kind != FLAG_GROUP && strcmp(flags[i].name, word) == 0)
            return failure_set(failure, "%s is no flag of boon-load %s; see boon-load %s --help",
                               word, options_mode_name(mode), options_mode_name(mode));
        if (flags[i].modes & mode)
            names[count++] = flags[i].name;
    }
    const char *nearest = suggest_nearest(word, names, count);
    if (nearest)
        return failure_set(failure, "unknown flag %s; did you mean %s?", word, nearest);
    return failure_set(failure, "unknown flag %s; see boon-load %s --help", word,
                       options_mode_name(mode));
}

/* Parse argv[*at], and the value behind it when it has one; moves *at past what was taken. */
static bool flag_parse(struct options *options, int argc, char *const argv[], int *at,
                       struct failure *failure)
{
    char name[64];
    const char *word = argv[(*at)++];
    size_t length = strcspn(word, "=");
    snprintf(name, sizeof name, "%.*s", (int)(length < 63 ? length : 63), word);
    const struct flag *flag = NULL;
    for (size_t i = 0; i < FLAG_COUNT && !flag; i++) {
        if ((flags[i].modes & options->mode) && strcmp(flags[i].name, name) == 0)
            flag = &flags[i];
    }
    if (!flag)
        return unknown_flag(name, options->mode, failure);
    const char *value = word[length] ? word + length + 1 : NULL;
    if (flag->kind == FLAG_SWITCH) {
        if (value)
            return failure_set(failure, "%s takes no value", flag->name);
        *switch_at(options, flag) = true;
        return true;
    }
    if (!value && *at == argc)
        return failure_set(failure, "%s needs a value: %s %s", flag->name, flag->name, flag->value);
    if (!value)
        value = argv[(*at)++];
    switch (flag->kind) {
    case FLAG_NUMBER:
        return number_parse(flag, value, number_at(options, flag), failure);
    case FLAG_REAL:
        return real_parse(flag, value, real_at(options, flag), failure);
    case FLAG_CHOICE:
        return choice_parse(flag, value, number_at(options, flag), failure);
    default:
        *text_at(options, flag) = value;
        return true;
    }
}

static bool id_is_valid(const char *prefix)
{
    size_t length = strlen(prefix);
    if (length == 0 || length > 48 || prefix[0] == '@')
        return false;
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)prefix[i] < 0x20 || prefix[i] == 0x7f)
            return false;
    }
    return true;
}

/* Take the password from the first line of --password-file. */
static bool password_read(struct options *options, struct failure *failure)
{
    const char *path = options->password_file;
    char *line = options->password_line;
    if (options->password[0])
        return failure_set(failure, "--password and --password-file are both given; one is enough");
    FILE *file = fopen(path, "re");
    bool got = file && fgets(line, sizeof options->password_line, file);
    int error = !file || ferror(file) ? errno : 0;
    if (file)
        fclose(file);
    if (!got && error)
        return failure_set(failure, "--password-file: cannot read %s: %s", path, strerror(error));
    line[strcspn(line, "\r\n")] = '\0';
    if (!line[0])
        return failure_set(failure, "--password-file: the first line of %s is empty", path);
    options->password = line;
    return true;
}

/* Fill in what depends on other flags, and refuse what does not fit together. */
static bool options_settle(struct options *options, struct failure *failure)
{
    bool replay = options->mode == MODE_REPLAY;
    if (options->pipeline < 0)
        options->pipeline = options->rate > 0 ? 1024 : replay ? 16 : 1;
    if (!options->campaign_prefix[0])
        options->campaign_prefix = replay ? "o2o" : "sale";
    if (!id_is_valid(options->campaign_prefix))
        return failure_set(failure, "--campaign-prefix takes 1 to 48 bytes without control bytes "
                                    "and without a leading @");
    if (options->stock < 0 && options->mode == MODE_SALE)
        options->stock = 20000;
    if (options->per_member < 0 && options->mode != MODE_AUDIT)
        options->per_member = 1;
    if (options->seconds < 0 && options->requests < 0 && options->mode == MODE_SALE)
        options->seconds = 10;
    if (options->threads > options->connections)
        return failure_set(failure,
                           "--threads %" PRId64 " needs at least as many --connections, "
                           "not %" PRId64,
                           options->threads, options->connections);
    if (options->warmup > 0 && options->seconds < 0)
        return failure_set(failure, "--warmup needs --seconds: a run of so many --requests is "
                                    "measured whole");
    if (options->give_up > 0 && options->rate < 0)
        return failure_set(failure, "--give-up needs --rate: in a closed loop nothing falls due");
    if (options->retry)
        options->request_ids = true;
    if (options->expect_issued >= 0 && options->audit == AUDIT_NONE)
        return failure_set(failure, "--expect-issued needs an audit: leave out --audit none");
    if (options->help)
        return true;
    if (options->password_file[0] && !password_read(options, failure))
        return false;
    if (strlen(options->password) > PASSWORD_BYTES_MAX)
        return failure_set(failure, "a password has at most %d bytes", PASSWORD_BYTES_MAX);
    if (!replay)
        return true;
    if (!options->csv[0] || !options->member_column[0] || !options->campaign_column[0])
        return failure_set(failure,
                           "replay needs --csv FILE --member-column NAME --campaign-column NAME");
    if (options->verify_only && options->audit == AUDIT_NONE)
        return failure_set(failure, "--verify-only is an audit: leave out --audit none");
    return true;
}

bool options_parse(struct options *options, enum mode mode, int argc, char *const argv[],
                   struct failure *failure)
{
    *options = (struct options){.mode = mode};
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        const struct flag *flag = &flags[i];
        if (flag->kind == FLAG_NUMBER || flag->kind == FLAG_CHOICE)
            *number_at(options, flag) = (int64_t)flag->standard;
        else if (flag->kind == FLAG_REAL)
            *real_at(options, flag) = flag->standard;
        else if (flag->kind == FLAG_TEXT)
            *text_at(options, flag) = flag->text;
    }
    for (int at = 0; at < argc;) {
        if (strncmp(argv[at], "--", 2) != 0 && strcmp(argv[at], "-h") != 0)
            return failure_set(failure, "\"%s\" is no flag; see boon-load %s --help", argv[at],
                               options_mode_name(mode));
        if (strcmp(argv[at], "-h") == 0) {
            options->help = true;
            at++;
            continue;
        }
        if (!flag_parse(options, argc, argv, &at, failure))
            return false;
    }
    return options_settle(options, failure);
}

void options_each(const struct options *options,
                  void (*each)(void *context, const char *name, const char *value, bool number),
                  void *context)
{
    struct options copy = *options;
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        const struct flag *flag = &flags[i];
        char value[64], name[64];
        if (!(flag->modes & options->mode) || flag->offset == offsetof(struct options, password))
            continue;
        if (flag->offset == offsetof(struct options, help))
            continue;
        snprintf(name, sizeof name, "%s", flag->name + 2);
        for (char *at = name; *at; at++) {
            if (*at == '-')
                *at = '_';
        }
        const char *text = value;
        bool number = true;
        if (flag->kind == FLAG_NUMBER && *number_at(&copy, flag) >= 0) {
            snprintf(value, sizeof value, "%" PRId64, *number_at(&copy, flag));
        } else if (flag->kind == FLAG_REAL && *real_at(&copy, flag) >= 0) {
            snprintf(value, sizeof value, "%.10g", *real_at(&copy, flag));
        } else if (flag->kind == FLAG_CHOICE) {
            options_word(flag->text, *number_at(&copy, flag), value);
            number = false;
        } else if (flag->kind == FLAG_TEXT && (*text_at(&copy, flag))[0]) {
            text = *text_at(&copy, flag);
            number = false;
        } else if (flag->kind == FLAG_SWITCH && *switch_at(&copy, flag)) {
            text = "true";
        } else {
            continue;
        }
        each(context, name, text, number);
    }
}

/* Print a help text behind column 32, broken between words at column 98. */
static void help_wrapped(FILE *out, const char *text)
{
    int column = 32;
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (column + length > 98) {
            fprintf(out, "\n%*s", 32, "");
            column = 32;
        }
        fprintf(out, "%s%.*s", column > 32 ? " " : "", length, text);
        column += length + 1;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

static void help_flag(FILE *out, const struct flag *flag)
{
    char left[64], help[256], word[32];
    bool apart = flag->kind == FLAG_CHOICE; /* the words may be long: they go into the text */
    snprintf(left, sizeof left, "%s %s", flag->name, apart ? "WORD" : flag->value);
    fprintf(out, "  %-29s ", left);
    if (apart)
        snprintf(help, sizeof help, "%s: %s (default: %s)", flag->text, flag->help,
                 options_word(flag->text, (int64_t)flag->standard, word));
    else if (flag->kind == FLAG_TEXT && flag->text[0])
        snprintf(help, sizeof help, "%s (default: %s)", flag->help, flag->text);
    else if ((flag->kind == FLAG_NUMBER || flag->kind == FLAG_REAL) && flag->standard >= 0)
        snprintf(help, sizeof help, "%s (default: %.10g)", flag->help, flag->standard);
    else
        snprintf(help, sizeof help, "%s", flag->help);
    help_wrapped(out, help);
}

void options_help_mode(FILE *out, enum mode mode)
{
    static const char *const usage[] = {
        [MODE_SALE] = "boon-load sale [--seconds S | --requests N] [flags]\n\n"
                      "Opens campaigns, lets members claim, and checks every coupon afterwards.\n"
                      "Closed loop: each connection keeps --pipeline requests unanswered.\n"
                      "Open loop: --rate requests a second leave whether answers come or not.\n"
                      "With --give-up, callers whom the server keeps from asking go away.\n",
        [MODE_REPLAY] =
            "boon-load replay --csv FILE --member-column A --campaign-column B [flags]\n"
            "\nClaims row by row over many connections, each member's rows in order,\n"
            "and checks every single answer against the file.\n",
        [MODE_AUDIT] = "boon-load audit [--campaign-prefix TEXT] [--campaigns N] [--members N] "
                       "[flags]\n\n"
                       "Claims nothing: reads campaigns and coupons back and checks them, "
                       "as a sale does at its end.\n",
    };
    fprintf(out, "%s", usage[mode]);
    const char *heading = NULL;
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        if (flags[i].kind == FLAG_GROUP)
            heading = flags[i].name;
        if (!(flags[i].modes & mode))
            continue;
        if (heading)
            fprintf(out, "\n%s\n", heading);
        heading = NULL;
        help_flag(out, &flags[i]);
    }
    fprintf(out,
            "\nExit: 0 done and audited, 1 the audit found a mismatch or nothing was answered,\n"
            "      2 wrong usage, 3 the server or a file cannot be used.\n");
}

void options_help(FILE *out)
{
    fprintf(
        out,
        "boon-load -- loads a coupon server and proves that it counted right.\n\n"
        "  boon-load sale    a flash sale: many members, few coupons\n"
        "  boon-load replay  claims from a CSV file, every answer checked\n"
        "  boon-load audit   only the check at the end\n\n"
        "  boon-load sale --seconds 10                      against a server on port 7400\n"
        "  boon-load sale --rate 50000 --html sale.html     latency at a given rate, as a page\n"
        "  boon-load sale --peer redis-lua --port 6379      the same load on Redis and Lua\n\n"
        "Each has --help of its own.\n");
}
