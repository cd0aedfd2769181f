/* options.c -- flags > environment > file > default, and nothing is guessed. */
#include "net/options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WORDS_MAX 16

static struct options options;
static struct options_message message;
static char *none[] = {NULL};
static char directory[64];
static char path[128];

static void begin(void)
{
    strcpy(directory, "/tmp/boon-options-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/boon.conf", directory);
}

static void end(void)
{
    unlink(path);
    rmdir(directory);
}

TestSuite(options, .init = begin, .fini = end);

/* Divide a command line at its spaces into `words`; return how many there are. */
static int split(char *line, char *words[WORDS_MAX])
{
    int count = 0;

    for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " ")) {
        cr_assert_lt(count, WORDS_MAX - 1);
        words[count++] = word;
    }
    words[count] = NULL;
    return count;
}

static enum options_status load_with(const char *flags, char *const environment[])
{
    static char line[1024];
    char *words[WORDS_MAX];

    snprintf(line, sizeof line, "boon-server %s", flags);
    int count = split(line, words);
    return options_load(&options, count, words, environment, &message);
}

static enum options_status load(const char *flags)
{
    return load_with(flags, none);
}

static void write_bytes(const char *bytes, size_t length)
{
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, length, file), length);
    cr_assert_eq(fclose(file), 0);
}

static void write_file(const char *text)
{
    write_bytes(text, strlen(text));
}

static enum options_status load_file(const char *text)
{
    char flags[256];

    write_file(text);
    snprintf(flags, sizeof flags, "--config %s", path);
    return load(flags);
}

static void assert_message(const char *part)
{
    cr_assert_not_null(strstr(message.text, part), "'%s' is not in '%s'", part, message.text);
}

Test(options, defaults_stand_when_nothing_is_said)
{
    cr_assert_eq(load(""), OPTIONS_OK, "%s", message.text);
    cr_assert_eq(options.port, 7400);
    cr_assert_str_eq(options.bind, "127.0.0.1");
    cr_assert_str_eq(options.dir, "./boon-data");
    cr_assert_str_eq(options.name, "boon");
    cr_assert_str_eq(options.redis_server, "redis-server");
    cr_assert(options.redis_embedded);
    cr_assert_eq(options.durability, OPTIONS_DURABILITY_ALWAYS);
    cr_assert_eq(options.query_bytes_max, 1 << 20);
    cr_assert_eq(options.queue_bytes_max, 64 << 20);
    cr_assert_eq(options.request_window_ms, 86400000);
    cr_assert_eq(options.max_requests, 50000000);
    cr_assert_eq(options.log_level, LOG_INFO);
    cr_assert_not(options.create_journal);
}

Test(options, a_flag_wins_over_the_environment_over_the_file_over_the_default)
{
    char *environment[] = {"HOME=/", "BOON_MAX_CLIENTS=20", "BOON_PORT=2", NULL};
    char flags[256];

    write_file("# a comment\n\nmax-clients 300\nport=3\n  max-pipeline = 30  \r\n");
    snprintf(flags, sizeof flags, "--port 1 --config %s", path);
    cr_assert_eq(load_with(flags, environment), OPTIONS_OK, "%s", message.text);
    cr_assert_eq(options.port, 1);
    cr_assert_eq(options.max_clients, 20);
    cr_assert_eq(options.max_pipeline, 30);
    cr_assert_eq(options.slowlog_entries, 128);
}

Test(options, the_environment_may_name_the_file_and_a_flag_another)
{
    char line[256];
    char *environment[] = {line, NULL};
    char flags[256];

    write_file("port 11\n");
    snprintf(line, sizeof line, "BOON_CONFIG=%s", path);
    cr_assert_eq(load_with("", environment), OPTIONS_OK, "%s", message.text);
    cr_assert_eq(options.port, 11);
    cr_assert_str_eq(options.config_file, path);
    strcpy(line, "BOON_CONFIG=/nowhere/boon.conf");
    cr_assert_eq(load_with("", environment), OPTIONS_BAD);
    assert_message("cannot read the config file /nowhere/boon.conf: No such file");
    snprintf(flags, sizeof flags, "--config=%s", path);
    cr_assert_eq(load_with(flags, environment), OPTIONS_OK, "%s", message.text);
}

static const struct {
    const char *flags;
    char *environment;
    const char *message; /* NULL: it is fine */
} empty_paths[] = {
    {"--config=", NULL, "--config: the path of the config file is empty"},
    {"", "BOON_CONFIG=", "BOON_CONFIG: the path of the config file is empty"},
    {"--config=", "BOON_CONFIG=/nowhere/boon.conf",
     "--config: the path of the config file is empty"},
    {"--config=FILE", "BOON_CONFIG=", NULL},
};

