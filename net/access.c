/* access.c -- secrets checked, failures counted, roles and scopes compared. */
#include "net/access.h"

#include <sodium/crypto_generichash.h>
#include <sodium/utils.h>
#include <stdio.h>

#include "engine/bug.h"
#include "net/clock.h"
#include "net/glob.h"
#include "net/log.h"
#include "net/server.h"
#include "net/server_command_table.h"

#define PASSWORD_HASH_BYTES 32U

bool access_asks(const struct server *server)
{
    return server->options->password[0] != '\0' || server->users.count > 0;
}

static void hash_password(struct text password, unsigned char hash[PASSWORD_HASH_BYTES])
{
    int failed = crypto_generichash(hash, PASSWORD_HASH_BYTES, (const unsigned char *)password.data,
                                    password.length, NULL, 0);
    ASSERT(failed == 0);
}

/* Compares hashes of equal length, so that the time says nothing about the password. */
static bool password_is(const struct server *server, struct text password)
{
    unsigned char given[PASSWORD_HASH_BYTES];
    unsigned char wanted[PASSWORD_HASH_BYTES];
    hash_password(password, given);
    hash_password(text_of(server->options->password), wanted);
    return sodium_memcmp(given, wanted, sizeof(given)) == 0;
}

static bool is_default(const struct server *server, struct text secret)
{
    if (server->options->password[0] != '\0') {
        return password_is(server, secret);
    }
    return !access_asks(server); /* as in Redis: who need not authenticate may, with anything */
}

/* Counts a failure. True: there were too many in this second. */
static bool note_failure(struct server *server, const char *address)
{
    struct access_failures *failures = &server->access_failures;
    int64_t second = clock_monotonic_ms() / 1000;
    if (failures->second != second) {
        *failures = (struct access_failures){.second = second};
    }
    log_limited(1000, LOG_WARN, "auth_failed", LOG_TEXT("address", address));
    return ++failures->count > ACCESS_FAILURES_PER_S;
}

bool access_authenticate(struct server *server, struct text name, struct text secret,
                         const char *address, const struct user **user, bool *too_many)
{
    bool good = false;
    *user = NULL;
    *too_many = false;
    if (text_equal(name, TEXT("default"))) {
        good = is_default(server, secret);
    } else {
        *user = users_authenticate(&server->users, name, secret);
        good = *user != NULL;
    }
    if (!good) {
        *too_many = note_failure(server, address);
    }
    return good;
}

bool access_has_role(const struct user *user, enum command_role role)
{
    return user == NULL || (user->roles & (uint32_t)role) != 0;
}

struct text access_name(const struct user *user)
{
    return user == NULL ? TEXT("default") : user->name;
}

static bool lacks_role(const char *name, enum command_role role, char *problem, size_t size)
{
    snprintf(problem, size,
             "this user has no permissions to run the '%s' command: it needs the role %s", name,
             user_role_word((uint32_t)role));
    return false;
}

bool access_fits_campaign(const struct user *user, struct text campaign)
{
    if (user == NULL) {
        return true;
    }
    for (uint32_t at = 0; at < user->campaign_count; at++) {
        if (glob_match_exact(user->campaigns[at], campaign)) {
            return true;
        }
    }
    return user->campaigns == NULL;
}

/* Checks one text of a command against the user's scope, or fills it in. */
static bool scope_allows(const struct user *user, const struct command_spec *spec,
                         const struct argument_spec *argument, struct text *value, char *problem,
                         size_t size)
{
    if (strcmp(argument->field, "campaign") == 0 && !access_fits_campaign(user, *value)) {
        snprintf(problem, size,
                 "this user has no permissions to run the '%s' command on campaign '%.*s': it fits "
                 "none of the user's patterns",
                 spec->name, (int)value->length, value->data);
        return false;
    }
    if (strcmp(argument->field, "store") == 0 && user->store.length > 0) {
        if (value->length > 0 && !text_equal(*value, user->store)) {
            snprintf(problem, size,
                     "this user has no permissions to run the '%s' command for store '%.*s': the "
                     "user's store is '%.*s'",
                     spec->name, (int)value->length, value->data, (int)user->store.length,
                     user->store.data);
            return false;
        }
        *value = user->store;
    }
    return true;
}

bool access_allows_user(const struct user *user, const struct command_spec *spec,
                        struct command *command, char *problem, size_t size)
{
    ASSERT(command->type == spec->type);
    if (!access_has_role(user, spec->role)) {
        return lacks_role(spec->name, spec->role, problem, size);
    }
    command->principal = user->principal;
    if (user->campaigns == NULL && user->store.length == 0) {
        return true;
    }
    char *as = (char *)&command->as;
    for (uint32_t at = 0; at < spec->argument_count; at++) {
        const struct argument_spec *argument = &spec->arguments[at];
        if (argument->type == ARGUMENT_NAME) {
            struct text value;
            memcpy(&value, as + argument->offset, sizeof(value));
            if (!scope_allows(user, spec, argument, &value, problem, size)) {
                return false;
            }
            memcpy(as + argument->offset, &value, sizeof(value));
        }
    }
    return true;
}

bool access_allows_server(const struct user *user, const struct server_command_spec *spec,
                          char *problem, size_t size)
{
    if (server_words_have(spec->flags, "admin")) {
        return access_has_role(user, COMMAND_ROLE_ADMIN) ||
               lacks_role(spec->name, COMMAND_ROLE_ADMIN, problem, size);
    }
    return spec->group != SERVER_COMMAND_GROUP_SERVER || access_has_role(user, COMMAND_ROLE_READ) ||
           lacks_role(spec->name, COMMAND_ROLE_READ, problem, size);
}
