/* user_command.c -- a user made from a command line, shown or added to the users file. */
#include "net/user_command.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/users.h"

#define PATH_BYTES 4096U
#define EXIT_MADE 0
#define EXIT_NOT_WRITTEN 1
#define EXIT_BAD 2

static const char help[] =
    "Usage: boon-server user NAME --roles ROLE,… [--campaigns PATTERN,…] [--store ID]\n"
    "                        [--users-file FILE]\n"
    "\n"
    "Makes a user with a new secret, which is shown once: Boon keeps only its hash.\n"
    "\n"
    "  --roles ROLE,…           read, issue, redeem, admin\n"
    "  --campaigns PATTERN,…    only campaigns whose ids fit, such as sale*\n"
    "  --store ID               issues for this store only\n"
    "  --users-file FILE        add the user to this file, which is made where there is none;\n"
    "                           the secret is then all that goes to the standard output\n"
    "\n"
    "Without --users-file the user is written to the standard output, to be put into the list of\n"
    "a users file, and the secret to the standard error. A server reads the file when it starts.\n"
    "\n"
    "Exit code: 0 made, 1 the file could not be written, 2 something is not allowed.\n";

/* What was asked for; NULL: it was not. */
struct wish {
    const char *name;
    const char *roles;
    const char *campaigns;
    const char *store;
    const char *path;
};

bool user_is_command(const char *word)
{
    return strcmp(word, "user") == 0;
}

/* Returns where the value of a flag goes; NULL: there is no such flag. */
static const char **place_of(struct wish *wish, const char *flag, size_t length)
{
    const struct {
        const char *flag;
        const char **place;
    } places[] = {
        {"--roles", &wish->roles},
        {"--campaigns", &wish->campaigns},
        {"--store", &wish->store},
        {"--users-file", &wish->path},
    };
    for (size_t at = 0; at < sizeof(places) / sizeof(places[0]); at++) {
        if (strlen(places[at].flag) == length && strncmp(flag, places[at].flag, length) == 0) {
            return places[at].place;
        }
    }
    return NULL;
}

/* Reads the command line. False: what is wrong was said. */
static bool read_wish(int argc, char *const argv[], struct wish *wish, FILE *err)
{
    for (int at = 2; at < argc; at++) {
        const char *word = argv[at];
        const char *equals = strchr(word, '=');
        if (strncmp(word, "--", 2) != 0) {
            if (wish->name != NULL) {
                fprintf(err, "boon-server: one name is enough; '%s' is a second one\n", word);
                return false;
            }
            wish->name = word;
            continue;
        }
        size_t length = equals == NULL ? strlen(word) : (size_t)(equals - word);
        const char **place = place_of(wish, word, length);
        if (place == NULL || (equals == NULL && at + 1 == argc)) {
            fprintf(err, "boon-server: %s: %s; see boon-server user --help\n", word,
                    place == NULL ? "no such option" : "needs a value");
            return false;
        }
        *place = equals == NULL ? argv[++at] : equals + 1;
    }
    if (wish->name == NULL || wish->roles == NULL) {
        fprintf(err, "boon-server: a user needs %s; see boon-server user --help\n",
                wish->name == NULL ? "a name" : "--roles");
        return false;
    }
    return true;
}

/* Makes a list of what commas part. */
static json_t *list_of(const char *words)
{
    json_t *list = json_array();
    for (const char *at = words;; at++) {
        size_t length = strcspn(at, ",");
        (void)json_array_append_new(list, json_stringn(at, length));
        at += length;
        if (*at == '\0') {
            return list;
        }
    }
}

/* Makes the user's object. Members that could not be made (no UTF-8) are found missing when it is checked. */
static json_t *object_of(const struct wish *wish, const char *hash)
{
    json_t *object = json_object();
    (void)json_object_set_new(object, "name", json_string(wish->name));
    (void)json_object_set_new(object, "secret", json_string(hash));
    (void)json_object_set_new(object, "roles", list_of(wish->roles));
    if (wish->campaigns != NULL) {
        (void)json_object_set_new(object, "campaigns", list_of(wish->campaigns));
    }
    if (wish->store != NULL) {
        (void)json_object_set_new(object, "store", json_string(wish->store));
    }
    return object;
}

/* Writes a document as text, after the checks that a server makes of it. NULL: what is wrong was said. */
static char *checked(const json_t *root, FILE *err)
{
    struct users users;
    struct users_message message;
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    if (text == NULL) {
        fprintf(err, "boon-server: out of memory, or the name is not UTF-8\n");
        return NULL;
    }
    if (!users_parse(&users, text_of(text), &message)) {
        fprintf(err, "boon-server: this user is not allowed:%s\n", message.text);
        free(text);
        return NULL;
    }
    users_deinit(&users);
    return text;
}

