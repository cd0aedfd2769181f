/* users.c -- the users file: every mistake is found, and a secret opens for its own user only. */
#include "net/users.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/command_parse.h"

static struct users users;
static struct users_message message;

static void begin(void)
{
    cr_assert_geq(sodium_init(), 0);
}

static void end(void)
{
    users_deinit(&users);
    users_deinit(&users);
}

TestSuite(users, .init = begin, .fini = end);

#define SALT "000102030405060708090a0b0c0d0e0f"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define HASH "blake2b:" SALT ":" ZEROS
#define REST "\"secret\":\"" HASH "\",\"roles\":[\"read\"]"
#define ONE(members) "{\"users\":[{" members "}]}"
#define LONG64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
    const char *document;
    const char *mistake; /* NULL: there is none */
} documents[] = {
    {ONE("\"name\":\"ops\"," REST), NULL},
    {ONE("\"name\":\"店长\"," REST), NULL},
    {ONE("\"name\":\"" LONG64 "\"," REST), NULL},
    {ONE("\"name\":\"a\"," REST ",\"campaigns\":[\"sale*\",\"b\"],\"store\":\"s1\""), NULL},
    {"{\"users\":[{\"name\":\"a\"," REST "},{\"name\":\"b\"," REST "}]}", NULL},

    {"", "line 1, column 0: not JSON"},
    {"{", "not JSON"},
    {"{\"users\":[]} x", "not JSON"},
    {"{\"users\":[],\"users\":[]}", "a member is given twice"},
    {"[]", "the document: an object"},
    {"{}", "/users: is missing: a list of 1 to 256 users"},
    {"{\"users\":{}}", "/users: a list of 1 to 256 users"},
    {"{\"users\":[]}", "/users: a list of 1 to 256 users"},
    {"{\"users\":[1]}", "/users/0: an object"},
    {"{\"users\":[{\"name\":\"a\"," REST "}],\"user\":1}",
     "/user: there is no such member; did you"},
    {"{\"users\":[],\"a/b~c\\u001b\":1}", "/a~1b~0c?: there is no such member"},

    {ONE(REST), "/users/0/name: is missing: 1 to 64 bytes"},
    {ONE("\"name\":7," REST), "/users/0/name: is not text: 1 to 64 bytes"},
    {ONE("\"name\":\"\"," REST), "/users/0/name: 1 to 64 bytes"},
    {ONE("\"name\":\"" LONG64 "x\"," REST), "/users/0/name: 1 to 64 bytes"},
    {ONE("\"name\":\"a\\nb\"," REST), "/users/0/name: holds a control character"},
    {ONE("\"name\":\"a b\"," REST), "/users/0/name: holds a space"},
    {ONE("\"name\":\"a:b\"," REST), "/users/0/name: holds a space or ':'"},
    {ONE("\"name\":\"default\"," REST), "/users/0/name: default is who gives the password"},
    {"{\"users\":[{\"name\":\"a\"," REST "},{\"name\":\"a\"," REST "}]}",
     "/users/1/name: another user has this name"},

    {ONE("\"name\":\"a\",\"roles\":[\"read\"]"), "/users/0/secret: is missing: blake2b:"},
    {ONE("\"name\":\"a\",\"roles\":[\"read\"],\"secret\":1"), "/users/0/secret: blake2b:"},
    {ONE("\"name\":\"a\",\"roles\":[\"read\"],\"secret\":\"" HASH "0\""), "/users/0/secret: "},
    {ONE("\"name\":\"a\",\"roles\":[\"read\"],\"secret\":\"blake2s:" SALT ":" ZEROS "\""),
     "/users/0/secret: "},
    {ONE("\"name\":\"a\",\"roles\":[\"read\"],\"secret\":\"blake2b:" SALT "x" ZEROS "\""),
     "/users/0/secret: "},
    {ONE("\"name\":\"a\",\"roles\":[\"read\"],\"secret\":\"blake2b:g" LONG64 "000000000000000000000"
         "0000000000\""),
     "/users/0/secret: "},

    {ONE("\"name\":\"a\",\"secret\":\"" HASH "\""), "/users/0/roles: is missing: a list"},
    {ONE("\"name\":\"a\",\"secret\":\"" HASH "\",\"roles\":[]"), "/users/0/roles: a list"},
    {ONE("\"name\":\"a\",\"secret\":\"" HASH "\",\"roles\":\"read\""), "/users/0/roles: a list"},
    {ONE("\"name\":\"a\",\"secret\":\"" HASH "\",\"roles\":[\"read\",\"Issue\"]"),
     "/users/0/roles/1: one of read, issue, redeem, admin"},
    {ONE("\"name\":\"a\",\"secret\":\"" HASH "\",\"roles\":[\"read\",\"read\"]"),
     "/users/0/roles/1: is given twice"},

    {ONE("\"name\":\"a\"," REST ",\"campaigns\":[]"), "/users/0/campaigns: a list of 1 to 64"},
    {ONE("\"name\":\"a\"," REST ",\"campaigns\":null"), "/users/0/campaigns: a list of 1 to 64"},
    {ONE("\"name\":\"a\"," REST ",\"campaigns\":[\"\"]"), "/users/0/campaigns/0: 1 to 64 bytes"},
    {ONE("\"name\":\"a\"," REST ",\"campaigns\":[\"b\",3]"), "/users/0/campaigns/1: is not text"},
    {ONE("\"name\":\"a\"," REST ",\"store\":\"@s\""), "/users/0/store: begins with '@'"},
    {ONE("\"name\":\"a\"," REST ",\"store\":null"), "/users/0/store: is not text"},
    {ONE("\"name\":\"a\"," REST ",\"role\":[]"), "/users/0/role: there is no such member; did you"},
};