Test(options, an_empty_path_of_a_config_file_is_refused)
{
    write_file("port 11\n");
    for (size_t i = 0; i < sizeof empty_paths / sizeof *empty_paths; i++) {
        char *environment[] = {empty_paths[i].environment, NULL};
        char flags[256];
        snprintf(flags, sizeof flags, "--config=%s", path);
        bool named = strstr(empty_paths[i].flags, "FILE") != NULL;
        enum options_status status = load_with(named ? flags : empty_paths[i].flags, environment);
        if (empty_paths[i].message == NULL) {
            cr_assert_eq(status, OPTIONS_OK, "%s", message.text);
            continue;
        }
        cr_assert_eq(status, OPTIONS_BAD, "row %zu", i);
        cr_assert_str_eq(message.text, empty_paths[i].message);
    }
}

Test(options, the_last_of_two_flags_counts)
{
    cr_assert_eq(load("--port 1 --port=2"), OPTIONS_OK);
    cr_assert_eq(options.port, 2);
}

static const struct {
    const char *flags;
    const char *key;
    const char *value; /* as options_text writes it */
} values[] = {
    {"--port 0", "port", "0"},
    {"--PORT 65535", "port", "65535"},
    {"--bind localhost", "bind", "127.0.0.1"},
    {"--bind ::1", "bind", "::1"},
    {"--bind 0.0.0.0 --users-file u", "bind", "0.0.0.0"},
    {"--bind 127.8.9.1", "bind", "127.8.9.1"},
    {"--bind 0.0.0.0 --password x", "bind", "0.0.0.0"},
    {"--query-bytes-max 2mb", "query-bytes-max", "2097152"},
    {"--query-bytes-max 200KB", "query-bytes-max", "204800"},
    {"--query-bytes-max 131072", "query-bytes-max", "131072"},
    {"--query-bytes-max 131072b", "query-bytes-max", "131072"},
    {"--output-bytes-max 1gb", "output-bytes-max", "1073741824"},
    {"--request-window-ms 7d", "request-window-ms", "604800000"},
    {"--request-window-ms 48h", "request-window-ms", "172800000"},
    {"--idle-timeout-ms 5m", "idle-timeout-ms", "300000"},
    {"--idle-timeout-ms 10s", "idle-timeout-ms", "10000"},
    {"--idle-timeout-ms 500ms", "idle-timeout-ms", "500"},
    {"--idle-timeout-ms 500", "idle-timeout-ms", "500"},
    {"--create-journal", "create-journal", "yes"},
    {"--create-journal=no", "create-journal", "no"},
    {"--create-journal=true", "create-journal", "yes"},
    {"--create-journal=0", "create-journal", "no"},
    {"--journal none", "journal", "none"},
    {"--journal redis", "journal", "redis"},
    {"--clock manual", "clock", "manual"},
    {"--clock real", "clock", "real"},
    {"--durability always", "durability", "always"},
    {"--durability everysec", "durability", "everysec"},
    {"--durability NONE", "durability", "none"},
    {"--log-level debug", "log-level", "debug"},
    {"--log-level info", "log-level", "info"},
    {"--log-level warn", "log-level", "warn"},
    {"--log-level error", "log-level", "error"},
    {"--shard 1023", "shard", "1023"},
    {"--name brand-7", "name", "brand-7"},
    {"--unix-socket /run/boon.sock", "unix-socket", "/run/boon.sock"},
    {"--password secret", "password", ""},
    {"--password=--x", "password", ""},
    {"--max-coupons 4000000000", "max-coupons", "4000000000"},
};

static void show(const char *key, char shown[OPTION_TEXT_BYTES])
{
    enum option_id id;

    cr_assert(option_find(text_of(key), &id), "%s", key);
    cr_assert_eq(options_text(&options, id, shown, OPTION_TEXT_BYTES), strlen(shown));
}

Test(options, values_are_read_and_shown_again)
{
    char shown[OPTION_TEXT_BYTES];

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        cr_assert_eq(load(values[i].flags), OPTIONS_OK, "%s: %s", values[i].flags, message.text);
        show(values[i].key, shown);
        cr_assert_str_eq(shown, values[i].value, "%s shows %s", values[i].flags, shown);
    }
}