/* Reads the document of a users file; an empty one where there is no file. NULL: what is wrong was said. */
static json_t *read_document(const char *path, FILE *err)
{
    struct users users;
    struct users_message message;
    size_t length = 0;
    bool missing;
    char *bytes = users_read_file(path, &length, &missing, &message);
    if (bytes == NULL && missing) {
        return json_pack("{s:[]}", "users");
    }
    if (bytes == NULL || !users_parse(&users, (struct text){bytes, (uint32_t)length}, &message)) {
        fprintf(err, "boon-server: the users file %s is not as it should be: %s\n", path,
                message.text);
        free(bytes);
        return NULL;
    }
    users_deinit(&users);
    json_t *root = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, NULL);
    free(bytes);
    return root;
}

static bool write_all(int fd, const char *text)
{
    size_t length = strlen(text);
    for (size_t at = 0; at < length;) {
        ssize_t written = write(fd, text + at, length - at);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        at += written > 0 ? (size_t)written : 0;
    }
    return write(fd, "\n", 1) == 1 && fsync(fd) == 0;
}

/* Syncs the directory in which `path` lies, so that the new name lasts. */
static bool sync_directory(const char *path)
{
    char directory[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    int length = slash == NULL ? 0 : slash == path ? 1 : (int)(slash - path);
    snprintf(directory, sizeof(directory), "%.*s", length, path);
    int fd = open(length == 0 ? "." : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return synced;
}

/* Adds the user to what the file has, in the new file that is open. */
static int add_to(int fd, const char *made, const char *path, json_t *object, FILE *err)
{
    json_t *root = read_document(path, err);
    if (root == NULL) {
        return EXIT_BAD;
    }
    (void)json_array_append(json_object_get(root, "users"), object);
    char *text = checked(root, err);
    json_decref(root);
    if (text == NULL) {
        return EXIT_BAD;
    }
    bool written = write_all(fd, text) && rename(made, path) == 0 && sync_directory(path);
    int error = errno;
    free(text);
    if (!written) {
        fprintf(err, "boon-server: cannot write %s: %s\n", path, strerror(error));
        return EXIT_NOT_WRITTEN;
    }
    return EXIT_MADE;
}

/* Adds the user to the file. The new file's name is the lock: two that add at once do not lose one's user. */
static int add_to_file(const char *path, json_t *object, FILE *err)
{
    char made[PATH_BYTES];
    if (strlen(path) + sizeof(".new") > sizeof(made)) {
        fprintf(err, "boon-server: the path of the users file is too long\n");
        return EXIT_BAD;
    }
    snprintf(made, sizeof(made), "%s.new", path);
    int fd = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        fprintf(err, "boon-server: cannot create %s: %s%s\n", made, strerror(errno),
                errno == EEXIST
                    ? "; another boon-server user is at work, or one was killed and the "
                      "file may be removed"
                    : "");
        return EXIT_NOT_WRITTEN;
    }
    int code = add_to(fd, made, path, object, err);
    close(fd);
    if (code != EXIT_MADE) {
        (void)unlink(made);
    }
    return code;
}

/* Checks the object and shows it. */
static int show(json_t *object, FILE *out, FILE *err)
{
    json_t *root = json_pack("{s:[O]}", "users", object);
    char *text = root == NULL ? NULL : checked(root, err);
    json_decref(root);
    if (text == NULL) {
        return EXIT_BAD;
    }
    free(text);
    bool shown = json_dumpf(object, out, JSON_PRESERVE_ORDER) == 0 && fputc('\n', out) != EOF;
    return shown ? EXIT_MADE : EXIT_NOT_WRITTEN;
}

int user_command(int argc, char *const argv[], FILE *out, FILE *err)
{
    struct wish wish = {.name = NULL};
    char secret[USER_SECRET_TEXT_BYTES];
    char hash[USER_HASH_TEXT_BYTES];
    for (int at = 2; at < argc; at++) {
        if (strcmp(argv[at], "--help") == 0) {
            fputs(help, out);
            return EXIT_MADE;
        }
    }
    if (!read_wish(argc, argv, &wish, err)) {
        return EXIT_BAD;
    }
    if (sodium_init() < 0) {
        fprintf(err, "boon-server: no source of randomness\n");
        return EXIT_NOT_WRITTEN;
    }
    user_secret_create(secret, hash);
    json_t *object = object_of(&wish, hash);
    int code = wish.path != NULL ? add_to_file(wish.path, object, err) : show(object, out, err);
    json_decref(object);
    if (code == EXIT_MADE && wish.path != NULL) {
        fprintf(err, "User %s is in %s. Its secret is shown this once:\n", wish.name, wish.path);
        fprintf(out, "%s\n", secret);
    } else if (code == EXIT_MADE) {
        (void)fflush(out);
        fprintf(err, "The secret of %s is shown this once: %s\n", wish.name, secret);
    }
    if (code == EXIT_MADE && fflush(out) != 0) {
        fprintf(err, "boon-server: the output cannot be written: %s\n", strerror(errno));
        code = EXIT_NOT_WRITTEN;
    }
    sodium_memzero(secret, sizeof(secret));
    return code;
}