Test(users, every_mistake_is_found_where_it_is)
{
    for (size_t at = 0; at < sizeof(documents) / sizeof(documents[0]); at++) {
        bool good = users_parse(&users, text_of(documents[at].document), &message);
        cr_assert_eq(good, documents[at].mistake == NULL, "%s: %s", documents[at].document,
                     message.text);
        if (!good) {
            cr_assert_not_null(strstr(message.text, documents[at].mistake), "%s: %s",
                               documents[at].document, message.text);
            cr_assert_null(users.list);
        }
        users_deinit(&users);
    }
}

Test(users, all_mistakes_are_shown_and_many_are_counted)
{
    char document[8192] = "{\"users\":[";
    size_t length = strlen(document);
    for (int at = 0; at < 30; at++) {
        length += (size_t)snprintf(document + length, sizeof(document) - length, "%s%d",
                                   at == 0 ? "" : ",", at);
    }
    snprintf(document + length, sizeof(document) - length, "],\"x\":1}");
    cr_assert_not(users_parse(&users, text_of(document), &message));
    cr_assert_not_null(strstr(message.text, "/users/15: "), "%s", message.text);
    cr_assert_null(strstr(message.text, "/users/16: "), "%s", message.text);
    cr_assert_not_null(strstr(message.text, "and 15 more mistakes"), "%s", message.text);
}

/* Writes a document of so many users, all with one secret's hash. */
static char *document_of(unsigned count, const char *hash)
{
    static char document[128 * 1024];
    size_t length = (size_t)snprintf(document, sizeof(document), "{\"users\":[");
    for (unsigned at = 0; at < count; at++) {
        length += (size_t)snprintf(document + length, sizeof(document) - length,
                                   "%s{\"name\":\"u%u\",\"secret\":\"%s\",\"roles\":[\"issue\","
                                   "\"admin\"]}",
                                   at == 0 ? "" : ",", at, hash);
    }
    snprintf(document + length, sizeof(document) - length, "]}");
    return document;
}

Test(users, there_are_at_most_two_hundred_and_fifty_six)
{
    cr_assert(users_parse(&users, text_of(document_of(256, HASH)), &message), "%s", message.text);
    cr_assert_eq(users.count, 256u);
    cr_assert_eq(users_find(&users, TEXT("u255")), &users.list[255]);
    cr_assert_null(users_find(&users, TEXT("u256")));
    users_deinit(&users);
    cr_assert_not(users_parse(&users, text_of(document_of(257, HASH)), &message));
}

Test(users, roles_and_scope_are_as_the_file_says)
{
    cr_assert(users_parse(&users,
                          TEXT("{\"users\":[{\"name\":\"a\"," REST ",\"campaigns\":[\"x\",\"y*\"]},"
                               "{\"name\":\"b\"," REST ",\"campaigns\":[\"z\"],\"store\":\"s1\"},"
                               "{\"name\":\"c\",\"secret\":\"" HASH "\",\"roles\":[\"admin\","
                               "\"redeem\"]}]}"),
                          &message),
              "%s", message.text);
    cr_assert_eq(users.list[0].roles, (uint32_t)COMMAND_ROLE_READ);
    cr_assert_eq(users.list[0].campaign_count, 2u);
    cr_assert(text_equal(users.list[0].campaigns[1], TEXT("y*")));
    cr_assert_eq(users.list[0].store.length, 0u);
    cr_assert_eq(users.list[1].campaign_count, 1u);
    cr_assert(text_equal(users.list[1].campaigns[0], TEXT("z")));
    cr_assert(text_equal(users.list[1].store, TEXT("s1")));
    cr_assert_eq(users.list[2].roles, (uint32_t)COMMAND_ROLE_ADMIN | COMMAND_ROLE_REDEEM);
    cr_assert_null(users.list[2].campaigns);
    cr_assert_eq(users.list[2].principal, 0u);
}

