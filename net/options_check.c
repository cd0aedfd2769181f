/* options_check.c -- what values must be together: nothing that starts and then does another thing
 * than the operator meant.
 *
 * - `name` is a part of a Redis key: [a-z0-9-]{1,32}.
 * - `bind` is an address, not a name to be looked up; other than loopback needs a password
 *   or a users file.
 * - A password comes from one place.
 * - `redis` is host:port or unix:/path, and only it has a user, a password and replicas.
 * - Another's Redis has no directory of ours beside it, so the secret file must be named.
 * - Without a journal there is no Redis to name and no journal to begin.
 */
#include "net/options_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "engine/bug.h"

static bool is_loopback(const char *address)
{
    struct in_addr four;
    struct in6_addr six;

    if (inet_pton(AF_INET, address, &four) == 1) {
        return ntohl(four.s_addr) >> 24 == 127;
    }
    return inet_pton(AF_INET6, address, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

static bool is_address(const char *address)
{
    struct in6_addr room;

    return inet_pton(AF_INET, address, &room) == 1 || inet_pton(AF_INET6, address, &room) == 1;
}

static bool check_name(const struct options *options, struct options_message *message)
{
    size_t length = strspn(options->name, "abcdefghijklmnopqrstuvwxyz0123456789-");

    if (length == 0 || options->name[length] != '\0') {
        return options_refuse(message, "name: '%s' is not allowed; 1..32 of a-z, 0-9 and -",
                              options->name);
    }
    return true;
}

/* Read the first line of password-file into `password`. */
static bool load_password(struct options *options, struct options_message *message)
{
    char line[sizeof options->password + 2]; /* with a CR or LF and the NUL */
    char why[OPTION_WHY_BYTES];
    bool good = false;

    if (options->password_file[0] == '\0') {
        return true;
    }
    if (options->password[0] != '\0') {
        return options_refuse(message, "password and password-file are both set; one is enough");
    }
    FILE *file = fopen(options->password_file, "re");
    if (file == NULL || fgets(line, sizeof line, file) == NULL) {
        options_refuse(message, "password-file: cannot read %.300s: %s", options->password_file,
                       file == NULL || ferror(file) ? strerror(errno) : "it is empty");
    } else {
        struct text password = {line, (uint32_t)strcspn(line, "\r\n")};
        if (password.length == 0) {
            options_refuse(message, "password-file: the first line of %.300s is empty",
                           options->password_file);
        } else if (!option_set(options, OPTION_ID_password, password, why)) {
            options_refuse(message, "password-file: the first line of %.300s is not allowed; %s",
                           options->password_file, why);
        } else {
            good = true;
        }
    }
    explicit_bzero(line, sizeof line);
    if (file != NULL) {
        fclose(file);
    }
    return good;
}

static bool check_bind(struct options *options, struct options_message *message)
{
    if (strcmp(options->bind, "localhost") == 0) {
        snprintf(options->bind, sizeof options->bind, "127.0.0.1");
    }
    if (!is_address(options->bind)) {
        return options_refuse(message,
                              "bind: '%s' is not allowed; an IPv4 or IPv6 address such as "
                              "127.0.0.1, 0.0.0.0 or ::1",
                              options->bind);
    }
    if (!is_loopback(options->bind) && options->password[0] == '\0' &&
        options->users_file[0] == '\0') {
        return options_refuse(message,
                              "bind %s would let anyone on the network issue coupons: set "
                              "users-file or password-file, or bind to 127.0.0.1",
                              options->bind);
    }
    return true;
}

/* Divide `redis` at its last colon into redis_host and redis_port. [::1]:6379 is ::1. */
static bool split_host(struct options *options, struct options_message *message)
{
    const char *host = options->redis;
    const char *colon = strrchr(host, ':');
    size_t length = colon == NULL ? 0 : (size_t)(colon - host);
    long port = 0;

    if (colon != NULL && colon[1] != '\0' && strspn(colon + 1, "0123456789") == strlen(colon + 1) &&
        strlen(colon + 1) <= 5) {
        port = strtol(colon + 1, NULL, 10);
    }
    bool bracketed = length >= 2 && host[0] == '[' && host[length - 1] == ']';
    if (bracketed) {
        host++;
        length -= 2;
    }
    bool colon_inside = memchr(host, ':', length) != NULL;
    if (port < 1 || port > 65535 || length == 0 || length >= sizeof options->redis_host ||
        colon_inside != bracketed || memchr(host, ' ', length) != NULL) {
        return options_refuse(message,
                              "redis: '%.200s' is not allowed; host:port such as 10.0.0.5:6379 or "
                              "[::1]:6379, or unix:/path",
                              options->redis);
    }
    memcpy(options->redis_host, host, length);
    options->redis_host[length] = '\0';
    options->redis_port = (uint16_t)port;
    return true;
}

static bool check_redis(struct options *options, struct options_message *message)
{
    options->redis_embedded = options->redis[0] == '\0' &&
                              options->journal == OPTIONS_JOURNAL_REDIS;
    if (options->redis[0] == '\0') {
        if (options->redis_password[0] != '\0' || options->redis_username[0] != '\0') {
            return options_refuse(message, "redis-username and redis-password belong to redis, "
                                           "which is not set; the private Redis needs none");
        }
        if (options->wait_replicas > 0) {
            return options_refuse(message, "wait-replicas needs redis: a private Redis has no "
                                           "replicas to wait for");
        }
        return true;
    }
    if (options->redis_username[0] != '\0' && options->redis_password[0] == '\0') {
        return options_refuse(message, "redis-username is set and redis-password is not");
    }
    if (strncmp(options->redis, "unix:", 5) != 0) {
        return split_host(options, message);
    }
    const char *path = options->redis + 5;
    if (path[0] != '/' || strlen(path) >= sizeof options->redis_path) {
        return options_refuse(message,
                              "redis: '%.200s' is not allowed; after unix: comes an absolute path "
                              "of at most %zu bytes",
                              options->redis, sizeof options->redis_path - 1);
    }
    snprintf(options->redis_path, sizeof options->redis_path, "%s", path);
    return true;
}

static bool check_journal(const struct options *options, struct options_message *message)
{
    if (options->journal == OPTIONS_JOURNAL_NONE) {
        if (options->redis[0] != '\0') {
            return options_refuse(message, "journal none keeps nothing and redis names where to "
                                           "keep it; leave one of the two out");
        }
        if (options->create_journal) {
            return options_refuse(message, "journal none keeps nothing, so there is no journal to "
                                           "create; leave create-journal out");
        }
    }
    if (options->redis[0] != '\0' && options->secret_file[0] == '\0') {
        return options_refuse(message, "redis is set, so secret-file must say where the coupon "
                                       "keys are; every server of the brand has the same file");
    }
    return true;
}

static bool check_places(const struct options *options, struct options_message *message)
{
    if (options->dir[0] == '\0' || options->redis_server[0] == '\0') {
        return options_refuse(message, "%s is empty",
                              options->dir[0] == '\0' ? "dir" : "redis-server");
    }
    return true;
}

bool options_check_to_look(struct options *options, struct options_message *message)
{
    ASSERT(options != NULL);
    if (options->journal == OPTIONS_JOURNAL_NONE) {
        return options_refuse(message,
                              "journal none keeps nothing, so there is nothing to look at");
    }
    return check_places(options, message) && check_name(options, message) &&
           check_redis(options, message);
}

bool options_check(struct options *options, struct options_message *message)
{
    ASSERT(options != NULL);
    return check_places(options, message) && check_name(options, message) &&
           load_password(options, message) && check_bind(options, message) &&
           check_redis(options, message) && check_journal(options, message);
}