Test(options, the_words_of_a_choice_are_its_enum_in_order)
{
    cr_assert_eq(load("--journal none --clock manual --durability none --log-level error"),
                 OPTIONS_OK);
    cr_assert_eq(options.journal, OPTIONS_JOURNAL_NONE);
    cr_assert_eq(options.clock, OPTIONS_CLOCK_MANUAL);
    cr_assert_eq(options.durability, OPTIONS_DURABILITY_NONE);
    cr_assert_eq(options.log_level, LOG_ERROR);
    cr_assert_eq(load("--durability everysec --log-level debug"), OPTIONS_OK);
    cr_assert_eq(options.durability, OPTIONS_DURABILITY_EVERYSEC);
    cr_assert_eq(options.log_level, LOG_DEBUG);
    cr_assert_eq(options.journal, OPTIONS_JOURNAL_REDIS);
    cr_assert_eq(options.clock, OPTIONS_CLOCK_REAL);
}

static const struct {
    const char *flags;
    const char *message; /* a part of it */
} bad_flags[] = {
    {"--prot 1", "--prot: no such option; did you mean --port?"},
    {"--max-clinets=5", "--max-clinets: no such option; did you mean --max-clients?"},
    {"--hepl", "did you mean --help?"},
    {"--confg x", "did you mean --config?"},
    {"--zzzzzzzz 1", "--zzzzzzzz: no such option; --help lists them all"},
    {"--=1", "no such option"},
    {"port 1", "'port' is not an option"},
    {"-p 1", "'-p' is not an option"},
    {"--", "'--' is not an option"},
    {"--port", "--port needs a value"},
    {"--port --bind ::1", "--port needs a value"},
    {"--port=", "--port: '' is not allowed; a whole number of 0..65535"},
    {"--port 65536", "--port: '65536' is not allowed; a whole number of 0..65535"},
    {"--port -1", "'-1' is not allowed"},
    {"--port 7e3", "'7e3' is not allowed"},
    {"--port 7400x", "'7400x' is not allowed"},
    {"--port 0x10", "'0x10' is not allowed"},
    {"--port 99999999999999999999", "is not allowed"},
    {"--max-clients 0", "a whole number of 1..1000000 connections"},
    {"--query-bytes-max 64kb", "bytes, 128kb..64mb"},
    {"--query-bytes-max 1tb", "bytes, 128kb..64mb"},
    {"--queue-bytes-max 1mb", "bytes, 2mb..16gb"},
    {"--queue-bytes-max 9223372036854775807gb", "is not allowed"},
    {"--request-window-ms 10y", "milliseconds, 1s..30d"},
    {"--idle-timeout-ms 1kb", "milliseconds, 0..30d"},
    {"--create-journal=maybe", "yes or no"},
    {"--journal kafka", "--journal: 'kafka' is not allowed; one of redis|none"},
    {"--journal redis|none", "one of redis|none"},
    {"--journal=", "one of redis|none"},
    {"--name Boon", "name: 'Boon' is not allowed; 1..32 of a-z, 0-9 and -"},
    {"--name=", "name: ''"},
    {"--name aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "at most 32 bytes"},
    {"--name a:b", "name: 'a:b'"},
    {"--shard 1024", "0..1023"},
    {"--bind example.org", "an IPv4 or IPv6 address"},
    {"--bind=", "an IPv4 or IPv6 address"},
    {"--bind 0.0.0.0", "set users-file or password-file, or bind to 127.0.0.1"},
    {"--bind ::", "set users-file or password-file"},
    {"--bind 10.0.0.5", "set users-file or password-file"},
    {"--bind 128.0.0.1", "set users-file or password-file"},
    {"--bind 126.255.255.255", "set users-file or password-file"},
    {"--bind ::2", "set users-file or password-file"},
    {"--bind 0.0.0.0 --password=", "set users-file or password-file"},
    {"--redis localhost --secret-file s", "host:port"},
    {"--redis :6379 --secret-file s", "host:port"},
    {"--redis localhost: --secret-file s", "host:port"},
    {"--redis localhost:0 --secret-file s", "host:port"},
    {"--redis localhost:65536 --secret-file s", "host:port"},
    {"--redis ::1:6379 --secret-file s", "host:port"},
    {"--redis [localhost]:6379 --secret-file s", "host:port"},
    {"--redis redis://localhost:6379 --secret-file s", "host:port"},
    {"--redis unix:relative --secret-file s", "absolute path"},
    {"--redis localhost:6379", "secret-file must say where the coupon keys are"},
    {"--redis localhost:6379 --secret-file s --journal none", "leave one of the two out"},
    {"--journal none --create-journal", "leave create-journal out"},
    {"--wait-replicas 1", "wait-replicas needs redis"},
    {"--redis-password x", "which is not set"},
    {"--redis-username x", "which is not set"},
    {"--redis localhost:1 --secret-file s --redis-username x", "redis-password is not"},
    {"--password x --password-file y", "both set"},
    {"--password-file /nowhere/password", "cannot read /nowhere/password: No such file"},
    {"--dir=", "dir is empty"},
    {"--redis-server=", "redis-server is empty"},
    {"--config /nowhere/x.conf", "cannot read the config file /nowhere/x.conf"},
    {"--config /tmp", "cannot read the config file /tmp: Is a directory"},
};

Test(options, what_is_not_allowed_stops_the_start_and_says_what_is)
{
    for (size_t i = 0; i < sizeof bad_flags / sizeof *bad_flags; i++) {
        cr_assert_eq(load(bad_flags[i].flags), OPTIONS_BAD, "%s", bad_flags[i].flags);
        cr_assert_not_null(strstr(message.text, bad_flags[i].message), "%s: %s", bad_flags[i].flags,
                           message.text);
    }
}

static const struct {
    const char *file;
    const char *message; /* a part of it; NULL: the file is good */
} files[] = {
    {"", NULL},
    {"port 1", NULL},
    {"create-journal\n", NULL},
    {"password \"a # b\"\n", NULL},
    {"name=brand\n", NULL},
    {"\n\nprot 1\n", "boon.conf:3: prot: no such option; did you mean port?"},
    {"config x\n", "boon.conf:1: config: no such option"},
    {"port 1\nport 2\n", "boon.conf:2: port is set a second time; line 1 has it already"},
    {"port\n", "boon.conf:1: port: '' is not allowed"},
    {"port 7400 # here\n", "a comment stands on a line of its own"},
    {"port 7400 7401\n", "boon.conf:1: port: '7400 7401' is not allowed"},
    {"= 5\n", "boon.conf:1: "},
    {"name \x1b[31m\n", "boon.conf:1: name: '?[31m' is not allowed"},
};

Test(options, a_file_is_read_line_by_line)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        enum options_status status = load_file(files[i].file);
        cr_assert_eq(status, files[i].message == NULL ? OPTIONS_OK : OPTIONS_BAD, "%s: %s",
                     files[i].file, message.text);
        if (files[i].message != NULL) {
            assert_message(files[i].message);
        }
    }
}