Test(users, a_secret_opens_for_its_own_user_only)
{
    char secret[USER_SECRET_TEXT_BYTES];
    char hash[USER_HASH_TEXT_BYTES];
    char other[USER_SECRET_TEXT_BYTES];
    char other_hash[USER_HASH_TEXT_BYTES];
    user_secret_create(secret, hash);
    user_secret_create(other, other_hash);
    cr_assert_eq(strlen(secret), 48u, "%s", secret);
    cr_assert_eq(strncmp(secret, "boon_", 5), 0);
    cr_assert_str_neq(secret, other);
    char document[1024];
    snprintf(document, sizeof(document),
             "{\"users\":[{\"name\":\"a\",\"secret\":\"%s\",\"roles\":[\"read\"]},"
             "{\"name\":\"b\",\"secret\":\"%s\",\"roles\":[\"read\"]}]}",
             hash, other_hash);
    cr_assert(users_parse(&users, text_of(document), &message), "%s", message.text);
    cr_assert_eq(users_authenticate(&users, TEXT("a"), text_of(secret)), &users.list[0]);
    cr_assert_eq(users_authenticate(&users, TEXT("b"), text_of(other)), &users.list[1]);
    cr_assert_null(users_authenticate(&users, TEXT("a"), text_of(other)));
    cr_assert_null(users_authenticate(&users, TEXT("b"), text_of(secret)));
    cr_assert_null(users_authenticate(&users, TEXT("c"), text_of(secret)));
    cr_assert_null(users_authenticate(&users, TEXT(""), text_of(secret)));
    cr_assert_null(users_authenticate(&users, TEXT("a"), (struct text){NULL, 0}));
    cr_assert_null(users_authenticate(&users, TEXT("a"), text_of(hash)));
    secret[47] ^= 1;
    cr_assert_null(users_authenticate(&users, TEXT("a"), text_of(secret)));
}

Test(users, where_there_are_none_nobody_is_one)
{
    const struct users none = {.list = NULL};
    cr_assert_null(users_authenticate(&none, TEXT("a"), TEXT("")));
    cr_assert_null(users_authenticate(&none, TEXT(""), TEXT("x")));
}

/* ---- the file ---- */

static void write_file(char *path, const char *text, mode_t mode)
{
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    cr_assert_eq(fchmod(fd, mode), 0);
    close(fd);
}

Test(users, a_file_that_others_may_read_or_write_is_refused)
{
    static const mode_t good[] = {0600, 0400, 0700};
    static const mode_t bad[] = {0640, 0604, 0620, 0602, 0644, 0666};
    char path[] = "/tmp/boon-users-XXXXXX";
    write_file(path, ONE("\"name\":\"a\"," REST), 0600);
    for (size_t at = 0; at < sizeof(good) / sizeof(good[0]); at++) {
        cr_assert_eq(chmod(path, good[at]), 0);
        cr_assert(users_load(&users, path, &message), "%o: %s", good[at], message.text);
        users_deinit(&users);
    }
    for (size_t at = 0; at < sizeof(bad) / sizeof(bad[0]); at++) {
        cr_assert_eq(chmod(path, bad[at]), 0);
        cr_assert_not(users_load(&users, path, &message), "%o", bad[at]);
        cr_assert_not_null(strstr(message.text, "may be read by others"), "%s", message.text);
    }
    unlink(path);
}

Test(users, what_is_no_users_file_is_refused_with_its_path)
{
    cr_assert_not(users_load(&users, "/nowhere/users", &message));
    cr_assert_not_null(strstr(message.text, "/nowhere/users: No such file"), "%s", message.text);
    char directory[] = "/tmp/boon-users-XXXXXX";
    cr_assert_not_null(mkdtemp(directory));
    cr_assert_not(users_load(&users, directory, &message));
    cr_assert_not_null(strstr(message.text, "is not a file"), "%s", message.text);
    rmdir(directory);
    char path[] = "/tmp/boon-users-XXXXXX";
    write_file(path, "{\"users\":[7]}", 0600);
    cr_assert_not(users_load(&users, path, &message));
    cr_assert_not_null(strstr(message.text, path), "%s", message.text);
    cr_assert_not_null(strstr(message.text, "\n  /users/0: an object"), "%s", message.text);
    cr_assert_eq(truncate(path, (off_t)USERS_FILE_BYTES_MAX + 1), 0);
    cr_assert_not(users_load(&users, path, &message));
    cr_assert_not_null(strstr(message.text, "too long"), "%s", message.text);
    unlink(path);
}
