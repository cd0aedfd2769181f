/* user_command.c -- a user that was made can come in, and a file is never left half written. */
#include "net/user_command.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/command_parse.h"
#include "net/users.h"

#define WORDS_MAX 16

static char directory[] = "/tmp/boon-user-XXXXXX";
static char path[64];
static char made[64]; /* the name of the file while it is written */
static char *out;
static char *err;
static struct users users;
static struct users_message message;

static void begin(void)
{
    cr_assert_geq(sodium_init(), 0);
    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/users", directory);
    snprintf(made, sizeof(made), "%s/users.new", directory);
}

static void end(void)
{
    free(out);
    free(err);
    users_deinit(&users);
    unlink(path);
    unlink(made);
    rmdir(directory);
}

TestSuite(user_command, .init = begin, .fini = end);

/* Carries out a line of words; FILE stands for the path. */
static int run(const char *line)
{
    char text[512];
    char program[] = "boon-server";
    char *words[WORDS_MAX] = {program};
    int count = 1;
    size_t out_length;
    size_t err_length;
    char *rest;
    snprintf(text, sizeof(text), "%s", line);
    for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        cr_assert_lt(count, WORDS_MAX);
        words[count++] = strcmp(word, "FILE") == 0 ? path : word;
    }
    free(out);
    free(err);
    FILE *out_file = open_memstream(&out, &out_length);
    FILE *err_file = open_memstream(&err, &err_length);
    cr_assert(user_is_command(words[1]));
    int code = user_command(count, words, out_file, err_file);
    fclose(out_file);
    fclose(err_file);
    return code;
}

static struct text secret_of(char *line)
{
    line[strcspn(line, "\n")] = '\0';
    return text_of(line);
}

Test(user_command, without_a_file_the_object_is_shown_and_the_secret_beside_it)
{
    cr_assert_eq(run("user ops --roles read,admin --campaigns=sale*,b --store s1"), 0, "%s", err);
    char document[1024];
    snprintf(document, sizeof(document), "{\"users\":[%s]}", out);
    cr_assert(users_parse(&users, text_of(document), &message), "%s: %s", out, message.text);
    char *secret = strstr(err, "boon_");
    cr_assert_not_null(secret);
    const struct user *user = users_authenticate(&users, TEXT("ops"), secret_of(secret));
    cr_assert_not_null(user);
    cr_assert_eq(user->roles, (uint32_t)COMMAND_ROLE_READ | COMMAND_ROLE_ADMIN);
    cr_assert_eq(user->campaign_count, 2u);
    cr_assert(text_equal(user->store, TEXT("s1")));
    cr_assert_null(strstr(out, "boon_"), "the secret is not in the object");
    cr_assert_eq(access(path, F_OK), -1);
}

Test(user_command, a_file_is_made_and_grows_and_stays_private)
{
    char first[64];
    struct stat status;
    cr_assert_eq(run("user ops --roles read --users-file FILE"), 0, "%s", err);
    snprintf(first, sizeof(first), "%s", out);
    cr_assert_eq(run("user till --users-file FILE --roles issue --store s1"), 0, "%s", err);
    cr_assert_eq(stat(path, &status), 0);
    cr_assert_eq(status.st_mode & 07777, 0600u);
    cr_assert(users_load(&users, path, &message), "%s", message.text);
    cr_assert_eq(users.count, 2u);
    cr_assert_not_null(users_authenticate(&users, TEXT("ops"), secret_of(first)));
    cr_assert_not_null(users_authenticate(&users, TEXT("till"), secret_of(out)));
    cr_assert_eq(access(made, F_OK), -1);
}

Test(user_command, a_name_that_is_taken_changes_nothing)
{
    cr_assert_eq(run("user ops --roles read --users-file FILE"), 0, "%s", err);
    cr_assert_eq(run("user ops --roles admin --users-file FILE"), 2);
    cr_assert_not_null(strstr(err, "/users/1/name: another user has this name"), "%s", err);
    cr_assert_str_eq(out, "");
    cr_assert(users_load(&users, path, &message), "%s", message.text);
    cr_assert_eq(users.count, 1u);
    cr_assert_eq(access(made, F_OK), -1);
}

static void write_text(const char *to, const char *text)
{
    FILE *file = fopen(to, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
    cr_assert_eq(chmod(to, 0600), 0);
}

Test(user_command, a_file_that_is_wrong_is_left_as_it_is)
{
    char text[64] = "";
    write_text(path, "{\"users\":7}");
    cr_assert_eq(run("user ops --roles read --users-file FILE"), 2);
    cr_assert_not_null(strstr(err, "/users: a list"), "%s", err);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(fgets(text, sizeof(text), file));
    fclose(file);
    cr_assert_str_eq(text, "{\"users\":7}");
    cr_assert_eq(chmod(path, 0644), 0);
    cr_assert_eq(run("user ops --roles read --users-file FILE"), 2);
    cr_assert_not_null(strstr(err, "read by others"), "%s", err);
    cr_assert_eq(access(made, F_OK), -1);
}

Test(user_command, whoever_comes_while_another_adds_is_told_so)
{
    write_text(made, "");
    cr_assert_eq(run("user ops --roles read --users-file FILE"), 1);
    cr_assert_not_null(strstr(err, "another boon-server user is at work"), "%s", err);
    cr_assert_eq(access(made, F_OK), 0, "the other's file stays");
}

static const struct {
    const char *line;
    const char *words;
} bad[] = {
    {"user", "needs a name"},
    {"user ops", "needs --roles"},
    {"user ops --roles", "--roles: needs a value"},
    {"user ops two --roles read", "'two' is a second one"},
    {"user ops --role read", "--role: no such option"},
    {"user ops --roles reed", "/users/0/roles/0: one of read"},
    {"user ops --roles read,", "/users/0/roles/1: one of read"},
    {"user default --roles read", "/users/0/name: default"},
    {"user a:b --roles read", "/users/0/name: holds a space"},
    {"user ops --roles read --store @x", "/users/0/store: begins with"},
    {"user ops --roles read --campaigns a,,b", "/users/0/campaigns/1: 1 to 64"},
    {"user \xff --roles read", "/users/0/name: is missing"},
};

Test(user_command, what_is_not_allowed_is_said)
{
    for (size_t at = 0; at < sizeof(bad) / sizeof(bad[0]); at++) {
        cr_assert_eq(run(bad[at].line), 2, "%s", bad[at].line);
        cr_assert_not_null(strstr(err, bad[at].words), "%s: %s", bad[at].line, err);
        cr_assert_str_eq(out, "");
    }
    cr_assert_eq(run("user --help"), 0);
    cr_assert_not_null(strstr(out, "--users-file FILE"));
}