Test(options, quotes_around_a_value_in_the_file_are_not_part_of_it)
{
    cr_assert_eq(load_file("password = \"a # b\"\n"), OPTIONS_OK, "%s", message.text);
    cr_assert_str_eq(options.password, "a # b");
    cr_assert_eq(load_file("password a b#c\n"), OPTIONS_OK, "%s", message.text);
    cr_assert_str_eq(options.password, "a b#c");
}

Test(options, a_line_too_long_or_with_nul_is_refused)
{
    static char bytes[10000];
    char flags[256];

    snprintf(flags, sizeof flags, "--config %s", path);
    memset(bytes, '#', sizeof bytes);
    write_bytes(bytes, sizeof bytes);
    cr_assert_eq(load(flags), OPTIONS_BAD);
    assert_message("boon.conf:1: a line has at most");
    write_bytes("port 1\0\nname x\n", 15);
    cr_assert_eq(load(flags), OPTIONS_BAD);
    assert_message("no NUL");
}

static const struct {
    const char *variable;
    const char *message; /* a part of it; NULL: it is good */
} variables[] = {
    {"BOON_PORT=1", NULL},
    {"BOON_CREATE_JOURNAL=yes", NULL},
    {"BOONPORT=x", NULL},
    {"boon_port=x", NULL},
    {"BOON_PROT=1", "BOON_PROT: no such option; did you mean BOON_PORT?"},
    {"BOON_MAX_CLIENT=1", "did you mean BOON_MAX_CLIENTS?"},
    {"BOON_CONFIGS=1", "did you mean BOON_CONFIG?"},
    {"BOON_PORT=x", "BOON_PORT: 'x' is not allowed"},
    {"BOON_PORT", "BOON_PORT: '' is not allowed"},
    {"BOON_HELP=1", "BOON_HELP: no such option"},
    {"BOON_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
     "AAAAAAAAAAAAAAAAA=1",
     "no such option"},
};

Test(options, an_unknown_name_in_the_environment_is_refused)
{
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        char variable[256];
        char *environment[] = {variable, NULL};
        strcpy(variable, variables[i].variable);
        enum options_status status = load_with("", environment);
        cr_assert_eq(status, variables[i].message == NULL ? OPTIONS_OK : OPTIONS_BAD, "%s: %s",
                     variable, message.text);
        if (variables[i].message != NULL) {
            assert_message(variables[i].message);
        }
    }
}

Test(options, redis_is_divided_into_host_and_port_or_a_path)
{
    cr_assert_eq(load("--redis 10.0.0.5:6379 --secret-file s"), OPTIONS_OK, "%s", message.text);
    cr_assert_str_eq(options.redis_host, "10.0.0.5");
    cr_assert_eq(options.redis_port, 6379);
    cr_assert_not(options.redis_embedded);
    cr_assert_eq(load("--redis [fe80::1]:1 --secret-file s"), OPTIONS_OK, "%s", message.text);
    cr_assert_str_eq(options.redis_host, "fe80::1");
    cr_assert_eq(options.redis_port, 1);
    cr_assert_eq(load("--redis unix:/run/redis.sock --secret-file s"), OPTIONS_OK, "%s",
                 message.text);
    cr_assert_str_eq(options.redis_path, "/run/redis.sock");
    cr_assert_str_eq(options.redis_host, "");
    cr_assert_eq(load("--journal none"), OPTIONS_OK, "%s", message.text);
    cr_assert_not(options.redis_embedded);
}

Test(options, a_password_file_gives_its_first_line)
{
    char flags[256];

    snprintf(flags, sizeof flags, "--bind 0.0.0.0 --password-file %s", path);
    write_file("correct horse\r\nsecond line\n");
    cr_assert_eq(load(flags), OPTIONS_OK, "%s", message.text);
    cr_assert_str_eq(options.password, "correct horse");
    write_file("\nsecond\n");
    cr_assert_eq(load(flags), OPTIONS_BAD);
    assert_message("first line");
    write_file("");
    cr_assert_eq(load(flags), OPTIONS_BAD);
    assert_message("it is empty");
    char longest[600];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    write_file(longest);
    cr_assert_eq(load(flags), OPTIONS_BAD);
    assert_message("at most 512 bytes");
    cr_assert_null(strstr(message.text, "xxx"));
}

Test(options, a_secret_is_never_shown)
{
    char shown[OPTION_TEXT_BYTES] = "before";

    cr_assert_eq(load("--password hunter2 --redis a:1 --secret-file s --redis-password hunter3"),
                 OPTIONS_OK, "%s", message.text);
    cr_assert_str_eq(options.redis_password, "hunter3");
    show("password", shown);
    cr_assert_str_eq(shown, "");
    show("redis-password", shown);
    cr_assert_str_eq(shown, "");
    cr_assert_eq(load("--password hunter\x01"), OPTIONS_BAD);
    cr_assert_null(strstr(message.text, "hunter"), "%s", message.text);
    assert_message("--password: not allowed");
}

Test(options, a_glob_finds_its_keys_in_order)
{
    size_t cursor = 0;
    enum option_id id;

    cr_assert(options_next(TEXT("max-c*"), &cursor, &id));
    cr_assert_str_eq(option_key(id), "max-clients");
    cr_assert(options_next(TEXT("max-c*"), &cursor, &id));
    cr_assert_str_eq(option_key(id), "max-coupons");
    cr_assert(options_next(TEXT("max-c*"), &cursor, &id));
    cr_assert_str_eq(option_key(id), "max-campaigns");
    cr_assert_not(options_next(TEXT("max-c*"), &cursor, &id));
    cursor = 0;
    cr_assert_not(options_next(TEXT("save"), &cursor, &id));
    cr_assert_not(option_find(TEXT("save"), &id));
}

Test(options, help_and_version_are_seen_before_any_mistake)
{
    cr_assert_eq(load("--prot 1 --help"), OPTIONS_HELP);
    cr_assert_eq(load("--version"), OPTIONS_VERSION);
    cr_assert_eq(load("-h"), OPTIONS_HELP);
}

Test(options, help_names_every_key_in_lines_that_fit_a_terminal)
{
    char *page = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&page, &length);

    options_print_help(out);
    fclose(out);
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, "\n  --%s ", option_key((enum option_id)i));
        cr_assert_not_null(strstr(page, wanted), "%s", wanted);
    }
    for (char *line = strtok(page, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        cr_assert_leq(strlen(line), 100u, "%s", line);
    }
    free(page);
}
